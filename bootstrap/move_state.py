"""Moves a stack's state from one backend to another: bootstrap's own into the bucket that it made, or back.

    .venv/bin/python -m bootstrap.move_state --stack account \
        --from "file://$HOME/slipway-bootstrap" --to 's3://slipway-state-123456789012-us-west-2?region=us-west-2'

Nothing in AWS changes. The state is gone from where it was only once it was read back, whole, from where it is; a move
that was broken off is begun again with the same words.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BOOTSTRAP = Path(__file__).resolve().parent
_ABSENT = "no stack named"


class MoveError(Exception):
    """The state was not moved; the text is the one reason, and where the state is."""


@dataclass(frozen=True)
class Place:
    """One stack of a project in one backend.

    Attributes:
        backend: as `pulumi login` takes it, https://www.pulumi.com/docs/iac/concepts/state-and-backends/
        project: the directory with `Pulumi.yaml`
        stack: its name
    """

    backend: str
    project: Path
    stack: str

    def run(self, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run `pulumi` on the stack; questions are asked where the person sits, and never of a pipe."""
        return subprocess.run(
            ["pulumi", "-C", str(self.project), *words, "--stack", self.stack],  # noqa: S607  # the person's own
            env={**os.environ, "PULUMI_BACKEND_URL": self.backend, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )

    def state(self, *options: str) -> dict[str, Any] | None:
        """The stack's state, or None where there is no such stack.

        Raises:
            MoveError: it could not be read.
        """
        done = self.run("stack", "export", *options)
        if done.returncode == 0:
            return json.loads(done.stdout)
        if _ABSENT in done.stderr:
            return None
        raise MoveError(f"the state at {self.backend} could not be read: {_reason(done)}")

    def resources(self) -> list[Any]:
        """What is in the state, with secrets in plain text: each backend encrypts them anew, so these alone compare.

        They stay in this process. An empty list where there is no such stack, too.

        Raises:
            MoveError: it could not be read.
        """
        state = self.state("--show-secrets")
        return [] if state is None else state["deployment"].get("resources", [])

    def begin(self, secrets_provider: str | None) -> None:
        """Make the stack, empty, with the secrets provider that its state has.

        Raises:
            MoveError: it could not be made, or would have changed the stack file.
        """
        file = self.project / f"Pulumi.{self.stack}.yaml"
        before = file.read_text() if file.exists() else ""
        provider = [] if secrets_provider is None else ["--secrets-provider", secrets_provider]
        # `stack init` names its stack like any other command, and takes no question where it has no terminal.
        done = self.run("stack", "init", "--no-select", "--non-interactive", *provider)
        after = file.read_text() if file.exists() else ""
        if before and after != before:
            # Another key than the one its secrets are encrypted with.
            file.write_text(before)
            raise MoveError(f"{file.name} would have been given another key for its secrets; it is as it was")
        if done.returncode != 0:
            raise MoveError(f"the stack could not be made at {self.backend}: {_reason(done)}")


def move(source: Place, target: Place) -> int:
    """Move the state; gives back how many resources are in it.

    Raises:
        MoveError: it is where it was.
    """
    state = source.state()
    if state is None:
        raise MoveError(f"there is no stack {source.stack} at {source.backend}")
    if state["deployment"].get("pending_operations"):
        raise MoveError(
            f"an operation on {source.stack} was broken off; run `pulumi refresh` at {source.backend} first"
        )
    resources = source.resources()
    there = target.resources()
    if there and there != resources:
        raise MoveError(f"{target.backend} holds another state of {target.stack} already; nothing was moved")
    if target.state() is None:
        target.begin(_secrets_provider(state))
    if not there:
        done = target.run("stack", "import", text=json.dumps(state))
        if done.returncode != 0:
            raise MoveError(f"the state could not be written to {target.backend}: {_reason(done)}")
    if target.resources() != resources:
        raise MoveError(f"what is at {target.backend} is not what was written; the state is still at {source.backend}")
    # Two states of one stack would part with the next change. `--force`: of the state only, not of what it names.
    done = source.run("stack", "rm", "--yes", "--force", "--preserve-config")
    if done.returncode != 0:
        raise MoveError(f"the state is at {target.backend}, but also still at {source.backend}: {_reason(done)}")
    return len(resources)


def _secrets_provider(state: dict[str, Any]) -> str | None:
    """The URL of the key that the state's secrets are encrypted with; None for a passphrase."""
    provider = state["deployment"].get("secrets_providers", {})
    return provider["state"]["url"] if provider.get("type") == "cloud" else None


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line.removeprefix("error: ") for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"pulumi ended with {done.returncode}"


def main(words: Sequence[str]) -> int:
    """Move a state; gives back the exit code."""
    parser = argparse.ArgumentParser(
        prog="bootstrap.move_state", description="Move a stack's state to another backend."
    )
    parser.add_argument("--stack", required=True, help="which stack, such as account")
    parser.add_argument("--from", dest="source", required=True, metavar="URL", help="the backend that has the state")
    parser.add_argument("--to", dest="target", required=True, metavar="URL", help="the backend that is to have it")
    parser.add_argument(
        "--project", type=Path, default=_BOOTSTRAP, help="the directory with Pulumi.yaml (bootstrap's, if not given)"
    )
    asked = parser.parse_args(words)
    source, target = (Place(backend, asked.project, asked.stack) for backend in (asked.source, asked.target))
    try:
        if asked.source == asked.target:
            raise MoveError("--from and --to are the same backend")
        count = move(source, target)
    except FileNotFoundError:
        print("move_state: `pulumi` is not on PATH", file=sys.stderr)
        return 1
    except MoveError as error:
        print(f"move_state: {error}", file=sys.stderr)
        return 1
    print(f"The state of {asked.stack}, {count} resources, is at {asked.target}")
    print(f"From now on: pulumi login '{asked.target}'")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
