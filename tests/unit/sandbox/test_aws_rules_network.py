"""Network rules, both ways."""

from __future__ import annotations

import pytest
from emulated_account import GATEWAY, SECURITY_GROUP, SUBNET, VPC, Account, Network

from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit

_NAT = "aws:ec2/natGateway:NatGateway"
_EIP = "aws:ec2/eip:Eip"
_TABLE = "aws:ec2/routeTable:RouteTable"
_ROUTE = "aws:ec2/route:Route"
_ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


@pytest.mark.parametrize("cidr", ["10.0.0.0/15", "10.0.0.0/29", "10.0.0.1/16", "nonsense"])
def test_a_vpc_of_a_wrong_size_is_refused(account: Account, cidr: str) -> None:
    with pytest.raises(AwsError, match=rf"InvalidVpc\.Range: .*{cidr}"):
        account.vpc(cidr)


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.0.0.0/28"])
def test_a_vpc_of_a_right_size_is_made(account: Account, cidr: str) -> None:
    assert account.vpc(cidr).id.startswith("vpc-0")


@pytest.mark.parametrize(
    ("cidr", "code"),
    [
        ("10.1.0.0/24", "InvalidSubnet.Range"),
        ("10.0.0.0/29", "InvalidSubnet.Range"),
        ("10.0.0.128/25", "InvalidSubnet.Conflict"),
    ],
)
def test_a_subnet_lies_inside_and_apart(account: Account, cidr: str, code: str) -> None:
    vpc = account.vpc()
    account.subnet(vpc, "10.0.0.0/24", "us-west-2a")
    with pytest.raises(AwsError, match=code):
        account.subnet(vpc, cidr, "us-west-2b")
    assert account.subnet(vpc, "10.0.1.0/24", "us-west-2b")


def test_a_subnet_is_in_a_zone_of_its_region(account: Account) -> None:
    vpc = account.vpc()
    with pytest.raises(AwsError, match=r"eu-west-1a.* availabilityZone .*us-west-2"):
        account.subnet(vpc, "10.0.0.0/24", "eu-west-1a")


def test_what_is_mentioned_must_exist(account: Account) -> None:
    key = "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-4000-8000-000000000000"
    with pytest.raises(AwsError, match=r"InvalidVpcID\.NotFound: vpcId: .*'vpc-0123456789abcdef0'"):
        account.create(SUBNET, "subnet", {"vpcId": "vpc-0123456789abcdef0", "cidrBlock": "10.0.0.0/24"})
    with pytest.raises(AwsError, match=f"NotFound: kmsKeyId: {key}"):
        account.create("aws:cloudwatch/logGroup:LogGroup", "logs", {"kmsKeyId": key})


def test_a_vpc_goes_last(account: Account, network: Network) -> None:
    with pytest.raises(AwsError, match="DependencyViolation"):
        account.delete(network.vpc)
    for subnet in network.subnets:
        account.delete(subnet)
    account.delete(network.gateway)
    account.delete(network.vpc)
    assert account.inventory.list() == []


def test_a_nat_gateway_needs_a_gateway_and_an_address(account: Account) -> None:
    vpc = account.vpc()
    subnet = account.subnet(vpc, "10.0.0.0/24", "us-west-2a")
    address = account.create(_EIP, "address", {"domain": "vpc"})
    inputs = {"subnetId": subnet.id, "allocationId": address.id}
    with pytest.raises(AwsError, match=r"Gateway\.NotAttached"):
        account.create(_NAT, "nat", inputs)
    gateway = account.create(GATEWAY, "gateway", {"vpcId": vpc.id})
    with pytest.raises(AwsError, match="allocationId"):
        account.create(_NAT, "nat", {"subnetId": subnet.id})
    nat = account.create(_NAT, "nat", inputs)
    assert nat["publicIp"] == address["publicIp"]
    for used in (address, subnet, gateway):
        with pytest.raises(AwsError, match=r"DependencyViolation|InUse"):
            account.delete(used)
    for each in (nat, gateway, address, subnet, vpc):
        account.delete(each)


def test_one_internet_gateway_for_a_vpc(account: Account, network: Network) -> None:
    with pytest.raises(AwsError, match=rf"Resource\.AlreadyAssociated: .*{network.vpc.id}"):
        account.create(GATEWAY, "second", {"vpcId": network.vpc.id})


def test_routes_have_one_target_and_a_destination_of_their_own(account: Account, network: Network) -> None:
    table = account.create(_TABLE, "table", {"vpcId": network.vpc.id})
    route = {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0"}
    with pytest.raises(AwsError, match=r"one target.*\b0\b"):
        account.create(_ROUTE, "route", route)
    account.create(_ROUTE, "route", {**route, "gatewayId": network.gateway.id})
    with pytest.raises(AwsError, match="RouteAlreadyExists"):
        account.create(_ROUTE, "again", {**route, "gatewayId": network.gateway.id})


def test_a_route_table_in_use_stays(account: Account, network: Network) -> None:
    table = account.create(_TABLE, "table", {"vpcId": network.vpc.id})
    link = {"routeTableId": table.id, "subnetId": network.subnets[0].id}
    association = account.create(_ASSOCIATION, "association", link)
    with pytest.raises(AwsError, match="AlreadyAssociated"):
        account.create(_ASSOCIATION, "second", link)
    with pytest.raises(AwsError, match="DependencyViolation"):
        account.delete(table)
    account.delete(association)
    account.delete(table)


def test_a_security_group_that_a_rule_refers_to_stays(account: Account) -> None:
    vpc = account.vpc()
    first, second = (account.create(SECURITY_GROUP, name, {"vpcId": vpc.id}) for name in ("first", "second"))
    rule = account.create(_INGRESS, "rule", {
        "securityGroupId": first.id, "referencedSecurityGroupId": second.id,
        "ipProtocol": "tcp", "fromPort": 80, "toPort": 80,
    })  # fmt: skip
    with pytest.raises(AwsError, match="DependencyViolation"):
        account.delete(second)
    account.delete(rule)
    account.delete(second)


@pytest.mark.parametrize(
    ("wrong", "facts"),
    [
        ({"ipProtocol": "tcp", "fromPort": 80, "toPort": 80}, ["cidrIpv4", "cidrIpv6", "referencedSecurityGroupId"]),
        ({"ipProtocol": "tcp", "cidrIpv4": "0.0.0.0/0"}, ["tcp", "fromPort", "toPort"]),
        ({"ipProtocol": "tcp", "cidrIpv4": "0.0.0.0/0", "fromPort": 90, "toPort": 80}, ["port range", "90:80"]),
        ({"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0", "cidrIpv6": "::/0"}, ["cidrIpv4", "cidrIpv6"]),
    ],
)
def test_a_security_group_rule_is_whole(account: Account, wrong: dict[str, object], facts: list[str]) -> None:
    group = account.create(SECURITY_GROUP, "group", {"vpcId": account.vpc().id})
    with pytest.raises(AwsError) as refused:
        account.create(_INGRESS, "rule", {"securityGroupId": group.id, **wrong})
    assert Says(*facts) == str(refused.value)
    right = {"securityGroupId": group.id, "ipProtocol": "-1", "cidrIpv4": "10.0.0.0/8"}
    account.create(_INGRESS, "rule", right)
    with pytest.raises(AwsError, match="Duplicate"):
        account.create(_INGRESS, "again", right)


def test_names_collide_where_aws_says_so(account: Account) -> None:
    vpc = account.vpc()
    account.create(SECURITY_GROUP, "group", {"vpcId": vpc.id, "name": "web"})
    with pytest.raises(AwsError, match=r"InvalidGroup\.Duplicate"):
        account.create(SECURITY_GROUP, "other", {"vpcId": vpc.id, "name": "web"})
    other = account.create(VPC, "other", {"cidrBlock": "10.9.0.0/16"})
    assert account.create(SECURITY_GROUP, "other", {"vpcId": other.id, "name": "web"})


def test_the_default_group_is_taken_over(account: Account) -> None:
    vpc = account.vpc()
    taken = account.create("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "default", {"vpcId": vpc.id})
    assert taken.id == vpc["defaultSecurityGroupId"]
    account.delete(taken)
    account.delete(vpc)
