"""When the registrar does the controller's duty: as soon as the controller is installed, by whomever."""

from __future__ import annotations

from pathlib import Path

import pytest
from memory_api_server import MemoryApiServer

from sandbox.inventory import Inventory, Record
from sandbox.kubernetes.objects import CONTROLLER_CHART
from sandbox.registrar.controller import Controller

pytestmark = pytest.mark.unit

CLUSTER = Record(provider="aws", type="aws:eks/cluster:Cluster", id="main")
WEBHOOKS = "admissionregistration.k8s.io/v1"


def test_a_chart_that_pulumi_itself_installed_counts_and_loses_its_webhooks(tmp_path: Path) -> None:
    api = MemoryApiServer()
    api.kinds[WEBHOOKS] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]
    now = [0.0]
    controller = Controller(api, Inventory(tmp_path / "account.sqlite"), lambda: now[0])
    assert not controller.works(CLUSTER, set())

    labels = {"labels": {"app.kubernetes.io/name": CONTROLLER_CHART}}
    api.put("apps/v1", "Deployment", CONTROLLER_CHART, "kube-system", metadata=labels)
    api.put(WEBHOOKS, "MutatingWebhookConfiguration", "aws-load-balancer-webhook", metadata=labels)
    assert not controller.works(CLUSTER, set())  # it does not ask at every look
    now[0] = 2.0
    assert controller.works(CLUSTER, set())
    assert api.list(WEBHOOKS, "MutatingWebhookConfiguration") == []
