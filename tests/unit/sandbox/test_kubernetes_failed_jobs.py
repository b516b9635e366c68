"""A Job that failed, and says of itself that it is then to be replaced, is made anew by the next update."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from memory_api_server import MemoryApiServer
from pulumi.provider.experimental import provider as sdk

from sandbox.inventory import Inventory
from sandbox.kubernetes.api_cluster import ApiCluster
from sandbox.kubernetes.awaiting.lookout import Lookout
from sandbox.kubernetes.awaiting.waiting import Waiting
from sandbox.kubernetes.connection import Connection, Messages
from sandbox.kubernetes.emulated_cluster import EmulatedCluster
from sandbox.kubernetes.options import Options
from sandbox.kubernetes.provider import KubernetesProvider
from sandbox.kubernetes.releases import Releases
from sandbox.values import property_map

pytestmark = pytest.mark.unit

URN = "urn:pulumi:dev::p::kubernetes:batch/v1:Job::it"


def provider(directory: Path, api: MemoryApiServer) -> KubernetesProvider:
    inventory = Inventory(directory / "account.sqlite")
    made, connection = KubernetesProvider(inventory), Connection({}, _server=api)
    waiting = Waiting(connection.server, Lookout(connection.server, pause=0.0))
    releases = Releases(EmulatedCluster(inventory, api.endpoint, only_releases=True), connection, waiting)
    messages = Messages(lambda *_: None, lambda *_: None)
    made._back_end = ApiCluster(connection, waiting, releases, Options(), messages)
    return made


def job(*, replaces: bool) -> dict[str, Any]:
    annotations = {"pulumi.com/replaceUnready": "true"} if replaces else {}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "it", "annotations": annotations},
        "spec": {"template": {"spec": {"containers": [{"name": "it", "image": "it"}]}}},
    }


def difference(made: KubernetesProvider, inputs: dict[str, Any]) -> sdk.DiffResponse:
    request = sdk.DiffRequest(URN, "default/it", property_map({"__inputs": inputs}), property_map(inputs), [])
    return asyncio.run(made.diff(request))


@pytest.mark.parametrize(
    ("condition", "replaces", "anew"),
    [
        ("Failed", True, True),
        ("Failed", False, False),
        ("Complete", True, False),
        (None, True, False),
    ],
    ids=["failed", "failed, without the annotation", "done", "under way"],
)
def test_a_failed_job_is_replaced_where_it_asks_for_it(
    tmp_path: Path, condition: str | None, replaces: bool, anew: bool
) -> None:
    api, inputs = MemoryApiServer(), job(replaces=replaces)
    live = api.put("batch/v1", "Job", "it", "default", spec=inputs["spec"])
    live["status"] = {"conditions": [{"type": condition, "status": "True"}] if condition else []}
    found = difference(provider(tmp_path, api), inputs)
    assert (found.changes, found.replaces, found.delete_before_replace) == (anew, ["status"] if anew else [], anew)


def test_a_job_that_is_gone_or_cannot_be_looked_at_is_left_to_others(tmp_path: Path) -> None:
    api, inputs = MemoryApiServer(), job(replaces=True)
    made = provider(tmp_path, api)
    assert not difference(made, inputs).changes
    api.reachable = False
    assert not difference(made, inputs).changes
