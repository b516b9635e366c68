"""Compares what `capacity.placement` says with what a real kube-scheduler does, on random cases.

python -m bench.capacity_truth --cases 1000 --first 1
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final

from bench.capacity_cases import EVENTS, Case, make_case
from bench.local_scheduler import local_scheduler
from bench.scheduler_run import PodWatch, Run
from capacity.placement import Verdict, check
from capacity.workloads import Demand
from sandbox.kubernetes.api_server import ApiServer

_AT_ONCE: Final = 6
# Among equal nodes the scheduler takes any, so an order that leaves a pod pending does so in some runs only.
_TRIES: Final = 6


@dataclass(frozen=True)
class Outcome:
    """One case, what was said of it, and how many pods the scheduler left pending in each order that was played.

    Attributes:
        case: what was played
        fits: what `capacity.placement.check` said
        named: whether it named an order that leaves pods pending
        any_order: pending pods where all came in an order by lot, as they may after `pulumi up`
        hard_order: pending pods in the order that was named, in one of six runs, or else with small pods first;
            `None` where it was said not to fit and the first order has shown it
    """

    case: Case
    fits: bool
    named: bool
    any_order: int
    hard_order: int | None

    @property
    def placed(self) -> bool:
        """Whether the scheduler placed all pods in both orders."""
        return self.any_order == 0 and not self.hard_order

    @property
    def broken_promise(self) -> bool:
        """It was said to fit, and did not: never to be."""
        return self.fits and not self.placed

    @property
    def false_alarm(self) -> bool:
        """It was said not to fit, and the scheduler placed all pods."""
        return not self.fits and self.placed


def compare(seeds: Sequence[int], say: Callable[[str], None] = print) -> list[Outcome]:
    """Play the cases of some seeds on a real scheduler of their own, several at once."""
    with local_scheduler() as api, PodWatch(api) as watch, ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes: list[Outcome] = []
        for outcome in pool.map(partial(_outcome, api, watch), map(make_case, seeds)):
            outcomes.append(outcome)
            if outcome.broken_promise or outcome.false_alarm:
                say(f"seed {outcome.case.seed}: {_in_words(outcome)}")
    return outcomes


def _outcome(api: ApiServer, watch: PodWatch, case: Case) -> Outcome:
    verdict = check(case.nodes, case.demand, case.lost)
    arrivals = [(workload, 1) for workload, count in case.demand for _ in range(count)]
    Random(case.seed).shuffle(arrivals)  # noqa: S311 - no secret
    any_order = _play(Run(api, watch, case, f"s{case.seed}-any"), case, arrivals)
    if any_order and not verdict.fits:
        return Outcome(case, verdict.fits, verdict.order is not None, any_order, None)
    # The pods that an update has at once may come like any others, unless more are reckoned with than there ever are.
    update, hard, hard_order = case.update, _hard_order(case, verdict), 0
    as_update = update is not None and dict(case.demand)[update.old] > update.extra
    for number in range(_TRIES if verdict.order is not None else 1):
        run = Run(api, watch, case, f"s{case.seed}-hard{number}")
        hard_order = _play(run, case, hard) if as_update else run.pending(hard)
        if hard_order:
            break
    return Outcome(case, verdict.fits, verdict.order is not None, any_order, hard_order)


def _hard_order(case: Case, verdict: Verdict) -> Demand:
    if verdict.order is not None:
        return verdict.order.arrivals
    return sorted(case.demand, key=lambda each: (each[0].requests.cpu_millicores, each[0].requests.memory_mib))


def _play(run: Run, case: Case, arrivals: Demand) -> int:
    """Play what happens in a case; the old revision of what is updated comes when its first pod does."""
    update = case.update
    if update is None:
        return run.pending(arrivals)
    first = next((place for place, (workload, _) in enumerate(arrivals) if workload == update.old), len(arrivals))
    whole = [*arrivals[:first], (update.old, update.replicas), *arrivals[first + 1 :]]
    before = [each for place, each in enumerate(whole) if place == first or each[0] not in {update.old, update.new}]
    return run.pending_in_update(update, before, Random(case.seed))  # noqa: S311 - no secret


def _in_words(outcome: Outcome) -> str:
    said = "fits" if outcome.fits else "does not fit"
    return f"said: {said}; pending: {outcome.any_order} in any order, {outcome.hard_order} in a hard one"


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """How far the two agree, as Markdown."""
    lines = [
        "| `capacity` says | what happens | cases | all placed | some pending | pending in any order too |",
        "|---|---|---|---|---|---|",
    ]
    for fits in (True, False):
        for event in (*EVENTS, None):
            some = [each for each in outcomes if each.fits == fits and event in {None, each.case.event}]
            placed = sum(each.placed for each in some)
            word = "fits" if fits else "does not fit"
            happens = "**all**" if event is None else event
            anyway = sum(each.any_order > 0 for each in some)
            lines.append(f"| {word} | {happens} | {len(some)} | {placed} | {len(some) - placed} | {anyway} |")
    return lines


def summary(outcomes: Sequence[Outcome]) -> list[str]:
    """The figures that count, one a line."""
    number = len(outcomes)
    count = Counter(
        broken=sum(each.broken_promise for each in outcomes),
        alarms=sum(each.false_alarm for each in outcomes),
        any=sum(not each.fits and each.any_order == 0 for each in outcomes),
        pods=sum(pods for each in outcomes for _, pods in each.case.demand),
        unnamed=sum(not each.fits and not each.named for each in outcomes),
    )
    return [
        f"- said to fit, and a pod was left pending: {count['broken']}",
        f"- said not to fit, and all were placed in both orders: {count['alarms']} ({count['alarms'] / number:.1%})",
        f"- said not to fit, and all were placed in an order by lot: {count['any']} ({count['any'] / number:.1%})",
        f"- said not to fit without an order that shows it: {count['unnamed']} ({count['unnamed'] / number:.1%})",
        f"- pods of a case: {count['pods'] / number:.0f} in the mean",
    ]


def main(words: Sequence[str]) -> int:
    """Compare, and print the table as Markdown; gives back the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.capacity_truth", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default 1)")
    options = parser.parse_args(words)
    begun = time.monotonic()
    seeds = range(options.first, options.first + options.cases)
    outcomes = compare(seeds, lambda text: print(text, file=sys.stderr, flush=True))
    print(f"Seeds {seeds[0]} to {seeds[-1]}, {time.monotonic() - begun:.0f} s.\n")
    print("\n".join([*table(outcomes), "", *summary(outcomes)]))
    return 1 if any(each.broken_promise for each in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
