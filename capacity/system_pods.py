"""The pods that a cluster runs beside its services: those of its add-ons, and of the load balancer controller.

What they request by default, in the versions of `infra/addons.py`. Pods of DaemonSets stand on every node and tolerate
every taint; the others need nodes without taints. Most of the add-ons' manifests are not published; then the source is
a chart or a cluster that shows them.
"""

from dataclasses import dataclass
from typing import Final

from capacity.allocatable import Resources
from capacity.workloads import Demand, Workload

ADD_ON_PREFIX: Final = "add-on "
"""What the names of these workloads begin with, so that a service may have the same name."""


@dataclass(frozen=True)
class SystemPods:
    """Pods that an add-on brings.

    Attributes:
        name: of the DaemonSet or Deployment
        add_on: whose they are
        requests: of one pod, all its containers together
        replicas: how many there are in a cluster; None for one on each node
    """

    name: str
    add_on: str
    requests: Resources
    replicas: int | None

    def workload(self) -> Workload:
        """These pods as the scheduler sees them."""
        return Workload(f"{ADD_ON_PREFIX}{self.name}", self.requests, node_group=None, spread=())


def _pods(name: str, add_on: str, cpu_millicores: int, memory_mib: int, replicas: int | None) -> SystemPods:
    return SystemPods(name, add_on, Resources(cpu_millicores, memory_mib, pods=1), replicas)


SYSTEM_PODS: Final = (
    # Two containers of 25m each, aws-node and aws-eks-nodeagent.
    # https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.2/charts/aws-vpc-cni/values.yaml
    _pods("aws-node", "vpc-cni", 50, 0, None),
    # No memory: https://github.com/aws/containers-roadmap/issues/1509. The 100m are what `kubectl describe node` lists
    # on EKS; no manifest of the add-on is published.
    _pods("kube-proxy", "kube-proxy", 100, 0, None),
    # https://github.com/aws/eks-pod-identity-agent/blob/main/charts/eks-pod-identity-agent/values.yaml
    _pods("eks-pod-identity-agent", "eks-pod-identity-agent", 0, 0, None),
    # https://github.com/aws-observability/helm-charts/blob/main/charts/amazon-cloudwatch-observability/values.yaml
    # (agent, containerLogs.fluentBit, manager). Exporters and scrapers come only with `otelContainerInsights.enabled`,
    # GPU and accelerator monitors only to nodes that have one.
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/container-insights-eks-otel-console.html
    _pods("cloudwatch-agent", "amazon-cloudwatch-observability", 250, 128, None),
    _pods("fluent-bit", "amazon-cloudwatch-observability", 50, 25, None),
    _pods("amazon-cloudwatch-observability-controller-manager", "amazon-cloudwatch-observability", 100, 64, 1),
    # "A Deployment of two replicas": https://docs.aws.amazon.com/eks/latest/userguide/coredns-autoscaling.html
    # The requests are those of CoreDNS' own deployment, which EKS keeps:
    # https://github.com/coredns/deployment/blob/master/kubernetes/coredns.yaml.sed
    _pods("coredns", "coredns", 100, 70, 2),
    # As the community's manifest has them; the add-on runs two.
    # https://github.com/kubernetes-sigs/metrics-server/blob/master/manifests/base/deployment.yaml
    _pods("metrics-server", "metrics-server", 100, 200, 2),
    # `controller_values` in `infra/balancer_controller.py`.
    _pods("aws-load-balancer-controller", "aws-load-balancer-controller", 50, 128, 2),
)

CLUSTER_AUTOSCALER: Final = _pods("cluster-autoscaler", "cluster-autoscaler", 50, 300, 2)
"""Where a node group has it: `autoscaler_values` in `infra/cluster_autoscaler.py`."""


def requested_on_each_node() -> Resources:
    """What the DaemonSets' pods request together of a node."""
    everywhere = [each.requests for each in SYSTEM_PODS if each.replicas is None]
    return Resources(
        cpu_millicores=sum(each.cpu_millicores for each in everywhere),
        memory_mib=sum(each.memory_mib for each in everywhere),
        pods=len(everywhere),
    )


def system_demand(*, cluster_autoscaler: bool) -> Demand:
    """The other pods; most are `system-cluster-critical`, and placed before any service's."""
    pods = (*SYSTEM_PODS, CLUSTER_AUTOSCALER) if cluster_autoscaler else SYSTEM_PODS
    return [(each.workload(), each.replicas) for each in pods if each.replicas is not None]
