"""Emptying a node: who has to leave, who is asked again and when, and when it is empty."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from nodes_account import Clock, NodesApiServer, budget

from sandbox.kubernetes.api_types import ApiServerError, UnreachableError
from sandbox.nodes.drain import Drain, cordon, has_to_leave

pytestmark = pytest.mark.unit


@pytest.fixture
def api() -> NodesApiServer:
    return NodesApiServer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def drain(api: NodesApiServer, clock: Clock) -> Drain:
    return Drain(api, "node-1", 5.0, clock.monotonic)


def controlled_by(kind: str, *, controller: bool = True) -> dict[str, Any]:
    return {"ownerReferences": [{"kind": kind, "name": "x", "controller": controller}]}


@pytest.mark.parametrize(
    ("metadata", "has_to"),
    [
        ({}, True),
        (controlled_by("ReplicaSet"), True),
        (controlled_by("Job"), True),
        (controlled_by("DaemonSet"), False),
        (controlled_by("DaemonSet", controller=False), True),
        ({"annotations": {"kubernetes.io/config.mirror": "abc"}}, False),
        ({"annotations": {"other": "abc"}}, True),
    ],
)
def test_daemon_sets_and_static_pods_stay(metadata: dict[str, Any], has_to: bool) -> None:
    assert has_to_leave({"metadata": metadata}) is has_to


def test_only_the_nodes_own_pods_are_asked(api: NodesApiServer, drain: Drain) -> None:
    api.pod("web", "node-1")
    api.put("v1", "Namespace", "shop")
    api.pod("cart", "node-1", "shop")
    api.pod("elsewhere", "node-2")
    api.pod("agent", "node-1", **controlled_by("DaemonSet"))
    assert not drain.step()
    assert sorted(api.evicted) == ["default/web", "shop/cart"]
    assert drain.step()
    assert ("Pod", "default", "elsewhere") in api.objects
    assert ("Pod", "default", "agent") in api.objects


def test_an_empty_node_is_empty_at_once(api: NodesApiServer, drain: Drain) -> None:
    api.pod("agent", "node-1", **controlled_by("DaemonSet"))
    assert drain.step()
    assert api.evicted == []


def test_a_pod_that_a_budget_keeps_is_asked_again_after_a_while(
    api: NodesApiServer, clock: Clock, drain: Drain
) -> None:
    api.pod("web", "node-1")
    api.pod("cart", "node-1")
    api.refused["web"] = budget()
    assert not drain.step()
    # The other one goes all the same.
    assert ("Pod", "default", "cart") not in api.objects
    assert drain.refusals == {"default/web": str(budget())}
    clock.seconds = 4.9
    assert not drain.step()
    assert api.evicted.count("default/web") == 1
    clock.seconds = 5.0
    assert not drain.step()
    assert api.evicted.count("default/web") == 2
    clock.seconds = 10.0
    api.refused.clear()
    assert not drain.step()
    assert drain.step()
    assert drain.refusals == {}


def test_a_pod_that_takes_its_time_after_all_is_kept_by_nobody(api: NodesApiServer, clock: Clock, drain: Drain) -> None:
    api.pod("web", "node-1")
    api.refused["web"] = budget()
    drain.step()
    api.refused.clear()
    api.lingering = True
    clock.seconds = 5.0
    assert not drain.step()
    assert drain.refusals == {}
    assert not drain.step()
    assert len(api.evicted) == 2


def test_any_other_refusal_is_kept_and_asked_again_too(api: NodesApiServer, clock: Clock, drain: Drain) -> None:
    api.pod("web", "node-1")
    api.refused["web"] = ApiServerError(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", "two budgets")
    drain.step()
    assert drain.refusals == {"default/web": "two budgets"}
    clock.seconds = 5.0
    drain.step()
    assert len(api.evicted) == 2


def test_a_pod_that_is_leaving_is_waited_for_and_not_asked(api: NodesApiServer, drain: Drain) -> None:
    api.pod("web", "node-1", deletionTimestamp="2026-11-23T08:00:00Z")
    assert not drain.step()
    assert api.evicted == []
    del api.objects["Pod", "default", "web"]
    assert drain.step()


def test_a_pod_that_is_gone_meanwhile_is_no_refusal(api: NodesApiServer, drain: Drain) -> None:
    api.pod("web", "node-1")
    api.refused["web"] = ApiServerError(HTTPStatus.NOT_FOUND, "NotFound", 'pods "web" not found')
    assert not drain.step()
    assert drain.refusals == {}


def test_what_has_left_in_another_way_is_kept_by_nobody(api: NodesApiServer, drain: Drain) -> None:
    api.pod("web", "node-1")
    api.refused["web"] = budget()
    drain.step()
    del api.objects["Pod", "default", "web"]
    assert drain.step()
    assert drain.refusals == {}


def test_who_does_not_answer_is_no_empty_node(api: NodesApiServer, drain: Drain) -> None:
    api.reachable = False
    with pytest.raises(UnreachableError):
        drain.step()


def test_a_node_is_cordoned_once(api: NodesApiServer) -> None:
    node = api.put("v1", "Node", "node-1", spec={"providerID": "aws:///a/i-1"})
    cordon(api, node)
    live = api.of("Node", "node-1", "")
    assert live["spec"] == {"providerID": "aws:///a/i-1", "unschedulable": True}
    asked = len(api.requests)
    cordon(api, live)
    assert len(api.requests) == asked
