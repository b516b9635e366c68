"""`python -m ops images`: which image each environment runs, and whether that is what its stack file says."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ops.image_outputs import RunningImage, StackImages
from ops.image_parts import parts_of
from ops.image_promotion import newest_first
from ops.image_reference import Repository, short
from ops.image_registries import Registries
from ops.image_settings import declared
from ops.image_tool import RegistryTool
from ops.image_trouble import RegistryTrouble
from ops.pulumi_command import DEFAULT_WORDS, PulumiCommand
from ops.refusal import Refusal
from ops.stack_file import StackFile

_INCOMPLETE = 1
_NO_DRIFT = ""


@dataclass(frozen=True)
class Row:
    """One image in one environment.

    Attributes:
        image: its name under `slipway:images`
        stack: the environment
        digest: of what runs; None where its registry no longer has it
        tags: those that point to it
        since: when it was pushed there (ECR), else when it was built; ISO 8601
        promoted: the tag of its latest promotion; None where it was not promoted
        drift: how the stack file differs from what runs, in words; empty where it does not
    """

    image: str
    stack: str
    digest: str | None
    tags: tuple[str, ...]
    since: str | None
    promoted: str | None
    drift: str


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops images",
        description="Every image by environment: what runs, its tags and age, whether it was promoted, and whether the "
        "stack file says the same.",
        allow_abbrev=False,
    )
    parser.add_argument("--stack", action="append", metavar="STACK", help="only this one; may be repeated")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--profile", metavar="NAME", help="which of the AWS CLI's profiles to be")
    parser.add_argument("--pulumi", default=DEFAULT_WORDS, metavar="WORDS", help="how Pulumi is called")
    return parser


def main(words: Sequence[str]) -> int:
    """Run the command; gives back the exit code: 1 where a stack or registry did not answer."""
    parsed = _parser().parse_args(words)
    registries = Registries(RegistryTool.find(), parsed.profile)
    pulumi = PulumiCommand.of(parsed.pulumi, Path.cwd())
    files = sorted(pulumi.project.glob("Pulumi.*.yaml"))
    stacks: list[str] = parsed.stack if parsed.stack else [file.name.split(".")[1] for file in files]
    rows: list[Row] = []
    problems: list[str] = []
    for stack in stacks:
        try:
            rows += _rows(stack, pulumi, registries)
        except (Refusal, RegistryTrouble) as trouble:
            problems.append(str(trouble))
    rows.sort(key=lambda row: (row.image, stacks.index(row.stack)))
    if parsed.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        Console().print(_table(rows, datetime.now(UTC)))
    for problem in problems:
        print(f"ops images: {problem}", file=sys.stderr)
    return _INCOMPLETE if problems else 0


def _rows(stack: str, pulumi: PulumiCommand, registries: Registries) -> list[Row]:
    file = StackFile(pulumi.stack_file(stack))
    images = StackImages.of(pulumi, stack)
    for host in sorted({each.reference.repository.registry for each in images.running}):
        registries.log_in(host)
    rows = [_row(stack, each, declared(file, each.image), registries) for each in images.running]
    running = {each.image for each in images.running}
    for image in sorted(images.repositories.keys() - running):
        wanted = declared(file, image)
        if wanted is not None:
            drift = f"the stack file says {short(wanted)}, nothing runs"
            rows.append(Row(image, stack, None, (), None, None, drift))
    return rows


def _row(stack: str, running: RunningImage, wanted: str | None, registries: Registries) -> Row:
    repository, digest = running.reference.repository, registries.tool.digest(str(running.reference))
    if digest is None:
        return Row(running.image, stack, None, (), None, None, "what runs is no longer in the registry")
    tags, since = _tags_and_age(repository, digest, registries)
    promoted = newest_first(tags)
    names_it = wanted is not None and wanted in {running.reference.digest, running.reference.tag}
    drift = _NO_DRIFT if names_it else f"the stack file says {short(wanted) if wanted is not None else 'nothing'}"
    return Row(running.image, stack, digest, tags, since, promoted[0] if promoted else None, drift)


def _tags_and_age(repository: Repository, digest: str, registries: Registries) -> tuple[tuple[str, ...], str | None]:
    ecr = registries.ecr(repository.registry)
    pushed = ecr.pushed(repository, digest) if ecr is not None else None
    if pushed is not None:
        return pushed.tags, pushed.at.astimezone(UTC).isoformat()
    tool = registries.tool
    tags = tuple(tag for tag in tool.tags(repository) if tool.digest(repository.tagged(tag)) == digest)
    parts = parts_of(digest, lambda each: tool.manifest(repository.at(each)))
    created: str | None = tool.configuration(repository.at(next(iter(parts.platforms.values())))).get("created")
    return tags, created


def _table(rows: Sequence[Row], now: datetime) -> Table:
    table = Table()
    for heading in ("image", "stack", "digest", "tag", "age", "promoted", "drift"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        others = [tag for tag in row.tags if tag != row.promoted]
        promoted = row.promoted if row.promoted is not None else "no"
        age = _age(row.since, now)
        table.add_row(row.image, row.stack, short(row.digest), ", ".join(others), age, promoted, row.drift)
    return table


def _age(since: str | None, now: datetime) -> str:
    if since is None:
        return "-"
    passed = now - datetime.fromisoformat(since)
    hours = int(passed.total_seconds() // 3600)
    return f"{passed.days} d" if passed.days else f"{hours} h"
