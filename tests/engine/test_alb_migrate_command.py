"""`python -m ops migrate` by the stack's own balancer, with the real engine: one rule changes, or the file goes back.

What the balancer says of its targets' health comes from moto, whose target groups are given the sandbox's ARNs.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.backends import get_backend

from ops.__main__ import main
from ops.migration_output import migration_of
from ops.refusal import Refusal
from ops.stack_file import StackFile
from tests.engine.edited_program import program_with
from tests.engine.sandbox_stack import CHECKOUT, SandboxStack, succeeded
from tests.engine.test_migration import RULE, migration, plain, weights
from tests.haproxy_stack_file import haproxy
from tests.says import Says

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]
REGION, ACCOUNT = "us-west-2", "123456789012"
FAULT = f"update:{RULE}:1=fail"


@dataclass(frozen=True)
class Moving:
    """A stack in the middle of a migration, in a project of its own, whose stack file may change."""

    stack: SandboxStack

    @property
    def file(self) -> Path:
        return self.stack.project / "Pulumi.dev.yaml"

    def migrate(self, *words: str, fault: str | None = None) -> int:
        sandbox = [sys.executable, "-m", "sandbox", "--state", str(self.stack.state)]
        if fault is not None:
            sandbox += ["--fault", fault]
        return main(["migrate", "--stack", "dev", "--pulumi", shlex.join([*sandbox, "pulumi"]), "--yes", *words])

    def touched_since(self, before: list[dict[str, Any]]) -> set[str]:
        """What was made, changed or removed in the account since then, by name."""
        now, then = ({each["id"]: each for each in records} for records in (self.stack.inventory(), before))
        return {
            (now.get(each) or then[each])["name"]
            for each in now.keys() | then.keys()
            if each not in now or each not in then or now[each]["updated"] != then[each]["updated"]
        }


@contextmanager
def targets_of(outputs: dict[str, Any], healthy: str) -> Generator[None]:
    """AWS's account as far as health is asked: the given sides have a target each."""
    with mock_aws():
        elbv2 = boto3.client("elbv2", region_name=REGION)
        vpc = boto3.client("ec2", region_name=REGION).create_vpc(CidrBlock="10.10.0.0/16")["Vpc"]["VpcId"]
        known = get_backend("elbv2")[ACCOUNT][REGION].target_groups
        for side in ("new", "old"):
            made = elbv2.create_target_group(Name=side, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
            group = known.pop(made["TargetGroups"][0]["TargetGroupArn"])
            group.arn = outputs["migration"]["services"]["frontend"][side]["targetGroupArn"]
            known[group.arn] = group
            if side in healthy.split():
                elbv2.register_targets(TargetGroupArn=group.arn, Targets=[{"Id": "10.10.0.7", "Port": 80}])
        yield


@pytest.fixture
def moving(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Moving:
    state = system("dev").state
    stack = SandboxStack(state, program_with(tmp_path), "dev")
    file = StackFile(stack.project / "Pulumi.dev.yaml")
    (key, value), *_ = migration(newPercent=0, stickySeconds=600).items()
    file.set(value, key)
    file.write()
    succeeded(stack.up())
    monkeypatch.chdir(stack.project)
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    return Moving(stack)


def test_a_weight_changes_the_rule_only_and_a_switch_back(moving: Moving) -> None:
    text, before = moving.file.read_text(), moving.stack.inventory()
    with targets_of(moving.stack.outputs(), "new old"):
        assert moving.migrate("weight", "5") == 0
        assert moving.file.read_text() == text.replace("newPercent: 0", "newPercent: 5")
        assert weights(moving.stack) == {"slipway-dev-frontend": 5, "slipway-dev-frontend-old": 95}
        assert moving.touched_since(before) == {"slipway-dev-frontend-rule"}

        assert moving.migrate("switch", "new", "frontend") == 0
        assert weights(moving.stack) == {"slipway-dev-frontend": 100, "slipway-dev-frontend-old": 0}
        (action,) = plain(moving.stack)["slipway-dev-frontend-rule"]["actions"]
        assert action["forward"]["stickiness"]["enabled"] is False
        assert "stickySeconds" not in moving.file.read_text()
        assert moving.touched_since(before) == {"slipway-dev-frontend-rule"}


def test_an_update_that_fails_puts_the_file_back(moving: Moving, capfd: pytest.CaptureFixture[str]) -> None:
    text, rules = moving.file.read_bytes(), plain(moving.stack)
    with targets_of(moving.stack.outputs(), "new old"):
        assert moving.migrate("weight", "5", fault=FAULT) == 1
        assert Says("Pulumi.dev.yaml", "was") == capfd.readouterr().out
        assert moving.file.read_bytes() == text
        assert plain(moving.stack) == rules
        assert moving.migrate("weight", "5") == 0, "and it can be repeated"
    assert weights(moving.stack) == {"slipway-dev-frontend": 5, "slipway-dev-frontend-old": 95}


def test_a_side_that_is_not_healthy_gets_nothing(moving: Moving, capfd: pytest.CaptureFixture[str]) -> None:
    text, before = moving.file.read_bytes(), moving.stack.inventory()
    with targets_of(moving.stack.outputs(), "old"):
        assert moving.migrate("weight", "5") == 2
        assert Says("frontend", "new", "5 %", "healthy") == capfd.readouterr().err
    assert moving.file.read_bytes() == text
    assert moving.stack.inventory() == before


def test_a_stack_tells_the_command_where_its_fleet_is(system: System) -> None:
    dev = system("dev")
    succeeded(dev.up(set={"slipway:migration": haproxy()}))
    told = migration_of("dev", dev.outputs())
    assert (told.kind, list(told.services)) == ("haproxy", ["frontend"])
    assert told.fleet is not None
    exists = {(each["type"], each["name"]) for each in dev.inventory()}
    assert ("aws:autoscaling/group:Group", told.fleet.autoscaling_group) in exists
    assert told.fleet.runtime_document == "slipway-dev-haproxy-runtime"
    assert ("aws:ssm/document:Document", told.fleet.runtime_document) in exists
    with pytest.raises(Refusal, match=r"\bdev\b.* migration"):
        migration_of("dev", {**dev.outputs(), "migration": None})
