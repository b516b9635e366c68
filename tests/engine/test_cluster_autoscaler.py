"""The cluster autoscaler switched on for a new node group, and off again: the exact steps, by the real engine."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.sandbox_stack import Outcome, SandboxStack
from tests.says import Says

pytestmark = pytest.mark.engine

ELASTIC: dict[str, Any] = {
    "slipway:nodeGroups.elastic": {
        "instanceType": "m5.large",
        "capacityType": "SPOT",
        "diskSizeGiB": 40,
        "size": {"min": 0, "desired": 0, "max": 6},
        "clusterAutoscaler": True,
    }
}
OFF = {**ELASTIC, "slipway:nodeGroups.elastic": {**ELASTIC["slipway:nodeGroups.elastic"], "clusterAutoscaler": False}}
NAME = "slipway-dev-autoscaler"
OF_THE_AUTOSCALER = [
    f"aws:autoscaling/tag:Tag {NAME}-elastic-label/slipway/node-group",
    f"aws:autoscaling/tag:Tag {NAME}-elastic-resources/ephemeral-storage",
    f"aws:autoscaling/tag:Tag {NAME}-elastic-slipway/cluster-autoscaler/slipway-dev",
    f"aws:eks/podIdentityAssociation:PodIdentityAssociation {NAME}",
    f"aws:iam/role:Role {NAME}",
    f"aws:iam/rolePolicy:RolePolicy {NAME}",
    f"kubernetes:helm.sh/v3:Release {NAME}",
    f"slipway:infra:ClusterAutoscaler {NAME}",
]
GROUP = "aws:autoscaling/group:Group"


def steps(outcome: Outcome) -> list[str]:
    assert outcome.exit_code == 0, outcome.output
    return sorted(f"{step.op} {step.type} {step.name}" for step in outcome.changes)


def elastic_group(stack: SandboxStack) -> dict[str, Any]:
    """The Auto Scaling group that EKS made for the new node group."""
    (group,) = [each for each in stack.inventory() if each["type"] == GROUP and "-elastic-" in each["id"]]
    return group


def test_on_its_growth_left_alone_and_off_again(system: Callable[[str], SandboxStack]) -> None:
    dev = system("dev")

    assert steps(dev.up(set=ELASTIC)) == sorted(
        [f"create {each}" for each in OF_THE_AUTOSCALER]
        + [
            "create aws:ec2/launchTemplate:LaunchTemplate slipway-dev-elastic",
            "create aws:eks/nodeGroup:NodeGroup slipway-dev-elastic",
            "create slipway:infra:NodeGroup slipway-dev-elastic",
        ]
    )
    assert steps(dev.up(set=ELASTIC)) == []

    account = dev.account()
    account.set_property(GROUP, elastic_group(dev)["id"], "desiredCapacity", 3)
    account.close()
    assert dev.refresh(set=ELASTIC).exit_code == 0
    assert steps(dev.up(set=ELASTIC)) == [], "what the autoscaler asked for stays"
    assert elastic_group(dev)["outputs"]["desiredCapacity"] == 3

    assert steps(dev.up(set=OFF)) == sorted(
        [f"delete {each}" for each in OF_THE_AUTOSCALER] + ["update aws:eks/nodeGroup:NodeGroup slipway-dev-elastic"]
    ), "and now the size is the stack file's"
    assert elastic_group(dev)["outputs"]["desiredCapacity"] == 0


def test_a_group_that_it_sizes_is_not_replaced_in_one_step(system: Callable[[str], SandboxStack]) -> None:
    dev = system("dev")
    assert dev.up(set=ELASTIC).exit_code == 0
    outcome = dev.up(set={**ELASTIC, "slipway:nodeGroups.elastic.instanceType": "m6i.large"})
    assert outcome.exit_code != 0
    assert outcome.changes == ()
    made_from = "'m5.large SPOT us-west-2a us-west-2b us-west-2c'"
    assert Says(made_from, at="slipway:nodeGroups.elastic") in outcome.lines
