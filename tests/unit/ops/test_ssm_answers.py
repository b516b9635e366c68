"""What Systems Manager's answers mean, each machine's by itself."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ops import ssm_fleet
from ops.fleet import Trouble, read
from ops.ssm_fleet import SsmFleet
from tests.says import Says
from tests.unit.ops.captured_answers import captured, captured_servers

pytestmark = pytest.mark.unit

ONE, TWO = "i-1", "i-2"


def packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def success(text: str) -> dict[str, Any]:
    return {"Status": "Success", "StandardOutputContent": packed(text)}


class Client:
    """Answers each machine's polls one after the other; the last one stays."""

    def __init__(self, answers: Mapping[str, list[dict[str, Any] | Exception]]) -> None:
        self._answers = answers

    def send_command(self, **words: Any) -> dict[str, Any]:
        (instance,) = words["InstanceIds"]
        if isinstance(first := self._answers[instance][0], Exception):
            raise first
        return {"Command": {"CommandId": f"command-{instance}"}}

    def get_command_invocation(self, **words: Any) -> dict[str, Any]:
        answers = self._answers[words["InstanceId"]]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if "error" in answer:
            raise ClientError({"Error": {"Code": answer["error"], "Message": "no"}}, "GetCommandInvocation")
        return answer


def fleet_of(**answers: list[dict[str, Any] | Exception]) -> SsmFleet:
    named = {name.replace("_", "-"): each for name, each in answers.items()}
    return SsmFleet(Client(named), sorted(named), "document")


def trouble_of(*answers: dict[str, Any] | Exception) -> str:
    told = fleet_of(i_1=list(answers)).ask(["show info"])[ONE]
    assert isinstance(told, Trouble)
    return told.text


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssm_fleet, "_POLL_SECONDS", 0.0)


def test_the_servers_of_each_machine() -> None:
    both = {name: "".join(captured(name)) for name in ("both-up", "new-drained-old-down")}
    fleet = fleet_of(
        i_1=[{"error": "InvocationDoesNotExist"}, {"Status": "Pending"}, success(both["both-up"])],
        i_2=[{"Status": "InProgress"}, success(both["new-drained-old-down"])],
    )
    assert read(fleet) == {ONE: captured_servers("both-up"), TWO: captured_servers("new-drained-old-down")}


@pytest.mark.parametrize("status", ["TimedOut", "Cancelled", "Failed", "Undeliverable"])
def test_a_command_that_did_not_end_well(status: str) -> None:
    assert trouble_of({"Status": status, "StatusDetails": "Delivery timed out"}) == f"{status}: Delivery timed out"


def test_one_that_never_ends_is_told_and_does_not_hide_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssm_fleet, "ANSWER_SECONDS", 0.2)
    told = fleet_of(i_1=[{"Status": "Delayed"}], i_2=[success("Pid: 7\n\n")]).ask(["show info"])
    assert isinstance(told[ONE], Trouble)
    assert told[ONE].text == Says("0 s", "(command-i-1)")
    assert told[TWO] == ["Pid: 7"]


def test_refusals_are_each_machines_own() -> None:
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "SendCommand")
    told = fleet_of(i_1=[denied], i_2=[success("\n")]).ask(["set server a/b state ready"])
    assert told == {ONE: Trouble("AccessDeniedException: not you"), TWO: [""]}
    assert trouble_of({"error": "AccessDeniedException"}) == "AccessDeniedException: no"
    assert trouble_of(EndpointConnectionError(endpoint_url="http://127.0.0.1:1")) == Says('"http://127.0.0.1:1"')


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("", Says("0 answers", "1 commands")),
        ("nonsense", Says("unpacked")),
        (base64.b64encode(b"plain").decode(), Says("unpacked")),
        (packed("Pid: 7")[:24], Says("unpacked")),
        (packed(""), Says("0 answers", "1 commands")),
    ],
    ids=["nothing", "no base64", "no gzip", "cut", "too few"],
)
def test_an_answer_that_is_cut_or_something_else(output: str, says: Says) -> None:
    assert trouble_of({"Status": "Success", "StandardOutputContent": output}) == says
