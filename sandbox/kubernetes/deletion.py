"""Deletes objects of a real cluster, and waits until they are gone."""

from dataclasses import dataclass
from typing import Any, Final

from sandbox.aws.errors import KubernetesError
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import Object
from sandbox.kubernetes.awaiting.readiness import annotation, limit, skips_await
from sandbox.kubernetes.awaiting.waiting import NotReadyError, Waiting
from sandbox.kubernetes.back_end import Target
from sandbox.kubernetes.connection import Connection, Messages
from sandbox.values import at_path, revealed

_SECONDS: Final = 300.0
_SECONDS_WITH_PODS: Final = 600.0
"""For what has many pods. https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/await/awaiters.go"""

_WITH_PODS: Final = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_MAY_SKIP_WAIT: Final = _WITH_PODS | {"Job", "Namespace", "Pod", "ReplicationController"}
"""Kinds for which `pulumi.com/skipAwait` concerns deletion too.

https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/metadata/overrides.go
"""


@dataclass(frozen=True)
class Deletion:
    """Deletes objects of one cluster.

    Args:
        connection: its API server.
        waiting: waits for its objects.
        messages: where messages for people go.
    """

    connection: Connection
    waiting: Waiting
    messages: Messages

    async def delete(self, target: Target, live: Object, inputs: dict[str, Any]) -> None:
        """Delete an object and wait until it is gone.

        Args:
            target: what it is for the engine.
            live: the object as it is.
            inputs: what it was made from, with annotations that say how to delete it.

        Raises:
            KubernetesError: it does not go, or the API server refuses or does not answer.
        """
        plain = revealed(inputs)
        namespace, name = str(at_path(live, "metadata.namespace") or ""), str(at_path(live, "metadata.name"))

        def send(api: ApiServer) -> Object | None:
            kind = (str(live["apiVersion"]), str(live["kind"]))
            return api.delete(*kind, name, namespace, propagationPolicy=_propagation(plain))

        await self.connection.ask(f"deleting {target.kind} {name!r}", send, inputs)
        if skips_await(plain) and target.kind in _MAY_SKIP_WAIT:
            return
        seconds = limit(target.seconds, plain, _SECONDS_WITH_PODS if target.kind in _WITH_PODS else _SECONDS)
        try:
            await self.waiting.until_gone(live, seconds, lambda text: self.messages.progress(target.urn, text))
        except NotReadyError as error:
            raise KubernetesError(str(error), emulated=False) from error


def _propagation(inputs: Object) -> str:
    """The annotation `pulumi.com/deletionPropagationPolicy`, else in the foreground.

    https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion
    """
    given = annotation(inputs, "pulumi.com/deletionPropagationPolicy").capitalize()
    return given if given in {"Orphan", "Background"} else "Foreground"
