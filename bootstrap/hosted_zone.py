"""The hosted zone of an environment."""

import pulumi
import pulumi_aws as aws


class HostedZone(pulumi.ComponentResource):
    """A public zone of its own for each environment: a stack can only ever change its own names."""

    def __init__(self, name: str, domain: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:bootstrap:HostedZone", name, None, opts)
        # Protected: a zone made again has other name servers, and the domain is gone until every cache forgot the old.
        zone = aws.route53.Zone(name, name=domain, opts=pulumi.ResourceOptions(parent=self, protect=True))
        self.zone_id = zone.zone_id
        self.name_servers = zone.name_servers

        self.register_outputs({"zone_id": self.zone_id})
