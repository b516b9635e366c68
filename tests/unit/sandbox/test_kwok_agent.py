"""The agent that keeps kwok's instructions as the model says, on an API server in memory."""

import copy
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import Answer, ApiServerError, Collection
from sandbox.kwok import commands
from sandbox.kwok.agent import NUDGE_ANNOTATION, KwokAgent, nudged
from sandbox.kwok.model import Crash, JobModel, Model, ServiceModel
from sandbox.kwok.overdue import PATIENCE
from sandbox.kwok.usage import PodFacts

pytestmark = pytest.mark.unit


class AtOnce(threading.Event):
    """Time passes at once."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - as `Event` has it
        return self.is_set()


class Memory:
    """What the agent asks of an API server."""

    def __init__(self) -> None:
        self.things: dict[tuple[str, str], dict[str, Any]] = {}
        self.pods: list[dict[str, Any]] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.calls: list[str] = []
        self.nudges: dict[str, str] = {}
        self.refusals = 0

    def apply(self, wanted: dict[str, Any], manager: str) -> Answer:
        del manager
        if self.refusals:
            self.refusals -= 1
            raise ApiServerError(503, "ServiceUnavailable", "not now")
        key = wanted["kind"], wanted["metadata"]["name"]
        self.calls.append("apply " + "/".join(key))
        self.things[key] = copy.deepcopy(wanted)
        return Answer({**wanted, "status": {"conditions": [{"type": "Established", "status": "True"}]}})

    def delete(self, api_version: str, kind: str, name: str) -> None:
        del api_version
        self.calls.append(f"delete {kind}/{name}")
        self.things.pop((kind, name), None)

    def list(self, api_version: str, kind: str) -> list[dict[str, Any]]:
        del api_version
        return [thing for (of, _), thing in self.things.items() if of == kind]

    def patch(self, api_version: str, kind: str, name: str, namespace: str, *, change: dict[str, Any]) -> None:
        del api_version, kind
        if not any(pod["metadata"]["name"] == name for pod in self.pods):
            raise ApiServerError(404, "NotFound", "gone")
        self.nudges[f"{namespace}/{name}"] = change["metadata"]["annotations"][NUDGE_ANNOTATION]

    def collection(self, api_version: str, kind: str) -> Collection:
        return Collection(api_version, f"{kind.lower()}s", namespaced=True)

    def request(self, method: str, path: str, query: dict[str, str]) -> Answer:
        assert (method, path, query) == ("GET", "/api/v1/pods", {"fieldSelector": "spec.nodeName!="})
        return Answer({"metadata": {"resourceVersion": "7"}, "items": self.pods})

    def watch(self, *_: object, since: str, **__: object) -> Iterator[tuple[str, dict[str, Any]]]:
        assert since == "7"
        yield from self.events


def pod(name: str, app: str = "front-end", *, ready: bool = True, phase: str = "Running") -> dict[str, Any]:
    return {
        "metadata": {"namespace": "example", "name": name, "labels": {"app": app}},
        "spec": {"containers": [{"name": app}]},
        "status": {"phase": phase, "conditions": [{"type": "Ready", "status": str(ready)}]},
    }


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.json"


@pytest.fixture
def agent(memory: Memory, path: Path) -> KwokAgent:
    made = KwokAgent(cast(ApiServer, memory), path)
    made.prepare(AtOnce())
    memory.calls.clear()
    return made


def loads(memory: Memory) -> dict[str, str]:
    return {
        name: thing["spec"]["usages"][0]["usage"]["cpu"]["value"]
        for thing in memory.list("", "ClusterResourceUsage")
        for name in thing["spec"]["selector"]["matchNames"]
    }


def test_it_installs_what_kwok_needs_before_what_kwok_reads(memory: Memory, path: Path) -> None:
    KwokAgent(cast(ApiServer, memory), path).prepare(AtOnce())
    kinds = [call.split()[1].partition("/")[0] for call in memory.calls]
    assert kinds[:4] == ["CustomResourceDefinition"] * 3 + ["Metric"]
    assert set(kinds[4:]) == {"Stage"}


def test_nothing_changes_while_nothing_changes(agent: KwokAgent, memory: Memory) -> None:
    for _ in range(3):
        agent.follow(AtOnce())
        agent.share()
    assert memory.calls == []


def test_a_start_up_time_changes_one_stage_and_no_pod(agent: KwokAgent, memory: Memory, path: Path) -> None:
    memory.pods = [pod("a")]
    agent.watch_pods(AtOnce())
    agent.share()
    memory.calls.clear()
    commands.set_startup(path, "front-end", 5.0)
    agent.follow(AtOnce())
    assert memory.calls == ["apply Stage/pod-ready"]
    assert memory.nudges == {}


def test_a_shared_load_is_shared_anew_when_pods_come_and_go(agent: KwokAgent, memory: Memory, path: Path) -> None:
    memory.pods = [pod("a"), pod("b")]
    agent.watch_pods(AtOnce())
    commands.set_load(path, "front-end", total=400.0)
    agent.follow(AtOnce())
    assert loads(memory) == {"a": "201000u", "b": "201000u"}
    memory.events = [
        ("ADDED", pod("c", ready=False)),
        ("MODIFIED", pod("c")),
        ("DELETED", pod("a")),
        ("ADDED", pod("d")),
    ]
    agent.watch_pods(AtOnce())
    agent.share()
    assert loads(memory) == {name: f"{1000 + round(400_000 / 3)}u" for name in ("b", "c", "d")}


def test_usages_of_pods_that_are_gone_go_too(agent: KwokAgent, memory: Memory) -> None:
    memory.pods = [pod("a")]
    agent.watch_pods(AtOnce())
    agent.share()
    memory.pods = []
    agent.watch_pods(AtOnce())
    agent.share()
    assert memory.list("", "ClusterResourceUsage") == []


def test_what_an_agent_before_it_left_is_taken_away(agent: KwokAgent, memory: Memory, path: Path) -> None:
    memory.pods = [pod("a")]
    agent.watch_pods(AtOnce())
    agent.share()
    memory.pods = []
    after = KwokAgent(cast(ApiServer, memory), path)
    after.prepare(AtOnce())
    after.share()
    assert memory.list("", "ClusterResourceUsage") == []


def test_readiness_is_brought_to_the_notice_of_the_services_pods_only(
    agent: KwokAgent, memory: Memory, path: Path
) -> None:
    memory.pods = [pod("a"), pod("b", "users")]
    memory.events = [("ADDED", pod("gone"))]
    agent.watch_pods(AtOnce())
    commands.set_ready(path, "front-end", ready=False)
    agent.follow(AtOnce())
    assert set(memory.nudges) == {"example/a"}
    first = memory.nudges["example/a"]
    commands.set_ready(path, "front-end", ready=True)
    agent.follow(AtOnce())
    assert memory.nudges["example/a"] != first


def test_a_change_that_was_refused_is_made_at_the_next_look(agent: KwokAgent, memory: Memory, path: Path) -> None:
    commands.set_startup(path, "front-end", 5.0)
    memory.refusals = 1
    with pytest.raises(ApiServerError):
        agent.follow(AtOnce())
    agent.follow(AtOnce())
    assert memory.calls == ["apply Stage/pod-ready"]


def test_a_model_that_cannot_be_read_leaves_the_last_one_in_force(
    agent: KwokAgent, memory: Memory, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    commands.set_startup(path, "front-end", 5.0)
    agent.follow(AtOnce())
    memory.calls.clear()
    path.write_text('{"services": 1}')
    for _ in range(2):
        agent.follow(AtOnce())
    assert memory.calls == []
    assert caplog.text.count("services: ") == 1


def test_a_pod_that_does_not_get_ready_in_time_is_looked_at_again(memory: Memory, path: Path) -> None:
    now = 0.0
    agent = KwokAgent(cast(ApiServer, memory), path, lambda: now)
    ready = pod("b")
    ready["spec"]["restartPolicy"] = "Always"
    memory.pods = [{**pod("a"), "status": {"phase": "Pending"}}, ready]
    agent.watch_pods(AtOnce())
    now = PATIENCE
    agent.remind()
    assert memory.nudges == {}
    now = PATIENCE + 1.0
    agent.remind()
    assert memory.nudges == {"example/a": "overdue-1"}
    memory.pods = [ready]
    agent.watch_pods(AtOnce())
    now = 100.0
    agent.remind()
    assert memory.nudges == {"example/a": "overdue-1"}


def test_only_pods_whose_behaviour_changes_are_looked_at_again() -> None:
    running = PodFacts("example", "a", "front-end", "", "main", "Running", serves=True)
    waiting = replace(running, name="b", phase="Pending", serves=False)
    working = replace(running, name="c", app="migrate", job="migrate-1")
    pods = [running, waiting, working]
    before = Model()

    def again(**changes: Any) -> list[str]:
        return [each.name for each in nudged(before, replace(before, **changes), pods)]

    assert again(bad_images=(":broken",)) == ["b"]
    assert again(services={"front-end": ServiceModel(crash=Crash())}) == ["a", "b"]
    assert again(services={"front-end": ServiceModel(load_millicores_total=9.0, startup_seconds=9.0)}) == []
    assert again(jobs={"migrate": JobModel(9.0)}) == ["c"]
    assert again(other=ServiceModel(ready=False)) == ["a", "b", "c"]
