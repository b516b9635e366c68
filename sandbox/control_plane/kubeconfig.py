"""Kubeconfigs of a local control plane for those who come with a client certificate."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import yaml

from sandbox.control_plane.certificates import KeyPair


def write_kubeconfig(path: Path, endpoint: str, authority: Path, client: KeyPair) -> Path:
    """Write a kubeconfig that holds all it needs; only its owner may read it."""
    content: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "sandbox",
                "cluster": {"server": endpoint, "certificate-authority-data": base64_of(authority)},
            }
        ],
        "users": [
            {
                "name": "client",
                "user": {
                    "client-certificate-data": base64_of(client.certificate),
                    "client-key-data": base64_of(client.key),
                },
            }
        ],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "client"}}],
        "current-context": "sandbox",
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def base64_of(path: Path) -> str:
    """A file's content, as kubeconfigs carry it."""
    return base64.b64encode(path.read_bytes()).decode()
