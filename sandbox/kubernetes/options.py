"""How a Kubernetes provider is configured, by its own arguments or else the environment.

https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.kubernetes.awaiting.readiness import annotation
from sandbox.values import revealed


@dataclass(frozen=True)
class Options:
    """How a provider goes about things.

    Attributes:
        deletes_unreachable: what is in a cluster that does not answer counts as deleted.
        upserts: an object that exists already is taken over instead of refused.
        takes_fields: fields that others set are taken over instead of refused.
    """

    deletes_unreachable: bool = False
    upserts: bool = False
    takes_fields: bool = False

    def forces(self, inputs: Mapping[str, Any]) -> bool:
        """Whether an object's fields are taken over from others."""
        return self.takes_fields or annotation(revealed(dict(inputs)), "pulumi.com/patchForce") == "true"


def options_of(arguments: Mapping[str, Any]) -> Options:
    """Read the options out of a provider's arguments."""
    return Options(
        deletes_unreachable=_flag(arguments, "deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
        upserts=_flag(arguments, "upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
        takes_fields=_flag(arguments, "enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
    )


def _flag(arguments: Mapping[str, Any], name: str, variable: str) -> bool:
    given = arguments.get(name)
    return str(os.environ.get(variable, "") if given is None else given).lower() == "true"
