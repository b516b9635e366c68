"""The command line: `python -m ops <command> …`.

Exit codes: 0 done, 1 tried and failed, 2 refused before anything was changed, 130 interrupted.
"""

import importlib
import sys
from collections.abc import Sequence

from ops.refusal import Refusal

_COMMANDS = {
    "capacity": ("ops.capacity_command", "when a stack's nodes have room for its pods in a week, and what they cost"),
    "images": ("ops.images_command", "which image each environment runs, since when, and what its stack file says"),
    "loadtest": ("ops.loadtest_command", "send a site requests, and see what pods and nodes make of it"),
    "login": ("ops.login_command", "log in to the registries of a stack"),
    "migrate": ("ops.migrate_command", "see and move the traffic between the old system and this stack"),
    "affected": ("ops.affected_command", "list the stacks that a change can change"),
    "github": ("ops.github_command", "say in a pull request or an issue what a pipeline found"),
    "promote": ("ops.promote_command", "take the images that one stack runs to the next"),
    "push": ("ops.push_command", "put a built image into the registry of a stack"),
    "report": ("ops.report_command", "what a reviewer wants to know of a change, on one page"),
    "restore": ("ops.restore_command", "make a second database server from backups, and switch to it"),
    "simulate": ("ops.simulate_command", "play a load through the pods and nodes of a stack, without any of them"),
    "summarize": ("ops.summarize_command", "say in Markdown what previews would change"),
}
"""By name: the module, whose `main` takes the words after the name and gives back the exit code; and what it does."""

_REFUSED = 2
_INTERRUPTED = 130


def _usage() -> str:
    listed = "\n".join(f"  {name:<12} {text}" for name, (_, text) in sorted(_COMMANDS.items()))
    return f"usage: python -m ops <command> …\n\n{listed}\n\n`python -m ops <command> --help` says more of one."


def main(words: Sequence[str]) -> int:
    """Run one command; gives back the exit code."""
    if not words or words[0] in {"-h", "--help"}:
        print(_usage())
        return 0 if words else _REFUSED
    name, *rest = words
    if name not in _COMMANDS:
        print(f"ops: {name} is no command; there is {', '.join(sorted(_COMMANDS))}", file=sys.stderr)
        return _REFUSED
    # Only the command that is asked for is loaded: the others' libraries would cost seconds.
    command = importlib.import_module(_COMMANDS[name][0])
    try:
        return command.main(rest)
    except Refusal as refusal:
        print(f"ops {name}: {refusal}", file=sys.stderr)
        return _REFUSED
    except KeyboardInterrupt:
        print(f"ops {name}: interrupted", file=sys.stderr)
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
