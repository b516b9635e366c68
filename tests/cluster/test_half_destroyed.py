"""A destroy that failed at the cluster, and a change of mind: the stack goes up again, as documented."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cluster.cluster_stack import NAMESPACE, ClusterStack
from tests.engine.sandbox_stack import succeeded

pytestmark = pytest.mark.cluster

_CLUSTER_STAYS = "delete:aws:eks/cluster:Cluster:slipway-dev-eksCluster=fail"


def test_what_a_failed_destroy_left_in_the_cluster_is_taken_away_before_the_stack_goes_up_again(
    on_cluster: Callable[[str], ClusterStack],
) -> None:
    stack = on_cluster("dev")
    succeeded(stack.up())
    outcome = stack.destroy(faults=[_CLUSTER_STAYS])
    assert outcome.exit_code != 0

    refused = stack.up()
    assert refused.exit_code != 0
    assert f'namespaces "{NAMESPACE}" already exists' in refused.output

    assert f'namespace "{NAMESPACE}" deleted' in stack.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    # What ran on nodes that are gone goes when Kubernetes has noticed, after about a minute.
    stack.wait_for("its end", lambda: stack.api.get("v1", "Namespace", NAMESPACE) is None, 240)
    succeeded(stack.up())
    for app in ("frontend", "thoughts-backend", "users-backend"):
        assert stack.ready(app), f"{app} was waited for"
    assert stack.preview().changes == ()
