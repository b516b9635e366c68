"""The load balancer controller in the emulated Kubernetes: its bindings, and the readiness gates they open."""

from __future__ import annotations

from typing import Any

import pytest
from emulated_account import CONTROLLER, Account, Network, deployment, kubeconfig, service

from sandbox.aws.errors import KubernetesError

pytestmark = pytest.mark.unit

_SERVICE = "kubernetes:core/v1:Service"
_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_RELEASE = "kubernetes:helm.sh/v3:Release"
_BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
_GATE_NAME = "target-health.elbv2.k8s.aws/web"
_GATE = {"readinessGates": [{"conditionType": _GATE_NAME}]}


@pytest.fixture
def network(account: Account) -> Network:
    network = account.network()
    cluster = account.network_addons(account.cluster(network))
    account.node_group(cluster)
    account.configure("kubernetes:", kubeconfig=kubeconfig(cluster))
    return network


def _binding(arn: str, service: str = "web", port: int = 80) -> dict[str, Any]:
    reference = {"name": service, "port": port}
    return {
        "metadata": {"name": "web"},
        "spec": {"targetGroupARN": arn, "serviceRef": reference, "targetType": "ip"},
    }


def _identity(account: Account) -> None:
    role = account.role("controller", "pods.eks.amazonaws.com")
    inputs = {
        "clusterName": "main", "namespace": "kube-system", "serviceAccount": "controller", "roleArn": role.arn,
    }  # fmt: skip
    account.create("aws:eks/podIdentityAssociation:PodIdentityAssociation", "controller", inputs)


def test_a_binding_may_come_before_its_service(account: Account, network: Network) -> None:
    group = account.target_group(network.vpc)
    account.create(_RELEASE, "controller", CONTROLLER)
    assert account.create(_BINDING, "web", _binding(group.arn)).id == "default/web"


def test_a_binding_needs_controller_port_and_target_group(account: Account, network: Network) -> None:
    group = account.target_group(network.vpc)
    with pytest.raises(KubernetesError, match=r'kind "TargetGroupBinding".* aws-load-balancer-controller'):
        account.create(_BINDING, "web", _binding(group.arn))
    account.create(_RELEASE, "controller", CONTROLLER)
    account.create(_SERVICE, "web", service())
    with pytest.raises(KubernetesError, match=r'port 81 .*"web"'):
        account.create(_BINDING, "web", _binding(group.arn, port=81))
    with pytest.raises(KubernetesError, match=f"TargetGroupNotFound: .* {group.arn}x"):
        account.create(_BINDING, "web", _binding(f"{group.arn}x"))
    assert account.create(_BINDING, "web", _binding(group.arn)).id == "default/web"


def test_a_gate_opens_once_the_target_group_is_in_use(account: Account, network: Network) -> None:
    group = account.target_group(network.vpc)
    _identity(account)
    account.create(_RELEASE, "controller", CONTROLLER)
    account.create(_SERVICE, "web", service())
    with pytest.raises(KubernetesError, match=f"{_GATE_NAME}: TargetGroupBinding 'web'"):
        account.create(_DEPLOYMENT, "web", deployment(pod=_GATE))
    account.create(_BINDING, "web", _binding(group.arn))
    with pytest.raises(KubernetesError, match=f"{_GATE_NAME}: .*{group.arn} .*listener or rule"):
        account.create(_DEPLOYMENT, "web", deployment(pod=_GATE))
    account.listener(account.balancer(network), group)
    assert account.create(_DEPLOYMENT, "web", deployment(pod=_GATE))


def test_a_gate_stays_shut_where_the_controllers_pods_are_older_than_their_role(
    account: Account, network: Network
) -> None:
    group = account.target_group(network.vpc)
    controller = account.create(_RELEASE, "controller", CONTROLLER)
    account.create(_SERVICE, "web", service())
    account.create(_BINDING, "web", _binding(group.arn))
    account.listener(account.balancer(network), group)
    _identity(account)
    with pytest.raises(KubernetesError, match=f"{_GATE_NAME}: aws-load-balancer-controller .*pod identity association"):
        account.create(_DEPLOYMENT, "web", deployment(pod=_GATE))
    account.delete(controller)
    account.create(_RELEASE, "controller", CONTROLLER)
    assert account.create(_DEPLOYMENT, "web", deployment(pod=_GATE))


def test_an_older_way_to_a_role_is_known_too(account: Account, network: Network) -> None:
    group = account.target_group(network.vpc)
    annotations = {"eks.amazonaws.com/role-arn": account.role("controller", "pods.eks.amazonaws.com").arn}
    values = {"serviceAccount": {"name": "controller", "annotations": annotations}}
    account.create(_RELEASE, "controller", {**CONTROLLER, "values": values})
    account.create(_SERVICE, "web", service())
    account.create(_BINDING, "web", _binding(group.arn))
    account.listener(account.balancer(network), group)
    assert account.create(_DEPLOYMENT, "web", deployment(pod=_GATE))


def test_a_binding_hangs_without_its_controller(account: Account, network: Network) -> None:
    group = account.target_group(network.vpc)
    controller = account.create(_RELEASE, "controller", CONTROLLER)
    account.create(_SERVICE, "web", service())
    binding = account.create(_BINDING, "web", _binding(group.arn))
    account.delete(controller)
    with pytest.raises(KubernetesError, match=r"aws-load-balancer-controller .*elbv2\.k8s\.aws/resources"):
        account.delete(binding)
    account.create(_RELEASE, "controller", CONTROLLER)
    account.delete(binding)
