"""Who may talk to a service's pods, and whom they may talk to."""

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as k8s

_NAME_LABEL = "kubernetes.io/metadata.name"


def service_network_policy(
    labels: dict[str, str],
    port: int,
    balancer_cidrs: Sequence[pulumi.Input[str]],
    database: tuple[Sequence[str], int] | None,
) -> k8s.networking.v1.NetworkPolicySpecArgs:
    """In: the balancer's subnets and the namespace, on the service's port. Out: names, the namespace, the database.

    Probes come from the node itself, which a policy never stops. Neighbours are let in as a whole, so that a new
    caller changes no other service's policy. https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html
    """
    neighbours = k8s.networking.v1.NetworkPolicyPeerArgs(pod_selector=k8s.meta.v1.LabelSelectorArgs())
    balancers = [_cidr(cidr) for cidr in balancer_cidrs]
    egress = [k8s.networking.v1.NetworkPolicyEgressRuleArgs(to=[neighbours]), _names()]
    if database is not None:
        egress.append(_server(*database))
    return k8s.networking.v1.NetworkPolicySpecArgs(
        pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels),
        policy_types=["Ingress", "Egress"],
        ingress=[
            k8s.networking.v1.NetworkPolicyIngressRuleArgs(from_=[neighbours, *balancers], ports=[_port(port, "TCP")])
        ],
        egress=egress,
    )


def job_network_policy(
    labels: dict[str, str], cidrs: Sequence[str], port: int
) -> k8s.networking.v1.NetworkPolicySpecArgs:
    """For a job at a database. In: nobody. Out: names, the database."""
    return k8s.networking.v1.NetworkPolicySpecArgs(
        pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels),
        policy_types=["Ingress", "Egress"],
        ingress=[],
        egress=[_names(), _server(cidrs, port)],
    )


def _names() -> k8s.networking.v1.NetworkPolicyEgressRuleArgs:
    return k8s.networking.v1.NetworkPolicyEgressRuleArgs(
        to=[
            k8s.networking.v1.NetworkPolicyPeerArgs(
                namespace_selector=k8s.meta.v1.LabelSelectorArgs(match_labels={_NAME_LABEL: "kube-system"}),
                pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels={"k8s-app": "kube-dns"}),
            )
        ],
        ports=[_port(53, "UDP"), _port(53, "TCP")],
    )


def _server(cidrs: Sequence[str], port: int) -> k8s.networking.v1.NetworkPolicyEgressRuleArgs:
    return k8s.networking.v1.NetworkPolicyEgressRuleArgs(to=[_cidr(cidr) for cidr in cidrs], ports=[_port(port, "TCP")])


def _cidr(cidr: pulumi.Input[str]) -> k8s.networking.v1.NetworkPolicyPeerArgs:
    return k8s.networking.v1.NetworkPolicyPeerArgs(ip_block=k8s.networking.v1.IPBlockArgs(cidr=cidr))


def _port(port: int, protocol: str) -> k8s.networking.v1.NetworkPolicyPortArgs:
    return k8s.networking.v1.NetworkPolicyPortArgs(port=port, protocol=protocol)
