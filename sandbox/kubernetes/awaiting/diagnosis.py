"""Looks up why an object does not get ready: its conditions, its pods, and what its controller could not make."""

from typing import Final

from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, Object, UnreachableError
from sandbox.kubernetes.awaiting.problems import summary
from sandbox.kubernetes.awaiting.readiness import condition_text
from sandbox.values import as_map, at_path, objects

_REVISION: Final = "deployment.kubernetes.io/revision"
_MOST_EVENTS: Final = 3


def reasons(api: ApiServer, live: Object) -> list[str]:
    """Return what is known of why an object is not ready, each reason in a line, without repeating any."""
    try:
        found = _reasons(api, live)
    except (ApiServerError, UnreachableError) as error:
        found = [f"its pods could not be looked at: {error}"]
    return list(dict.fromkeys(found))


def _reasons(api: ApiServer, live: Object) -> list[str]:
    kind, namespace = str(live.get("kind")), str(at_path(live, "metadata.namespace") or "default")
    if kind == "Deployment":
        replica_set = _new_replica_set(api, live, namespace)
        found = [*_conditions(live), *(_conditions(replica_set) if replica_set else [])]
        return found + (summary(_pods(api, replica_set, namespace)) if replica_set else [])
    if kind == "Pod":
        return summary([live])
    if kind in {"StatefulSet", "DaemonSet", "Job"}:
        return _refusals(api, live, namespace) + summary(_pods(api, live, namespace))
    return _conditions(live)


def _conditions(live: Object) -> list[str]:
    """Conditions that say what is wrong; most are good when true, failures and deadlines are not."""
    bad: list[str] = []
    for condition in objects(at_path(live, "status.conditions")):
        failure = condition.get("type") == "ReplicaFailure"
        if condition.get("status") == ("True" if failure else "False"):
            bad.append(condition_text(condition))
    return bad


def _new_replica_set(api: ApiServer, deployment: Object, namespace: str) -> Object | None:
    revision = as_map(at_path(deployment, "metadata.annotations")).get(_REVISION)
    for replica_set in api.list("apps/v1", "ReplicaSet", namespace):
        annotations = as_map(at_path(replica_set, "metadata.annotations"))
        if _is_owned(replica_set, deployment) and annotations.get(_REVISION) == revision:
            return replica_set
    return None


def _pods(api: ApiServer, owner: Object, namespace: str) -> list[Object]:
    return [pod for pod in api.list("v1", "Pod", namespace) if _is_owned(pod, owner)]


def _is_owned(child: Object, owner: Object) -> bool:
    uid = at_path(owner, "metadata.uid")
    return any(reference.get("uid") == uid for reference in objects(at_path(child, "metadata.ownerReferences")))


def _refusals(api: ApiServer, live: Object, namespace: str) -> list[str]:
    """Pods that a controller could not make; only a Deployment's says so in a condition."""
    selector = f"involvedObject.uid={at_path(live, 'metadata.uid')},reason=FailedCreate"
    events = api.list("v1", "Event", namespace, fieldSelector=selector)
    return [condition_text(event) for event in events[-_MOST_EVENTS:]]
