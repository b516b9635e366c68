"""`python -m ops simulate`: what the pods and nodes of a stack would make of a load, without any of them.

The load is a CSV file: a column `time` (such as 2026-11-23 08:30), and one for each service, in millicores, or in
requests per second where the column is called such as frontend@12ms. docs/simulation.md says what is simulated and what
is not.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import Progress

from capacity.instance_types import UnknownInstanceTypeError
from capacity.load_curve import LoadCurve, LoadCurveError, read_load_curve
from capacity.simulation import simulate
from capacity.simulation_outcome import Outcome
from capacity.stack_strategy import StartTimes, strategy_of
from capacity.week import time_zone_of
from infra.scaling_policies import WARMUP_SECONDS
from infra.schedules import time_zone_problem
from infra.settings import Settings
from ops.refusal import Refusal
from ops.simulation_report import drawn, table
from ops.stack_settings import FILES, settings_of, settings_with

_WIDE_ENOUGH: Final = 120
_POD_SECONDS: Final = 20
"""An image that is there already, and the first probe after 5 s that may be 10 s late (`apps/probes.py`)."""
_NODE_SECONDS: Final = 120
"""An estimate: EC2 says nothing of how long an instance takes to start and to join."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops simulate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-s", "--stack", required=True, help="whose settings, such as prod")
    parser.add_argument("--load", required=True, type=Path, metavar="FILE", help="the load, as CSV")
    parser.add_argument(
        "--compare", action="append", default=[], metavar="STACK|FILE", help="other settings; again for more"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw what happens when, as SVG")
    parser.add_argument("--time-zone", type=_zone, metavar="NAME", help="of the times in the file (the schedules')")
    parser.add_argument("--pod-seconds", type=_seconds, default=_POD_SECONDS, metavar="N", help="a pod's start (20)")
    parser.add_argument(
        "--node-seconds", type=_seconds, default=_NODE_SECONDS, metavar="N", help="a node's start (120)"
    )
    return parser


def _zone(text: str) -> ZoneInfo:
    if problem := time_zone_problem(text):
        raise argparse.ArgumentTypeError(f"{text!r}: {problem}")
    return ZoneInfo(text)


def _seconds(text: str) -> int:
    most = 3600
    if not text.isdecimal() or int(text) > most:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 0 to {most}")
    return int(text)


def main(words: Sequence[str], console: Console | None = None) -> int:
    """Run the command; gives back the exit code.

    Raises:
        Refusal: a file cannot be used.
    """
    given = _parser().parse_args(words)
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _WIDE_ENOUGH)
    stacks = {given.stack: settings_of(given.stack, Path.cwd())}
    for name in given.compare:
        is_file = name.endswith(FILES)
        read = settings_with(Path(name), Path.cwd(), given.stack) if is_file else settings_of(name, Path.cwd())
        stacks[Path(name).stem if is_file else name] = read
    if given.plot is not None and not given.plot.absolute().parent.is_dir():
        raise Refusal(f"{given.plot} cannot be written: there is no folder {given.plot.parent}")
    zone = time_zone_of(stacks[given.stack].node_groups) if given.time_zone is None else given.time_zone
    curve = _curve(given.load, [service for each in stacks.values() for service in each.services], zone)
    start = StartTimes(given.pod_seconds, given.node_seconds, WARMUP_SECONDS)
    outcomes = [_played(name, settings, curve, start, console) for name, settings in stacks.items()]
    console.print(f"The times in {given.load.name} are of {zone.key}.")
    console.print(table(outcomes, curve))
    if given.plot is not None:
        title = f"{given.load.stem}: " + " and ".join(outcome.name for outcome in outcomes)
        given.plot.write_text(drawn(outcomes, curve, zone, title))
    return 0


def _curve(path: Path, services: Sequence[str], zone: ZoneInfo) -> LoadCurve:
    try:
        with path.open(newline="") as file:
            return read_load_curve(file, dict.fromkeys(services), zone)
    except LoadCurveError as error:
        lines = "\n".join(f"  {problem}" for problem in error.problems)
        raise Refusal(f"{path} is no load curve:\n{lines}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise Refusal(f"{path} cannot be read: {reason}") from None


def _played(name: str, settings: Settings, curve: LoadCurve, start: StartTimes, console: Console) -> Outcome:
    for group in (each for each, of in settings.node_groups.items() if of.cluster_autoscaler):
        raise Refusal(
            f"slipway:nodeGroups.{group}.clusterAutoscaler of {name} is true; what the cluster autoscaler does is not "
            "simulated. Compare with a file in which it is false and the group has policies, or a fixed size"
        )
    try:
        strategy = strategy_of(name, settings, curve.begin, curve.end, start)
    except UnknownInstanceTypeError as error:
        raise Refusal(str(error)) from None
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(name, total=1.0)
        return simulate(strategy, curve, lambda share: bars.update(task, completed=share))
