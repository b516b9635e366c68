"""A real distribution registry with a password, on a free port of loopback.

with RegistryServer(tmp_path / "one", user="AWS", password="thrown-away") as registry:
    registry.address  # 127.0.0.1:PORT
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import bcrypt

from sandbox.go_tools import path_of
from sandbox.loopback_ports import LOOPBACK, free_port

_START_LIMIT = 30.0
# The cheapest bcrypt knows: these passwords guard nothing.
_ROUNDS = 4

MANIFESTS = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"


class RegistryServer:
    """One registry, from `with` to its end; in between it may be ended and started again on the same port.

    Args:
        directory: what it keeps, and its configuration
        user: who may log in
        password: with which password
        disk_is_full: it keeps its content on a disk where there is room for nothing
    """

    def __init__(self, directory: Path, user: str, password: str, disk_is_full: bool = False) -> None:
        self.user, self.password, self.port = user, password, free_port()
        self._directory, self._disk_is_full = directory, disk_is_full
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{LOOPBACK}:{self.port}"

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True)
        (self._directory / "content").mkdir()
        hashed = bcrypt.hashpw(self.password.encode(), bcrypt.gensalt(_ROUNDS)).decode()
        (self._directory / "passwords").write_text(f"{self.user}:{hashed}\n")
        configuration = {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self._directory / "content")}},
            "http": {"addr": self.address},
            "auth": {"htpasswd": {"realm": "tests", "path": str(self._directory / "passwords")}},
        }
        (self._directory / "configuration.yml").write_text(json.dumps(configuration))
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self._directory / "content")  # as large as the images are

    def start(self) -> None:
        """Start it, and wait until it answers."""
        serve = [str(path_of("registry")), "serve", str(self._directory / "configuration.yml")]
        if self._disk_is_full:
            # A mount of its own, which ends with the process; nobody else sees it.
            mount = 'mount -t tmpfs -o size=1m tmpfs "$1" && { ! cat /dev/zero >"$1/full"; } && shift && exec "$@"'
            unshare = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]
            serve = [*unshare, "sh", "-c", mount, "sh", str(self._directory / "content"), *serve]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(serve, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_LIMIT
        while not self._answers():
            assert self._process.poll() is None, (self._directory / "log").read_text()
            assert time.monotonic() < deadline, "the registry did not start"
            time.sleep(0.05)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            return self.get("")[0] == http.client.OK
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """What it answers below `/v2/`: status, headers with small names, body."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
        basic = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        try:
            connection.request("GET", f"/v2/{path}", headers={"Authorization": f"Basic {basic}", "Accept": MANIFESTS})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def content_bytes(self) -> int:
        """How much it holds, what is not complete yet included."""
        sizes = 0
        for directory, _, names in os.walk(self._directory / "content"):  # which takes what vanishes meanwhile as empty
            for name in names:
                with suppress(FileNotFoundError):
                    sizes += (Path(directory) / name).stat().st_size
        return sizes

    def tags(self, repository: str) -> dict[str, str]:
        """The digest that each tag of a repository points to."""
        status, _, body = self.get(f"{repository}/tags/list")
        if status == http.client.NOT_FOUND:
            return {}
        names: list[str] = json.loads(body)["tags"]
        return {name: self.get(f"{repository}/manifests/{name}")[1]["docker-content-digest"] for name in names}

    def missing_parts(self, repository: str, reference: str) -> list[str]:
        """What an image lacks here of all that it refers to; an empty list where it is complete."""
        status, _, body = self.get(f"{repository}/manifests/{reference}")
        if status != http.client.OK:
            return [reference]
        manifest: dict[str, Any] = json.loads(body)
        children: list[dict[str, Any]] = manifest.get("manifests", [])
        missing = [part for child in children for part in self.missing_parts(repository, child["digest"])]
        blobs = [*manifest.get("layers", []), *([manifest["config"]] if "config" in manifest else [])]
        return missing + [blob["digest"] for blob in blobs if not self._has_blob(repository, blob)]

    def _has_blob(self, repository: str, blob: dict[str, Any]) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
        basic = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        try:
            path = f"/v2/{repository}/blobs/{blob['digest']}"
            connection.request("HEAD", path, headers={"Authorization": f"Basic {basic}"})
            answer = connection.getresponse()
            return answer.status == http.client.OK and answer.getheader("Content-Length") == str(blob["size"])
        finally:
            connection.close()
