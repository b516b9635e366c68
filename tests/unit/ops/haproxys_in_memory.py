"""HAProxys in the memory of the test that do what they are told, and a stack whose migration they divide."""

from __future__ import annotations

import base64
import gzip
import io
import json
import socketserver
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from ops import migrate_command, patience
from ops.aws_session import CLIENT
from ops.migrate_command import main
from tests.unit.ops.captured_answers import captured

TEXT = """\
config:
  aws:region: us-west-2
  slipway:migration:
    kind: haproxy # for now
    services:
      shop: {newPercent: 50}
      users: {newPercent: 50}
"""
GROUP, DOCUMENT = "slipway-prod-edge", "slipway-prod-runtime"
_STAT, _STATE = captured("both-up")
_ADMIN = {"ready": 0, "maint": 1, "drain": 8}


@dataclass
class MemoryHaproxy:
    """One HAProxy.

    Attributes:
        weights: by service and server
        admin: what an operator did, as HAProxy's bits
        down: the servers that fail their checks
        checks_after: how many looks a server stays unchecked for after it was switched on
        told: the changes, in order
        refuses: what it answers to a change
        forgets: it says that a change is done, and does nothing
    """

    weights: dict[tuple[str, str], int]
    admin: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    down: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    checks_after: int = 0
    told: list[str] = field(default_factory=list[str])
    refuses: str = ""
    forgets: bool = False
    _unchecked: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    @classmethod
    def of(cls, *services: str) -> MemoryHaproxy:
        return cls({(service, server): 50 for service in services for server in ("aws", "old")})

    def answers(self, commands: Sequence[str]) -> list[str]:
        return [self._answer(command) for command in commands]

    def text(self, line: str) -> str:
        """The answers to one line of commands, as they come from the socket."""
        return "".join(f"{answer}\n\n" if answer else "\n" for answer in self.answers(line.strip().split(";")))

    def _answer(self, command: str) -> str:
        if command == "show stat":
            return self._stat()
        if command == "show servers state":
            rows = [self._row(*name, number) for number, name in enumerate(self.weights)]
            return "\n".join([*_STATE.splitlines()[:2], *rows])
        self.told.append(command)
        if self.refuses or self.forgets:
            return self.refuses
        _, _, place, what, value = command.split()
        service, server = place.removeprefix("service-").split("/")
        if (service, server) not in self.weights:
            return "No such server."
        if what == "weight":
            self.weights[service, server] = int(value)
        else:
            self.admin[service, server] = _ADMIN[value]
            self._unchecked[service, server] = self.checks_after if value == "ready" else 0
        return ""

    def _row(self, service: str, server: str, number: int) -> str:
        name = service, server
        running = 0 if name in self.down else 2
        state = f"{running} {self.admin.get(name, 0)} {self.weights[name]} 50"
        return f"3 service-{service} {number} {server} 127.0.0.1 {state} 0 15 3 4 6 0 0 0 - 8080 - 0 0 - - 0"

    def _stat(self) -> str:
        header, *lines = _STAT.rstrip("\n").splitlines()
        template = next(line for line in lines if line.startswith("service-shop,aws,")).split(",")
        health = header.removeprefix("# ").split(",").index("check_health")
        rows = [header]
        for service, server in self.weights:
            left = self._unchecked.get((service, server), 0)
            self._unchecked[service, server] = max(left - 1, 0)
            row = [f"service-{service}", server, *template[2:]]
            row[health] = "2" if left else "4"
            rows.append(",".join(row))
        return "\n".join(rows)


@contextmanager
def served(haproxy: MemoryHaproxy, path: Path) -> Generator[Path]:
    """The runtime socket of a HAProxy."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(haproxy.text(self.rfile.read().decode()).encode())

    with socketserver.UnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield path
        server.shutdown()
        thread.join()


class MigratingStack:
    """Stack prod, whose HAProxys are asked through Systems Manager.

    Attributes:
        machines: by instance; one that is None does not answer
        others: further machines of the group, by their state
        asked: whose session, in which words: project, stack, file
    """

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory, self.monkeypatch = directory, monkeypatch
        self.machines: dict[str, MemoryHaproxy | None] = {
            name: MemoryHaproxy.of("shop", "users") for name in ("i-1", "i-2")
        }
        self.others: dict[str, str] = {}
        self.asked: list[tuple[Path, str, str]] = []
        self.clients: dict[str, Any] = {"autoscaling": self, "ssm": self}
        (directory / "Pulumi.yaml").write_text("name: slipway\n")
        self.file = directory / "Pulumi.prod.yaml"
        self.file.write_text(TEXT)
        sides = {"new": {"targetGroupArn": "arn:new"}}
        fleet = {"autoScalingGroup": GROUP, "runtimeDocument": DOCUMENT}
        self.export({"kind": "haproxy", "services": {"users": sides, "shop": sides}, "fleet": fleet})
        self.up_does("")
        monkeypatch.chdir(directory)
        monkeypatch.setattr(migrate_command, "deploy_session", self._session)
        monkeypatch.setattr(patience, "_POLL_SECONDS", 0.0)
        monkeypatch.setattr("sys.stdin", io.StringIO())

    def export(self, migration: Any) -> None:
        (self.directory / "outputs.json").write_text(json.dumps({"migration": migration}))

    def up_does(self, script: str) -> None:
        path = self.directory / "pulumi"
        path.write_text(
            '#!/bin/sh\n[ "$*" = "stack output --json --stack prod" ] && exec cat outputs.json\n'
            f'echo "$*" >>called\n{script}\n'
        )
        path.chmod(0o755)

    @property
    def called(self) -> str:
        """What Pulumi was told beside telling its outputs."""
        called = self.directory / "called"
        return called.read_text() if called.exists() else ""

    @property
    def told(self) -> list[list[str]]:
        """What each machine was told that changes something."""
        return [each.told for each in self.machines.values() if each is not None]

    def person(self, answer: str) -> list[str]:
        """Let somebody be there who answers this; gives back what they are asked."""
        asked: list[str] = []
        self.monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))

        def answered(prompt: str) -> str:
            asked.append(prompt)
            return answer

        self.monkeypatch.setattr("builtins.input", answered)
        return asked

    def migrate(self, *words: str) -> tuple[int, str]:
        """Run the command; gives back the exit code and what was shown."""
        shown = io.StringIO()
        given = ["--stack", "prod", "--pulumi", str(self.directory / "pulumi"), *words]
        return main(given, Console(file=shown, highlight=False, width=80)), shown.getvalue()

    def _session(self, pulumi: Any, stack: str, file: Any) -> Any:
        self.asked.append((pulumi.project, stack, file.path.name))

        def client(name: str, *, config: Any) -> Any:
            assert config is CLIENT
            return self.clients[name]

        return SimpleNamespace(client=client)

    def describe_auto_scaling_groups(self, *, AutoScalingGroupNames: Sequence[str]) -> Mapping[str, Any]:  # noqa: N803
        assert AutoScalingGroupNames == [GROUP]
        states = {**dict.fromkeys(self.machines, "InService"), **self.others}
        listed = [{"InstanceId": name, "LifecycleState": state} for name, state in states.items()]
        return {"AutoScalingGroups": [{"Instances": listed}]}

    def send_command(self, **words: Any) -> Mapping[str, Any]:
        assert words["DocumentName"] == DOCUMENT
        ((instance,), (line,)) = words["InstanceIds"], words["Parameters"]["commands"]
        haproxy = self.machines[instance]
        answer = {"Status": "Failed", "StandardErrorContent": "gone\n"}
        if haproxy is not None:
            packed = gzip.compress(haproxy.text(line).encode(), mtime=0)
            answer = {"Status": "Success", "StandardOutputContent": base64.b64encode(packed).decode()}
        return {"Command": {"CommandId": answer}}

    def get_command_invocation(self, *, CommandId: Any, InstanceId: str) -> Any:  # noqa: N803
        assert InstanceId in self.machines
        return CommandId
