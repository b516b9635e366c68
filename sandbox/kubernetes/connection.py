"""One provider's connection to a real API server, whose refusals it words for people."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from kubernetes.config import ConfigException  # pyright: ignore[reportMissingTypeStubs]

from sandbox.aws.errors import KubernetesError
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, KindUnknownError, UnreachableError
from sandbox.kubernetes.checkpoint import without_secrets

_Result = TypeVar("_Result")

_CONFLICTS: Final = (
    "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/"
    "#handle-field-conflicts-on-existing-resources"
)


class ClusterUnreachableError(KubernetesError):
    """Nobody answers where the kubeconfig points, or it gives no credentials."""


@dataclass
class Messages:
    """Where a provider's messages for people go: each takes a URN and a text.

    Attributes:
        warn: shows a warning.
        progress: shows what is being waited for, as long as it is.
    """

    warn: Callable[[str, str], None]
    progress: Callable[[str, str], None]


@dataclass
class Connection:
    """One API server, connected to when it is first needed. It may be shared by threads.

    Args:
        kubeconfig: the parsed kubeconfig.
    """

    kubeconfig: Mapping[str, Any]
    _server: ApiServer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def server(self) -> ApiServer:
        """Return the API server.

        Raises:
            UnreachableError: the kubeconfig gives no credentials for it.
        """
        with self._lock:
            if self._server is None:
                try:
                    self._server = ApiServer.of_kubeconfig(self.kubeconfig)
                except ConfigException as error:
                    raise UnreachableError(str(error)) from error
            return self._server

    async def ask(self, what: str, question: Callable[[ApiServer], _Result], secrets: Mapping[str, Any]) -> _Result:
        """Put a question to the API server, leaving everything else to go on meanwhile.

        Args:
            what: what is done, for people, such as `creating Deployment default/web`.
            question: what to ask.
            secrets: inputs whose secret values no message may show.

        Raises:
            ClusterUnreachableError: nobody answers.
            RefusedError: the API server refuses.
        """
        try:
            return await asyncio.to_thread(lambda: question(self.server()))
        except UnreachableError as error:
            reason = f"configured Kubernetes cluster is unreachable: {error}"
            raise ClusterUnreachableError(f"{what}: {reason}", emulated=False) from error
        except KindUnknownError as error:
            reason = f"{error}; verify that any required CRDs have been created"
            raise RefusedError(f"{what}: {reason}", "KindUnknown") from error
        except ApiServerError as error:
            raise RefusedError(f"{what}: {_worded(error, secrets)}", error.reason) from error


class RefusedError(KubernetesError):
    """The API server refuses something.

    Attributes:
        kind_of_refusal: its machine-readable reason, such as `NotFound`; `KindUnknown` where it serves no such kind
    """

    def __init__(self, reason: str, kind_of_refusal: str) -> None:
        super().__init__(reason, emulated=False)
        self.kind_of_refusal = kind_of_refusal


def _worded(error: ApiServerError, secrets: Mapping[str, Any]) -> str:
    text = without_secrets(str(error), secrets)
    if error.reason == "Conflict" and "conflict with" in text:
        return f"Server-Side Apply field conflict detected: {text} (see {_CONFLICTS})"
    return text
