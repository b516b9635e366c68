"""Emptying a node the way `kubectl drain` does: cordoned, then every pod asked to leave by the eviction API.

https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, Object

_MIRROR: Final = "kubernetes.io/config.mirror"


def has_to_leave(pod: Mapping[str, Any]) -> bool:
    """Whether a drain waits for a pod to be gone: not for a DaemonSet's, which would come back, nor a static one."""
    metadata: Mapping[str, Any] = pod["metadata"]
    if _MIRROR in metadata.get("annotations", {}):
        return False
    return not any(
        owner.get("controller") and owner["kind"] == "DaemonSet" for owner in metadata.get("ownerReferences", ())
    )


class Drain:
    """The draining of one node.

    Args:
        api: the API server.
        node: the node's name.
        retry_seconds: after which time a pod that a budget keeps is asked for again.
        clock: the time in seconds.
    """

    def __init__(self, api: ApiServer, node: str, retry_seconds: float, clock: Callable[[], float]) -> None:
        self._api = api
        self._node = node
        self._retry_seconds = retry_seconds
        self._clock = clock
        self._ask_again: dict[str, float] = {}
        self.refusals: dict[str, str] = {}
        """Why a pod is still there, by `namespace/name`, where its eviction was refused."""

    def step(self) -> bool:
        """Ask every pod that still has to leave and may be asked now, and say whether all are gone.

        Raises:
            ApiServerError: the pods cannot be listed.
            UnreachableError: nobody answers.
        """
        pods = self._api.list("v1", "Pod", fieldSelector=f"spec.nodeName={self._node}")
        left = [pod for pod in pods if has_to_leave(pod)]
        names = {_name(pod) for pod in left}
        self.refusals = {name: why for name, why in self.refusals.items() if name in names}
        for pod in left:
            name = _name(pod)
            leaving = pod["metadata"].get("deletionTimestamp") is not None
            if leaving or self._ask_again.get(name, 0.0) > self._clock():
                continue
            try:
                self._api.evict(str(pod["metadata"]["name"]), str(pod["metadata"]["namespace"]))
                self.refusals.pop(name, None)
            except ApiServerError as error:
                if error.status == HTTPStatus.NOT_FOUND:
                    continue
                # 429 is a budget; 500 is how the API refuses a pod with two of them. Either may change.
                self.refusals[name] = str(error)
                self._ask_again[name] = self._clock() + self._retry_seconds
        return not left


def cordon(api: ApiServer, node: Object) -> None:
    """Let no new pod come to a node."""
    if not node.get("spec", {}).get("unschedulable", False):
        api.patch("v1", "Node", str(node["metadata"]["name"]), change={"spec": {"unschedulable": True}})


def _name(pod: Mapping[str, Any]) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
