"""What a node of an EKS managed node group offers to pods: Amazon Linux 2023, VPC CNI without prefix delegation.

CPU and pods are what a node reports, and so is the difference between its capacity and its allocatable memory. The
memory of the capacity itself is an estimate, since EC2 does not publish how much of the nominal memory the operating
system sees. How far off the allocatable memory is for nodes whose figures were published:

| type         | here       | the node    | off by | which node                                                |
|--------------|------------|-------------|--------|-----------------------------------------------------------|
| m5.large     |   6903 MiB |    6967 MiB | -0.9 % | EKS 1.27, Amazon Linux 2                                  |
| i4i.32xlarge | 961470 MiB | 1007423 MiB | -4.6 % | https://github.com/aws/karpenter-provider-aws/issues/6611 |
| t3.micro     |    548 MiB |     518 MiB | +5.8 % | EKS 1.32, Amazon Linux 2023                               |

Karpenter's maintainers once measured most types (with Amazon Linux 2). By their table those of 8 GiB or more report the
estimate or more, so what fits here fits there; some smaller ones report less (c5.large: 3663 MiB, here 3788 MiB).
https://github.com/aws/karpenter-provider-aws/blob/33450d8f82ded870ce65fbde3cec14dbb2c04f50/pkg/providers/instancetype/zz_generated.memory_overhead.go
"""

from dataclasses import dataclass
from typing import Final

from capacity.instance_types import InstanceType

# Where EKS computes `maxPods` itself, as for every managed node group without an AMI of one's own, it caps it.
# https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html#max-pods-precedence
_VCPUS_OF_A_LARGE_NODE: Final = 30
_MOST_PODS: Final = 110
_MOST_PODS_OF_A_LARGE_NODE: Final = 250

# aws-node and kube-proxy run in the host's network and take no address.
_PODS_WITHOUT_ADDRESS: Final = 2

# Of the first core 6 %, of the second 1 %, of the third and fourth 0.5 %, of all others 0.25 %.
# https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/config.go
_CPU_RESERVED: Final = ((0, 1000, 600), (1000, 2000, 100), (2000, 4000, 50), (4000, None, 25))
"""From and to how many millicores, and how many ten-thousandths of those."""

# The same file: kube-reserved memory, and the hard eviction threshold `memory.available`.
_MEMORY_RESERVED_MIB: Final = 255
_MEMORY_RESERVED_PER_POD_MIB: Final = 11
_EVICTION_THRESHOLD_MIB: Final = 100

# An estimate of what hypervisor, firmware and kernel take: Karpenter's default for types whose nodes it has not seen.
# https://karpenter.sh/docs/reference/settings/ (VM_MEMORY_OVERHEAD_PERCENT)
_MEMORY_OVERHEAD_PER_MILLE: Final = 75

# Graviton instances keep 64 MiB more for contiguous allocations.
# https://github.com/aws/karpenter-provider-aws/blob/v1.15.1/pkg/providers/instancetype/types.go
_ARM_OVERHEAD_MIB: Final = 64


@dataclass(frozen=True)
class Resources:
    """An amount of what pods ask nodes for."""

    cpu_millicores: int
    memory_mib: int
    pods: int


def addressable_pods(instance_type: InstanceType) -> int:
    """How many pods the addresses of a node suffice for: each interface keeps one for itself.

    https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html#max-pods-precedence
    """
    addresses = instance_type.network_interfaces * (instance_type.ipv4_addresses_per_interface - 1)
    return addresses + _PODS_WITHOUT_ADDRESS


def max_pods(instance_type: InstanceType) -> int:
    """How many pods the kubelet takes in a managed node group, pods of DaemonSets included."""
    large = instance_type.vcpus >= _VCPUS_OF_A_LARGE_NODE
    return min(addressable_pods(instance_type), _MOST_PODS_OF_A_LARGE_NODE if large else _MOST_PODS)


def reserved(instance_type: InstanceType) -> Resources:
    """What of its capacity a node keeps from pods: kube-reserved, and in memory the hard eviction threshold too.

    The memory goes by the pods that the addresses suffice for, even where EKS lets fewer run: nodeadm reserves before
    it merges in the `maxPods` that EKS passes to it, and Karpenter reckons alike (`UsesENILimitedMemoryOverhead`).
    https://github.com/aws/karpenter-provider-aws/blob/v1.15.1/pkg/providers/amifamily/resolver.go
    """
    kube_reserved_mib = _MEMORY_RESERVED_MIB + _MEMORY_RESERVED_PER_POD_MIB * addressable_pods(instance_type)
    return Resources(
        cpu_millicores=_reserved_millicores(instance_type.vcpus * 1000),
        memory_mib=kube_reserved_mib + _EVICTION_THRESHOLD_MIB,
        pods=0,
    )


def capacity_of(instance_type: InstanceType) -> Resources:
    """The `status.capacity` that a node of that type reports; the memory is an estimate."""
    visible_mib = instance_type.memory_mib - (_ARM_OVERHEAD_MIB if instance_type.architecture == "arm64" else 0)
    return Resources(
        cpu_millicores=instance_type.vcpus * 1000,
        memory_mib=visible_mib * (1000 - _MEMORY_OVERHEAD_PER_MILLE) // 1000,
        pods=max_pods(instance_type),
    )


def allocatable(instance_type: InstanceType) -> Resources:
    """The `status.allocatable` of a node of that type: what the pods on it can request together.

    https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/
    """
    capacity, kept = capacity_of(instance_type), reserved(instance_type)
    return Resources(
        cpu_millicores=capacity.cpu_millicores - kept.cpu_millicores,
        memory_mib=capacity.memory_mib - kept.memory_mib,
        pods=capacity.pods - kept.pods,
    )


def _reserved_millicores(total: int) -> int:
    """Each range is rounded down by itself, as nodeadm does."""
    return sum(
        max((total if end is None else min(total, end)) - start, 0) * share // 10_000
        for start, end, share in _CPU_RESERVED
    )
