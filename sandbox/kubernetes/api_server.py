"""A real Kubernetes API server, spoken to over plain REST with the official client's credentials and connections.

Objects are plain data as `kubectl get -o json` shows them. https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from __future__ import annotations

import json
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import urllib3
import yaml
from kubernetes import config  # pyright: ignore[reportMissingTypeStubs]
from kubernetes.client import ApiClient  # pyright: ignore[reportMissingTypeStubs]

from sandbox.kubernetes.api_types import Answer, ApiServerError, Collection, KindUnknownError, Object, UnreachableError
from sandbox.kubernetes.kubeconfig import endpoint_of

APPLY: Final = "application/apply-patch+yaml"
MERGE: Final = "application/merge-patch+json"

# Seconds; a healthy API server answers anything but a watch in much less.
_LIMIT: Final = 30.0
_CONNECT_LIMIT: Final = 5.0


@dataclass
class ApiServer:
    """One API server. It may be shared by threads.

    Attributes:
        endpoint: its address, such as `https://127.0.0.1:6443`
    """

    endpoint: str
    _client: ApiClient
    _collections: dict[tuple[str, str], Collection] = field(default_factory=dict[tuple[str, str], Collection])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of_kubeconfig(cls, kubeconfig: Mapping[str, Any] | str | Path) -> ApiServer:
        """The server of a kubeconfig's current context: its path, its text, or the parsed content."""
        if isinstance(kubeconfig, Path):
            kubeconfig = kubeconfig.read_text()
        content: dict[str, Any] = yaml.safe_load(kubeconfig) if isinstance(kubeconfig, str) else dict(kubeconfig)
        client: ApiClient = config.new_client_from_config_dict(content, persist_config=False)
        return cls(endpoint_of(content), client)

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """One request and its answer.

        Raises:
            ApiServerError: it was refused.
            UnreachableError: nobody answered.
        """
        response = self._send(method, path, query, body, content_type, _LIMIT)
        try:
            text = response.read()
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(f"{self.endpoint}: {error}") from error
        finally:
            response.release_conn()
        answered = json.loads(text) if text[:1] == b"{" else {"text": text.decode(errors="replace")}
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise ApiServerError(
                response.status, str(answered.get("reason", "")), str(answered.get("message", answered.get("text")))
            )
        # `299 - "text"`, one for each: https://www.rfc-editor.org/rfc/rfc7234#section-5.5
        warnings = tuple(
            raw.split(" ", 2)[2].strip('"').replace('\\"', '"') for raw in response.headers.getlist("Warning")
        )
        return Answer(answered, warnings)

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Object | None,
        content_type: str,
        limit: float | None,
    ) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json", "Content-Type": content_type, "User-Agent": "slipway-sandbox"}
        pairs: list[tuple[str, str]] = list((query or {}).items())
        with self._lock:  # a token from a command is fetched here, once
            self._client.update_params_for_auth(headers, pairs, ["BearerToken"])
        url = f"{self.endpoint}{path}" + (f"?{urlencode(pairs)}" if pairs else "")
        manager: urllib3.PoolManager = self._client.rest_client.pool_manager
        try:
            return manager.request(
                method,
                url,
                body=None if body is None else json.dumps(body),
                headers=headers,
                preload_content=False,
                retries=False,
                timeout=urllib3.Timeout(connect=_CONNECT_LIMIT, read=limit),
            )
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(f"{self.endpoint}: {error}") from error

    def collection(self, api_version: str, kind: str) -> Collection:
        """Where objects of a kind are, asked of the server once.

        Raises:
            KindUnknownError: it serves no such kind (yet).
        """
        known = self._collections.get((api_version, kind))
        if known is not None:
            return known
        root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        try:
            served: list[Object] = self.request("GET", root).body["resources"]
        except ApiServerError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            served = []
        for each in served:
            if "/" not in each["name"]:
                found = Collection(api_version, str(each["name"]), bool(each["namespaced"]))
                self._collections[api_version, str(each["kind"])] = found
        if (api_version, kind) not in self._collections:
            raise KindUnknownError(f'no matches for kind "{kind}" in version "{api_version}"')
        return self._collections[api_version, kind]

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Object | None:
        """An object as it is now, or `None`."""
        try:
            return self.request("GET", self.collection(api_version, kind).path(namespace, name)).body
        except ApiServerError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def list(self, api_version: str, kind: str, namespace: str = "", **query: str) -> list[Object]:
        """All objects of a kind, in one namespace or everywhere; `labelSelector` and the like narrow it."""
        collection = self.collection(api_version, kind)
        items: list[Object] = self.request("GET", collection.path(namespace), query).body["items"]
        # The items of a list do not repeat what they are.
        return [{"apiVersion": api_version, "kind": kind, **item} for item in items]

    def apply(self, wanted: Object, manager: str, *, dry_run: bool = False, force: bool = True) -> Answer:
        """Make or change an object by server-side apply, every unknown field refused.

        https://kubernetes.io/docs/reference/using-api/server-side-apply/

        Args:
            wanted: the object, of which only what is given is owned afterwards
            manager: the field manager
            dry_run: only say what would come of it
            force: take fields over that another manager set
        """
        metadata: Object = wanted["metadata"]
        collection = self.collection(str(wanted["apiVersion"]), str(wanted["kind"]))
        query = {"fieldManager": manager, "fieldValidation": "Strict", "force": str(force).lower()}
        if dry_run:
            query["dryRun"] = "All"
        path = collection.path(str(metadata.get("namespace", "default")), str(metadata["name"]))
        return self.request("PATCH", path, query, wanted, APPLY)

    def create(self, wanted: Object, manager: str = "slipway-sandbox", *, dry_run: bool = False) -> Answer:
        """Make an object that must not exist yet; `dry_run` only says what would come of it."""
        collection = self.collection(str(wanted["apiVersion"]), str(wanted["kind"]))
        path = collection.path(str(wanted["metadata"].get("namespace", "default")))
        query = {"fieldManager": manager, "fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}
        return self.request("POST", path, query, wanted)

    def patch(  # an object is named by three words
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str = "",
        *,
        change: Object,
        subresource: str = "",
        content_type: str = MERGE,
    ) -> Object:
        """Change parts of an object; `subresource` is `status`, `scale` and the like."""
        path = self.collection(api_version, kind).path(namespace, name, subresource)
        return self.request("PATCH", path, {"fieldManager": "slipway-sandbox"}, change, content_type).body

    def delete(self, api_version: str, kind: str, name: str, namespace: str = "", **options: Any) -> Object | None:
        """Delete an object; `None` when it was not there. `options` are those of `DeleteOptions`."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background", **options}
        try:
            path = self.collection(api_version, kind).path(namespace, name)
            return self.request("DELETE", path, body=body).body
        except (ApiServerError, KindUnknownError) as error:
            if isinstance(error, KindUnknownError) or error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def evict(self, name: str, namespace: str) -> None:
        """Ask for a pod to leave, as `kubectl drain` does.

        https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/

        Raises:
            ApiServerError: status 429, a disruption budget is in the way; 404, it is gone.
        """
        eviction = {
            "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace},
        }  # fmt: skip
        self.request("POST", f"/api/v1/namespaces/{namespace}/pods/{name}/eviction", body=eviction)

    def watch(
        self, api_version: str, kind: str, namespace: str = "", *, since: str = "", seconds: int = 300, **query: str
    ) -> Generator[tuple[str, Object]]:
        """Changes as they happen: `ADDED`, `MODIFIED`, `DELETED` and the object; ends after `seconds`.

        Without `since` (a resource version) the existing objects come first.

        Raises:
            ApiServerError: such as status 410, `since` is too old.
            UnreachableError: the connection ended.
        """
        options = {
            **query,
            "watch": "true",
            "timeoutSeconds": str(seconds),
            **({"resourceVersion": since} if since else {}),
        }
        path = self.collection(api_version, kind).path(namespace)
        response = self._send("GET", path, options, None, "application/json", seconds + _LIMIT)
        if response.status != HTTPStatus.OK:
            raise ApiServerError(response.status, "", response.read().decode(errors="replace"))
        try:
            for line in _lines(response):
                event = json.loads(line)
                if event["type"] == "ERROR":
                    status: Object = event["object"]
                    raise ApiServerError(
                        int(status.get("code", 0)), str(status.get("reason", "")), str(status.get("message", ""))
                    )
                yield str(event["type"]), event["object"]
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(f"{self.endpoint}: {error}") from error
        finally:
            response.close()

    def is_ready(self) -> bool:
        """Whether it answers and says that it is ready."""
        try:
            self.request("GET", "/readyz")
        except (ApiServerError, UnreachableError):
            return False
        return True


def _lines(response: urllib3.BaseHTTPResponse) -> Generator[bytes]:
    rest = b""
    for part in response.stream(65536):
        *whole, rest = (rest + part).split(b"\n")
        yield from (line for line in whole if line.strip())
