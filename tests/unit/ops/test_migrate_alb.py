"""A change by the stack's own balancer: what is asked, written, brought up, and put back."""

from __future__ import annotations

import json
import re
from collections.abc import Generator

import pytest

from ops.alb_balancer import AlbService, AlbSide, Division, Target, Traffic
from ops.alb_report import problems
from ops.refusal import Refusal
from tests.says import Says
from tests.unit.ops.emulated_account import EmulatedAccount, emulated_account
from tests.unit.ops.haproxys_in_memory import MigratingStack

pytestmark = pytest.mark.unit

TEXT = """\
config:
  slipway:migration:
    kind: alb
    services:
      frontend: {newPercent: 5, stickySeconds: 600}  # both
"""


@pytest.fixture(autouse=True)
def account(stack: MigratingStack) -> Generator[EmulatedAccount]:
    """The stack's own balancer in the place of the fleet, with a healthy target on each side."""
    with emulated_account() as account:
        stack.clients = {"elbv2": account.elbv2, "cloudwatch": account.cloudwatch}
        groups = {"new": account.groups.new, "old": str(account.groups.old)}
        sides = {side: {"targetGroupArn": arn} for side, arn in groups.items()}
        stack.export({"kind": "alb", "services": {"frontend": sides}})
        stack.file.write_text(TEXT)
        stack.up_does("cp Pulumi.prod.yaml seen.yaml")
        for arn in groups.values():
            account.register(arn, "10.10.0.5")
        yield account


def take_out(account: EmulatedAccount) -> None:
    """Leave the new side without a target."""
    targets = [{"Id": "10.10.0.5", "Port": 8080}]
    account.elbv2.deregister_targets(TargetGroupArn=account.groups.new, Targets=targets)


def refused(stack: MigratingStack, *words: str) -> str:
    with pytest.raises(Refusal) as refusal:
        stack.migrate(*words)
    assert (stack.file.read_text(), stack.called) == (TEXT, "")
    return str(refusal.value)


@pytest.mark.parametrize(
    ("words", "after", "facts"),
    [
        (("weight", "20"), "20, stickySeconds: 600", ("5 % -> 20 %", "95 % -> 80 %", "stays")),
        (("ready", "new", "--percent", "30"), "30, stickySeconds: 600", ("5 % -> 30 %", "95 % -> 70 %", "stays")),
        (("switch", "new"), "100", ("5 % -> 100 %", "95 % -> 0 %", "600")),
    ],
)
def test_the_file_is_written_and_the_stack_brought_up(
    stack: MigratingStack, words: tuple[str, ...], after: str, facts: tuple[str, ...]
) -> None:
    code, said = stack.migrate(*words, "--yes")
    assert (code, stack.called) == (0, "up --stack prod --yes --skip-preview\n")
    text = stack.file.read_text()
    assert (stack.directory / "seen.yaml").read_text() == text
    # Comments keep their columns.
    assert re.sub(" +#", "  #", text) == TEXT.replace("5, stickySeconds: 600", after)
    assert Says("frontend", *facts) in said.splitlines()


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_failed_up_puts_the_file_back_to_the_letter(stack: MigratingStack, ending: str) -> None:
    before = TEXT.replace("\n", ending).encode() + b"  # \xc3\xa9nd"
    stack.file.write_bytes(before)
    stack.up_does("cp Pulumi.prod.yaml seen.yaml; exit 255")
    code, said = stack.migrate("switch", "old", "--yes")
    assert code == 1
    assert "newPercent: 0" in (stack.directory / "seen.yaml").read_text()
    assert stack.file.read_bytes() == before
    assert Says("Pulumi.prod.yaml", "as it was") in said.splitlines()


def test_anothers_edit_meanwhile_is_not_lost(stack: MigratingStack) -> None:
    stack.up_does("echo '# theirs' >>Pulumi.prod.yaml; exit 1")
    code, said = stack.migrate("weight", "20", "--yes")
    assert code == 1
    assert stack.file.read_text().endswith("# theirs\n")
    assert Says("Pulumi.prod.yaml", "somebody else") in said.splitlines()


def test_a_side_without_a_healthy_target_is_not_given_more(stack: MigratingStack, account: EmulatedAccount) -> None:
    take_out(account)
    why, what_next = refused(stack, "weight", "6", "--yes").splitlines()
    assert (why, what_next) == (Says("new", "6 %", "healthy", at="frontend"), Says("--force"))
    code, said = stack.migrate("weight", "6", "--yes", "--force")
    assert code == 0
    assert Says("new", "6 %", at="! frontend") in said.splitlines()
    assert stack.migrate("drain", "new", "--yes")[0] == 0


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        (("weight", "20"), ("--yes",)),  # there is no terminal
        (("weight", "20", "--up", "--yes"), ("--up", "every change brings it up")),
        (("weight", "20", "shop", "--yes"), ("shop", "frontend")),
    ],
)
def test_words_that_do_not_fit(stack: MigratingStack, words: tuple[str, ...], facts: tuple[str, ...]) -> None:
    assert refused(stack, *words) == Says(*facts)


def test_status_is_what_the_balancer_has(stack: MigratingStack, account: EmulatedAccount) -> None:
    groups = account.groups
    assert groups.old is not None
    account.count("RequestCount", groups.new, 10, 5)
    account.count("RequestCount", groups.new, 1000, minutes_ago=30)
    account.count("HTTPCode_Target_5XX_Count", groups.old, 3)
    account.count("TargetConnectionErrorCount", groups.old, 2)
    code, said = stack.migrate("status")
    cells = [line.replace(" ", "") for line in said.splitlines() if line.startswith("│")]
    assert (code, cells) == (0, ["│frontend│new│5%│5%│no│1of1│15│0│0│", "││old│95%│95%│no│1of1│0│3│2│"])
    assert "!" not in said


def test_drift_from_the_stack_file_is_shouted(stack: MigratingStack, account: EmulatedAccount) -> None:
    account.weigh(3, 1, sticky=600)
    code, said = stack.migrate("status", "--json")
    told = json.loads(said)
    frontend = told["services"]["frontend"]
    assert (code, frontend["fileNewPercent"]) == (0, 5)
    assert frontend["division"] == {"new_percent": 75.0, "sticky_seconds": 600}
    assert told["problems"] == [Says("new", "75 %", "5", "bring", at="frontend")]


def test_a_service_that_no_rule_divides_is_shouted(stack: MigratingStack, account: EmulatedAccount) -> None:
    account.elbv2.delete_rule(RuleArn=account.rule)
    told = json.loads(stack.migrate("status", "--json")[1])
    assert told["services"]["frontend"]["division"] is None
    assert Says("no rule", "bring", at="frontend") in told["problems"]


def test_targets_that_are_not_healthy_are_shouted() -> None:
    quiet = Traffic(0, 0, 0)
    ill = AlbSide(
        [Target("10.0.0.1:80", "unhealthy", "Request timed out"), Target("10.0.0.2:80", "draining", "")], quiet
    )
    seen = {"frontend": AlbService({"new": ill, "old": AlbSide([], quiet)}, Division(5, None))}
    assert list(problems(seen, {"frontend": 5})) == [
        Says("10.0.0.1:80", "unhealthy", "Request timed out", at="frontend, new side"),
        Says("frontend, old side", "no targets"),
    ]
