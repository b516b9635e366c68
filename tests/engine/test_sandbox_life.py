"""The life of a small stack in the sandbox, with the real engine: up, update, drift, destroy."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.engine.processes import processes_of, wait_until
from tests.engine.sandbox_stack import CHECKOUT, PROGRAMS, SandboxStack, succeeded

pytestmark = pytest.mark.engine

VPC = "aws:ec2/vpc:Vpc"
REPOSITORY = "aws:ecr/repository:Repository"


def test_up_makes_everything_and_a_second_up_changes_nothing(small: SandboxStack) -> None:
    first = succeeded(small.up())
    assert sorted(str(step) for step in first.changes) == [
        "create aws:ec2/subnet:Subnet first",
        "create aws:ec2/vpc:Vpc network",
        "create aws:ecr/repository:Repository frontend",
        "create aws:ecr/repository:Repository users",
        "create aws:ssm/parameter:Parameter password",
    ]
    second = succeeded(small.up())
    assert second.changes == ()
    assert {step.op for step in second.steps} == {"same"}


def test_what_the_state_names_is_what_exists(small_up: SandboxStack) -> None:
    in_state = {(each["type"], each["id"]) for each in small_up.resources() if each["type"].startswith("aws:")}
    existing = {(each["type"], each["id"]) for each in small_up.inventory() if not each["owner"]}
    assert in_state == existing
    assert in_state


def test_a_preview_says_what_would_be_and_does_nothing(small: SandboxStack) -> None:
    outcome = succeeded(small.preview())
    assert [step.op for step in outcome.changes] == ["create"] * 5
    assert small.inventory() == []


def test_an_update_changes_only_what_differs(small_up: SandboxStack) -> None:
    outcome = succeeded(small_up.up(set={"small:mutability": "MUTABLE"}))
    assert sorted(str(step) for step in outcome.changes) == [
        "update aws:ecr/repository:Repository frontend (imageTagMutability)",
        "update aws:ecr/repository:Repository users (imageTagMutability)",
    ]


def test_a_replacement_takes_what_depends_on_it_along(small_up: SandboxStack) -> None:
    outcome = succeeded(small_up.up(set={"small:range": "10.0.0.0/17"}))
    assert {step.op for step in outcome.of_type(VPC)} >= {"create-replacement", "delete-replaced"}
    ranges = [each["outputs"]["cidrBlock"] for each in small_up.inventory() if each["type"] == VPC]
    assert ranges == ["10.0.0.0/17"]


def test_a_value_given_for_one_command_is_gone_at_the_next(small_up: SandboxStack) -> None:
    small_up.up(set={"small:mutability": "MUTABLE"})
    outcome = small_up.preview()
    assert {step.changed for step in outcome.changes} == {("imageTagMutability",)}


def test_refresh_finds_no_drift_where_there_is_none(small_up: SandboxStack) -> None:
    outcome = succeeded(small_up.refresh())
    assert outcome.changes == ()
    assert small_up.preview().changes == ()


def test_drift_is_seen_and_put_right(small_up: SandboxStack) -> None:
    account = small_up.account()
    account.set_property(REPOSITORY, "small/users", "imageTagMutability", "MUTABLE")
    account.close()
    outcome = succeeded(small_up.up(arguments=["--refresh"]))
    assert [str(step) for step in outcome.changes if step.op == "update"] == [
        "update aws:ecr/repository:Repository users (imageTagMutability)"
    ]
    assert small_up.refresh().changes == ()


def test_destroy_leaves_nothing_in_the_state_or_the_account(small_up: SandboxStack) -> None:
    succeeded(small_up.destroy())
    assert small_up.resources() == []
    assert small_up.inventory() == []


@pytest.mark.usefixtures("own_processes")
def test_a_command_leaves_no_process_behind(small_up: SandboxStack) -> None:
    assert small_up.preview().exit_code == 0
    assert wait_until(lambda: processes_of(small_up.state) == []), processes_of(small_up.state)


def test_stack_files_stay_as_they_are(small: SandboxStack) -> None:
    before = _digests(PROGRAMS / "small")
    small.up()
    small.up(set={"small:mutability": "MUTABLE"})
    small.destroy()
    assert small.command("stack", "rm", "--yes").returncode == 0
    assert _digests(PROGRAMS / "small") == before


def test_a_removed_stack_can_be_made_again(small: SandboxStack) -> None:
    assert small.up().exit_code == 0
    assert small.destroy().exit_code == 0
    assert small.command("stack", "rm", "--yes").returncode == 0
    succeeded(small.up())


def test_a_secret_is_nowhere_in_plain_text(small_up: SandboxStack) -> None:
    small_up.refresh()
    password = small_up.outputs(show_secrets=True)["password"].encode()
    assert len(password) > 20
    holding = [file for file in small_up.state.rglob("*") if file.is_file() and password in file.read_bytes()]
    assert holding == []
    assert small_up.outputs()["password"] == "[secret]"


def test_text_that_older_yaml_takes_for_a_number_stays_text(small_up: SandboxStack) -> None:
    assert small_up.outputs()["opening"] == "22:00"


def test_a_path_with_a_space_is_no_trouble(tmp_path: Path) -> None:
    stack = SandboxStack(tmp_path / "my sandbox", PROGRAMS / "small")
    succeeded(stack.up())
    assert stack.inventory()


def test_the_checkout_is_not_littered(small_up: SandboxStack) -> None:
    small_up.preview()
    assert not (PROGRAMS / "small" / ".sandbox").exists()
    assert small_up.state.is_relative_to(CHECKOUT) is False


def _digests(directory: Path) -> dict[str, str]:
    files = [file for file in directory.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
