"""What the program declares while traffic moves over from an old system, and what without."""

from typing import Any

import pytest

from tests.program.recorded_graph import Declared, Graph, record
from tests.stack_values import stack_config

pytestmark = pytest.mark.program

RULE = "aws:lb/listenerRule:ListenerRule"
GROUP = "aws:lb/targetGroup:TargetGroup"
ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
LISTENER = "aws:lb/listener:Listener"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
OLD = {
    "addresses": ["10.200.0.10", "10.10.1.7"],
    "port": 8443,
    "protocol": "HTTPS",
    "healthCheckPath": "/health",
    "healthCheckCodes": "200,404",
}


def moving(**services: dict[str, Any]) -> Graph:
    config = stack_config("dev")
    config["slipway:migration"] = {"kind": "alb", "old": OLD, "services": services}
    return record("dev", config)


def forwarded(rule: Declared) -> dict[str, int]:
    (action,) = rule.inputs["actions"]
    assert action["type"] == "forward"
    assert "targetGroupArn" not in action, "one form, or the provider keeps what it should lose"
    return {each["arn"].rsplit(":", 1)[1]: each["weight"] for each in action["forward"]["targetGroups"]}


def stickiness(rule: Declared) -> dict[str, Any]:
    return rule.inputs["actions"][0]["forward"]["stickiness"]


def test_without_a_migration_each_rule_forwards_all_to_the_pods(graph: Graph) -> None:
    rules = graph.of(RULE)
    assert len(rules) == 3
    for rule in rules:
        assert forwarded(rule) == {rule.name.removesuffix("-rule"): 100}
        assert stickiness(rule) == {"enabled": False, "duration": 3600}
    assert not graph.of(ATTACHMENT)
    assert not graph.of("slipway:infra:Migration")
    assert not [rule for rule in graph.of(EGRESS) if "cidrIpv4" in rule.inputs]


@pytest.mark.parametrize("percent", [0, 5, 100])
def test_a_rule_divides_between_two_groups(percent: int) -> None:
    graph = moving(frontend={"newPercent": percent})
    rule = graph.one(RULE, "slipway-dev-frontend-rule")
    assert forwarded(rule) == {"slipway-dev-frontend": percent, "slipway-dev-frontend-old": 100 - percent}
    assert stickiness(rule) == {"enabled": False, "duration": 3600}
    assert forwarded(graph.one(RULE, "slipway-dev-users-rule")) == {"slipway-dev-users": 100}


def test_the_old_side() -> None:
    graph = moving(frontend={"newPercent": 5}, users={"newPercent": 50})
    group = graph.one(GROUP, "slipway-dev-frontend-old").inputs
    assert (group["targetType"], group["protocol"], group["port"]) == ("ip", "HTTPS", 8443)
    assert len(group["name"]) <= 32
    check = group["healthCheck"]
    assert (check["protocol"], check["path"], check["matcher"]) == ("HTTPS", "/health", "200,404")
    attached = {each.name: each.inputs for each in graph.of(ATTACHMENT)}
    assert len(attached) == 4
    outside, inside = (attached[f"slipway-dev-frontend-old-{address}"] for address in OLD["addresses"])
    assert (outside["targetId"], outside["port"], outside["availabilityZone"]) == ("10.200.0.10", 8443, "all")
    assert "availabilityZone" not in inside
    assert {binding.inputs["spec"]["targetGroupARN"].rsplit(":", 1)[1] for binding in graph.of(BINDING)} == {
        "slipway-dev-frontend",
        "slipway-dev-thoughts",
        "slipway-dev-users",
    }, "pods are only ever registered on the new side"


def test_the_balancer_reaches_the_old_system_and_nothing_beside_it() -> None:
    graph = moving(frontend={"newPercent": 5}, users={"newPercent": 50})
    ways = [rule.inputs for rule in graph.of(EGRESS) if "cidrIpv4" in rule.inputs]
    assert [(way["cidrIpv4"], way["fromPort"], way["toPort"]) for way in ways] == [
        ("10.200.0.10/32", 8443, 8443),
        ("10.10.1.7/32", 8443, 8443),
    ]
    assert {way["securityGroupId"] for way in ways} == {"slipway-dev-balancer-id"}


def test_no_request_goes_the_old_way_before_there_is_one() -> None:
    graph = moving(frontend={"newPercent": 0, "paths": {"old": ["/admin/*"]}})
    ways = {each.urn for each in (*graph.of(ATTACHMENT), *graph.of(EGRESS)) if "old" in each.name}
    assert len(ways) == 4
    for name in ("slipway-dev-frontend-rule", "slipway-dev-frontend-old-paths"):
        assert ways <= graph.upstream(graph.one(RULE, name))


def test_paths_of_one_side() -> None:
    paths = {"new": ["/static/*", "/img/*"], "old": ["/admin/*"]}
    graph = moving(frontend={"newPercent": 5, "paths": paths, "stickySeconds": 600})
    host = graph.one(RULE, "slipway-dev-frontend-rule")
    new, old = (graph.one(RULE, f"slipway-dev-frontend-{side}-paths") for side in ("new", "old"))
    assert forwarded(new) == {"slipway-dev-frontend": 100}
    assert forwarded(old) == {"slipway-dev-frontend-old": 100}
    assert new.inputs["priority"] < old.inputs["priority"] < host.inputs["priority"]
    for rule, patterns in ((new, paths["new"]), (old, paths["old"])):
        assert rule.inputs["conditions"] == [
            {"hostHeader": {"values": ["frontend.dev.example.com"]}},
            {"pathPattern": {"values": patterns}},
        ]
    assert stickiness(host) == {"enabled": True, "duration": 600}
    assert [stickiness(each)["enabled"] for each in (new, old)] == [False, False]


def test_what_is_told_of_a_migration() -> None:
    arn = "arn:aws:mock:us-west-2:123456789012:slipway-dev-frontend"
    assert moving(frontend={"newPercent": 5}).exports["migration"] == {
        "kind": "alb",
        "services": {
            "frontend": {"newPercent": 5, "new": {"targetGroupArn": arn}, "old": {"targetGroupArn": f"{arn}-old"}}
        },
    }


def test_tls_at_the_edge(graph: Graph) -> None:
    https = graph.one(LISTENER, f"slipway-{graph.stack}-https").inputs
    assert (https["port"], https["protocol"]) == (443, "HTTPS")
    # TLS 1.3, and 1.2 for clients that have no better; 1.0 and 1.1 are in none of the policies with this name.
    assert https["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert https["certificateArn"].endswith(f":slipway-{graph.stack}-certificate")


def test_plain_http_is_answered_by_the_same_address_in_https(graph: Graph) -> None:
    http = graph.one(LISTENER, f"slipway-{graph.stack}-http").inputs
    (action,) = http["defaultActions"]
    assert (http["port"], http["protocol"], action["type"]) == (80, "HTTP", "redirect")
    assert action["redirect"] == {
        "protocol": "HTTPS",
        "port": "443",
        "host": "#{host}",
        "path": "/#{path}",
        "query": "#{query}",
        "statusCode": "HTTP_301",
    }
