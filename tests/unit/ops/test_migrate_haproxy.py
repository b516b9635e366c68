"""A change of a fleet that goes wrong half-way: what is said, what is kept, and with which exit code."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from ops.fleet import Trouble
from ops.haproxy_change import Change
from ops.haproxy_runtime import READ
from ops.migrate_haproxy import FleetWork, StackSide
from ops.pulumi_command import PulumiCommand
from ops.refusal import Refusal
from ops.stack_file import StackFile
from tests.says import Says
from tests.unit.ops.captured_answers import captured

pytestmark = pytest.mark.unit

TEXT = """\
config:
  slipway:migration:
    kind: haproxy
    services:
      shop: {newPercent: 5}
"""
Answer = Sequence[str] | Trouble


class Fleet:
    """Two machines whose state never changes, and that answer a change as they are told to."""

    def __init__(self, obey: Callable[[str], Answer | None] = lambda _: None) -> None:
        self.told: list[Sequence[str]] = []
        self._obey = obey

    def instances(self) -> Sequence[str]:
        return ["i-1", "i-2"]

    def ask(self, commands: Sequence[str]) -> Mapping[str, Answer]:
        if tuple(commands) == READ:
            return {name: captured("both-up") for name in self.instances()}
        self.told.append(commands)
        answers = {name: self._obey(name) for name in self.instances()}
        return {name: [""] * len(commands) if answer is None else answer for name, answer in answers.items()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: slipway\n")
    (tmp_path / "Pulumi.test.yaml").write_text(TEXT)
    return tmp_path / "Pulumi.test.yaml"


def call(fleet: Fleet, file: Path) -> tuple[FleetWork, io.StringIO]:
    said = io.StringIO()
    stack = StackSide("test", StackFile(file), PulumiCommand.of("sh", file.parent), up=False)
    repeat = ["python", "-m", "ops", "migrate", "weight", "50"]
    return FleetWork(fleet, stack, [], Console(file=said, width=150), repeat), said


def change(fleet: Fleet, file: Path, change: Change) -> tuple[int, str]:
    work, said = call(fleet, file)
    return work.change(change, yes=True, force=False), said.getvalue()


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("newPercent: 50", []),
        ("weights: {new: 50, old: 50}", []),
        ("newPercent: 5", ["5 and 95"]),
        ("weights: {new: 1, old: 256}", ["1 and 256"]),
    ],
)
def test_weights_that_the_stack_file_does_not_have_are_shouted(file: Path, said: str, wanted: list[str]) -> None:
    file.write_text(TEXT.replace("newPercent: 5", said))
    work, shown = call(Fleet(), file)
    assert work.status(as_text=False) == 0
    problems = [
        Says(name, "50 (new) and 50 (old)", weights, at="shop") for weights in wanted for name in ("i-1", "i-2")
    ]
    assert json.loads(shown.getvalue())["problems"] == problems
    work, shown = call(Fleet(), file)
    work.status(as_text=True)
    assert shown.getvalue().count("! shop: ") == len(problems)


def test_what_haproxy_has_against_it_is_told(file: Path) -> None:
    fleet = Fleet(lambda name: ["", "No such server."] if name == "i-2" else None)
    code, said = change(fleet, file, Change("weight", percent=50))
    assert code == 1
    assert Says("'set server service-shop/old weight 50'", "No such server.", at="! i-2") in said.splitlines()
    assert "! i-1" not in said
    assert "To repeat: python -m ops migrate weight 50" in said
    assert file.read_text() == TEXT


def test_a_machine_that_falls_silent_half_way_is_told(file: Path) -> None:
    code, said = change(
        Fleet(lambda name: Trouble("gone") if name == "i-1" else None), file, Change("weight", percent=50)
    )
    assert code == 1
    assert Says("gone", at="  not done") in said.splitlines()
    assert "! i-1: gone" in said.splitlines()


def test_what_was_obeyed_but_does_not_stand_is_told(file: Path) -> None:
    code, said = change(Fleet(), file, Change("weight", percent=20))
    assert code == 1
    lines = said.splitlines()
    assert Says("50", "20", at="! i-1: shop, new side") in lines
    assert Says("50", "80", at="! i-2: shop, old side") in lines
    assert Says("Pulumi.test.yaml", "as it was") in lines
    assert file.read_text() == TEXT


def test_a_file_that_cannot_be_kept_in_step_is_told(file: Path) -> None:
    theirs = TEXT + "# theirs\n"

    def obey(_: str) -> None:
        file.write_text(theirs)

    code, said = change(Fleet(obey), file, Change("weight", percent=50))
    assert code == 1
    assert Says("Pulumi.test.yaml", "somebody else", "newPercent: 50") in said.splitlines()
    assert file.read_text() == theirs


def test_a_stack_file_that_says_so_already(file: Path) -> None:
    file.write_text(TEXT.replace("5}", "50}"))
    code, said = change(Fleet(), file, Change("weight", percent=50))
    assert code == 0
    assert Says("Pulumi.test.yaml", "already") in said.splitlines()


def test_another_migration_in_the_file_is_refused_before_anything(file: Path) -> None:
    fleet = Fleet()
    for old, new, missing in (("haproxy", "alb", "kind: haproxy"), ("shop:", "other:", "services.shop")):
        file.write_text(TEXT.replace(old, new))
        with pytest.raises(Refusal) as refused:
            change(fleet, file, Change("weight", percent=50))
        assert Says("slipway:migration", missing, "pulumi up --stack test", at="Pulumi.test.yaml") == str(refused.value)
    assert fleet.told == []
