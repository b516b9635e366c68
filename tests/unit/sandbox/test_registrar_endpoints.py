"""Which pods belong into a target group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.registrar.endpoints import Cluster, addresses_of
from sandbox.registrar.views import Binding, Endpoint, Pod, Slice, service_ports_of, slice_of

pytestmark = pytest.mark.unit

_POD = Pod("example", "web-1", "uid-1", "10.10.32.5", leaving=False, containers_ready=True, gates={})
_ENDPOINT = Endpoint(
    ip="10.10.32.5",
    ready=True,
    terminating=False,
    pod="example/web-1",
    uid="uid-1",
    node="node-a",
    zone="us-west-2a",
)
_SLICE = Slice("example/web", {"http": 8000, "metrics": 9000}, (_ENDPOINT,))
_SERVICE = {"spec": {"ports": [{"name": "http", "port": 80}, {"name": "metrics", "port": 9000}]}}
_BINDING = Binding(
    namespace="example",
    name="web",
    version="1",
    generation=1,
    observed=0,
    deleting=False,
    service="example/web",
    port=80,
)


def _found(
    *, binding: Binding = _BINDING, pod: Pod | None = _POD, endpoint: Endpoint = _ENDPOINT, node: str = "True"
) -> list[tuple[str, int]]:
    cluster = Cluster(
        bindings={},
        services={"example/web": service_ports_of(_SERVICE)},
        slices={"example/web-x": replace(_SLICE, endpoints=(endpoint,))},
        pods={} if pod is None else {"example/web-1": pod},
        nodes={"node-a": node},
    )
    return [(address.ip, address.port) for address in addresses_of(cluster, binding)]


_WAITING = replace(_ENDPOINT, ready=False)


def test_the_port_of_the_service_leads_to_that_of_the_pods() -> None:
    assert _found() == [("10.10.32.5", 8000)]
    assert _found(binding=replace(_BINDING, port="http")) == [("10.10.32.5", 8000)]
    assert _found(binding=replace(_BINDING, port=9000)) == [("10.10.32.5", 9000)]
    assert _found(binding=replace(_BINDING, port=81)) == []
    assert _found(binding=replace(_BINDING, service="example/other")) == []


@pytest.mark.parametrize(
    ("belongs", "changes"),
    [
        pytest.param(True, {"endpoint": _WAITING}, id="a gate is shut"),
        pytest.param(False, {"endpoint": _WAITING, "pod": replace(_POD, containers_ready=False)}, id="not ready"),
        pytest.param(False, {"pod": replace(_POD, leaving=True)}, id="going"),
        pytest.param(False, {"endpoint": replace(_WAITING, terminating=True)}, id="its endpoint is going"),
        pytest.param(False, {"pod": None}, id="not known yet"),
        pytest.param(False, {"pod": replace(_POD, uid="uid-2")}, id="another"),
        pytest.param(True, {"endpoint": _WAITING, "node": "Unknown"}, id="its node is in doubt"),
        pytest.param(False, {"endpoint": _WAITING, "node": "False"}, id="its node is not ready"),
    ],
)
def test_which_pods_belong(belongs: bool, changes: dict[str, Any]) -> None:
    assert _found(**changes) == ([("10.10.32.5", 8000)] if belongs else [])


def test_a_service_port_without_a_name_takes_all_ports() -> None:
    assert service_ports_of({"spec": {"ports": [{"port": 80}]}}) == {80: ""}
    assert service_ports_of({"spec": {}}) == {}


def test_a_slice_is_read_as_the_api_server_shows_it() -> None:
    target = {"kind": "Pod", "name": "web-1", "namespace": "example", "uid": "uid-1"}
    conditions = {"ready": True, "serving": True, "terminating": False}
    place = {"nodeName": "node-a", "zone": "us-west-2a"}
    told = {"addresses": ["10.10.32.5"], "conditions": conditions, "targetRef": target, **place}
    labels = {"kubernetes.io/service-name": "web"}
    thing = {
        "metadata": {"name": "web-x", "namespace": "example", "labels": labels},
        "ports": [{"name": "http", "port": 8000, "protocol": "TCP"}],
        "endpoints": [told, {"addresses": ["192.0.2.1"], "conditions": {}}],
    }
    assert slice_of(thing) == Slice("example/web", {"http": 8000}, (_ENDPOINT,))
    # A service without pods has null where the others have lists.
    empty = slice_of({**thing, "ports": None, "endpoints": None})
    assert (empty.ports, empty.endpoints) == ({}, ())
