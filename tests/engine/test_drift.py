"""What is changed behind Pulumi's back is told by the nightly command and put right by `up --refresh`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.preview_summary import Preview, read_preview
from tests.engine.drift_kinds import GROUP, KINDS, scale
from tests.engine.sandbox_stack import CHECKOUT, SandboxStack, succeeded

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]


FOLLOWING = {
    ("aws:cloudwatch/dashboard:Dashboard", "slipway-prod"),
    ("aws:eks/addon:Addon", "slipway-prod-before-nodes-vpc-cni"),
}
"""What names an alarm and a role's policy that are to be made again, and so is told of too."""


def look(stack: SandboxStack, file: Path) -> tuple[Preview, subprocess.CompletedProcess[str]]:
    """What the nightly workflow runs: its preview, and what `ops summarize` makes of that."""
    words = ["preview", "--config", "slipway:readOnly=true", "--refresh", "--run-program", "--json"]
    with file.open("w") as output:
        subprocess.run(
            stack.words(*words),
            cwd=CHECKOUT,
            env=stack.environment(),
            stdout=output,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    summarize = [sys.executable, "-m", "ops", "summarize", "--expect-no-changes", str(file)]
    summarized = subprocess.run(summarize, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return read_preview(stack.stack, file.read_text()), summarized


def groups_of(stack: SandboxStack) -> dict[str, dict[str, Any]]:
    """The Auto Scaling groups as they are."""
    return {each["id"]: each["outputs"] for each in stack.inventory() if each["type"] == GROUP}


def test_each_kind_of_drift_is_told_and_put_right_and_what_autoscaling_does_is_neither(
    system: System, tmp_path: Path
) -> None:
    prod = system("prod")
    account = prod.account()
    scale(account)
    account.close()
    quiet, summarized = look(prod, tmp_path / "prod.json")
    assert (quiet.changes, quiet.errors, summarized.returncode) == ((), (), 0), summarized.stdout

    account = prod.account()
    for kind in KINDS:
        kind.make(account)
    account.close()
    before = groups_of(prod)
    told, summarized = look(prod, tmp_path / "prod.json")
    assert told.errors == ()
    named = {(change.type, change.name) for change in told.changes}
    assert [kind.kind for kind in KINDS if (kind.type, kind.name) not in named] == []
    assert named - {(kind.type, kind.name) for kind in KINDS} == FOLLOWING
    assert summarized.returncode == 1
    assert [kind.kind for kind in KINDS if f"`{kind.name}` `{kind.type}`" not in summarized.stdout] == []

    succeeded(prod.up(arguments=["--refresh"]))
    again, summarized = look(prod, tmp_path / "prod.json")
    assert (again.changes, again.errors, summarized.returncode) == ((), (), 0), summarized.stdout
    assert groups_of(prod) == before, "what autoscaling had done stands"
