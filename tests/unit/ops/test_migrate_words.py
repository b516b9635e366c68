"""`python -m ops migrate` from its words on: which way it goes, what is told to whom, and what is written."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from rich.console import Console

from ops.__main__ import main as ops
from ops.migrate_command import main
from ops.refusal import Refusal
from tests.says import Says
from tests.unit.ops.haproxys_in_memory import TEXT, MemoryHaproxy, MigratingStack, served

pytestmark = pytest.mark.unit

STATUS = ("status", "--json")


def commands(service: str, *ends: str) -> list[str]:
    return [f"set server service-{service}/{end}" for end in ends]


def refused(stack: MigratingStack, *words: str) -> str:
    with pytest.raises(Refusal) as refusal:
        stack.migrate(*words)
    assert (stack.told, stack.file.read_text(), stack.called) == ([[], []], TEXT, "")
    return str(refusal.value)


WEIGHT_20 = ("old weight 80", "aws weight 20")
SWITCH_NEW = ("aws state ready", "aws weight 100", "old weight 0", "old state maint")
SWITCH_OLD = ("old state ready", "old weight 100", "aws weight 0", "aws state maint")


@pytest.mark.parametrize(
    ("words", "told", "percent", "meant"),
    [
        (("weight", "20"), WEIGHT_20, 20, ("20 %", "80 %")),
        (("weight", "0"), ("old weight 100", "aws weight 0"), 0, ("0 %", "100 %")),
        (("weight", "100"), ("aws weight 100", "old weight 0"), 100, ("100 %", "0 %")),
        (("switch", "new"), SWITCH_NEW, 100, ("new side (ready, 100 %)", "the old side into maintenance")),
        (("switch", "old"), SWITCH_OLD, 0, ("old side (ready, 100 %)", "the new side into maintenance")),
        (("drain", "new"), ("aws state drain",), None, ("new side drained",)),
        (("maint", "old"), ("old state maint",), None, ("old side into maintenance",)),
        (("ready", "new"), ("aws state ready",), None, ("new side ready",)),
    ],
)
def test_what_is_meant_is_shown_each_machine_is_told_and_the_file_after_them(
    stack: MigratingStack, words: tuple[str, ...], told: tuple[str, ...], percent: int | None, meant: tuple[str, ...]
) -> None:
    code, shown = stack.migrate(*words, "--yes")
    assert code == 0
    on, shop, users, *rest = shown.splitlines()
    assert (on, shop, users) == ("On i-1, i-2:", Says(*meant, at="  shop"), Says(*meant, at="  users"))
    assert (f"  Pulumi.prod.yaml: newPercent: {percent} for shop, users" in rest) == (percent is not None)
    assert stack.told == [[*commands("shop", *told), *commands("users", *told)]] * 2
    wanted = TEXT if percent is None else TEXT.replace("newPercent: 50", f"newPercent: {percent}")
    assert stack.file.read_text() == wanted
    assert stack.called == ""
    assert stack.asked == [(stack.directory, "prod", "Pulumi.prod.yaml")]
    assert ("pulumi up --stack prod" in shown) == (percent is not None)
    assert ("MAINT and DRAIN are kept by a reload" in shown) == (words[0] != "weight")
    assert max(len(line) for line in rest) > 80, "tables are wide where nobody looks"


def test_only_the_services_that_are_named(stack: MigratingStack) -> None:
    assert stack.migrate("weight", "20", "users", "--yes")[0] == 0
    assert stack.told == [commands("users", *WEIGHT_20)] * 2
    assert stack.file.read_text() == TEXT.replace("users: {newPercent: 50}", "users: {newPercent: 20}")


@pytest.mark.parametrize(
    ("script", "yes", "called", "code"),
    [
        ("", True, "up --stack prod --yes --skip-preview\n", 0),
        ("", False, "up --stack prod\n", 0),
        ("exit 255", True, "up --stack prod --yes --skip-preview\n", 1),
    ],
)
def test_the_stack_is_brought_up_where_that_is_said(
    stack: MigratingStack, script: str, yes: bool, called: str, code: int
) -> None:
    stack.up_does(f"cp Pulumi.prod.yaml seen\n{script}")
    stack.person("y")
    found, shown = stack.migrate("weight", "20", "--up", *(["--yes"] if yes else []))
    assert (found, stack.called) == (code, called)
    assert ("but the stack was not brought up" in shown) == (code == 1)
    wanted = TEXT.replace("newPercent: 50", "newPercent: 20")
    assert stack.file.read_text() == (stack.directory / "seen").read_text() == wanted


@pytest.mark.parametrize(("answer", "goes_on"), [("y", True), ("n", False)])
def test_a_person_is_asked_after_all_was_shown(stack: MigratingStack, answer: str, goes_on: bool) -> None:
    asked = stack.person(answer)
    if goes_on:
        assert stack.migrate("weight", "20")[0] == 0
    else:
        assert refused(stack, "weight", "20") == Says("nothing was changed")
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        (("weight", "20"), ("--yes", "Nothing was changed")),  # there is nobody to ask
        (("weight", "20", "shap", "--yes"), ("shap", "shop, users")),
        (("ready", "new", "--percent", "5", "--yes"), ("--percent", "balancer")),
        (("--socket", "x", "status"), ("--socket", "--stack")),
    ],
)
def test_words_that_do_not_fit(stack: MigratingStack, words: tuple[str, ...], facts: tuple[str, ...]) -> None:
    assert refused(stack, *words) == Says(*facts)


@pytest.mark.parametrize("words", [("weight", "101"), ("weight", "-1"), ("weight", "5.5"), ("maint", "aws"), ()])
def test_words_without_sense(stack: MigratingStack, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        stack.migrate(*words)
    assert ended.value.code == 2
    assert stack.asked == []


def test_which_stack_is_always_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert ops(["migrate", "status"]) == 2
    assert capsys.readouterr().err == Says("--stack", "--socket", at="ops migrate")


def test_status_of_the_machines_and_of_those_that_are_left_alone(stack: MigratingStack) -> None:
    stack.others = {"i-3": "Pending", "i-4": "Terminating:Wait"}
    code, shown = stack.migrate("status", "shop")
    assert code == 0
    assert shown.splitlines()[:2] == [
        "i-3 is Pending, and is left alone.",
        "i-4 is Terminating:Wait, and is left alone.",
    ]
    assert "2 of 2 HAProxys answer" in shown
    assert "users" not in shown
    code, shown = stack.migrate(*STATUS)
    told = json.loads(shown)
    assert (code, told["services"], list(told["instances"])) == (0, ["shop", "users"], ["i-1", "i-2"])
    assert told["problems"] == []
    assert stack.told == [[], []]


def test_status_of_machines_that_do_not_answer(stack: MigratingStack) -> None:
    stack.machines["i-2"] = None
    code, shown = stack.migrate(*STATUS)
    assert (code, json.loads(shown)["problems"]) == (1, ["i-2 does not answer: Failed: gone"])
    stack.machines["i-1"] = None
    code, shown = stack.migrate(*STATUS, "shop")
    told = json.loads(shown)
    assert (code, told["services"], told["problems"][0]) == (1, ["shop"], "i-1 does not answer: Failed: gone")
    code, shown = stack.migrate("status")
    assert code == 1
    assert "HAProxys answer" not in shown
    assert "! i-1 does not answer: Failed: gone" in shown
    with pytest.raises(Refusal) as refusal:
        stack.migrate("weight", "20", "--yes")
    assert str(refusal.value) == "no instance answers: i-1: Failed: gone; i-2: Failed: gone"


@pytest.fixture
def sockets(tmp_path: Path) -> Generator[tuple[list[str], list[MemoryHaproxy]]]:
    """Two HAProxys on this machine, and the words that name them."""
    both = [MemoryHaproxy.of("shop"), MemoryHaproxy.of("shop")]
    with served(both[0], tmp_path / "one") as one, served(both[1], tmp_path / "two") as two:
        yield ["--socket", str(one), "--socket", str(two)], both


def test_haproxys_on_this_machine_are_told_through_their_sockets(
    sockets: tuple[list[str], list[MemoryHaproxy]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, both = sockets
    assert ops(["migrate", *words, "--yes", "switch", "new"]) == 0
    assert [each.told for each in both] == [commands("shop", *SWITCH_NEW)] * 2
    shown = capsys.readouterr().out
    assert f"On {tmp_path}/one, {tmp_path}/two:" in shown
    assert "pulumi" not in shown
    assert ops(["migrate", *words, "status"]) == 0


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        (("weight", "20", "--up"), ("--socket", "--up")),
        (("ready", "old", "--percent", "5"), ("--percent",)),
        (
            ("--socket", "/b", "--socket", "/run/one", "--socket", "/b", "status"),
            ("--socket names /b, /run/one twice",),
        ),
    ],
)
def test_what_is_refused_with_sockets(words: tuple[str, ...], facts: tuple[str, ...]) -> None:
    with pytest.raises(Refusal) as refusal:
        main(["--socket", "/run/one", *words], Console(width=150))
    assert str(refusal.value) == Says(*facts)
