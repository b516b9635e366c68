import json
from dataclasses import replace
from typing import Any

import pytest

from policy.graph import UNKNOWN, Resource, Stack
from policy.rules_exposure import closed_to_the_world, is_world, only_the_balancer_is_open
from tests.says import Says
from tests.unit.policy.rule_answers import answers, aws, kubernetes

pytestmark = pytest.mark.unit

GROUP = "ec2/securityGroup:SecurityGroup"
INGRESS = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
RULE = "ec2/securityGroupRule:SecurityGroupRule"
ALB = "lb/loadBalancer:LoadBalancer"
LISTENER = "lb/listener:Listener"
WORLD = ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "2000::/3"]


def opened(form: str, cidr: Any, port: Any, last: Any = None, protocol: Any = "tcp") -> Resource:
    ports = {"fromPort": port, "toPort": port if last is None else last}
    is_v6 = isinstance(cidr, str) and ":" in cidr
    if form == "single":
        return aws(INGRESS, **{"cidrIpv6" if is_v6 else "cidrIpv4": cidr}, ipProtocol=protocol, **ports)
    rule = {"ipv6CidrBlocks" if is_v6 else "cidrBlocks": ["10.0.0.0/8", cidr], "protocol": protocol, **ports}
    if form == "rule":
        return aws(RULE, type="ingress", **rule)
    return aws(GROUP if form == "inline" else "ec2/defaultSecurityGroup:DefaultSecurityGroup", ingress=[rule])


FORMS = pytest.mark.parametrize("form", ["single", "rule", "inline", "default"])


@pytest.mark.parametrize("cidr", WORLD)
def test_the_world_by_any_name(cidr: str) -> None:
    assert is_world(cidr)


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "203.0.113.0/24", "10.1.2.3/32", "fd00::/8", "nonsense", None, UNKNOWN])
def test_anything_less_is_not_the_world(cidr: Any) -> None:
    assert not is_world(cidr)


@FORMS
@pytest.mark.parametrize("cidr", WORLD)
def test_only_80_and_443_are_open_to_the_world(form: str, cidr: str) -> None:
    for port in (80, 443, 443.0):
        assert answers(closed_to_the_world, opened(form, cidr, port)) == []
    assert answers(closed_to_the_world, opened(form, cidr, 22)) == [Says("tcp", "22", "80", "443", "world")]


@FORMS
@pytest.mark.parametrize(
    ("first", "last", "protocol"),
    [(80, 443, "tcp"), (0, 65535, "tcp"), (443, 443, "udp"), (0, 0, "-1"), (None, None, "-1"), (443, 443, "-1")],
)
def test_neither_ranges_nor_other_protocols(form: str, first: Any, last: Any, protocol: str) -> None:
    (answer,) = answers(closed_to_the_world, opened(form, "0.0.0.0/0", first, last, protocol))
    assert answer == Says("world", "80", "443")


@FORMS
@pytest.mark.parametrize("cidr", ["203.0.113.0/24", UNKNOWN])
def test_named_addresses_may_reach_any_port(form: str, cidr: Any) -> None:
    assert answers(closed_to_the_world, opened(form, cidr, 22)) == []


@FORMS
def test_what_is_not_known_yet_breaks_nothing(form: str) -> None:
    assert answers(closed_to_the_world, opened(form, "0.0.0.0/0", UNKNOWN, 80)) == []


def test_the_way_out_may_be_open() -> None:
    rule = {"cidrBlocks": ["0.0.0.0/0"], "protocol": "-1", "fromPort": 0, "toPort": 0}
    resources = [aws(GROUP, egress=[rule]), aws(RULE, type="egress", **rule)]
    resources.append(aws("vpc/securityGroupEgressRule:SecurityGroupEgressRule", cidrIpv4="0.0.0.0/0", ipProtocol="-1"))
    assert answers(closed_to_the_world, *resources) == []
    assert answers(only_the_balancer_is_open, *resources) == []


@FORMS
def test_a_group_open_to_the_world_is_a_balancers(form: str) -> None:
    opening = opened(form, "0.0.0.0/0", 443)
    group = opening.urn if form in {"inline", "default"} else "urn:group"
    linked = replace(opening, links={"securityGroupId": frozenset({"urn:group"})})
    assert answers(only_the_balancer_is_open, linked, aws(ALB, links={"securityGroups": {group}})) == []
    for others in ([], [aws(ALB, links={"securityGroups": {"urn:another"}})]):
        assert answers(only_the_balancer_is_open, linked, *others) == [Says("world", "no balancer")]


def test_a_group_known_by_its_id() -> None:
    opening = aws(INGRESS, cidrIpv4="0.0.0.0/0", ipProtocol="tcp", fromPort=443, toPort=443, securityGroupId="sg-1")
    assert answers(only_the_balancer_is_open, opening, aws(ALB, securityGroups=["sg-1"])) == []
    others = aws(ALB, securityGroups=["sg-2", UNKNOWN])
    assert answers(only_the_balancer_is_open, opening, others) == [Says("world", "no balancer")]


def test_a_balancer_for_the_world_listens_on_80_and_443() -> None:
    balancer = aws(ALB, "public")
    for port in (80, 443, UNKNOWN):
        assert answers(only_the_balancer_is_open, balancer, aws(LISTENER, port=port)) == []
    assert answers(only_the_balancer_is_open, aws(LISTENER, port=8443)) == [Says("port", "8443", "80", "443")]


def test_an_internal_one_as_it_likes() -> None:
    balancer = aws(ALB, "inside", internal=True)
    listener = aws(LISTENER, port=8443, links={"loadBalancerArn": {"urn:inside"}})
    assert answers(only_the_balancer_is_open, balancer, listener) == []


def test_classic_balancers_too() -> None:
    listeners = [{"lbPort": 443}, {"lbPort": 9000}]
    classic = "elb/loadBalancer:LoadBalancer"
    found = answers(only_the_balancer_is_open, aws(classic, listeners=listeners))
    assert found == [Says("listeners[1].lbPort", "9000", "80", "443")]
    assert answers(only_the_balancer_is_open, aws(classic, listeners=listeners, internal=True)) == []


def cluster(component: bool, **config: Any) -> Resource:
    if component:
        return Resource("eks:index:Cluster", "it", config)
    return aws("eks/cluster:Cluster", vpcConfig=config)


@pytest.mark.parametrize("component", [False, True])
@pytest.mark.parametrize(
    ("config", "sound"),
    [
        ({}, False),  # EKS opens what is not said
        ({"endpointPublicAccess": True, "publicAccessCidrs": []}, False),
        ({"endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]}, False),
        ({"endpointPublicAccess": True, "publicAccessCidrs": ["203.0.113.0/24", "::/0"]}, False),
        ({"endpointPublicAccess": True, "publicAccessCidrs": ["203.0.113.0/24"]}, True),
        ({"endpointPublicAccess": True, "publicAccessCidrs": UNKNOWN}, True),
        ({"endpointPublicAccess": False}, True),
    ],
)
def test_the_endpoint_of_a_protected_stack(component: bool, config: dict[str, Any], sound: bool) -> None:
    refusal = Says("publicAccessCidrs" if component else "vpcConfig.publicAccessCidrs", "protected")
    assert answers(closed_to_the_world, cluster(component, **config)) == ([] if sound else [refusal])
    assert answers(closed_to_the_world, cluster(component, **config), stack=Stack(protected=False)) == []


@pytest.mark.parametrize(("type_", "sound"), [("ClusterIP", True), ("NodePort", True), ("LoadBalancer", False)])
def test_kubernetes_makes_no_balancer(type_: str, sound: bool) -> None:
    found = answers(closed_to_the_world, kubernetes("core/v1:Service", spec={"type": type_}))
    assert found == ([] if sound else [Says("spec.type", "LoadBalancer")])


@pytest.mark.parametrize("type_", ["rds/instance:Instance", "rds/clusterInstance:ClusterInstance"])
def test_databases_have_no_public_address(type_: str) -> None:
    assert answers(closed_to_the_world, aws(type_, publiclyAccessible=False), aws(type_)) == []
    assert answers(closed_to_the_world, aws(type_, publiclyAccessible=True)) == [
        Says("publiclyAccessible", "True", "false")
    ]


@pytest.mark.parametrize("type_", ["bucket:Bucket", "bucketAcl:BucketAcl"])
def test_buckets_are_not_listed_to_the_world(type_: str) -> None:
    assert answers(closed_to_the_world, aws(f"s3/{type_}"), aws(f"s3/{type_}", acl="private")) == []
    assert answers(closed_to_the_world, aws(f"s3/{type_}", acl="public-read")) == [
        Says("acl", "'public-read'", "private")
    ]


def test_a_public_access_block_blocks_all() -> None:
    type_, names = "s3/bucketPublicAccessBlock:BucketPublicAccessBlock", ("blockPublicAcls", "blockPublicPolicy")
    all_four = dict.fromkeys((*names, "ignorePublicAcls", "restrictPublicBuckets"), True)
    assert answers(closed_to_the_world, aws(type_, **all_four)) == []
    assert answers(closed_to_the_world, aws(type_, **{**all_four, "blockPublicAcls": UNKNOWN})) == []
    assert answers(closed_to_the_world, aws(type_, **dict.fromkeys(names, True))) == [
        Says("ignorePublicAcls, restrictPublicBuckets", "all four true")
    ]


@pytest.mark.parametrize(
    ("statement", "sound"),
    [
        ({"Effect": "Allow", "Principal": "*"}, False),
        ({"Effect": "Allow", "Principal": {"AWS": "*"}}, False),
        ({"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::1:root", "*"]}}, False),
        ({"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}, True),
        ({"Effect": "Deny", "Principal": "*"}, True),
        ({"Effect": "Allow", "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}}, True),
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}}, True),
    ],
)
def test_a_bucket_policy_names_who_may_come(statement: dict[str, Any], sound: bool) -> None:
    for statements in ([statement], statement):
        policy = {"Version": "2012-10-17", "Statement": statements}
        for given in (policy, json.dumps(policy)):
            found = answers(closed_to_the_world, aws("s3/bucketPolicy:BucketPolicy", policy=given))
            assert (found == []) is sound


@pytest.mark.parametrize("policy", [UNKNOWN, "not JSON"])
def test_a_bucket_policy_that_cannot_be_read(policy: Any) -> None:
    assert answers(closed_to_the_world, aws("s3/bucketPolicy:BucketPolicy", policy=policy)) == []
