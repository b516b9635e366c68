"""Bootstrap with the real engine: its zone and role, its mistakes, its protection."""

from collections.abc import Callable

import pytest

from tests.engine.sandbox_stack import BOOTSTRAP, SandboxStack

pytestmark = pytest.mark.engine


def test_zone_and_role(upped_stack: Callable[..., SandboxStack]) -> None:
    bootstrap = upped_stack(BOOTSTRAP, "dev")
    outputs = bootstrap.outputs()
    assert outputs["deployRoleArn"] == "arn:aws:iam::123456789012:role/slipway-dev-deploy"
    assert len(outputs["nameServers"]) == 4
    assert bootstrap.up().changes == ()


def test_mistakes_are_told_at_once_and_nothing_is_made(new_stack: Callable[..., SandboxStack]) -> None:
    bootstrap = new_stack(BOOTSTRAP, "dev")
    outcome = bootstrap.up(
        set={"slipway-bootstrap:domain": "Not a domain", "slipway-bootstrap:deployers": ["me"], "aws:region": ""}
    )
    assert outcome.exit_code != 0
    for expected in (
        'slipway-bootstrap:domain: is "Not a domain"',
        'slipway-bootstrap:deployers: is ["me"]',
        "aws:region: is required",
    ):
        assert expected in outcome.output
    assert "Traceback" not in outcome.output
    assert bootstrap.inventory() == []


def test_the_zone_is_protected(upped_stack: Callable[..., SandboxStack]) -> None:
    bootstrap = upped_stack(BOOTSTRAP, "dev")
    refused = bootstrap.run("destroy", "--yes")
    assert refused.exit_code != 0
    assert "protect" in refused.output
    assert "aws:route53/zone:Zone" in {each["type"] for each in bootstrap.inventory()}
