"""Traffic moves over from an old system by the stack's own balancer: the exact steps, by the real engine."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.sandbox_stack import CHECKOUT, Outcome, SandboxStack

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]

RULE = "aws:lb/listenerRule:ListenerRule"
GROUP = "aws:lb/targetGroup:TargetGroup"
ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
OLD = {
    "addresses": ["10.200.0.10", "10.200.0.11"],
    "port": 8080,
    "protocol": "HTTP",
    "healthCheckPath": "/",
    "healthCheckCodes": "200-399",
}


def migration(old: dict[str, Any] | None = None, **frontend: Any) -> dict[str, Any]:
    """The configuration while the front end moves."""
    return {"slipway:migration": {"kind": "alb", "old": {**OLD, **(old or {})}, "services": {"frontend": frontend}}}


def steps(outcome: Outcome) -> list[str]:
    assert outcome.exit_code == 0, outcome.output
    return [f"{step.op} {step.type} {step.name}" for step in outcome.changes]


def records(stack: SandboxStack, type_token: str) -> dict[str, dict[str, Any]]:
    """What exists of a type, by its logical name."""
    by_id = {each["id"]: each for each in stack.inventory() if each["type"] == type_token}
    return {
        each["urn"].rsplit("::", 1)[1]: by_id[each["id"]] for each in stack.resources() if each["type"] == type_token
    }


def weights(stack: SandboxStack, rule: str = "slipway-dev-frontend-rule") -> dict[str, int]:
    """The weights of a rule, as AWS has them, by the logical name of the target group."""
    names = {group["arn"]: name for name, group in records(stack, GROUP).items()}
    (action,) = records(stack, RULE)[rule]["outputs"]["actions"]
    return {names[each["arn"]]: each["weight"] for each in action["forward"]["targetGroups"]}


@pytest.fixture
def at_five_per_cent(upped_stack: Callable[..., SandboxStack]) -> SandboxStack:
    """Dev with a twentieth of the front end's visitors on the new side."""
    return upped_stack(CHECKOUT, "dev", migration(newPercent=5))


def plain(stack: SandboxStack) -> Any:
    """All rules as AWS has them."""
    return {name: rule["outputs"] for name, rule in records(stack, RULE).items()}


def test_from_the_first_per_cent_to_the_last(system: System) -> None:
    dev = system("dev")
    before = plain(dev)

    begun = steps(dev.up(set=migration(newPercent=0)))
    assert sorted(begun) == [
        f"create {GROUP} slipway-dev-frontend-old",
        f"create {ATTACHMENT} slipway-dev-frontend-old-10.200.0.10",
        f"create {ATTACHMENT} slipway-dev-frontend-old-10.200.0.11",
        f"create {EGRESS} slipway-dev-balancer-to-old-10.200.0.10-8080",
        f"create {EGRESS} slipway-dev-balancer-to-old-10.200.0.11-8080",
        "create slipway:infra:Migration slipway-dev",
        f"update {RULE} slipway-dev-frontend-rule",
    ]
    assert begun[-1].startswith("update"), "no request goes the old way before there is one"
    assert weights(dev) == {"slipway-dev-frontend": 0, "slipway-dev-frontend-old": 100}

    for percent in (5, 50, 100):
        outcome = dev.up(set=migration(newPercent=percent))
        assert steps(outcome) == [f"update {RULE} slipway-dev-frontend-rule"]
        assert weights(dev) == {"slipway-dev-frontend": percent, "slipway-dev-frontend-old": 100 - percent}
    assert steps(dev.up(set=migration(newPercent=100))) == []

    ended = steps(dev.up())
    assert ended[0] == f"update {RULE} slipway-dev-frontend-rule", "nothing goes before the rule has let go of it"
    assert sorted(ended[1:]) == sorted(
        step.replace("create", "delete") for step in begun if not step.startswith("update")
    )
    assert plain(dev) == before
    assert steps(dev.up()) == []


def test_back_at_once(system: System) -> None:
    dev = system("dev")
    assert dev.up(set=migration(newPercent=50)).exit_code == 0
    outcome = dev.up(set=migration(newPercent=0))
    assert steps(outcome) == [f"update {RULE} slipway-dev-frontend-rule"]
    assert weights(dev) == {"slipway-dev-frontend": 0, "slipway-dev-frontend-old": 100}


def test_pods_become_ready_while_they_get_nothing(system: System) -> None:
    dev = system("dev")
    change = migration(newPercent=0)
    assert dev.up(set=change).exit_code == 0
    outcome = dev.up(set={**change, "slipway:images.frontend.tag": "git-9d8c7b6"})
    assert steps(outcome) == ["update kubernetes:apps/v1:Deployment slipway-dev-frontend-deployment"]


def test_a_stack_begins_with_a_migration(before_first_up: System) -> None:
    dev = before_first_up("dev")
    assert dev.up(set=migration(newPercent=0)).exit_code == 0
    assert weights(dev) == {"slipway-dev-frontend": 0, "slipway-dev-frontend-old": 100}
    assert dev.destroy().exit_code == 0


def test_paths_go_one_way_and_come_before_the_host(at_five_per_cent: SandboxStack) -> None:
    dev = at_five_per_cent
    paths = {"new": ["/static/*"], "old": ["/admin", "/admin/*"]}
    outcome = dev.up(set=migration(newPercent=5, paths=paths))
    names = {side: f"slipway-dev-frontend-{side}-paths" for side in ("new", "old")}
    assert sorted(steps(outcome)) == [f"create {RULE} {names[side]}" for side in names]
    assert weights(dev, names["new"]) == {"slipway-dev-frontend": 100}
    assert weights(dev, names["old"]) == {"slipway-dev-frontend-old": 100}
    priority = {name: rule["outputs"]["priority"] for name, rule in records(dev, RULE).items()}
    assert priority[names["new"]] < priority[names["old"]] < priority["slipway-dev-frontend-rule"]

    longer = {**paths, "new": ["/static/*", "/img/*"]}
    assert steps(dev.up(set=migration(newPercent=5, paths=longer))) == [f"update {RULE} {names['new']}"]
    assert sorted(steps(dev.up(set=migration(newPercent=5)))) == [f"delete {RULE} {names[side]}" for side in names]


def test_stickiness_comes_and_goes_with_the_rule(at_five_per_cent: SandboxStack) -> None:
    dev = at_five_per_cent

    def stickiness() -> dict[str, Any]:
        return records(dev, RULE)["slipway-dev-frontend-rule"]["outputs"]["actions"][0]["forward"]["stickiness"]

    assert stickiness() == {"enabled": False, "duration": 3600}
    only_the_rule = [f"update {RULE} slipway-dev-frontend-rule"]
    assert steps(dev.up(set=migration(newPercent=5, stickySeconds=600))) == only_the_rule
    assert stickiness() == {"enabled": True, "duration": 600}
    assert steps(dev.up(set=migration(newPercent=0))) == only_the_rule
    assert stickiness()["enabled"] is False, "said, not left out: the provider would keep it"


def test_another_port_of_the_old_system_stands_before_the_first_goes(at_five_per_cent: SandboxStack) -> None:
    dev = at_five_per_cent
    taken = steps(dev.up(set=migration(old={"port": 8443, "protocol": "HTTPS"}, newPercent=5)))
    group, rule = f"{GROUP} slipway-dev-frontend-old", f"{RULE} slipway-dev-frontend-rule"
    order = [f"create-replacement {group}", f"update {rule}", f"delete-replaced {group}"]
    assert [step for step in taken if step in order] == order
    closed = [step for step in taken if step.startswith(f"delete {EGRESS}")]
    assert len(closed) == 2
    assert all(taken.index(step) > taken.index(f"update {rule}") for step in closed)


def test_one_more_address_changes_no_rule(at_five_per_cent: SandboxStack) -> None:
    dev = at_five_per_cent
    outcome = dev.up(set=migration(old={"addresses": [*OLD["addresses"], "10.10.1.7"]}, newPercent=5))
    assert sorted(steps(outcome)) == [
        f"create {ATTACHMENT} slipway-dev-frontend-old-10.10.1.7",
        f"create {EGRESS} slipway-dev-balancer-to-old-10.10.1.7-8080",
    ]
    zones = {name[-11:]: each["outputs"].get("availabilityZone") for name, each in records(dev, ATTACHMENT).items()}
    assert zones == {"10.200.0.10": "all", "10.200.0.11": "all", "d-10.10.1.7": None}, "known inside the VPC"
