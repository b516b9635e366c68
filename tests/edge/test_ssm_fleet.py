"""The fleet's command for a stack, through Systems Manager's API and the stack's own document, to real HAProxys."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.edge.aws_stand_in import ACCOUNT, DOCUMENT, GROUP, StandIn, served
from tests.edge.edge_system import NEW, OLD, EdgeHaproxy, edge_system, wait_until
from tests.ops_command import forked
from tests.says import Says

pytestmark = [pytest.mark.edge, pytest.mark.usefixtures("forked_commands")]

CHECKOUT = Path(__file__).resolve().parents[2]
FIRST, SECOND, THIRD = "i-0aaaaaaaaaaaaaaa1", "i-0aaaaaaaaaaaaaaa2", "i-0aaaaaaaaaaaaaaa3"
STACK_FILE = f"""\
# The stack of a test.
config:
  aws:region: us-west-2
  slipway:account: "{ACCOUNT}"
  slipway:migration:
    kind: haproxy
    services:
      shop:
        newPercent: 50 # half
        checkPath: /health
"""
OUTPUT = {
    "kind": "haproxy",
    "services": {"shop": {"newPercent": 50, "new": {"targetGroupArn": "arn:new"}}},
    "fleet": {"autoScalingGroup": GROUP, "runtimeDocument": DOCUMENT, "targetGroupArn": "arn:fleet"},
}


@dataclass(frozen=True)
class Stack:
    project: Path
    account: StandIn
    both: tuple[EdgeHaproxy, EdgeHaproxy]
    environment: Mapping[str, str]

    @property
    def file(self) -> Path:
        return self.project / "Pulumi.test.yaml"

    def migrate(self, *words: str) -> subprocess.CompletedProcess[str]:
        pulumi = str(self.project / "pulumi")
        command = forked("migrate", "--stack", "test", "--pulumi", pulumi, "--yes", *words)
        environment = {**self.environment, "PYTHONPATH": str(CHECKOUT)}
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=self.project, env=environment, timeout=120
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def weights(self) -> list[tuple[str, str]]:
        return [(each.state(NEW)["weight"], each.state(OLD)["weight"]) for each in self.both]


@contextmanager
def stack_of(project: Path, **account: object) -> Generator[Stack]:
    (project / "Pulumi.yaml").write_text("name: slipway\n")
    (project / "Pulumi.test.yaml").write_text(STACK_FILE)
    (project / "outputs.json").write_text(json.dumps({"migration": OUTPUT}))
    (project / "pulumi").write_text("#!/bin/sh\nexec cat outputs.json\n")
    (project / "pulumi").chmod(0o755)
    with edge_system() as system, EdgeHaproxy(system.values) as second:
        both = (system.haproxy, second)
        for each in both:
            for server in (NEW, OLD):
                wait_until(lambda each=each, server=server: each.state(server)["check_status"] == "L7OK")
        stand_in = StandIn({FIRST: system.haproxy, SECOND: second, THIRD: None}, {THIRD: "Pending"})
        for name, value in account.items():
            setattr(stand_in, name, value)
        with served(stand_in) as address:
            environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
            environment |= {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "AKIAPERSON"}
            environment |= {"AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_DISABLED": "true"}
            yield Stack(project, stand_in, both, environment)


def test_a_weight_is_told_to_all_machines_and_kept_in_the_stack_file(tmp_path: Path) -> None:
    with stack_of(tmp_path) as stack:
        done = stack.migrate("weight", "5")
        assert done.returncode == 0, done.stdout + done.stderr
        assert stack.weights() == [("5", "95")] * 2
        assert stack.file.read_text() == STACK_FILE.replace("newPercent: 50 #", "newPercent: 5  #")
        assert f"On {FIRST}, {SECOND}:" in done.stdout
        assert Says(THIRD, "Pending") in done.stdout.splitlines()
        assert "2 of 2 HAProxys" in done.stdout
        assert ": pulumi up --stack test" in done.stdout
    keys = dict(stack.account.asked)
    assert keys["AssumeRole"] == "AKIAPERSON"
    assert {keys[each] for each in ("SendCommand", "GetCommandInvocation", "DescribeAutoScalingGroups")} == {
        "ASIATAKEN"
    }


def test_a_machine_that_is_not_reached_is_named_and_the_file_stays(tmp_path: Path) -> None:
    with stack_of(tmp_path, states={}) as stack:
        status = stack.migrate("status")
        assert status.returncode == 1
        assert Says(f"! {THIRD}", "InvalidInstanceId") in status.stdout.splitlines()
        done = stack.migrate("weight", "5")
        assert done.returncode == 1
        assert f"! {THIRD}: InvalidInstanceId" in done.stdout
        assert Says("Pulumi.test.yaml", "as it was") in done.stdout.splitlines()
        assert stack.weights() == [("5", "95")] * 2
        assert stack.file.read_text() == STACK_FILE


def test_a_machine_whose_haproxy_is_gone_is_named(tmp_path: Path) -> None:
    with stack_of(tmp_path) as stack:
        stack.both[1].kill()
        status = stack.migrate("status", "--json")
        assert status.returncode == 1
        told = json.loads(status.stdout)["instances"]
        assert told[SECOND]["trouble"] == "Failed: ConnectionRefusedError: [Errno 111] Connection refused"
        assert told[FIRST]["services"]["shop"]["new"]["state"] == "UP"


def test_aws_that_refuses_or_does_not_answer_is_told_in_one_line(tmp_path: Path) -> None:
    with stack_of(tmp_path, trusted=False) as stack:
        refused = stack.migrate("status")
    stack.account.trusted = True
    unanswered = stack.migrate("status")  # nothing listens there any longer
    assert (refused.returncode, unanswered.returncode) == (2, 2)
    role = f"arn:aws:iam::{ACCOUNT}:role/slipway-test-deploy"
    assert refused.stderr.splitlines() == [Says("AWS", role, at="ops migrate")]
    assert unanswered.stderr.splitlines() == [Says("AWS", stack.environment["AWS_ENDPOINT_URL"], at="ops migrate")]
