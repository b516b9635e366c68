"""From one way of migrating to another and away again: no host is ever without a rule that leads somewhere ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.edited_program import Edit, program_with
from tests.engine.sandbox_stack import Outcome, SandboxStack, Step, succeeded
from tests.engine.test_migration import GROUP, RULE, migration, plain, records, steps, weights
from tests.haproxy_stack_file import PASSWORD_HASH, haproxy
from tests.says import Says

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]

FLEET = "aws:autoscaling/group:Group"
LISTENER = "aws:lb/listener:Listener"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
ASSOCIATION = "aws:ssm/association:Association"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
PUBLIC = {LISTENER: {"slipway-dev-http", "slipway-dev-https"}}
HOSTS = {f"slipway-dev-{service}-rule" for service in ("frontend", "thoughts", "users")}
THROUGH_FLEET = {"slipway-dev-haproxy": 100, "slipway-dev-frontend": 0}


def fleet(percent: int = 5, **parts: Any) -> dict[str, Any]:
    """The configuration while the front end moves by HAProxy."""
    services = {"frontend": {"newPercent": percent, "checkPath": "/"}}
    return {"slipway:migration": haproxy(**{"services": services, **parts})}


def taken(outcome: Outcome) -> Iterator[Step]:
    """Each step of what AWS and Kubernetes are told, in order."""
    assert outcome.exit_code == 0, outcome.output
    return (step for step in outcome.changes if not step.type.startswith("slipway:"))


def place(outcome: Outcome, op: str, type_token: str, name: str) -> int:
    """Which step it was."""
    (found,) = [i for i, step in enumerate(taken(outcome)) if (step.op, step.type, step.name) == (op, type_token, name)]
    return found


def never_without_a_way(outcome: Outcome) -> None:
    """Listeners and the hosts' own rules are at most updated, and what a rule let go of goes after that."""
    for step in taken(outcome):
        if step.name in PUBLIC[LISTENER] | HOSTS and step.type in {LISTENER, RULE}:
            assert (step.op, step.type) == ("update", RULE), step
    switched = place(outcome, "update", RULE, "slipway-dev-frontend-rule")
    for i, step in enumerate(taken(outcome)):
        if step.op == "delete":
            assert i > switched, f"{step} before the rule had let go"
        if step.op == "create" and (step.type in {GROUP, FLEET} or "old" in step.name):
            assert i < switched, f"{step} after the rule named it"


def named_groups_exist(stack: SandboxStack) -> None:
    """Every rule forwards to target groups that AWS has."""
    groups = {group["arn"] for group in records(stack, GROUP).values()}
    for rule in records(stack, RULE).values():
        for action in rule["outputs"]["actions"]:
            assert {each["arn"] for each in action["forward"]["targetGroups"]} <= groups


def fleets(stack: SandboxStack) -> list[dict[str, Any]]:
    return list(records(stack, FLEET).values())


def test_a_fleet_comes_before_the_first_visitor(system: System) -> None:
    dev = system("dev")
    outcome = dev.up(set=fleet())
    never_without_a_way(outcome)
    named_groups_exist(dev)
    assert weights(dev) == THROUGH_FLEET
    switched = place(outcome, "update", RULE, "slipway-dev-frontend-rule")
    healthy = place(outcome, "create", FLEET, "slipway-dev-haproxy")
    pods = place(outcome, "create", BINDING, "slipway-dev-frontend-internal-binding")
    in_use = place(outcome, "create", RULE, "slipway-dev-haproxy-in-use")
    assert max(pods, in_use) < healthy < switched
    assert place(outcome, "update", DEPLOYMENT, "slipway-dev-frontend-deployment") > pods
    assert [step.op for step in taken(outcome)].count("update") == 2
    assert steps(dev.up(set=fleet())) == []

    (group,) = fleets(dev)
    assert (group["outputs"]["minSize"], group["outputs"]["maxSize"]) == (2, 2)
    told = dev.outputs()["migration"]
    assert told["kind"] == "haproxy"
    assert told["fleet"]["autoScalingGroup"] == group["id"]
    assert told["services"]["frontend"]["newPercent"] == 5
    assert PASSWORD_HASH not in str(dev.export()), "neither in the state nor in what is told"
    assert PASSWORD_HASH not in str(dev.inventory())


def test_machines_that_no_rule_names_never_become_healthy(system: System, tmp_path: Path) -> None:
    dev = system("dev")
    edit = Edit("infra/haproxy_fleet.py", "depends_on=[in_use, *args.waits_for]", "depends_on=list(args.waits_for)")
    late = f"create:{RULE}:slipway-dev-haproxy-in-use=late*90@{FLEET}"
    outcome = SandboxStack(dev.state, program_with(tmp_path, edit)).up(set=fleet(), faults=[late])
    assert outcome.exit_code != 0, "the order held without the dependency"
    assert FLEET in {step.type for step in outcome.failed}, outcome.output
    assert Says("WaitForCapacityTimeout", "2 healthy", "0") in outcome.errors
    assert weights(dev) == {"slipway-dev-frontend": 100}, "no visitor's rule has been touched"

    succeeded(dev.up(set=fleet()))
    assert weights(dev) == THROUGH_FLEET


def test_a_weight_is_another_object_and_another_order(system: System) -> None:
    dev = system("dev")
    assert dev.up(set=fleet(0)).exit_code == 0
    only_these = [
        f"update {OBJECT} slipway-dev-haproxy-configuration",
        f"update {ASSOCIATION} slipway-dev-haproxy-apply",
    ]
    for percent in (5, 50, 100, 0):
        outcome = dev.up(set=fleet(percent))
        assert steps(outcome) == only_these
        assert PASSWORD_HASH not in outcome.output
        assert dev.outputs()["migration"]["services"]["frontend"]["newPercent"] == percent


def test_another_service_joins_without_another_machine(system: System) -> None:
    dev = system("dev")
    assert dev.up(set=fleet()).exit_code == 0
    both = {name: {"newPercent": 5, "checkPath": "/"} for name in ("frontend", "users")}
    outcome = dev.up(set=fleet(services=both))
    assert not [step for step in taken(outcome) if step.type == FLEET or step.op not in {"create", "update"}]
    switched = place(outcome, "update", RULE, "slipway-dev-users-rule")
    assert place(outcome, "create", BINDING, "slipway-dev-users-internal-binding") < switched
    assert place(outcome, "update", OBJECT, "slipway-dev-haproxy-configuration") < switched
    assert place(outcome, "update", ASSOCIATION, "slipway-dev-haproxy-apply") < switched


def test_from_the_balancer_alone_to_a_fleet_and_back(system: System) -> None:
    dev = system("dev")
    before = plain(dev)
    alone = migration(newPercent=5)
    assert dev.up(set=alone).exit_code == 0
    divided = weights(dev)

    to_fleet = dev.up(set=fleet())
    never_without_a_way(to_fleet)
    named_groups_exist(dev)
    assert weights(dev) == THROUGH_FLEET
    assert place(to_fleet, "delete", GROUP, "slipway-dev-frontend-old") > place(
        to_fleet, "create", FLEET, "slipway-dev-haproxy"
    )

    back = dev.up(set=alone)
    never_without_a_way(back)
    named_groups_exist(dev)
    assert weights(dev) == divided == {"slipway-dev-frontend": 5, "slipway-dev-frontend-old": 95}
    assert fleets(dev) == []
    assert dev.outputs()["migration"]["kind"] == "alb"

    assert dev.up().exit_code == 0
    assert plain(dev) == before


def test_a_fleet_goes_when_nobody_is_sent_there(system: System) -> None:
    dev = system("dev")
    before = plain(dev)
    begun = [step for step in taken(dev.up(set=fleet())) if step.op == "create"]
    outcome = dev.up()
    never_without_a_way(outcome)
    assert plain(dev) == before
    gone = {(step.type, step.name) for step in taken(outcome) if step.op == "delete"}
    assert gone == {(step.type, step.name) for step in begun}
    assert "migration" not in dev.outputs()
    # The machines drain first; what they lean on, and what keeps pods known to it, goes after them.
    machines = place(outcome, "delete", FLEET, "slipway-dev-haproxy")
    for type_token, name in (
        (BINDING, "slipway-dev-frontend-internal-binding"),
        (RULE, "slipway-dev-frontend-internal"),
        (RULE, "slipway-dev-haproxy-in-use"),
    ):
        assert place(outcome, "delete", type_token, name) > machines
    assert steps(dev.up()) == []


def test_a_stack_begins_with_a_fleet_and_ends_with_it(before_first_up: System) -> None:
    dev = before_first_up("dev")
    assert dev.up(set=fleet(0)).exit_code == 0
    assert weights(dev) == THROUGH_FLEET
    succeeded(dev.destroy(set=fleet(0)))
    assert fleets(dev) == []


def test_a_protected_stack_ends_its_migration(system: System) -> None:
    prod = system("prod")
    assert prod.up(set=fleet()).exit_code == 0
    assert len(fleets(prod)) == 1
    succeeded(prod.up())
    assert fleets(prod) == []


def test_another_port_of_the_old_system_is_open_before_it_is_used(system: System) -> None:
    dev = system("dev")
    old = {"address": "10.200.0.10", "port": 8080, "protocol": "HTTP", "maxConnections": 200, "slowStartSeconds": 0}
    assert dev.up(set=fleet(old=old)).exit_code == 0
    outcome = dev.up(set=fleet(old={**old, "port": 8081}))
    egress = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    assert steps(outcome) == [
        f"create {egress} slipway-dev-haproxy-to-10.200.0.10/32-8081",
        f"update {OBJECT} slipway-dev-haproxy-configuration",
        f"update {ASSOCIATION} slipway-dev-haproxy-apply",
        f"delete {egress} slipway-dev-haproxy-to-10.200.0.10/32-8080",
    ]


def test_machines_change_by_a_refresh_of_the_same_group(system: System) -> None:
    dev = system("dev")
    assert dev.up(set=fleet()).exit_code == 0
    (group,) = fleets(dev)
    outcome = dev.up(set=fleet(fleet={"instanceType": "t4g.small", "machines": 3}))
    assert steps(outcome) == [
        "update aws:ec2/launchTemplate:LaunchTemplate slipway-dev-haproxy",
        f"update {FLEET} slipway-dev-haproxy",
    ]
    (now,) = fleets(dev)
    assert now["id"] == group["id"]
    assert (now["inputs"]["launchTemplate"]["version"], now["inputs"]["desiredCapacity"]) == ("2", 3)
