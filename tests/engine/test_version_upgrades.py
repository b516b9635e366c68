"""A cluster goes from one version to the next: the exact steps, the refusals and the warnings, by the real engine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.edited_program import Edit, program_with
from tests.engine.sandbox_stack import Outcome, SandboxStack, succeeded
from tests.says import Says

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]

VERSION, NODES = "slipway:cluster.version", "slipway:cluster.nodeVersion"
CALENDAR = "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html#kubernetes-release-calendar"


def steps(outcome: Outcome) -> list[str]:
    assert outcome.exit_code == 0, outcome.output
    return sorted(f"{step.op} {step.type} {step.name} {','.join(step.changed)}".strip() for step in outcome.changes)


def refused(outcome: Outcome) -> str:
    """What a person is told where nothing was changed."""
    assert outcome.exit_code != 0
    assert outcome.changes == ()
    assert "Traceback" not in outcome.output
    (message,) = [each for each in outcome.errors if Says("Pulumi.dev.yaml", "1 problem") == each]
    return message.replace("<{%reset%}>", "").splitlines()[1].strip()


def test_the_control_plane_then_the_nodes_each_in_place_and_no_way_around(system: System) -> None:
    dev = system("dev")

    assert refused(dev.preview(set={VERSION: "1.38"})) == Says("1.38", "1.36", "1.37", "docs/upgrades.md", at=VERSION)

    assert steps(dev.up(set={VERSION: "1.37"})) == ["update aws:eks/cluster:Cluster slipway-dev-eksCluster version"]
    assert steps(dev.up(set={VERSION: "1.37"})) == []

    assert refused(dev.up(set={VERSION: "1.36"})) == Says("1.36", "1.37", "seven days", "docs/upgrades.md", at=VERSION)
    assert refused(dev.up(set={VERSION: "1.38"})) == Says(
        "1.38", "1.36", f"{NODES} 1.37", "docs/upgrades.md", at=VERSION
    )

    up = {VERSION: "1.37", NODES: "1.37"}
    assert steps(dev.up(set=up)) == ["update aws:eks/nodeGroup:NodeGroup slipway-dev-general version"]
    assert steps(dev.up(set=up)) == []

    assert steps(dev.up(set={VERSION: "1.38", NODES: "1.37"})) == [
        "update aws:eks/cluster:Cluster slipway-dev-eksCluster version"
    ]


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("2024-03-01", [Says("1.36", "2024-03-01", CALENDAR, "docs/upgrades.md", at=VERSION)]),
        ("2999-01-01", []),
    ],
)
def test_a_preview_warns_where_standard_support_ends(
    before_first_up: System, tmp_path: Path, end: str, told: list[Says]
) -> None:
    project = program_with(tmp_path, Edit("infra/support_calendar.json", '"1.36": "2027-08-02"', f'"1.36": "{end}"'))
    stack = SandboxStack(before_first_up("dev").state, project)
    outcome = succeeded(stack.preview())
    warnings = [each.replace("<{%reset%}>", "").removeprefix("warning: ") for each in outcome.warnings]
    assert warnings == told
