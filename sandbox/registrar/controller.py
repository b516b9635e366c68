"""Whether the AWS Load Balancer Controller is installed in a cluster, and may call AWS."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from sandbox.inventory import Inventory, Record
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.charts import releases_of
from sandbox.kubernetes.credentials import have_role
from sandbox.kubernetes.objects import CONTROLLER_CHART

_SELECTOR: Final = f"app.kubernetes.io/name={CONTROLLER_CHART}"
"""https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/helm/aws-load-balancer-controller/templates/_helpers.tpl"""

_ADMISSION: Final = "admissionregistration.k8s.io/v1"
_WEBHOOKS: Final = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_LOOK_SECONDS: Final = 2.0


class Controller:
    """The controller of one cluster, whose duty the registrar does.

    Args:
        api: the cluster's API server.
        inventory: the account.
        clock: the time in seconds.
    """

    def __init__(self, api: ApiServer, inventory: Inventory, clock: Callable[[], float] = time.monotonic) -> None:
        self._api, self._inventory, self._clock = api, inventory, clock
        self._looked = float("-inf")
        self._runs = False

    def works(self, cluster: Record, complaints: set[str]) -> bool:
        """Whether it is released, with pods that may call AWS; adds to `complaints` why not.

        Raises:
            ApiServerError: a request was refused.
            UnreachableError: nobody answered.
        """
        releases = releases_of(self._inventory, cluster.id, CONTROLLER_CHART)
        if releases and not any(have_role(self._inventory, release) for release in releases):
            complaints.add(f"{CONTROLLER_CHART} cannot register targets: its pods have no role")
            return False
        return bool(releases) or self._is_installed()

    def _is_installed(self) -> bool:
        """Whether Pulumi's own Kubernetes provider (`--real`) has installed the chart, which no inventory knows of."""
        if self._clock() - self._looked < _LOOK_SECONDS:
            return self._runs
        self._runs = bool(self._api.list("apps/v1", "Deployment", labelSelector=_SELECTOR))
        self._looked = self._clock()
        if self._runs:
            self._remove_webhooks()
        return self._runs

    def _remove_webhooks(self) -> None:
        """No process stands behind its pods here, so its webhooks would refuse every binding."""
        for kind in _WEBHOOKS:
            for webhook in self._api.list(_ADMISSION, kind, labelSelector=_SELECTOR):
                self._api.delete(_ADMISSION, kind, str(webhook["metadata"]["name"]))
