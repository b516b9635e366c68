"""As much of AWS as the fleet's command asks: who one is, which machines there are, and Systems Manager.

A machine here is a real HAProxy on this one: a command runs the stack's own document's shell script, with the paths of
that HAProxy's sockets. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from infra.haproxy_configuration import Place
from infra.haproxy_documents import MASTER_SOCKET, runtime_document
from sandbox.loopback_ports import LOOPBACK
from tests.edge.edge_system import EdgeHaproxy

ACCOUNT, GROUP, DOCUMENT = "123456789012", "slipway-test-haproxy", "slipway-test-haproxy-runtime"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/slipway-test-deploy"
# "StandardOutputContent: The first 24,000 characters"
_SHOWN = 24_000

_CALLER = f"<GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/ada</Arn></GetCallerIdentityResult>"
_TAKEN = (
    "<AssumeRoleResult><Credentials><AccessKeyId>ASIATAKEN</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    "<SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
)


class Refused(Exception):  # noqa: N818
    """What AWS answers with an error code."""


@dataclass
class StandIn:
    """The account.

    Attributes:
        machines: by instance id; None for one that Systems Manager does not reach
        states: of the Auto Scaling group's instances, where they are not in service
        asked: which operations were called, with the access key that signed them
        trusted: whether the deploy role lets the caller take it
    """

    machines: Mapping[str, EdgeHaproxy | None]
    states: Mapping[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    commands: dict[str, dict[str, Any]] = field(default_factory=dict)
    trusted: bool = True

    def query(self, action: str, words: Mapping[str, list[str]]) -> str:
        """What the APIs say that speak XML."""
        if action == "GetCallerIdentity":
            result = _CALLER
        elif action == "AssumeRole":
            if not self.trusted or words["RoleArn"] != [ROLE]:
                raise Refused("AccessDenied", f"ada is not authorized to perform: sts:AssumeRole on {ROLE}")
            result = _TAKEN
        else:
            assert action == "DescribeAutoScalingGroups", action
            result = self._groups(words)
        return f"<{action}Response>{result}</{action}Response>"

    def _groups(self, words: Mapping[str, list[str]]) -> str:
        members = "".join(
            f"<member><InstanceId>{name}</InstanceId>"
            f"<LifecycleState>{self.states.get(name, 'InService')}</LifecycleState></member>"
            for name in self.machines
        )
        found = words["AutoScalingGroupNames.member.1"] == [GROUP]
        group = f"<member><Instances>{members}</Instances></member>" if found else ""
        result = "DescribeAutoScalingGroupsResult"
        return f"<{result}><AutoScalingGroups>{group}</AutoScalingGroups></{result}>"

    def systems_manager(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """What Systems Manager says."""
        if operation == "SendCommand":
            return self._send(given)
        assert operation == "GetCommandInvocation", operation
        command = self.commands[given["CommandId"]]
        assert command["instance"] == given["InstanceId"]
        command["asked"] += 1
        if command["asked"] == 1:
            raise Refused("InvocationDoesNotExist", "")
        if command["asked"] == 2:
            return {"Status": "InProgress", "StandardOutputContent": "", "StandardErrorContent": ""}
        done: subprocess.CompletedProcess[str] = command["done"]
        return {
            "Status": "Success" if done.returncode == 0 else "Failed",
            "StandardOutputContent": done.stdout[:_SHOWN],
            # The agent's own last line.
            "StandardErrorContent": done.stderr
            + ("failed to run commands: exit status 1\n" if done.returncode else ""),
        }

    def _send(self, given: dict[str, Any]) -> dict[str, Any]:
        document, (instance,), (commands,) = runtime_document(), given["InstanceIds"], given["Parameters"]["commands"]
        if given["DocumentName"] != DOCUMENT:
            raise Refused("InvalidDocument", given["DocumentName"])
        if not re.search(document["parameters"]["commands"]["allowedPattern"], commands):
            raise Refused("InvalidParameters", f"Parameter value is not allowed: {commands}")
        haproxy = self.machines[instance]
        if haproxy is None:
            raise Refused("InvalidInstanceId", "Instances not in a valid state for account")
        (step,) = document["mainSteps"]
        script = "\n".join(step["inputs"]["runCommand"]).replace("{{ commands }}", commands)
        for path, own in ((Place(()).socket, haproxy.files.socket), (MASTER_SOCKET, haproxy.files.master_socket)):
            assert path in script
            script = script.replace(path, str(own))
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False, timeout=30)
        name = f"00000000-0000-0000-0000-{len(self.commands):012}"
        self.commands[name] = {"instance": instance, "done": done, "asked": 0}
        return {"Command": {"CommandId": name}}


@contextmanager
def served(account: StandIn) -> Generator[str]:
    """The account's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            key = re.search(r"Credential=(\w+)/", self.headers["Authorization"])[1]  # type: ignore[index]
            target = self.headers.get("X-Amz-Target")
            words = {} if target else parse_qs(body.decode())
            operation = target.partition(".")[2] if target else words["Action"][0]
            account.asked.append((operation, key))
            try:
                if target:
                    status, text = 200, json.dumps(account.systems_manager(operation, json.loads(body)))
                else:
                    status, text = 200, account.query(operation, words)
            except Refused as refused:
                code, message = refused.args
                status = 400
                text = json.dumps({"__type": code, "message": message})
                if not target:
                    text = (
                        f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
                    )
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
