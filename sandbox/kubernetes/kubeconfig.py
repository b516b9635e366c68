"""What a kubeconfig says of its cluster. https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/"""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import yaml

from sandbox.values import at_path, is_list, is_map


def endpoint_of(kubeconfig: Any) -> str:
    """Return the server of a kubeconfig's current context; an empty string where there is none to read."""
    kubeconfig = parsed(kubeconfig)
    contexts, clusters = kubeconfig.get("contexts"), kubeconfig.get("clusters")
    if not is_list(clusters) or not clusters:
        return ""
    wanted = None
    for context in contexts if is_list(contexts) else []:
        if context.get("name") == kubeconfig.get("current-context"):
            wanted = at_path(context, "context.cluster")
    chosen = next((cluster for cluster in clusters if cluster.get("name") == wanted), clusters[0])
    return str(at_path(chosen, "cluster.server") or "")


def parsed(kubeconfig: Any) -> dict[str, Any]:
    """Return a kubeconfig's content, from its text or as it is; an empty one where there is none to read."""
    if isinstance(kubeconfig, str):
        try:
            kubeconfig = yaml.safe_load(kubeconfig)
        except yaml.YAMLError:
            return {}
    return kubeconfig if is_map(kubeconfig) else {}


def is_local(endpoint: str) -> bool:
    """Whether an endpoint is on this very machine, where a real API server answers instead of an emulated one."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
