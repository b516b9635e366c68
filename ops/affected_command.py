"""`python -m ops affected --base REVISION`: the stacks that a change can change, as a JSON list."""

import argparse
import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ops.refusal import Refusal

_STACK_FILE = re.compile(r"^Pulumi\.([a-z0-9-]+)\.yaml$")
# What the program is made of; the rest (tests, documents, the sandbox, commands) changes no stack.
_PROGRAM = re.compile(r"^(__main__\.py|Pulumi\.yaml|requirements\.txt|(infra|apps|capacity|certificates)/.*)$")


def affected_stacks(changed: Sequence[str], stacks: Sequence[str]) -> list[str]:
    """Those of `stacks` that these changed files belong to; all of them, where the program itself has changed."""
    if any(_PROGRAM.match(name) for name in changed):
        return list(stacks)
    named = {found[1] for name in changed if (found := _STACK_FILE.match(name))}
    return [stack for stack in stacks if stack in named]


def main(words: Sequence[str]) -> int:
    """Print the list; gives back the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ops affected", description=__doc__)
    parser.add_argument("--base", required=True, metavar="REVISION", help="what the change is compared with")
    parsed = parser.parse_args(words)
    # Three dots: what the branch changed, not what the base has changed since.
    command = ["git", "diff", "--name-only", "-z", f"{parsed.base}...HEAD", "--"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refusal(f"--base {parsed.base}: git says {' '.join(done.stderr.split())}")
    stacks = sorted(found[1] for path in Path().glob("Pulumi.*.yaml") if (found := _STACK_FILE.match(path.name)))
    print(json.dumps(affected_stacks([name for name in done.stdout.split("\0") if name], stacks)))
    return 0
