"""The command line of the sandbox.

python -m sandbox [options] pulumi <any pulumi command>
python -m sandbox cluster up|down|kubeconfig [--stack NAME]
python -m sandbox cluster load|startup|ready|bad-image|calm|kill|fail-zone|restore-zone … [--stack NAME]
python -m sandbox autoscaling clock|desired|policy|fire …
python -m sandbox inventory [--json]
python -m sandbox reset
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from sandbox.refusal import Refusal
from sandbox.state import State, default_state

_USAGE_ERROR = 2
_INTERRUPTED = 130
_WITH_WORDS = frozenset(("pulumi", "cluster", "autoscaling"))
_VALUE_OPTIONS = frozenset(("--real", "--state", "--time-scale", "--fault", "--set"))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(_USAGE_ERROR, f"sandbox: {message}; see `python -m sandbox --help`\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m sandbox",
        description="The real Pulumi engine and command line on an emulated AWS account.",
        epilog="A killed run leaves its lock behind: `python -m sandbox pulumi cancel --stack NAME` (docs/faults.md).",
        allow_abbrev=False,
    )
    parser.add_argument("--state", type=Path, help="directory that holds the pretended account (default: .sandbox)")
    parser.add_argument("--real", default="", help="packages left to Pulumi's own providers: eks,kubernetes")
    parser.add_argument("--time-scale", type=float, default=0.0, help="1 takes as long as AWS does; default 0")
    parser.add_argument("--fault", action="append", default=[], help="let something fail; may be repeated")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="configuration for this one command"
    )
    parser.add_argument("--json", action="store_true", help="`inventory` as JSON")
    parser.add_argument("verb", choices=("pulumi", "cluster", "autoscaling", "inventory", "reset"), help="what to do")
    return parser


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The sandbox's own words up to the verb, and those for what the verb names, where it has words of its own."""
    position = 0
    while position < len(words):
        if words[position] in _WITH_WORDS:
            return list(words[: position + 1]), list(words[position + 1 :])
        position += 2 if words[position] in _VALUE_OPTIONS else 1
    return list(words), []


def main(words: Sequence[str]) -> int:
    """Run one command; gives back the exit code."""
    own, rest = _split(words)
    parsed = _parser().parse_args(own)
    state = default_state() if parsed.state is None else State(parsed.state.resolve())
    try:
        if parsed.verb == "inventory":
            return _show_inventory(state, as_json=parsed.json)
        if parsed.verb in {"cluster", "autoscaling"}:
            return _cluster(rest, state) if parsed.verb == "cluster" else _autoscaling(rest, state)
        if parsed.verb == "reset":
            return _reset(state)
        return _pulumi(rest, parsed, state)
    except Refusal as refusal:
        print(f"sandbox: {refusal}", file=sys.stderr)
        return _USAGE_ERROR
    except KeyboardInterrupt:  # before `pulumi` was started; it answers Ctrl-C itself
        return _INTERRUPTED


def _pulumi(words: Sequence[str], parsed: argparse.Namespace, state: State) -> int:
    from sandbox.command import SERVED, Options, run
    from sandbox.faults import parse_faults

    real = tuple(package for package in parsed.real.split(",") if package)
    unknown = [package for package in real if package not in SERVED or package == "aws"]
    if unknown:
        raise Refusal(f"--real {parsed.real}: only eks and kubernetes can be left to Pulumi")
    if parsed.time_scale < 0:
        raise Refusal(f"--time-scale {parsed.time_scale}: has to be 0 or more")
    try:
        parse_faults(parsed.fault)
    except ValueError as error:
        raise Refusal(f"--fault: {error}") from error
    return run(words, Options(state, real, parsed.time_scale, tuple(parsed.fault), tuple(parsed.set)))


def _cluster(words: Sequence[str], state: State) -> int:
    from sandbox.cluster_command import run_cluster

    return run_cluster(words, state)


def _autoscaling(words: Sequence[str], state: State) -> int:
    from sandbox.autoscaling_command import run_autoscaling

    return run_autoscaling(words, state)


def _show_inventory(state: State, *, as_json: bool) -> int:
    from sandbox.inventory import Inventory
    from sandbox.inventory_report import as_json as json_of
    from sandbox.inventory_report import as_table

    state.directory.mkdir(parents=True, exist_ok=True)
    inventory = Inventory(state.account)
    print(json_of(inventory) if as_json else as_table(inventory))
    return 0


def _reset(state: State) -> int:
    if not state.directory.exists():
        return 0
    # Only what a sandbox made is removed, whatever directory the person named.
    for path in (state.backend, state.pulumi_home, state.commands, state.directory / "stacks"):
        if path.exists():
            shutil.rmtree(path)
    for file in state.directory.glob(f"{state.account.name}*"):
        file.unlink()
    if not any(state.directory.iterdir()):
        state.directory.rmdir()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
