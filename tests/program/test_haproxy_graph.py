"""The graph of a migration by HAProxy: closed machines over all zones, and ways as narrow as they can be."""

import base64
import hashlib
import json
from functools import cache
from typing import Any

import pytest

from infra.haproxy_place import fleet_configuration
from infra.standing import NODE_GROUP_TAG
from policy.rules import violations
from tests.haproxy_stack_file import PASSWORD_HASH, haproxy, migration_with, side
from tests.program.recorded_graph import Declared, Graph, record
from tests.program.test_policies import seen, stack_of
from tests.stack_values import STACKS, stack_config

pytestmark = pytest.mark.program

RULE = "aws:lb/listenerRule:ListenerRule"
GROUP = "aws:lb/targetGroup:TargetGroup"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
FLEET = "aws:autoscaling/group:Group"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
ASSOCIATION = "aws:ssm/association:Association"
MARK = "slipway-dev"

SERVICES = {
    "frontend": {"newPercent": 5, "checkPath": "/"},
    "users": {"weights": {"new": 1, "old": 3}, "checkPath": "/"},
}


def moving(stack: str = "dev", **parts: Any) -> Graph:
    config = stack_config(stack)
    config["slipway:migration"] = haproxy(**parts)
    return record(stack, config)


@cache
def moved() -> Graph:
    """The front end and the users move; operators come from one range."""
    statistics = {"user": "operator", "passwordHash": PASSWORD_HASH, "allowedCidrs": ["10.9.0.0/16"]}
    old = side(address="10.200.0.10", port=8443)
    return moving(services=SERVICES, old=old, statistics=statistics)


def forwarded(rule: Declared) -> dict[str, int]:
    (action,) = rule.inputs["actions"]
    return {each["arn"].rsplit(":", 1)[1]: each["weight"] for each in action["forward"]["targetGroups"]}


def openings(graph: Graph, type_: str, group: str) -> set[tuple[str, int, int]]:
    """What a security group lets in or out: the other end, and the ports."""
    return {
        (rule.get("cidrIpv4", rule.get("referencedSecurityGroupId")), rule["fromPort"], rule["toPort"])
        for rule in (each.inputs for each in graph.of(type_))
        if rule["securityGroupId"] == group
    }


def test_public_rules_send_all_to_haproxy_and_name_the_pods() -> None:
    graph = moved()
    for service in SERVICES:
        rule = graph.one(RULE, f"{MARK}-{service}-rule")
        assert forwarded(rule) == {f"{MARK}-haproxy": 100, f"{MARK}-{service}": 0}
        assert rule.inputs["actions"][0]["forward"]["stickiness"]["enabled"] is False
    assert forwarded(graph.one(RULE, f"{MARK}-thoughts-rule")) == {f"{MARK}-thoughts": 100}


def test_no_visitor_goes_there_before_healthy_machines_with_pods_behind_them() -> None:
    graph = moved()
    fleet = graph.one(FLEET, f"{MARK}-haproxy")
    before = graph.upstream(graph.one(RULE, f"{MARK}-frontend-rule"))
    assert fleet.urn in before
    wanted = [graph.one(BINDING, f"{MARK}-{service}-internal-binding") for service in SERVICES]
    wanted += [graph.one(RULE, f"{MARK}-{service}-internal") for service in SERVICES]
    wanted += [graph.one(RULE, f"{MARK}-haproxy-in-use"), graph.one(OBJECT, f"{MARK}-haproxy-configuration")]
    wanted += [each for type_ in (INGRESS, EGRESS) for each in graph.of(type_) if "haproxy" in each.name]
    assert len(wanted) == 4 + 2 + 7
    assert {each.urn for each in wanted} <= graph.upstream(fleet)
    assert fleet.inputs["waitForElbCapacity"] == fleet.inputs["desiredCapacity"] == 2
    assert (fleet.inputs["healthCheckType"], fleet.inputs["waitForCapacityTimeout"]) == ("ELB", "15m")


def test_machines_become_healthy_because_a_rule_that_nobody_meets_names_their_group() -> None:
    graph = moved()
    rule = graph.one(RULE, f"{MARK}-haproxy-in-use").inputs
    assert rule["conditions"] == [{"hostHeader": {"values": ["haproxy-fleet.invalid"]}}]
    assert rule["listenerArn"] == graph.one(RULE, f"{MARK}-frontend-rule").inputs["listenerArn"]
    others = [each.inputs["priority"] for each in graph.of(RULE) if each.inputs["listenerArn"] == rule["listenerArn"]]
    assert rule["priority"] == max(others) == 50000
    assert len(others) == len(set(others))


def test_the_fleet_is_spread_and_replaced_new_before_old() -> None:
    graph = moved()
    fleet = graph.one(FLEET, f"{MARK}-haproxy").inputs
    assert (fleet["minSize"], fleet["maxSize"]) == (2, 2)
    private = {f"{MARK}-private-us-west-2{zone}-id" for zone in "abc"}
    assert set(fleet["vpcZoneIdentifiers"]) == private
    preferences = fleet["instanceRefresh"]["preferences"]
    assert (preferences["minHealthyPercentage"], preferences["maxHealthyPercentage"]) == (100, 150)
    assert fleet["instanceMaintenancePolicy"] == {"minHealthyPercentage": 100, "maxHealthyPercentage": 150}
    assert fleet["launchTemplate"]["version"] == "1", "a number, or a new version would refresh nothing"
    assert {each["key"] for each in fleet["tags"]} >= {"project", "stack", "owner"}
    assert NODE_GROUP_TAG not in {each["key"] for each in fleet["tags"]}


def test_machines_are_closed() -> None:
    template = moved().one(TEMPLATE, f"{MARK}-haproxy").inputs
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    (interface,) = template["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == "false"
    assert interface["securityGroups"] == [f"{MARK}-haproxy-id"]
    assert "keyName" not in template
    (disk,) = template["blockDeviceMappings"]
    assert (disk["ebs"]["encrypted"], disk["ebs"]["volumeType"]) == ("true", "gp3")
    assert template["imageId"].startswith("resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-")
    assert template["monitoring"] == {"enabled": True}
    for specification in template["tagSpecifications"]:
        assert specification["tags"].keys() >= {"project", "stack", "owner", "slipway-haproxy-fleet"}


def test_who_reaches_whom() -> None:
    graph = moved()
    machines, entrance, balancer = (f"{MARK}-{group}-id" for group in ("haproxy", "entrance", "balancer"))
    assert openings(graph, INGRESS, machines) == {(balancer, 80, 80), ("10.9.0.0/16", 8001, 8001)}
    assert openings(graph, EGRESS, machines) == {
        (entrance, 443, 443),
        ("0.0.0.0/0", 443, 443),
        ("10.200.0.10/32", 8443, 8443),
    }
    assert openings(graph, INGRESS, entrance) == {(machines, 443, 443)}
    assert openings(graph, EGRESS, entrance) == {("sg-made-by-eks", 8000, 8000)}
    assert openings(graph, EGRESS, balancer) == {("sg-made-by-eks", 8000, 8000), (machines, 80, 80)}
    assert (entrance, 8000, 8000) in openings(graph, INGRESS, "sg-made-by-eks")


def test_statistics_are_open_to_nobody_where_nobody_is_named() -> None:
    graph = moving()
    assert {port for _, port, _ in openings(graph, INGRESS, f"{MARK}-haproxy-id")} == {80}


def test_the_entrance_is_inside_and_speaks_as_the_public_balancer() -> None:
    graph = moved()
    entrance, public = graph.one(BALANCER, f"{MARK}-entrance"), graph.one(BALANCER, MARK)
    assert entrance.inputs["internal"] is True
    assert entrance.inputs["dropInvalidHeaderFields"] is True
    assert entrance.inputs["subnets"] == public.inputs["subnets"], "the pods' network policies know these"
    listener, https = graph.one(LISTENER, f"{MARK}-entrance").inputs, graph.one(LISTENER, f"{MARK}-https").inputs
    for name in ("port", "protocol", "certificateArn", "sslPolicy", "defaultActions"):
        assert listener[name] == https[name]
    for service in SERVICES:
        rule = graph.one(RULE, f"{MARK}-{service}-internal")
        assert rule.inputs["conditions"] == [{"hostHeader": {"values": [f"{service}.dev.example.com"]}}]
        assert forwarded(rule) == {f"{MARK}-{service}-internal": 100}


def test_a_migration_can_end_in_a_protected_stack() -> None:
    graph = moving("prod")
    assert graph.one(BALANCER, "slipway-prod").protect
    belongs = [each for each in graph.resources if "haproxy" in each.name or "entrance" in each.name]
    assert len(belongs) > 30
    assert not [each.name for each in belongs if each.protect]
    assert graph.one(BALANCER, "slipway-prod-entrance").inputs["enableDeletionProtection"] is False


def test_pods_are_ready_once_they_are_healthy_on_both_ways() -> None:
    graph = moved()
    for service, gates in (("users", ["users-service", "users-service-internal"]), ("thoughts", ["thoughts-service"])):
        spec = graph.one(DEPLOYMENT, f"{MARK}-{service}-deployment").inputs["spec"]["template"]["spec"]
        assert [each["conditionType"] for each in spec["readinessGates"]] == [
            f"target-health.elbv2.k8s.aws/{gate}" for gate in gates
        ]
    binding = graph.one(BINDING, f"{MARK}-users-internal-binding")
    assert binding.inputs["metadata"]["name"] == "users-service-internal"
    assert binding.inputs["spec"]["targetGroupARN"].endswith(f":{MARK}-users-internal")
    assert binding.inputs["spec"]["serviceRef"] == {"name": "users-service", "port": 80}
    assert binding.urn in graph.upstream(graph.one(DEPLOYMENT, f"{MARK}-users-deployment"))


def test_the_configuration_is_a_secret_but_its_sum() -> None:
    graph = moving()
    content = graph.one(OBJECT, f"{MARK}-haproxy-configuration").inputs["content"]
    assert isinstance(content, dict), "as the engine marks a secret"
    text = content["value"]
    settings, migration = migration_with()
    assert text == fleet_configuration(settings, migration, "balancer-1.us-west-2.elb.amazonaws.com")
    assert PASSWORD_HASH in text
    everything_else = [each.inputs for each in graph.resources if each.type != OBJECT]
    assert PASSWORD_HASH not in json.dumps([everything_else, graph.exports], default=str)
    told = hashlib.sha256(text.encode()).hexdigest()
    assert graph.one(ASSOCIATION, f"{MARK}-haproxy-apply").inputs["parameters"] == {"sha256": told}
    assert graph.exports["migration"]["fleet"]["configurationSha256"] == told
    assert "migration" not in graph.secret_exports


def test_one_machine_after_the_other_takes_it() -> None:
    association = moved().one(ASSOCIATION, f"{MARK}-haproxy-apply").inputs
    assert association["targets"] == [{"key": "tag:slipway-haproxy-fleet", "values": [MARK]}]
    assert (association["maxConcurrency"], association["maxErrors"]) == ("1", "0")
    assert association["name"] == f"{MARK}-haproxy-apply"
    assert moved().one("aws:ssm/document:Document", association["name"]).inputs["documentType"] == "Command"


def test_a_weight_changes_no_machine() -> None:
    def machines(percent: int) -> Any:
        graph = moving(services={"frontend": {"newPercent": percent, "checkPath": "/"}})
        return [each.inputs for type_ in (TEMPLATE, FLEET) for each in graph.of(type_)]

    assert machines(5) == machines(100)


def test_rights_of_a_machine() -> None:
    graph = moved()
    policies = [each.inputs for each in graph.of("aws:iam/rolePolicy:RolePolicy") if each.name == f"{MARK}-haproxy"]
    (read, write) = json.loads(policies[0]["policy"])["Statement"]
    assert (read["Action"], read["Resource"]) == (
        ["s3:GetObject"],
        [f"arn:aws:mock:us-west-2:123456789012:{MARK}-haproxy/haproxy.cfg"],
    )
    assert all(resource.endswith(":*") and resource.count("*") == 1 for resource in write["Resource"])
    attached = [
        each.inputs["policyArn"]
        for each in graph.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if each.inputs["role"] == f"{MARK}-haproxy"
    ]
    assert attached == ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]


def test_the_bucket_is_private_versioned_and_encrypted() -> None:
    graph = moved()
    name = f"{MARK}-haproxy"
    block = graph.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", name).inputs
    assert all(value is True for key, value in block.items() if key != "bucket")
    assert graph.one("aws:s3/bucketVersioning:BucketVersioning", name).inputs["versioningConfiguration"] == {
        "status": "Enabled"
    }
    (statement,) = json.loads(graph.one("aws:s3/bucketPolicy:BucketPolicy", name).inputs["policy"])["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    guards = [each.urn for each in graph.resources if each.type.startswith("aws:s3/bucket") and each.name == name]
    assert set(guards) <= graph.upstream(graph.one(OBJECT, f"{name}-configuration"))


def test_logs_have_their_groups_before_their_writers() -> None:
    graph = moved()
    groups = [each for each in graph.of("aws:cloudwatch/logGroup:LogGroup") if "haproxy" in each.name]
    assert {each.inputs["name"] for each in groups} == {f"/slipway/{MARK}/haproxy", f"/slipway/{MARK}/haproxy-metrics"}
    assert {each.inputs["retentionInDays"] for each in groups} == {14}
    assert {each.urn for each in groups} <= graph.upstream(graph.one(TEMPLATE, f"{MARK}-haproxy"))
    text = base64.b64decode(graph.one(TEMPLATE, f"{MARK}-haproxy").inputs["userData"]).decode()
    assert all(f'"{each.inputs["name"]}"' in text for each in groups)


def test_what_is_told_of_a_migration() -> None:
    migration = moved().exports["migration"]
    arn = "arn:aws:mock:us-west-2:123456789012:slipway-dev"
    assert migration["kind"] == "haproxy"
    assert migration["services"] == {
        "frontend": {"newPercent": 5, "new": {"targetGroupArn": f"{arn}-frontend-internal"}},
        "users": {"newPercent": 25, "new": {"targetGroupArn": f"{arn}-users-internal"}},
    }
    fleet = dict(migration["fleet"])
    assert len(fleet.pop("configurationSha256")) == 64
    assert fleet == {
        "autoScalingGroup": f"{MARK}-haproxy",
        "runtimeDocument": f"{MARK}-haproxy-runtime",
        "targetGroupArn": f"{arn}-haproxy",
    }


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_with_a_fleet_obeys_every_rule(stack: str) -> None:
    graph = moving(stack)
    assert [found.message for found in violations(seen(graph), stack_of(graph))] == []
