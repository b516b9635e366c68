"""Rules about VPCs, subnets and gateways."""

from ipaddress import IPv4Network
from typing import Any, Final

from sandbox.aws.rules import Call, rule
from sandbox.inventory import Record
from sandbox.values import objects

VPC_TYPE: Final = "aws:ec2/vpc:Vpc"
SUBNET_TYPE: Final = "aws:ec2/subnet:Subnet"
_GATEWAY_TYPE: Final = "aws:ec2/internetGateway:InternetGateway"
_LARGEST, _SMALLEST = 16, 28


def _network(call: Call, text: Any, code: str) -> IPv4Network:
    try:
        return IPv4Network(str(text))
    except ValueError as error:
        call.refuse(code, f"Value ({text}) for parameter cidrBlock is invalid: {error}")


@rule("create", on=(VPC_TYPE,), page="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html")
def _vpc_size(call: Call) -> None:
    """A VPC's block is between /28 and /16."""
    if call.inputs.get("cidrBlock") is None:
        if call.inputs.get("ipv4IpamPoolId") is None:
            call.refuse("MissingParameter", "either cidrBlock or ipv4IpamPoolId is needed")
        return
    network = _network(call, call.inputs["cidrBlock"], "InvalidVpc.Range")
    if not _LARGEST <= network.prefixlen <= _SMALLEST:
        call.refuse("InvalidVpc.Range", f"The CIDR '{network}' is invalid: between /{_LARGEST} and /{_SMALLEST}")


@rule("create", on=(SUBNET_TYPE,), page="https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html")
def _subnet_fits(call: Call) -> None:
    """A subnet's block lies inside the VPC's, is at least a /28 and overlaps no other subnet's."""
    vpc = call.inventory.get(VPC_TYPE, str(call.inputs["vpcId"]))
    if vpc is None or call.inputs.get("cidrBlock") is None or vpc.inputs.get("cidrBlock") is None:
        return
    network = _network(call, call.inputs["cidrBlock"], "InvalidSubnet.Range")
    inside = network.subnet_of(IPv4Network(str(vpc.inputs["cidrBlock"])))
    if not inside or network.prefixlen > _SMALLEST:
        call.refuse("InvalidSubnet.Range", f"The CIDR '{network}' is invalid for {vpc.id} ({vpc.inputs['cidrBlock']})")
    for other in call.others(SUBNET_TYPE):
        taken = other.inputs.get("cidrBlock")
        if other.inputs.get("vpcId") == vpc.id and taken and network.overlaps(IPv4Network(str(taken))):
            call.refuse("InvalidSubnet.Conflict", f"The CIDR '{network}' conflicts with another subnet: {other.id}")


@rule("create", on=(SUBNET_TYPE,), page="https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html")
def _zone_of_region(call: Call) -> None:
    """A subnet's zone belongs to its region."""
    zone = call.inputs.get("availabilityZone")
    if zone is not None and not str(zone).startswith(call.region):
        call.refuse(
            "InvalidParameterValue", f"Value ({zone}) for parameter availabilityZone is invalid in {call.region}"
        )


def is_public(call: Call, subnet_id: str) -> bool:
    """Whether a subnet's route table sends the internet's traffic to an internet gateway."""
    tables = {
        str(association.inputs["routeTableId"])
        for association in call.inventory.list(type="aws:ec2/routeTableAssociation:RouteTableAssociation")
        if association.inputs.get("subnetId") == subnet_id
    }
    routes: list[tuple[str, Any]] = [
        (str(route.inputs["routeTableId"]), route.inputs.get("gatewayId"))
        for route in call.inventory.list(type="aws:ec2/route:Route")
    ]
    for table in call.inventory.list(type="aws:ec2/routeTable:RouteTable"):
        routes += [(table.id, route.get("gatewayId")) for route in objects(table.inputs.get("routes"))]
    return any(table in tables and str(gateway).startswith("igw-") for table, gateway in routes)


def gateway_of(call: Call, vpc_id: str) -> Record | None:
    """Return the internet gateway attached to a VPC."""
    for gateway in call.inventory.list(type=_GATEWAY_TYPE):
        if gateway.inputs.get("vpcId") == vpc_id:
            return gateway
    return None


@rule(
    "create",
    on=("aws:ec2/natGateway:NatGateway",),
    page="https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html",
)
def _nat_is_public(call: Call) -> None:
    """A public NAT gateway stands in a public subnet of a VPC with an internet gateway, and has an address."""
    if call.inputs.get("connectivityType") == "private" or call.inputs.get("subnetId") is None:
        return
    subnet = call.inventory.get(SUBNET_TYPE, str(call.inputs["subnetId"]))
    if subnet is None:
        return
    if call.inputs.get("allocationId") is None:
        call.refuse("MissingParameter", "a public NAT gateway needs allocationId")
    if gateway_of(call, str(subnet.inputs["vpcId"])) is None:
        call.refuse("Gateway.NotAttached", f"Network {subnet.inputs['vpcId']} has no Internet gateway attached")


@rule(
    "create",
    on=(_GATEWAY_TYPE,),
    page="https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html",
)
def _one_gateway(call: Call) -> None:
    """A VPC has one internet gateway."""
    vpc = call.inputs.get("vpcId")
    if vpc is not None and gateway_of(call, str(vpc)) is not None:
        call.refuse("Resource.AlreadyAssociated", f"network {vpc} already has an internet gateway attached")


@rule("delete", on=(_GATEWAY_TYPE,), page="https://docs.aws.amazon.com/vpc/latest/userguide/igw-detaching.html")
def _gateway_unused(call: Call) -> None:
    """A gateway cannot be detached while the VPC has public addresses mapped."""
    vpc = call.existing.inputs.get("vpcId")
    subnets = {each.id for each in call.inventory.list(type=SUBNET_TYPE) if each.inputs.get("vpcId") == vpc}
    for nat in call.inventory.list(type="aws:ec2/natGateway:NatGateway"):
        if nat.inputs.get("subnetId") in subnets and nat.inputs.get("allocationId"):
            call.refuse("DependencyViolation", f"Network {vpc} has some mapped public address(es): {nat.id}")
    for balancer in call.inventory.list(type="aws:lb/loadBalancer:LoadBalancer"):
        if not balancer.inputs.get("internal") and balancer.outputs.get("vpcId") == vpc:
            call.refuse("DependencyViolation", f"Network {vpc} has some mapped public address(es): {balancer.id}")


@rule(
    "create", on=("aws:ec2/route:Route",), page="https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html"
)
def _route_has_target(call: Call) -> None:
    """A route has one destination and one target."""
    targets = [
        name for name in call.inputs if name.endswith(("GatewayId", "InterfaceId", "EndpointId", "ConnectionId"))
    ]
    targets += [name for name in ("gatewayId",) if call.inputs.get(name)]
    if len(set(targets)) != 1:
        call.refuse("InvalidParameterCombination", f"a route has exactly one target, not {len(set(targets))}")


@rule(
    "create",
    on=(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    ),
    page="https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
)
def _rule_has_source(call: Call) -> None:
    """A rule has one source or destination, and ports unless it is for every protocol."""
    sources = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
    if sum(call.inputs.get(name) is not None for name in sources) != 1:
        call.refuse("InvalidParameterCombination", f"exactly one of {', '.join(sources)} is needed")
    protocol = str(call.inputs["ipProtocol"]).lower()
    if protocol in {"tcp", "udp", "6", "17"} and (
        call.inputs.get("fromPort") is None or call.inputs.get("toPort") is None
    ):
        call.refuse("InvalidParameterValue", f"{protocol} needs fromPort and toPort")
    if protocol in {"tcp", "udp", "6", "17"} and int(call.inputs["fromPort"]) > int(call.inputs["toPort"]):
        call.refuse(
            "InvalidParameterValue", f"Invalid TCP/UDP port range ({call.inputs['fromPort']}:{call.inputs['toPort']})"
        )
