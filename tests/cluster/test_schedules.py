"""Night and weekend: nodes go when the clock says so, every pod keeps a place, and in the morning they return."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sandbox.aws.clock import set_clock
from tests.cluster.cluster_stack import ClusterStack, is_leaving, is_ready, label_of
from tests.engine.sandbox_stack import succeeded

pytestmark = pytest.mark.cluster

_APPS = {
    "dev": {"frontend": 2, "thoughts-backend": 1, "users-backend": 1},
    "prod": dict.fromkeys(("frontend", "thoughts-backend", "users-backend"), 4),
}
# From the stack files: how many nodes there are by day, at night, at the weekend.
_NODES = {"dev": (2, 1, 1), "prod": (4, 3, 3)}

_LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def _at(day: int, hour: int, minute: int) -> datetime:
    """A time of the week that begins with next Monday, day 1; the simulated clock begins at the real one."""
    today = datetime.now(_LOS_ANGELES).date()
    moment = datetime.combine(today + timedelta(days=7 - today.weekday() + day - 1), time(hour, minute))
    return moment.replace(tzinfo=_LOS_ANGELES)


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_nodes_follow_the_clock_and_no_pod_loses_its_place(
    name: str, on_cluster: Callable[[str], ClusterStack]
) -> None:
    stack = on_cluster(name)
    succeeded(stack.up(set={"slipway:drainSeconds": 5}))
    by_day, at_night, at_weekend = _NODES[name]

    def settled(nodes: int) -> bool:
        """So many nodes, and every pod of every service ready on one of them."""
        there = stack.nodes()
        names = {node["metadata"]["name"] for node in there if is_ready(node)}
        pods = [pod for app in _APPS[name] for pod in stack.pods(app) if not is_leaving(pod)]
        placed = all(is_ready(pod) and pod["spec"].get("nodeName") in names for pod in pods)
        return len(there) == len(names) == nodes and placed and len(pods) == sum(_APPS[name].values())

    for moment, nodes in (
        (_at(1, 12, 0), by_day),
        (_at(1, 20, 1), at_night),
        (_at(2, 7, 1), by_day),
        (_at(5, 20, 1), at_weekend),
        (_at(8, 7, 1), by_day),
    ):
        with closing(stack.account()) as account:
            set_clock(account, moment)
        stack.wait_for(f"{nodes} nodes at {moment:%A %H:%M}", lambda nodes=nodes: settled(nodes))
        if name == "prod":
            # At night the baseline alone is there.
            groups = {label_of(node, "slipway/node-group") for node in stack.nodes()}
            assert groups == ({"baseline", "burst"} if nodes == by_day else {"baseline"})
    assert [str(step) for step in stack.up(set={"slipway:drainSeconds": 5}).changes] == []
