"""What stands in the way of a deployment from outside, and the documented way out of it (docs/faults.md)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.account_check import differences, discrepancies, end_state, holdings
from bench.kill_drill import kill
from bench.kill_recovery import is_locked, recover
from sandbox.state import State
from tests.engine.full_disk import can_be_full, put_back_the_last_state, run_on_a_full_disk
from tests.engine.processes import is_between_two_writes, processes_of, wait_until
from tests.engine.sandbox_stack import PROGRAMS, SandboxStack, succeeded
from tests.says import Says

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]

UP = ("up", "--yes", "--skip-preview")
SLOW = ("--time-scale", "3")
VPC = "aws:ec2/vpc:Vpc"


def comes_to_the_end_of(stack: SandboxStack, reference: SandboxStack) -> None:
    """Whether `up` now comes to what it is without trouble, with nothing twice and nothing forgotten."""
    succeeded(stack.up())
    held = holdings(stack.state)
    assert discrepancies(held) == []
    assert differences(end_state(held), end_state(holdings(reference.state))) == []


def test_up_succeeds_while_a_fifth_of_all_calls_is_throttled(before_first_up: System, system: System) -> None:
    prod = before_first_up("prod")
    outcome = succeeded(prod.up(faults=["any:20%=throttle"]))
    throttled = [each for each in outcome.warnings if "ThrottlingException" in each]
    assert len(throttled) > 20
    held = holdings(prod.state)
    assert discrepancies(held) == []
    assert differences(end_state(held), end_state(holdings(system("prod").state))) == []


def test_a_killed_engine_is_recovered_from(small: SandboxStack, small_up: SandboxStack) -> None:
    running = small.start(*UP, options=SLOW)
    # It exists, and AWS has not answered yet.
    assert wait_until(
        lambda: is_between_two_writes(small.state) and VPC in {each.type for each in holdings(small.state).orphans}, 60
    )
    assert kill(small.state, "engine")
    assert running.wait(60) != 0
    assert wait_until(lambda: processes_of(small.state) == []), processes_of(small.state)
    recovered = recover(small)
    assert recovered.steps == ("cancel", "delete by hand", "refresh")
    assert any(VPC in each for each in recovered.begun)
    assert recovered.trouble == ()
    comes_to_the_end_of(small, small_up)


def test_a_kill_that_cuts_the_attributes_beside_a_state_costs_nothing_of_the_state(small_up: SandboxStack) -> None:
    """As the drill's 41st kill of the engine did."""
    attributes = State(small_up.state).checkpoint("small", "dev").with_suffix(".json.attrs")
    attributes.write_text("")
    refused = small_up.preview()
    assert refused.exit_code != 0
    assert Says("EOF") == refused.output
    recovered = recover(small_up)
    assert (recovered.steps, recovered.trouble) == (("delete .attrs",), ())
    assert small_up.preview().changes == ()


def test_a_killed_program_is_recovered_from_by_up_alone(small: SandboxStack, small_up: SandboxStack) -> None:
    running = small.start(*UP, options=SLOW)
    assert wait_until(lambda: is_between_two_writes(small.state) and holdings(small.state).pending, 60)
    assert kill(small.state, "program")
    assert running.wait(60) != 0
    assert not is_locked(small)
    assert discrepancies(holdings(small.state)) == []
    comes_to_the_end_of(small, small_up)


@pytest.mark.usefixtures("own_processes")
def test_a_killed_provider_leaves_what_only_a_look_at_the_account_finds(
    small: SandboxStack, small_up: SandboxStack
) -> None:
    killed = small.up(faults=[f"create:{VPC}:1=kill"])
    assert killed.exit_code != 0
    assert not is_locked(small)
    assert VPC in {each.type for each in holdings(small.state).orphans}
    recovered = recover(small)
    assert [each.partition(" ")[0] for each in recovered.deleted].count(VPC) == 1
    comes_to_the_end_of(small, small_up)


@pytest.mark.usefixtures("own_processes")  # in a mount namespace of their own
@pytest.mark.skipif(not can_be_full(), reason="this machine gives users no mount namespace, so no disk can be full")
def test_a_full_disk_for_the_state_is_told_and_recovered_from(small_up: SandboxStack) -> None:
    change = ("--set", 'small:range="10.0.0.0/17"')
    failed = run_on_a_full_disk(small_up, 8, *UP, options=change)
    assert failed.returncode not in {0, 99}, failed.stdout
    assert Says("no space left") == failed.stdout
    assert "Traceback" not in failed.stdout
    put_back_the_last_state(small_up)
    assert recover(small_up).trouble == ()
    succeeded(small_up.up(set={"small:range": "10.0.0.0/17"}))
    assert discrepancies(holdings(small_up.state)) == []
    assert [each["outputs"]["cidrBlock"] for each in small_up.inventory() if each["type"] == VPC] == ["10.0.0.0/17"]


def test_the_second_of_two_people_is_refused_and_breaks_nothing(small: SandboxStack) -> None:
    first = small.start(*UP, options=SLOW)
    # Making the stack takes a lock too, and gives it back before `up` takes its own.
    under_way = wait_until(lambda: is_between_two_writes(small.state) and bool(holdings(small.state).pending), 60)
    assert under_way, small.shown_in_background()
    second = small.up()
    assert second.exit_code != 0
    assert Says("1 lock(s)", "another run") == second.output
    assert "Traceback" not in second.output
    assert second.changes == ()
    assert first.wait(120) == 0, small.shown_in_background()
    assert discrepancies(holdings(small.state)) == []
    assert small.preview().changes == ()


def test_two_first_commands_at_once_make_the_stack_once(new_stack: Callable[..., SandboxStack]) -> None:
    stack = new_stack(PROGRAMS / "small")
    previews = [stack.start("preview", "--non-interactive") for _ in range(2)]
    assert [each.wait(120) for each in previews] == [0, 0], stack.shown_in_background()
    assert stack.up().exit_code == 0


def test_a_lock_left_behind_is_told_and_taken_away(small_up: SandboxStack) -> None:
    running = small_up.start(*UP, options=SLOW)
    assert wait_until(lambda: is_locked(small_up), 60), small_up.shown_in_background()
    assert kill(small_up.state, "engine")
    running.wait(60)
    refused = small_up.up()
    assert refused.exit_code != 0
    assert Says("python -m sandbox pulumi cancel --stack dev") == refused.output
    assert recover(small_up).cancelled
    succeeded(small_up.up())
    assert discrepancies(holdings(small_up.state)) == []
