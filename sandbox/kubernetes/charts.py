"""Which charts are released in a cluster."""

from collections.abc import Mapping
from typing import Any

from sandbox.inventory import Inventory, Record
from sandbox.kubernetes.objects import RELEASE_TYPE


def chart_of(inputs: Mapping[str, Any]) -> str:
    """Return the name of a release's chart, without the repository it comes from."""
    return str(inputs.get("chart")).rsplit("/", 1)[-1]


def releases_of(inventory: Inventory, cluster: str, chart: str) -> list[Record]:
    """Return the releases of a chart in a cluster."""
    return [
        release for release in inventory.list(type=RELEASE_TYPE, scope=cluster) if chart_of(release.inputs) == chart
    ]
