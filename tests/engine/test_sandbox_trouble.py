"""What a person sees and is left with when something goes wrong in the sandbox, with the real engine."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.engine.processes import is_between_two_writes, kill_group, processes_of, wait_until
from tests.engine.sandbox_stack import PROGRAMS, SandboxStack, succeeded
from tests.says import Says

pytestmark = pytest.mark.engine

REPOSITORY = "aws:ecr/repository:Repository"
MADE = (REPOSITORY, "aws:ec2/vpc:Vpc", "aws:ssm/parameter:Parameter")
# Slow enough to be stopped half-way.
SLOW = ("--time-scale", "3")


def test_a_refused_call_is_one_message_and_the_next_up_goes_on_from_there(small: SandboxStack) -> None:
    outcome = small.up(faults=[f"create:{REPOSITORY}:1=fail"])
    assert outcome.exit_code != 0
    assert [step.type for step in outcome.failed] == [REPOSITORY]
    assert "Traceback" not in outcome.output
    assert any("[emulated AWS]" in error for error in outcome.errors)
    again = succeeded(small.up())
    assert REPOSITORY in {step.type for step in again.changes}
    assert all(step.op == "create" for step in again.changes)
    assert small.preview().changes == ()


def test_an_error_the_program_raises_on_purpose_is_one_message(small: SandboxStack) -> None:
    outcome = small.up(set={"small:refuse": True})
    assert outcome.exit_code != 0
    assert outcome.errors == (Says("refused"),)
    assert f"error: {outcome.errors[0]}" in outcome.lines
    assert "Traceback" not in outcome.output


def test_a_mistake_in_the_program_is_shown_with_its_line(small: SandboxStack) -> None:
    outcome = small.up(set={"small:break": True})
    assert outcome.exit_code != 0
    assert "about to fail" in outcome.output
    (error,) = outcome.errors
    assert 'raise KeyError("' in error
    assert "language_host.py" not in error
    assert "runpy" not in error


def test_an_argument_that_the_cluster_stand_in_does_not_take_is_named(
    new_stack: Callable[..., SandboxStack],
) -> None:
    outcome = new_stack(PROGRAMS / "cluster").preview(set={"little-cluster:fargate": True})
    assert outcome.exit_code != 0
    assert "fargate" in outcome.output
    assert "Traceback" not in outcome.output


def test_a_killed_run_is_taken_up_again_after_cancel(small: SandboxStack) -> None:
    """Before AWS had made anything; afterwards it takes more: test_recovery.py."""
    running = small.start("up", "--yes", "--skip-preview", options=[f"--fault=create:{each}:*=hang" for each in MADE])
    assert wait_until(lambda: "creating" in small.shown_in_background() and is_between_two_writes(small.state)), (
        small.shown_in_background()
    )
    kill_group(running)
    assert wait_until(lambda: processes_of(small.state) == []), processes_of(small.state)
    blocked = small.up()
    assert blocked.exit_code != 0
    assert Says("python -m sandbox pulumi cancel --stack dev") == blocked.output
    assert small.command("cancel", "--yes").returncode == 0
    succeeded(small.up())
    assert small.preview().changes == ()


def test_the_providers_end_when_only_their_parent_is_killed(small: SandboxStack) -> None:
    running = small.start("up", "--yes", "--skip-preview", options=SLOW)
    assert wait_until(lambda: "creating" in small.shown_in_background()), small.shown_in_background()
    running.kill()
    running.wait(timeout=60)
    assert wait_until(lambda: processes_of(small.state) == [], seconds=60), processes_of(small.state)


def test_ctrl_c_stops_in_order(small: SandboxStack) -> None:
    running = small.start("up", "--yes", "--skip-preview", options=SLOW)
    assert wait_until(lambda: "creating" in small.shown_in_background()), small.shown_in_background()
    kill_group(running, signal.SIGINT)
    assert running.returncode != 0
    assert not _locked(small)
    assert wait_until(lambda: processes_of(small.state) == []), processes_of(small.state)
    succeeded(small.up())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("config set small:range 10.2.0.0/16", Says("Pulumi.dev.yaml", "`--set key=value`")),
        ("stack init", Says("`up`")),
        ("destroy --remove", Says("`stack rm`")),
        ("login", Says("backend")),
    ],
)
def test_what_would_write_elsewhere_is_refused_in_one_line(small: SandboxStack, words: str, says: Says) -> None:
    done = small.command(*words.split())
    assert (done.returncode, done.stdout.splitlines()) == (2, [says])


def test_a_stack_without_a_file_is_refused(small: SandboxStack) -> None:
    done = SandboxStack(small.state, small.project, "porduction").command("preview")
    says = [Says("emulated", at="sandbox"), Says("Pulumi.porduction.yaml", "dev", at="sandbox")]
    assert (done.returncode, done.stdout.splitlines()) == (2, says)


def _locked(stack: SandboxStack) -> bool:
    return any((stack.state / "backend" / ".pulumi" / "locks").rglob("*.json"))
