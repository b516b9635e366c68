"""The sweep goes on where it stopped, and says what was tried and what held."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.fault_sweep import Case, Result, left, table
from bench.fault_targets import Target
from bench.fault_waves import fail_each_once
from bench.kill_recovery import Recovered
from sandbox.inventory import Inventory
from tests.engine.sandbox_stack import Outcome, SandboxStack, Step
from tests.says import Says

pytestmark = pytest.mark.unit

VPC, ZONE = Target("aws:ec2/vpc:Vpc", "net"), Target("aws:route53/zone:Zone", "zone")
CASES = [Case("create", VPC), Case("delete", VPC), Case("create", ZONE)]


def result(case: Case, *wrong: str) -> Result:
    return Result(case.operation, case.target.type, case.target.name, list(wrong), 2.5, "2026-11-25")


def test_what_was_tried_is_not_tried_again() -> None:
    assert left(CASES, [result(CASES[0])], "") == CASES[1:]
    assert left(CASES, [], "create aws:ec2") == CASES[:1]


def test_the_table_counts_what_was_tried_and_names_what_did_not_hold() -> None:
    lines = table([result(CASES[0]), result(CASES[1], "orphan: net")], CASES).splitlines()
    assert lines[2:5] == [
        "| create | 2 | 1 | 2 | 1 | 1 | 2 |",
        "| update | 0 | 0 | 0 | 0 | 0 | 0 |",
        "| delete | 1 | 1 | 1 | 1 | 0 | 2 |",
    ]
    assert lines[-2:] == ["Tried 2 on 2026-11-25.", "- delete aws:ec2/vpc:Vpc net: orphan: net"]


class Chain:
    """An `up` in which the zone waits for the network, and what is named by a fault fails."""

    def __init__(self, also: tuple[Target, ...] = ()) -> None:
        self.also = also
        self.faults: list[list[str]] = []

    def __call__(self, *, faults: list[str], arguments: list[str]) -> Outcome:
        assert arguments == ["--continue-on-error"]
        self.faults.append(faults)
        failing = [each for each in (VPC, ZONE) if each.fault("create") in faults][:1]
        failed = [*failing, *(self.also if failing else ())]
        steps = tuple(Step("create", f"urn:pulumi:dev::shop::{each.type}::{each.name}") for each in failed)
        return Outcome(1 if failed else 0, steps, steps, (), (), "", 1.0)


def stack_in(directory: Path) -> SandboxStack:
    Inventory(directory / "account.sqlite").close()
    return SandboxStack(directory)


def test_each_target_fails_once_and_the_last_command_meets_no_fault(tmp_path: Path) -> None:
    command = Chain()
    waves = fail_each_once(stack_in(tmp_path), command, "create", [VPC, ZONE])
    assert [wave.struck for wave in waves.failing] == [{VPC}, {ZONE}]
    assert (waves.struck, waves.missed, waves.last.exit_code, waves.wrong) == ({VPC, ZONE}, set(), 0, ())
    assert command.faults[-1] == []


def test_what_fails_beside_the_faults_and_what_never_strikes_is_told(tmp_path: Path) -> None:
    other = Target("aws:sns/topic:Topic", "alarms")
    waves = fail_each_once(stack_in(tmp_path), Chain(also=(other,)), "create", [VPC, Target("a:b/c:D", "nowhere")])
    assert waves.wrong == (Says("without a fault", str(other)),)
    assert waves.missed == {Target("a:b/c:D", "nowhere")}


def test_recovery_names_the_steps_that_were_needed() -> None:
    recovered = Recovered(mended=False, cancelled=True, begun=("creating urn",), deleted=(), trouble=())
    assert recovered.steps == ("cancel", "refresh")
    assert Recovered(mended=False, cancelled=False, begun=(), deleted=("x",), trouble=()).steps == ("delete by hand",)
