"""One short life of dev with the real engine, for `make test`: up, no change, an update, a refused edit, destroy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.engine.sandbox_stack import SandboxStack, succeeded
from tests.says import Says

pytestmark = pytest.mark.engine

REPLICAS = "slipway:services.users.replicas"


def test_dev_comes_up_changes_refuses_a_mistake_and_goes(before_first_up: Callable[[str], SandboxStack]) -> None:
    dev = before_first_up("dev")
    before = dev.existing()

    created = succeeded(dev.up()).changes
    assert {step.op for step in created} == {"create"}
    in_state = {(each["type"], each["id"]) for each in dev.resources() if each["type"].startswith(("aws:", "kuber"))}
    assert in_state == {(each["type"], each["id"]) for each in dev.inventory() if not each["owner"]} - before
    assert dev.outputs()["siteUrl"] == "https://frontend.dev.example.com"

    assert succeeded(dev.up()).changes == ()

    updated = succeeded(dev.up(set={"slipway:images.frontend.tag": "git-9d8c7b6"}))
    assert [(step.op, step.type) for step in updated.changes] == [("update", "kubernetes:apps/v1:Deployment")]
    assert dev.outputs()["runningImages"]["frontend"].endswith(":git-9d8c7b6")

    standing = dev.existing()
    refused = dev.up(set={REPLICAS: 2})
    assert refused.exit_code != 0
    assert "Traceback" not in refused.output
    (line,) = [each.strip() for each in refused.output.splitlines() if each.strip().startswith(f"{REPLICAS}:")]
    assert line == Says("2", "1", at=REPLICAS)
    assert dev.existing() == standing

    succeeded(dev.destroy())
    assert dev.resources() == []
    assert dev.existing() == before
