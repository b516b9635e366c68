"""`python -m ops restore`: a second database server from the first one's backups, and the switch to it, step by step.

Each step is a change of the stack file, shown and explained; `pulumi up` carries it out. docs/restore.md has the whole.
"""

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from ops.refusal import Refusal
from ops.stack_file import StackFile

_SERVER = "slipway:database"
_RESTORED = "restored"
# "You can restore to any point in time within your backup retention period", the latest of which is "typically within
# the last five minutes". https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html
_LATEST = timedelta(minutes=5)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops restore",
        description="Write the next step of a restore into a stack file; `pulumi up` then does it.",
        allow_abbrev=False,
    )
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    begin = steps.add_parser("begin", help="a second server beside the first; nobody uses it yet")
    begin.add_argument("name", metavar="NAME", help="of the second server, such as thursday")
    origin = begin.add_mutually_exclusive_group(required=True)
    origin.add_argument("--time", metavar="TIME", help="as the first was then, in UTC: 2026-11-26T08:00:00Z")
    origin.add_argument("--snapshot", metavar="NAME", help="as a snapshot is")
    switch = steps.add_parser("switch", help="the back ends use the second server")
    back = steps.add_parser("back", help="the back ends use the first server again")
    for each in (begin, switch, back):
        each.add_argument("--stack", required=True, help="whose database")
    return parser


def main(words: Sequence[str], now: datetime | None = None) -> int:
    """Run one step; gives back the exit code.

    Args:
        words: of the command line
        now: the time, where it is not the clock's
    """
    parsed = _parser().parse_args(words)
    stack: str = parsed.stack
    file = StackFile(Path.cwd() / f"Pulumi.{stack}.yaml")
    server = file.get(_SERVER)
    if not isinstance(server, Mapping) or not server:
        raise Refusal(f"{stack} has no server of its own: {_SERVER} is not set")
    settings = cast(Mapping[str, Any], server)
    restored = settings.get(_RESTORED)
    if parsed.step == "begin":
        if restored is not None:
            raise Refusal(f"{_SERVER}.{_RESTORED} is set already, to {restored['name']}; one restore at a time")
        if parsed.time is not None:
            _require_restorable(parsed.time, int(settings["backupRetentionDays"]), now or datetime.now(UTC))
        origin = {"pointInTime": parsed.time} if parsed.time is not None else {"snapshot": parsed.snapshot}
        file.set({"name": parsed.name, **origin, "serves": False}, _SERVER, _RESTORED)
    else:
        if restored is None:
            raise Refusal(f"{_SERVER}.{_RESTORED} is not set; begin with: python -m ops restore begin")
        file.set(parsed.step == "switch", _SERVER, _RESTORED, "serves")
    changed = file.write()
    print(f"{file.path.name}: {_DONE[parsed.step]}" if changed else f"{file.path.name} says so already.")
    print(f"Next: pulumi up --stack {stack}")
    return 0


_DONE = {
    "begin": "a second server is to be made; nobody uses it yet. Look at its data before you switch.",
    "switch": "the back ends are to use the second server. What is written to the first from now on stays there.",
    "back": "the back ends are to use the first server. What is written to the second from now on stays there.",
}


def _require_restorable(text: str, retention_days: int, now: datetime) -> None:
    try:
        time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refusal(f"--time {text}: expected a time in UTC such as 2026-11-26T08:00:00Z") from None
    earliest, latest = now - timedelta(days=retention_days), now - _LATEST
    if not earliest <= time <= latest:
        raise Refusal(
            f"--time {text}: expected from {earliest:%Y-%m-%dT%H:%M:%SZ}, since when backups are kept, "
            f"to {latest:%Y-%m-%dT%H:%M:%SZ}, up to which they usually are there"
        )
