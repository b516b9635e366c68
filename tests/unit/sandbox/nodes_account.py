"""For tests of nodes: a cluster with node groups, an API server in memory that plays its kubelets, and a clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from emulated_account import Account, Made
from memory_api_server import MemoryApiServer

from sandbox.aws.effects import resize
from sandbox.aws.outputs import ControlPlane
from sandbox.kubernetes.api_types import Answer, ApiServerError, Object
from sandbox.nodes.agent import NodeAgent
from sandbox.nodes.groups import NodeGroup, scaling_group_of
from sandbox.nodes.instances import Instance, State, instances_of
from sandbox.nodes.timing import Timing

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


class Clock:
    """A time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


class NodesApiServer(MemoryApiServer):
    """Serves evictions too, and pods by their node. A deleted node is gone at once."""

    def __init__(self) -> None:
        super().__init__()
        self.evicted: list[str] = []
        self.refused: dict[str, ApiServerError] = {}
        self.lingering = False
        """Whether evicted pods take their time to go; else they are gone at once."""
        self.unwelcome: set[str] = set()
        """The names of nodes that cannot be made."""

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        *_, namespace, _, name, last = ["", "", "", *path.split("/")]
        if method == "POST" and last == "eviction":
            return self._evict(path, name, namespace)
        if method == "POST" and last == "nodes" and body and body["metadata"]["name"] in self.unwelcome:
            raise ApiServerError(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", "a label is invalid")
        answer = super().request(method, path, query, body, content_type)
        selector = (query or {}).get("fieldSelector")
        if selector is None:
            return answer
        field_name, _, node = selector.partition("=")
        assert field_name == "spec.nodeName"
        return Answer({"items": [pod for pod in answer.body["items"] if pod["spec"]["nodeName"] == node]})

    def _evict(self, path: str, name: str, namespace: str) -> Answer:
        self.requests.append(("POST", path))
        self.evicted.append(f"{namespace}/{name}")
        if name in self.refused:
            raise self.refused[name]
        if ("Pod", namespace, name) not in self.objects:
            raise ApiServerError(HTTPStatus.NOT_FOUND, "NotFound", f'pods "{name}" not found')
        if self.lingering:
            self.objects["Pod", namespace, name]["metadata"]["deletionTimestamp"] = "2026-11-23T08:00:00Z"
        else:
            del self.objects["Pod", namespace, name]
        return Answer({})

    def pod(self, name: str, node: str, namespace: str = "default", **metadata: Any) -> Object:
        """Add a pod that runs on a node."""
        return self.put("v1", "Pod", name, namespace, spec={"nodeName": node}, metadata=metadata)

    def nodes(self) -> dict[str, Object]:
        """Return the nodes there are, by name."""
        return {name: each for (kind, _, name), each in self.objects.items() if kind == "Node"}

    def report(self, status: str = "True", *names: str) -> None:
        """Play the kubelets of some nodes, or all: they are ready, or not."""
        for name, node in self.nodes().items():
            if not names or name in names:
                node["status"]["conditions"] = [{"type": "Ready", "status": status}]


def budget(name: str = "web") -> ApiServerError:
    """How the API server refuses the eviction of a pod that a disruption budget keeps."""
    return ApiServerError(
        HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequests", f"The disruption budget {name} needs 2 healthy pods"
    )


@dataclass
class Nodes:
    """A cluster behind the API server in memory, and its agent."""

    account: Account
    api: NodesApiServer = field(default_factory=NodesApiServer)
    clock: Clock = field(default_factory=Clock)
    timing: Timing = field(default_factory=Timing)

    def __post_init__(self) -> None:
        self.inventory = self.account.inventory
        plane = ControlPlane(self.api.endpoint, "Q0E=")
        self.account.aws.control_plane = plane
        self.cluster = self.account.network_addons(self.account.cluster())
        self.role = self.account.node_role()
        # From here on nobody waits for nodes, but where a test says so.
        self.account.aws.control_plane = None
        self.agent = self.new_agent()

    def new_agent(self) -> NodeAgent:
        """Return another agent, as after a restart."""
        endpoint = self.api.endpoint
        return NodeAgent(self.api, self.inventory, endpoint, self.timing, self.clock.now, self.clock.monotonic)

    def group(self, desired: int = 3, name: str = "web", **changes: Any) -> NodeGroup:
        """Make a node group that can have 0 to 9 instances."""
        sizes = {"minSize": 0, "desiredSize": desired, "maxSize": 9}
        made: Made = self.account.node_group(
            self.cluster, self.role, nodeGroupName=name, scalingConfig=sizes, **changes
        )
        return self.found(made.id)

    def found(self, id_: str) -> NodeGroup:
        """Return a node group as it is now."""
        record = self.inventory.get("aws:eks/nodeGroup:NodeGroup", id_)
        assert record is not None
        group = scaling_group_of(self.inventory, record)
        assert group is not None
        return NodeGroup(record, group)

    def resize(self, group: NodeGroup, desired: int) -> None:
        """Set the desired size."""
        current = self.found(group.record.id).scaling_group
        resize(self.inventory, current, -1, -1, desired)

    def instances(self, group: NodeGroup) -> list[Instance]:
        """Return a group's instances."""
        return instances_of(self.inventory, group.scaling_group)

    def states(self, group: NodeGroup) -> list[State]:
        """Return what each of a group's instances does."""
        return [each.state for each in self.instances(group)]

    def zones(self, group: NodeGroup) -> dict[str, int]:
        """Count a group's instances by the last letter of their zone."""
        return dict(Counter(each.zone[-1] for each in self.instances(group)))

    def step(self, times: int = 1, seconds: float = 0.5) -> None:
        """Let some time pass and the agent look, again and again."""
        for _ in range(times):
            self.clock.seconds += seconds
            self.agent.step()

    def join(self) -> None:
        """Let all that were launched join."""
        self.step()
        self.api.report()
        self.step()

    def joined(self, desired: int = 3, **changes: Any) -> NodeGroup:
        """Make a node group whose nodes have joined."""
        group = self.group(desired, **changes)
        self.join()
        assert self.states(group) == [State.RUNNING] * desired
        return group
