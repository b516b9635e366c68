"""The kinds that kwok reads its instructions from, as far as an API server has to know them.

Their fields are kwok's business: https://kwok.sigs.k8s.io/docs/generated/apis/. What is not declared here is kept as
it is written. https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

import threading
from typing import Final

from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import Object, condition_of

GROUP: Final = "kwok.x-k8s.io"
API_VERSION: Final = f"{GROUP}/v1alpha1"
MANAGER: Final = "slipway-kwok"
"""The field manager of what is applied here."""

# Each kind and the plural that kwok's client asks for.
_PLURALS: Final = {"Stage": "stages", "Metric": "metrics", "ClusterResourceUsage": "clusterresourceusages"}

# Seconds between two looks at whether the API server serves a new kind; it takes about one.
_PAUSE: Final = 0.2


def definition(kind: str, plural: str) -> Object:
    """The definition of one of kwok's kinds, all of which are outside of namespaces."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "scope": "Cluster",
            "versions": [
                {
                    "name": API_VERSION.partition("/")[2],
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything}}},
                }
            ],
        },
    }


def definitions() -> list[Object]:
    """The definitions of all kinds that kwok reads here."""
    return [definition(kind, plural) for kind, plural in _PLURALS.items()]


def install_definitions(api: ApiServer, stop: threading.Event) -> None:
    """Apply the definitions and wait until their kinds are served, or `stop` is set.

    Raises:
        ApiServerError: one was refused.
        UnreachableError: nobody answers.
    """
    for wanted in definitions():
        found = api.apply(wanted, MANAGER).body
        while (condition_of(found, "Established") or {}).get("status") != "True":
            if stop.wait(_PAUSE):
                return
            found = api.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", wanted["metadata"]["name"]) or {}
