"""The whole system's life with the real engine: from an empty account to its exports and back to empty."""

from collections.abc import Callable
from typing import Any

import pytest

from ops.graph_components import read_graph
from ops.graph_picture import draw
from tests.engine.sandbox_stack import CHECKOUT, SandboxStack
from tests.stack_values import STACKS

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]

SERVICES = {"frontend", "thoughts", "users"}
UNPROTECTED = {"slipway:protect": False}


@pytest.mark.parametrize("stack", STACKS)
def test_up_again_and_refresh_change_nothing(system: System, stack: str) -> None:
    up = system(stack)
    before = up.existing()
    again = up.up()
    assert again.exit_code == 0, again.output
    assert again.changes == ()
    refreshed = up.refresh()
    assert refreshed.exit_code == 0, refreshed.output
    assert not [step for step in refreshed.steps if step.op not in {"same", "refresh"} or step.changed]
    assert up.preview(arguments=["--expect-no-changes"]).exit_code == 0
    assert up.existing() == before


@pytest.mark.parametrize("stack", STACKS)
def test_what_the_state_names_is_what_exists(system: System, stack: str) -> None:
    up = system(stack)
    in_state = {
        (each["type"], each["id"]) for each in up.resources() if each["type"].startswith(("aws:", "kubernetes:"))
    }
    made = {(each["type"], each["id"]) for each in up.inventory() if not each["owner"]}
    assert made == in_state | up.made_by_bootstrap()


@pytest.mark.parametrize("stack", STACKS)
def test_exports(system: System, stack: str) -> None:
    outputs = system(stack).outputs()
    domain = f"{stack}.example.com"
    assert outputs["siteUrl"] == f"https://frontend.{domain}"
    assert outputs["serviceUrls"] == {name: f"https://{name}.{domain}" for name in SERVICES}
    assert outputs["runningImages"].keys() == SERVICES
    assert outputs["clusterName"] == f"slipway-{stack}"
    assert outputs["kubeconfig"] == "[secret]"
    assert all(name.startswith(f"eks-slipway-{stack}-") for name in outputs["nodeGroups"].values())
    assert all("America/Los_Angeles" in action for actions in outputs["schedules"].values() for action in actions)


@pytest.mark.parametrize("stack", STACKS[:2])
def test_destroy_leaves_only_what_was_there_before(system: System, stack: str) -> None:
    destroyed = system(stack)
    outcome = destroyed.destroy()
    assert outcome.exit_code == 0, outcome.output
    assert destroyed.resources() == []
    assert destroyed.existing() == destroyed.made_by_bootstrap()


def test_prod_is_destroyed_only_after_its_protection_is_lifted(system: System) -> None:
    prod = system("prod")
    before = prod.existing()
    refused = prod.run("destroy", "--yes")  # with its preview, which is where Pulumi refuses before anything goes
    assert refused.exit_code != 0
    assert "protect" in refused.output
    assert prod.existing() == before
    lifted = prod.up(set=UNPROTECTED)
    assert lifted.exit_code == 0, lifted.output
    assert {step.op for step in lifted.changes} == {"update"}
    outcome = prod.destroy()
    assert outcome.exit_code == 0, outcome.output
    assert prod.resources() == []
    # Its data is kept, whatever becomes of the stack, until somebody deletes that too.
    snapshot = ("aws:rds/snapshot:Snapshot", "slipway-prod-database-final")
    assert prod.existing() == prod.made_by_bootstrap() | {snapshot}


def test_without_bootstrap_nothing_is_made_and_the_reason_is_told(new_stack: Callable[..., SandboxStack]) -> None:
    empty = new_stack()
    outcome = empty.up()
    assert outcome.exit_code != 0
    assert "slipway-dev-deploy" in outcome.output
    assert "Traceback" not in outcome.output
    assert empty.inventory() == []


def test_a_wrong_stack_file_changes_nothing_and_has_no_traceback(before_first_up: System) -> None:
    stack = before_first_up("dev")
    before = stack.existing()
    wrong: dict[str, Any] = {"slipway:services.users.replicas": 2, "slipway:network.cidr": "10.0.0.0/8"}
    outcome = stack.up(set=wrong)
    assert outcome.exit_code != 0
    assert "Pulumi.dev.yaml has 2 problems; nothing was changed." in outcome.output
    assert "slipway:services.users.replicas: is 2; expected 1 with a sidecar database" in outcome.output
    assert "slipway:network.cidr: is 10.0.0.0/8; expected a range between /16 and /20" in outcome.output
    assert "Traceback" not in outcome.output
    assert stack.existing() == before


def test_the_first_up_of_an_account_without_any_image(before_first_up: System) -> None:
    stack = before_first_up("dev")
    outcome = stack.up(set={"slipway:images": {}})
    assert outcome.exit_code == 0, outcome.output
    outputs = stack.outputs()
    assert len(outputs["registryUrls"]) == 5
    assert outputs["notDeployed"].keys() == SERVICES
    assert "set slipway:images.frontend" in outputs["notDeployed"]["frontend"]
    assert outputs["runningImages"] == {}
    assert not [each for each in stack.inventory() if each["type"] == "kubernetes:apps/v1:Deployment"]

    pushed = stack.up()
    assert pushed.exit_code == 0, pushed.output
    assert stack.outputs()["runningImages"].keys() == SERVICES
    assert {step.op for step in pushed.changes} == {"create"}, "images add services and touch nothing else"


def test_an_up_that_failed_half_way_goes_on_where_it_stopped(before_first_up: System, system: System) -> None:
    stack = before_first_up("dev")
    failed = stack.up(faults=["create:aws:eks/nodeGroup:NodeGroup:1=fail"])
    assert failed.exit_code != 0
    assert [step.type for step in failed.failed if not step.type.startswith("pulumi:")] == [
        "aws:eks/nodeGroup:NodeGroup"
    ]
    assert "Traceback" not in failed.output
    again = stack.up()
    assert again.exit_code == 0, again.output
    assert {kind for kind, _ in stack.existing()} == {kind for kind, _ in system("dev").existing()}


def test_no_secret_stands_in_the_state(system: System) -> None:
    dev = system("dev")
    secrets = [each for each in dev.resources() if each["type"] == "kubernetes:core/v1:Secret"]
    assert len(secrets) == 2
    for secret in secrets:
        assert secret["inputs"]["stringData"].keys() == {"4dabf18193072939515e22adb298388d", "ciphertext"}
    assert "ciphertext" in dev.export()["deployment"]["resources"][0]["outputs"]["kubeconfig"]


def test_the_picture_in_the_documentation_is_of_this_stack(system: System) -> None:
    drawn = draw(read_graph(system("dev").export()))
    assert (CHECKOUT / "docs" / "graph-dev.svg").read_text() == drawn, "draw it again: make up graph"
