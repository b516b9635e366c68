"""`python -m ops promote`: take what one stack runs to the registry and the stack file of the next."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ops.image_outputs import StackImages
from ops.image_progress import ImageProgress, megabytes
from ops.image_promotion import Promotion, carry_out, look_at, moves_between, scan_problems
from ops.image_reference import short
from ops.image_registries import Registries
from ops.image_scan import SEVERITIES
from ops.image_settings import declare, declared
from ops.image_tool import RegistryTool
from ops.image_trouble import RegistryTrouble
from ops.pulumi_command import DEFAULT_WORDS, PulumiCommand
from ops.refusal import Refusal
from ops.stack_file import StackFile, has_uncommitted_changes

_FAILED = 1


@dataclass(frozen=True)
class Plan:
    """A promotion as a whole, before anything is changed.

    Attributes:
        promotions: each image
        file: the target's stack file, with the new digests set but not written
        before: the digest or tag that it had for each image; None where it had none
        changes_file: whether writing it changes anything
    """

    promotions: Sequence[Promotion]
    file: StackFile
    before: Sequence[str | None]
    changes_file: bool


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops promote",
        description="Copy the images that one stack runs to the registry of another, by digest and with everything "
        "that belongs to them, and write their digests into its stack file. Then commit that file and bring it up.",
        allow_abbrev=False,
    )
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="which; without, all that both stacks have")
    parser.add_argument("--from", dest="source", required=True, metavar="STACK", help="whose images were proven")
    parser.add_argument("--to", dest="target", required=True, metavar="STACK", help="which stack shall run them")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be done")
    parser.add_argument(
        "--highest-severity",
        choices=SEVERITIES,
        default="MEDIUM",
        help="the worst finding of the source registry's scan that is let through (default: MEDIUM)",
    )
    parser.add_argument("--without-scan", action="store_true", help="do not ask what a scan found")
    parser.add_argument("--from-profile", metavar="NAME", help="the AWS CLI's profile for the source's registry")
    parser.add_argument("--to-profile", metavar="NAME", help="and for the target's")
    parser.add_argument("--pulumi", default=DEFAULT_WORDS, metavar="WORDS", help="how Pulumi is called")
    return parser


def main(words: Sequence[str]) -> int:
    """Run the command; gives back the exit code."""
    parsed = _parser().parse_args(words)
    tool = RegistryTool.find()
    source, target = Registries(tool, parsed.from_profile), Registries(tool, parsed.to_profile)
    try:
        plan = _plan(parsed, source, target)
    except RegistryTrouble as trouble:
        raise Refusal(str(trouble)) from None
    console = Console()
    console.print(_table(plan, parsed.source, parsed.target))
    if parsed.dry_run:
        return 0
    if not plan.changes_file and all(each.is_done for each in plan.promotions):
        console.print(f"{parsed.target} has all of it already; nothing was changed.", highlight=False)
        return 0
    try:
        _carry_out(plan, target)
    except (RegistryTrouble, Refusal) as trouble:
        print(f"ops promote: {trouble}", file=sys.stderr)
        print(f"ops promote: {plan.file.path.name} was not written; run the same again to go on", file=sys.stderr)
        return _FAILED
    console.print(
        f"Promoted to {parsed.target}. Now commit {plan.file.path.name} and run: pulumi up --stack {parsed.target}",
        highlight=False,
        soft_wrap=True,
    )
    return 0


def _plan(parsed: argparse.Namespace, source: Registries, target: Registries) -> Plan:
    if parsed.source == parsed.target:
        raise Refusal(f"--from and --to are both {parsed.source}; expected two stacks")
    pulumi = PulumiCommand.of(parsed.pulumi, Path.cwd())
    path = pulumi.stack_file(parsed.target)
    old, new = StackImages.of(pulumi, parsed.source), StackImages.of(pulumi, parsed.target)
    moves = moves_between(old, new, parsed.services)
    # Where both stacks' images are in one registry, the login of the target is the one that counts.
    for registries, hosts in (
        (source, {move.source.repository.registry for move in moves}),
        (target, {move.target.registry for move in moves}),
    ):
        for host in sorted(hosts):
            registries.log_in(host)
    promotions: list[Promotion] = []
    problems: list[str] = []
    for move in moves:
        try:
            promotion = look_at(move, source, target)
            promotions.append(promotion)
            if not parsed.without_scan:
                problems += scan_problems(promotion, source, parsed.highest_severity)
        except RegistryTrouble as trouble:
            problems.append(str(trouble))
    file = StackFile(path)
    before = [declared(file, promotion.move.image) for promotion in promotions]
    for promotion in promotions:
        declare(file, promotion.move.image, promotion.digest)
    changes = file.text() != path.read_text()
    if changes and has_uncommitted_changes(path):
        problems.append(f"{path.name} has changes that are not committed; commit or undo them first")
    if problems:
        raise Refusal("; ".join(problems))
    return Plan(promotions, file, before, changes)


def _table(plan: Plan, source: str, target: str) -> Table:
    table = Table(title=f"{source} to {target}")
    for heading in ("image", "digest", "size"):
        table.add_column(heading, no_wrap=True)
    for heading in ("holds", f"registry of {target}", "stack file"):
        table.add_column(heading)
    for promotion, before in zip(plan.promotions, plan.before, strict=True):
        there = "there" if promotion.is_there else "to copy"
        table.add_row(
            promotion.move.image,
            short(promotion.digest),
            megabytes(promotion.parts.bytes),
            _content(promotion),
            promotion.tag if promotion.tag is not None else f"{there}, to tag",
            "the same" if before == promotion.digest else f"was {short(before)}",
        )
    return table


def _content(promotion: Promotion) -> str:
    parts = promotion.parts
    named = ", ".join(name if name else "one platform" for name in parts.platforms)
    return f"{named}; {parts.attestations} attestations" if parts.attestations else named


def _carry_out(plan: Plan, target: Registries) -> None:
    today = datetime.now(UTC).date()
    to_do = [promotion for promotion in plan.promotions if not promotion.is_done]
    console = Console(stderr=True)
    with ImageProgress({each.move.image: each.parts.bytes for each in to_do}, console) as progress:
        for promotion in to_do:
            with progress.image(promotion.move.image) as copied:
                tag = carry_out(promotion, target, today, copied)
            console.print(f"{promotion.move.target.tagged(tag)} is {promotion.digest}", highlight=False, soft_wrap=True)
    # Only now, all at once: a stack file never names an image that its registry lacks.
    plan.file.write()
