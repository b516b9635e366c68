"""`python -m ops migrate`: see who gets a migration's requests, and move them.

Where a fleet of HAProxys divides them, its machines are told at once and the stack file after them; where the
stack's own balancer does, the stack file is changed and brought up. `docs/migration.md` is the runbook.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from rich.console import Console

from ops.aws_session import CLIENT, deploy_session
from ops.fleet import SocketFleet
from ops.haproxy_change import ALL, Change, Verb
from ops.haproxy_runtime import SIDES
from ops.migrate_alb import BalancerWork
from ops.migrate_haproxy import FleetWork, StackSide
from ops.migration_output import chosen, migration_of
from ops.pulumi_command import DEFAULT_WORDS, PulumiCommand
from ops.refusal import Refusal
from ops.ssm_fleet import SsmFleet, machines_of
from ops.stack_file import StackFile

_WIDE_ENOUGH = 150
"""Columns of the tables where no terminal says how many there are."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops migrate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-s", "--stack", help="whose migration, such as prod")
    parser.add_argument("--pulumi", default=DEFAULT_WORDS, metavar="WORDS", help="how Pulumi is called here (pulumi)")
    parser.add_argument(
        "--socket",
        action="append",
        type=Path,
        metavar="PATH",
        help="a HAProxy on this machine, and no stack's; again for more",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    status = verbs.add_parser("status", help="what each side gets, and how it fares")
    status.add_argument("--json", action="store_true", help="for programs")
    weight = verbs.add_parser("weight", help="give the new side so many per cent")
    weight.add_argument("percent", type=_percent, metavar="0..100")
    each = [weight]
    for verb, words in (
        ("ready", "let a side take requests again"),
        ("drain", "send nobody new to a side"),
        ("maint", "send nobody to a side"),
        ("switch", "give everything to a side"),
    ):
        each.append(verbs.add_parser(verb, help=words))
        each[-1].add_argument("side", choices=SIDES)
    each[1].add_argument("--percent", type=_percent, metavar="0..100", help="what it gets (the stack's balancer only)")
    for one in each:
        one.add_argument("--yes", action="store_true", default=argparse.SUPPRESS, help="do not ask")
        one.add_argument("--force", action="store_true", help="also where nobody would answer")
        one.add_argument("--up", action="store_true", help="bring the stack up afterwards (HAProxy only)")
    for one in (status, *each):
        one.add_argument("services", nargs="*", metavar="SERVICE", help="only these; all that migrate without")
    return parser


def _percent(text: str) -> int:
    if not text.isdecimal() or int(text) > ALL:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 0 to {ALL}")
    return int(text)


def main(words: Sequence[str], console: Console | None = None) -> int:
    """Run the command; gives back the exit code.

    Raises:
        Refusal: before anything was changed.
    """
    given = _parser().parse_args(words)
    console = console or Console(highlight=False)
    if not console.is_terminal and console.width < _WIDE_ENOUGH:
        console.width = _WIDE_ENOUGH
    work = _work(given, console, ["python", "-m", "ops", "migrate", *words])
    if given.verb == "status":
        return work.status(as_text=not given.json)
    change = Change(cast(Verb, given.verb), getattr(given, "side", None), getattr(given, "percent", None))
    return work.change(change, yes=given.yes, force=given.force)


def _work(given: argparse.Namespace, console: Console, repeat: Sequence[str]) -> FleetWork | BalancerWork:
    """The way the migration takes, with all that it needs."""
    if given.socket:
        if given.stack or getattr(given, "up", False):
            raise Refusal("--socket names HAProxys of no stack; expected no --stack and no --up beside it")
        twice = sorted({str(path) for path in given.socket if given.socket.count(path) > 1})
        if twice:
            raise Refusal(f"--socket names {', '.join(twice)} twice")
        _require_no_percent(given)
        return FleetWork(SocketFleet(given.socket), None, given.services, console, repeat)
    if not given.stack:
        raise Refusal("--stack is required, or --socket; expected such as --stack prod")
    pulumi = PulumiCommand.of(given.pulumi, Path.cwd())
    file = StackFile(pulumi.stack_file(given.stack))
    migration = migration_of(given.stack, pulumi.outputs(given.stack))
    services = chosen(given.services, list(migration.services))
    session = deploy_session(pulumi, given.stack, file)
    if migration.fleet is None:
        if getattr(given, "up", False):
            raise Refusal("--up is for a fleet of HAProxys; with the stack's own balancer every change brings it up")
        return BalancerWork(
            stack=given.stack,
            file=file,
            pulumi=pulumi,
            groups={name: migration.services[name] for name in services},
            elbv2=session.client("elbv2", config=CLIENT),
            cloudwatch=session.client("cloudwatch", config=CLIENT),
            console=console,
        )
    _require_no_percent(given)
    machines = machines_of(session.client("autoscaling", config=CLIENT), migration.fleet.autoscaling_group)
    if not getattr(given, "json", False):
        for name, state in machines.others.items():
            console.print(f"{name} is {state}, and is left alone.")
    fleet = SsmFleet(session.client("ssm", config=CLIENT), machines.in_service, migration.fleet.runtime_document)
    stack = StackSide(given.stack, file, pulumi, getattr(given, "up", False))
    return FleetWork(fleet, stack, services, console, repeat)


def _require_no_percent(given: argparse.Namespace) -> None:
    if given.verb == "ready" and given.percent is not None:
        raise Refusal("--percent is for the stack's own balancer; a HAProxy keeps the weight a side had")
