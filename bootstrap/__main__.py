"""What an environment needs before its first stack, made once by an administrator of the account."""

import pulumi
from deploy_role import DeployRole, DeployRoleArgs
from hosted_zone import HostedZone
from settings import read_settings

settings = read_settings()
zone = HostedZone(settings.name, settings.domain)
role = DeployRole(settings.name, DeployRoleArgs(settings.account, settings.region, settings.deployers, zone.zone_id))

pulumi.export("zoneId", zone.zone_id)
# To be set at the registrar, or as NS records in the zone of the domain above this one.
pulumi.export("nameServers", zone.name_servers)
pulumi.export("deployRoleArn", role.arn)
