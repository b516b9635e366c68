"""A change of a fleet in its particulars: what is in the way, what is waited for, what every machine says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from ops import migrate_haproxy, patience
from ops.haproxy_runtime import Server
from ops.refusal import Refusal
from tests.says import Says
from tests.unit.ops.captured_answers import captured_servers
from tests.unit.ops.haproxys_in_memory import TEXT, MemoryHaproxy, MigratingStack

pytestmark = pytest.mark.unit

UP: Server = captured_servers("both-up")["shop", "new"]


def machine(stack: MigratingStack, name: str) -> MemoryHaproxy:
    found = stack.machines[name]
    assert found is not None
    return found


def shouted(shown: str) -> list[str]:
    return [line.removeprefix("! ") for line in shown.splitlines() if line.startswith("! ")]


def refused(stack: MigratingStack, *words: str) -> str:
    with pytest.raises(Refusal) as refusal:
        stack.migrate(*words, "--yes")
    assert (stack.told, stack.file.read_text()) == ([[], []], TEXT)
    return str(refusal.value)


def test_what_each_machine_did_is_shown_command_by_command(stack: MigratingStack) -> None:
    machine(stack, "i-2").refuses = "No such server."
    code, shown = stack.migrate("weight", "20", "shop", "--yes")
    assert code == 1
    lines = shown.splitlines()
    old, new = "set server service-shop/old weight 80", "set server service-shop/aws weight 20"
    begin = lines.index("i-1")
    assert lines[begin : begin + 6] == [
        *("i-1", f"  {old}: done", f"  {new}: done"),
        *("i-2", f"  {old}: No such server.", f"  {new}: No such server."),
    ]
    assert "! i-1" not in shown
    assert shouted(shown)[-5:] == [
        "Not every instance has the change.",
        f"i-2: '{old}' was answered: No such server.",
        f"i-2: '{new}' was answered: No such server.",
        "i-2: shop, new side: its weight is 50, not 20",
        "i-2: shop, old side: its weight is 50, not 80",
    ]
    given = f"--stack prod --pulumi {stack.directory}/pulumi weight 20 shop --yes"
    assert f"To repeat: python -m ops migrate {given}" in lines
    assert lines[-1] == "Pulumi.prod.yaml is as it was."


def test_the_machines_that_answer_have_it_and_the_silent_one_is_told(stack: MigratingStack) -> None:
    stack.machines["i-2"] = None
    code, shown = stack.migrate("drain", "new", "--yes")
    assert code == 1
    assert len(machine(stack, "i-1").told) == 2
    said = shouted(shown)
    assert said[0] == Says("i-2 does not answer", "Failed: gone")
    assert said[-2:] == ["Not every instance has the change.", "i-2: Failed: gone"]
    assert "  not done: Failed: gone" in shown.splitlines()
    assert "Pulumi.prod.yaml" not in shown, "a drain is not written anyway"


def test_a_machine_that_falls_silent_after_it_was_told(stack: MigratingStack) -> None:
    last = machine(stack, "i-2")
    told = last._answer

    def silent(command: str) -> str:
        stack.machines["i-2"] = None
        return told(command)

    last._answer = lambda command: told(command) if command.startswith("show") else silent(command)  # type: ignore[method-assign]
    code, shown = stack.migrate("weight", "20", "--yes")
    assert code == 1
    assert shouted(shown)[-2:] == ["Not every instance has the change.", "i-2 does not answer: Failed: gone"]
    assert stack.file.read_text() == TEXT


def test_a_machine_that_only_answers_now_and_then_is_not_trusted(stack: MigratingStack) -> None:
    """It did what it was told, but nobody has seen that it stands."""
    last = machine(stack, "i-2")

    def asked(**words: object) -> object:
        told = "set server" in str(words["Parameters"])
        stack.machines["i-2"] = last if told or words["InstanceIds"] == ["i-1"] else None
        return stack.send_command(**words)

    stack.clients["ssm"] = SimpleNamespace(send_command=asked, get_command_invocation=stack.get_command_invocation)
    code, shown = stack.migrate("weight", "20", "--yes")
    assert (code, len(last.told)) == (1, 4)
    assert shouted(shown)[-1] == "Not every instance has the change."
    assert stack.file.read_text() == TEXT


def test_a_side_that_was_switched_on_is_looked_at_again_until_it_was_checked(stack: MigratingStack) -> None:
    for name in ("i-1", "i-2"):
        each = machine(stack, name)
        each.admin = dict.fromkeys((("shop", "aws"), ("users", "aws")), 1)
        each.checks_after = 3
    code, shown = stack.migrate("ready", "new", "shop", "--yes")
    assert code == 0
    assert "UNCHECKED" not in shown


def test_a_check_that_does_not_come_is_not_waited_for_for_ever(
    stack: MigratingStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate_haproxy, "CHECK_WAIT_SECONDS", 0.0)
    machine(stack, "i-1").checks_after = 1000
    code, shown = stack.migrate("ready", "new", "shop", "--yes")
    assert code == 0
    assert "MIXED: UNCHECKED, UP" in shown


def test_nothing_is_waited_for_where_no_side_was_switched_on(
    stack: MigratingStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slept(_: float) -> None:
        raise AssertionError("it waited")

    machine(stack, "i-1").checks_after = 1000
    machine(stack, "i-1").answers(["set server service-users/aws state ready"])
    machine(stack, "i-1").told.clear()
    monkeypatch.setattr(patience.time, "sleep", slept)
    assert stack.migrate("weight", "20", "shop", "--yes")[0] == 0
    machine(stack, "i-1").checks_after = 0
    assert stack.migrate("ready", "new", "shop", "--yes")[0] == 0, "that of another service is not meant"


def test_nobody_is_left_without_force(stack: MigratingStack) -> None:
    machine(stack, "i-2").down.add(("shop", "aws"))
    why = "i-2: nobody would answer for shop: the new side is DOWN (L7OK 200), the old side would be in MAINT"
    assert refused(stack, "maint", "old") == f"{why}\n  Nothing was changed; --force goes on all the same."
    code, shown = stack.migrate("maint", "old", "--yes", "--force")
    assert code == 0
    assert shouted(shown)[0] == why
    assert stack.told == [["set server service-shop/old state maint", "set server service-users/old state maint"]] * 2


def test_a_machine_with_another_configuration_is_refused(stack: MigratingStack) -> None:
    stack.machines["i-2"] = MemoryHaproxy.of("shop")
    assert refused(stack, "weight", "20") == Says("i-2 knows no service users", "Nothing was changed")
    assert stack.migrate("weight", "20", "shop", "--yes")[0] == 0


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        (TEXT.replace("haproxy", "alb"), "kind: haproxy"),
        (TEXT.replace("users:", "others:"), "services.users"),
        (TEXT.replace("{newPercent: 50}", "50"), "services.shop"),
    ],
)
def test_a_file_unlike_the_stack_that_is_up(stack: MigratingStack, text: str, fact: str) -> None:
    stack.file.write_text(text)
    with pytest.raises(Refusal) as refusal:
        stack.migrate("weight", "20", "--yes")
    assert str(refusal.value) == Says("slipway:migration", fact, "pulumi up --stack prod", at="Pulumi.prod.yaml")
    assert stack.told == [[], []]
    assert stack.migrate("drain", "new", "--yes")[0] == 0, "of which the file says nothing"


def test_finer_weights_in_the_file_give_way_to_a_percentage(stack: MigratingStack) -> None:
    stack.file.write_text(TEXT.replace("shop: {newPercent: 50}", "shop: {weights: {new: 1, old: 256}}"))
    code, shown = stack.migrate("weight", "20", "--yes")
    assert code == 0
    assert shouted(shown)[0] == Says("shop", "newPercent")
    assert stack.file.read_text() == TEXT.replace("newPercent: 50", "newPercent: 20")


@pytest.mark.parametrize(
    ("said", "drift"),
    [
        ("{newPercent: 50}", []),
        ("{weights: {new: 50, old: 50}}", []),
        ("{}", []),
        ("{newPercent: 0}", ["the stack file says 0 and 100"]),
        ("{newPercent: 51}", ["the stack file says 51 and 49"]),
        ("{weights: {new: 1, old: 256}}", ["the stack file says 1 and 256"]),
        ("{weights: {new: 50}}", ["the stack file says 50 and None"]),
    ],
)
def test_drift_from_the_stack_file(stack: MigratingStack, said: str, drift: Sequence[str]) -> None:
    stack.file.write_text(TEXT.replace("shop: {newPercent: 50}", f"shop: {said}"))
    stack.machines["i-2"] = MemoryHaproxy.of("users")
    code, shown = stack.migrate("status", "--json")
    weights = "shop: i-1 has the weights 50 (new) and 50 (old), "
    wanted = ["i-2 knows no service shop", *(f"{weights}{each}" for each in drift)]
    assert (code, json.loads(shown)["problems"]) == (0, wanted)
    assert shouted(stack.migrate("status")[1]) == wanted


def test_a_machine_that_obeys_and_yet_stands_otherwise(stack: MigratingStack) -> None:
    for name in ("i-1", "i-2"):
        machine(stack, name).forgets = True
    code, shown = stack.migrate("weight", "20", "shop", "--yes")
    assert (code, stack.file.read_text()) == (1, TEXT)
    assert shown.count(": done") == 4
    assert shouted(shown)[-2:] == [
        "i-2: shop, new side: its weight is 50, not 20",
        "i-2: shop, old side: its weight is 50, not 80",
    ]


def test_a_file_that_somebody_else_changes_meanwhile(stack: MigratingStack) -> None:
    def asked(**words: object) -> object:
        if "set server" in str(words["Parameters"]):
            stack.file.write_text(f"{TEXT}# theirs\n")
        return stack.send_command(**words)

    stack.clients["ssm"] = SimpleNamespace(send_command=asked, get_command_invocation=stack.get_command_invocation)
    code, shown = stack.migrate("weight", "20", "--yes")
    assert (code, stack.file.read_text()) == (1, f"{TEXT}# theirs\n")
    assert shouted(shown)[-1] == Says("Pulumi.prod.yaml", "somebody else", "newPercent: 20")


def test_a_file_that_says_so_already(stack: MigratingStack) -> None:
    code, shown = stack.migrate("weight", "50", "--yes")
    assert (code, stack.file.read_text()) == (0, TEXT)
    assert "Pulumi.prod.yaml said so already." in shown.splitlines()


def test_machines_that_differ_are_shouted(stack: MigratingStack) -> None:
    machine(stack, "i-2").weights["shop", "aws"] = 7
    machine(stack, "i-1").admin["shop", "old"] = 8
    code, shown = stack.migrate("status", "shop")
    assert code == 0
    new, old, _ = shouted(shown)
    assert new == Says("shop, new side", "UP, weight 50 on i-1", "UP, weight 7 on i-2")
    assert old == Says("shop, old side", "DRAIN, weight 50 on i-1", "UP, weight 50 on i-2")
    assert "MIXED: DRAIN, UP" in shown
