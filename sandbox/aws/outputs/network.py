"""Computed outputs of VPCs, subnets, gateways, addresses and security groups."""

from ipaddress import IPv4Address
from typing import Any

from sandbox.aws.outputs import Making, computes
from sandbox.values import is_list

VPC_TYPE = "aws:ec2/vpc:Vpc"
SUBNET_TYPE = "aws:ec2/subnet:Subnet"


def zones_of(region: str) -> list[str]:
    """Return the availability zones the emulation gives a region: three, as most have at least."""
    return [f"{region}{letter}" for letter in "abc"]


def _public_ip(making: Making) -> str:
    # 203.0.113.0/24 is reserved for documentation (RFC 5737), so it can be nobody's.
    return str(IPv4Address("203.0.113.0") + 1 + making.seed.number(254, "public address"))


@computes(VPC_TYPE)
def _vpc(making: Making) -> dict[str, Any]:
    return {
        "enableDnsHostnames": False,
        "enableDnsSupport": True,
        "instanceTenancy": "default",
        "defaultSecurityGroupId": f"sg-0{making.seed.hexadecimal(16, 'default group')}",
        "defaultRouteTableId": f"rtb-0{making.seed.hexadecimal(16, 'main table')}",
        "mainRouteTableId": f"rtb-0{making.seed.hexadecimal(16, 'main table')}",
        "defaultNetworkAclId": f"acl-0{making.seed.hexadecimal(16, 'acl')}",
        "dhcpOptionsId": f"dopt-0{making.seed.hexadecimal(16, 'dhcp')}",
        "ipv6AssociationId": "",
    }


@computes(SUBNET_TYPE)
def _subnet(making: Making) -> dict[str, Any]:
    zones = zones_of(making.place.region)
    zone = making.inputs.get("availabilityZone") or zones[making.seed.number(len(zones))]
    return {
        "availabilityZone": zone,
        "availabilityZoneId": f"{_short(making.place.region)}-az{'abcdef'.find(zone[-1]) + 1}",
        "mapPublicIpOnLaunch": False,
        "assignIpv6AddressOnCreation": False,
        "enableDns64": False,
        "ipv6CidrBlockAssociationId": "",
    }


def _short(region: str) -> str:
    """Turn `us-west-2` into `usw2`, as zone ids have it."""
    area, direction, number = region.rsplit("-", 2)
    initials = {"northeast": "ne", "southeast": "se", "northwest": "nw", "southwest": "sw"}
    return f"{area.replace('-', '')}{initials.get(direction, direction[0])}{number}"


@computes("aws:ec2/eip:Eip")
def _eip(making: Making) -> dict[str, Any]:
    address = _public_ip(making)
    return {
        "allocationId": making.identity.id,
        "domain": "vpc",
        "publicIp": address,
        "publicDns": f"ec2-{address.replace('.', '-')}.{making.place.region}.compute.amazonaws.com",
        "networkBorderGroup": making.place.region,
        "publicIpv4Pool": "amazon",
    }


@computes("aws:ec2/natGateway:NatGateway")
def _nat(making: Making) -> dict[str, Any]:
    allocation = making.inventory.by_id(str(making.inputs.get("allocationId")))
    return {
        "connectivityType": "public",
        "publicIp": allocation.outputs["publicIp"] if allocation else "",
        "privateIp": f"10.0.0.{4 + making.seed.number(250)}",
        "networkInterfaceId": f"eni-0{making.seed.hexadecimal(16, 'interface')}",
        "associationId": f"eipassoc-0{making.seed.hexadecimal(16, 'association')}",
    }


@computes("aws:ec2/securityGroup:SecurityGroup")
def _security_group(making: Making) -> dict[str, Any]:
    return {"description": "Managed by Pulumi", "ingress": [], "egress": [], "vpcId": _only_vpc(making)}


@computes("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
def _default_group(_making: Making) -> dict[str, Any]:
    return {"name": "default", "description": "default VPC security group", "ingress": [], "egress": []}


def _only_vpc(making: Making) -> str:
    vpcs = making.inventory.list(type=VPC_TYPE, scope=making.place.region)
    return vpcs[0].id if vpcs else ""


@computes("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
@computes("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
def _security_group_rule(making: Making) -> dict[str, Any]:
    return {"securityGroupRuleId": making.identity.id}


@computes("aws:ec2/route:Route")
def _route(_making: Making) -> dict[str, Any]:
    return {"origin": "CreateRoute", "state": "active", "instanceId": "", "instanceOwnerId": ""}


@computes("aws:ec2/routeTable:RouteTable")
def _route_table(_making: Making) -> dict[str, Any]:
    return {"routes": [], "propagatingVgws": []}


@computes("aws:ec2/vpcEndpoint:VpcEndpoint")
def _endpoint(making: Making) -> dict[str, Any]:
    gateway = making.inputs.get("vpcEndpointType") in {None, "Gateway"}
    subnets = making.inputs.get("subnetIds")
    return {
        "vpcEndpointType": "Gateway",
        "state": "available",
        "prefixListId": f"pl-{making.seed.hexadecimal(8)}" if gateway else "",
        "networkInterfaceIds": [f"eni-0{making.seed.hexadecimal(16, subnet)}" for subnet in subnets]
        if is_list(subnets)
        else [],
    }


@computes("aws:ec2/launchTemplate:LaunchTemplate")
def _launch_template(_making: Making) -> dict[str, Any]:
    return {"defaultVersion": 1, "latestVersion": 1}
