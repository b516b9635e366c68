"""A change by the stack's own balancer: what is asked, written, brought up, and put back."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from ops.alb_balancer import AlbService, AlbSide, Division, Target, Traffic, look
from ops.alb_report import problems
from ops.haproxy_change import Change
from ops.migrate_alb import BalancerWork
from ops.pulumi_command import PulumiCommand
from ops.refusal import Refusal
from ops.stack_file import StackFile
from tests.says import Says
from tests.unit.ops.emulated_account import EmulatedAccount, emulated_account

pytestmark = pytest.mark.unit

TEXT = """\
config:
  slipway:migration:
    kind: alb
    services:
      frontend: {newPercent: 5, stickySeconds: 600}  # both
"""


@dataclass(frozen=True)
class Call:
    account: EmulatedAccount
    project: Path

    @property
    def file(self) -> Path:
        return self.project / "Pulumi.test.yaml"

    def up_does(self, script: str) -> None:
        (self.project / "pulumi").write_text(f'#!/bin/sh\necho "$*" >>called\n{script}\n')
        (self.project / "pulumi").chmod(0o755)

    def work(self) -> tuple[BalancerWork, io.StringIO]:
        said = io.StringIO()
        pulumi = PulumiCommand.of(str(self.project / "pulumi"), self.project)
        groups = {"frontend": self.account.groups}
        console = Console(file=said, width=150)
        file = StackFile(self.file)
        work = BalancerWork("test", file, pulumi, groups, self.account.elbv2, self.account.cloudwatch, console)
        return work, said

    def change(self, change: Change, *, yes: bool = True, force: bool = False) -> tuple[int, str]:
        work, said = self.work()
        return work.change(change, yes=yes, force=force), said.getvalue()

    def text(self) -> str:
        """Without the columns that comments keep."""
        return re.sub(" +#", "  #", self.file.read_text())

    @property
    def called(self) -> str:
        called = self.project / "called"
        return called.read_text() if called.exists() else ""


@pytest.fixture
def call(tmp_path: Path) -> Generator[Call]:
    with emulated_account() as account:
        account.register(account.groups.new, "10.10.0.5")
        assert account.groups.old is not None
        account.register(account.groups.old, "10.10.0.9")
        (tmp_path / "Pulumi.yaml").write_text("name: slipway\n")
        (tmp_path / "Pulumi.test.yaml").write_text(TEXT)
        call = Call(account, tmp_path)
        call.up_does("cp Pulumi.test.yaml seen.yaml")
        yield call


@pytest.mark.parametrize(
    ("change", "after", "facts"),
    [
        (Change("weight", percent=20), "20, stickySeconds: 600", ("5 % -> 20 %", "95 % -> 80 %", "stays")),
        (Change("switch", "new"), "100", ("5 % -> 100 %", "95 % -> 0 %", "600")),
    ],
)
def test_the_file_is_written_and_the_stack_brought_up(
    call: Call, change: Change, after: str, facts: tuple[str, ...]
) -> None:
    code, said = call.change(change)
    assert code == 0
    assert call.text() == TEXT.replace("5, stickySeconds: 600", after)
    assert (call.project / "seen.yaml").read_text() == call.file.read_text()
    assert call.called == "up --stack test --yes --skip-preview\n"
    assert Says("frontend", *facts) in said.splitlines()


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_failed_up_puts_the_file_back_to_the_letter(call: Call, ending: str) -> None:
    before = TEXT.replace("\n", ending).encode() + b"  # \xc3\xa9nd"
    call.file.write_bytes(before)
    call.up_does("cp Pulumi.test.yaml seen.yaml; exit 255")
    code, said = call.change(Change("switch", "old"))
    assert code == 1
    assert "newPercent: 0" in (call.project / "seen.yaml").read_text()
    assert call.file.read_bytes() == before
    assert Says("Pulumi.test.yaml", "as it was") in said.splitlines()


def test_anothers_edit_meanwhile_is_not_lost(call: Call) -> None:
    call.up_does("echo '# theirs' >>Pulumi.test.yaml; exit 1")
    code, said = call.change(Change("weight", percent=20))
    assert code == 1
    assert call.file.read_text().endswith("# theirs\n")
    assert Says("Pulumi.test.yaml", "somebody else") in said.splitlines()


def test_a_side_without_a_healthy_target_is_not_given_more(call: Call) -> None:
    groups = call.account.groups
    call.account.elbv2.deregister_targets(TargetGroupArn=groups.new, Targets=[{"Id": "10.10.0.5", "Port": 8080}])
    with pytest.raises(Refusal) as refused:
        call.change(Change("weight", percent=6))
    why, what_next = str(refused.value).splitlines()
    assert (why, what_next) == (Says("new", "6 %", "healthy", at="frontend"), Says("--force"))
    assert call.file.read_text() == TEXT
    assert call.called == ""
    assert call.change(Change("drain", "new"))[0] == 0
    code, said = call.change(Change("weight", percent=6), force=True)
    assert code == 0
    assert Says("new", "6 %", at="! frontend") in said.splitlines()


def test_without_a_terminal_nothing_is_done(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(Refusal, match=r" --yes "):
        call.change(Change("weight", percent=20), yes=False)
    assert (call.file.read_text(), call.called) == (TEXT, "")


def test_status_is_what_the_balancer_has(call: Call) -> None:
    groups = call.account.groups
    assert groups.old is not None
    call.account.count("RequestCount", groups.new, 10, 5)
    call.account.count("RequestCount", groups.new, 1000, minutes_ago=30)
    call.account.count("HTTPCode_Target_5XX_Count", groups.old, 3)
    call.account.count("TargetConnectionErrorCount", groups.old, 2)
    work, said = call.work()
    assert work.status(as_text=True) == 0
    cells = [line.replace(" ", "") for line in said.getvalue().splitlines() if line.startswith("│")]
    assert cells == ["│frontend│new│5%│5%│no│1of1│15│0│0│", "││old│95%│95%│no│1of1│0│3│2│"]
    assert "!" not in said.getvalue()


def test_drift_from_the_stack_file_is_shouted(call: Call) -> None:
    call.account.weigh(3, 1, sticky=600)
    work, said = call.work()
    assert work.status(as_text=False) == 0
    told = json.loads(said.getvalue())
    frontend = told["services"]["frontend"]
    assert frontend["division"] == {"new_percent": 75.0, "sticky_seconds": 600}
    assert frontend["fileNewPercent"] == 5
    assert told["problems"] == [Says("new", "75 %", "5", "bring", at="frontend")]


def test_a_service_that_no_rule_divides_is_shouted(call: Call) -> None:
    call.account.elbv2.delete_rule(RuleArn=call.account.rule)
    seen = look(call.account.elbv2, call.account.cloudwatch, {"frontend": call.account.groups})
    assert seen["frontend"].division is None
    assert Says("no rule", "bring", at="frontend") in list(problems(seen, {"frontend": 5}))


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
