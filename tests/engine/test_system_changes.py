"""What a change of the stack file does to the running system: the exact steps, by the real engine."""

from collections.abc import Callable

import pytest

from tests.engine.sandbox_stack import Outcome, SandboxStack

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]


def steps(outcome: Outcome) -> list[str]:
    assert outcome.exit_code == 0, outcome.output
    return sorted(f"{step.op} {step.type} {step.name}" for step in outcome.changes)


@pytest.mark.parametrize(
    ("stack", "change"),
    [
        ("dev", {"slipway:images.frontend.tag": "git-9d8c7b6"}),
        ("prod", {"slipway:images.frontend.digest": "sha256:" + "ab" * 32}),
    ],
)
def test_a_new_image_changes_its_deployment_in_place_and_nothing_else(
    system: System, stack: str, change: dict[str, str]
) -> None:
    up = system(stack)
    (image,) = change.values()
    outcome = up.up(set=change)
    assert steps(outcome) == [f"update kubernetes:apps/v1:Deployment slipway-{stack}-frontend-deployment"]
    assert up.outputs()["runningImages"]["frontend"].endswith(image)


def test_another_hour_replaces_that_scheduled_action_and_nothing_else(system: System) -> None:
    change = {"slipway:nodeGroups.general.schedules.night.down.recurrence": "0 21 * * MON-THU"}
    dev = system("dev")
    outcome = dev.up(set=change)
    assert [step.op for step in outcome.changes] == ["create", "delete"], "the new one is there before the old one goes"
    created, deleted = outcome.changes
    assert created.type == deleted.type == "aws:autoscaling/schedule:Schedule"
    assert created.name.startswith("slipway-dev-general-night-down-")
    assert deleted.name.startswith("slipway-dev-general-night-down-")
    assert created.name != deleted.name
    assert "At 21:00 on Monday through Thursday" in dev.outputs()["schedules"]["general"][0]


def test_a_fourth_service_touches_none_of_the_other_three(system: System) -> None:
    dev = system("dev")
    resources = {
        "requests": {"cpuMillicores": 50, "memoryMiB": 64},
        "limits": {"cpuMillicores": 100, "memoryMiB": 128},
    }
    outcome = dev.up(
        set={
            "slipway:images.search": {"tag": "git-1"},
            "slipway:services.search": {
                "hosts": ["search.dev.example.com"],
                "port": 8000,
                "serviceType": "ClusterIP",
                "runAsUser": 1000,
                "resources": resources,
                "replicas": 2,
            },
        }
    )
    assert steps(outcome) == [
        "create aws:ecr/lifecyclePolicy:LifecyclePolicy slipway-dev-search",
        "create aws:ecr/repository:Repository slipway-dev-search",
        "create aws:lb/listenerRule:ListenerRule slipway-dev-search-rule",
        "create aws:lb/targetGroup:TargetGroup slipway-dev-search",
        "create aws:route53/record:Record slipway-dev-search-search.dev.example.com",
        "create kubernetes:apps/v1:Deployment slipway-dev-search-deployment",
        "create kubernetes:core/v1:Service slipway-dev-search-service",
        "create kubernetes:core/v1:ServiceAccount slipway-dev-search-account",
        "create kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding slipway-dev-search-binding",
        "create kubernetes:networking.k8s.io/v1:NetworkPolicy slipway-dev-search-network-policy",
        "create kubernetes:policy/v1:PodDisruptionBudget slipway-dev-search-budget",
        "create slipway:apps:WebService slipway-dev-search",
        "create slipway:infra:HostRoute slipway-dev-search",
    ]


def test_a_service_taken_out_leaves_the_others_alone(system: System) -> None:
    dev = system("dev")
    services = "slipway:images"
    kept = {name: {"tag": "git-3f2c1ab"} for name in ("frontend", "thoughts_backend", "thoughts_backend_db")}
    outcome = dev.up(set={services: kept})
    changed = steps(outcome)
    assert {step.split()[0] for step in changed} == {"delete"}
    assert all("slipway-dev-users" in step for step in changed)
    assert dev.outputs()["notDeployed"].keys() == {"users"}


def test_the_size_of_the_hour_is_left_alone(system: System) -> None:
    dev = system("dev")
    account = dev.account()
    (group,) = [each for each in dev.inventory() if each["type"] == "aws:autoscaling/group:Group"]
    for size, nodes in (("minSize", 1), ("desiredCapacity", 1)):
        account.set_property("aws:autoscaling/group:Group", group["id"], size, nodes)
    account.close()
    assert dev.refresh().exit_code == 0
    (seen,) = [each for each in dev.resources() if each["type"] == "aws:eks/nodeGroup:NodeGroup"]
    assert seen["outputs"]["scalingConfig"] == {"desiredSize": 1, "maxSize": 4, "minSize": 1}, "the night is seen"
    assert steps(dev.up()) == [], "and left as it is"


def test_a_longer_drain_moves_every_time_together_and_replaces_nothing(system: System) -> None:
    outcome = system("dev").up(set={"slipway:drainSeconds": 60})
    assert {(step.op, step.type) for step in outcome.changes} == {
        ("update", "aws:lb/loadBalancer:LoadBalancer"),
        ("update", "aws:lb/targetGroup:TargetGroup"),
        ("update", "kubernetes:apps/v1:Deployment"),
    }
