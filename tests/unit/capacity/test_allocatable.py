"""Nodes offer what published figures say they offer."""

import pytest

from capacity.allocatable import (
    Resources,
    addressable_pods,
    allocatable,
    capacity_of,
    max_pods,
    reserved,
)
from capacity.instance_types import InstanceType, instance_type, instance_types

pytestmark = pytest.mark.unit


# https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.2/misc/eni-max-pods.txt
@pytest.mark.parametrize(
    ("name", "pods"),
    [
        ("t3.micro", 4),
        ("t3.medium", 17),
        ("m5.large", 29),
        ("t3.large", 35),
        ("m5.xlarge", 58),
        ("m7g.medium", 8),
        ("m5.4xlarge", 234),
        ("m6in.32xlarge", 394),
        ("m5.24xlarge", 737),
        ("p5.48xlarge", 100),
    ],
)
def test_addresses_suffice_for_as_many_pods_as_the_vpc_cni_lists(name: str, pods: int) -> None:
    assert addressable_pods(instance_type(name)) == pods


# https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html#max-pods-precedence
# https://github.com/awsdocs/amazon-eks-user-guide/pull/663 has a 4xlarge held to 110.
@pytest.mark.parametrize(
    ("name", "pods"),
    [("m5.large", 29), ("m5a.4xlarge", 110), ("m5.8xlarge", 234), ("m5.16xlarge", 250), ("m5.24xlarge", 250)],
)
def test_managed_node_groups_cap_the_pods_by_vcpus(name: str, pods: int) -> None:
    assert max_pods(instance_type(name)) == pods
    assert capacity_of(instance_type(name)).pods == pods
    assert allocatable(instance_type(name)).pods == pods


@pytest.mark.parametrize(("vcpus", "pods"), [(29, 110), (30, 250), (31, 250)])
def test_a_node_of_30_vcpus_is_a_large_one(vcpus: int, pods: int) -> None:
    assert max_pods(InstanceType("any", vcpus, 65536, 15, 50, "amd64")) == pods


# The column "cpu" of https://karpenter.sh/docs/reference/instance-types/
@pytest.mark.parametrize(
    ("name", "millicores"),
    [
        ("m7g.medium", 940),
        ("m5.large", 1930),
        ("m5.xlarge", 3920),
        ("m5.2xlarge", 7910),
        ("m5.4xlarge", 15890),
        ("m5.8xlarge", 31850),
        ("m5.24xlarge", 95690),
    ],
)
def test_cpu_is_reserved_by_core(name: str, millicores: int) -> None:
    assert allocatable(instance_type(name)).cpu_millicores == millicores


# Capacity and allocatable memory in KiB as `kubectl describe node` showed them, on EKS 1.27 with Amazon Linux 2
# (m5.large) and EKS 1.32 with Amazon Linux 2023 (t3.micro).
M5_LARGE = (7824344, 7134168)
T3_MICRO = (938840, 530264)


@pytest.mark.parametrize(("name", "node"), [("m5.large", M5_LARGE), ("t3.micro", T3_MICRO)])
def test_nodes_keep_exactly_as_much_memory_as_real_ones(name: str, node: tuple[int, int]) -> None:
    capacity_kib, allocatable_kib = node
    assert reserved(instance_type(name)).memory_mib * 1024 == capacity_kib - allocatable_kib


def test_memory_is_reserved_for_the_pods_that_the_addresses_suffice_for_despite_the_cap() -> None:
    # 11 MiB for each of 234 pods, of which EKS lets 110 run, 255 MiB, and the 100 MiB of the eviction threshold.
    assert reserved(instance_type("m5.4xlarge")).memory_mib == 2829 + 100


# Karpenter reckons with the same rules; https://github.com/aws/karpenter-provider-aws/issues/2158 has its figures of
# the m5 series, with 100 MiB (and 100 millicores) more kept for the system, /issues/6611 and /issues/6453 the others.
@pytest.mark.parametrize(
    ("name", "memory_mib"),
    [
        ("m5.large", 6803 + 100),
        ("m5.xlarge", 14062 + 100),
        ("m5.2xlarge", 29217 + 100),
        ("m5.4xlarge", 57591 + 100),
        ("m5.8xlarge", 118212 + 100),
        ("m5.12xlarge", 178833 + 100),
        ("m5.16xlarge", 233921 + 100),
        ("m5.24xlarge", 355162 + 100),
        ("i4i.32xlarge", 961470),
        ("c6gd.16xlarge", 112720),
    ],
)
def test_memory_is_what_karpenter_expects_of_the_type(name: str, memory_mib: int) -> None:
    assert allocatable(instance_type(name)).memory_mib == memory_mib


@pytest.mark.parametrize(
    ("name", "node_mib", "error"),
    [
        ("m5.large", M5_LARGE[1] / 1024, -0.009),
        # https://github.com/aws/karpenter-provider-aws/issues/6611
        ("i4i.32xlarge", 1007423, -0.046),
        ("t3.micro", T3_MICRO[1] / 1024, 0.058),
    ],
)
def test_memory_is_as_far_from_real_nodes_as_documented(name: str, node_mib: float, error: float) -> None:
    assert allocatable(instance_type(name)).memory_mib / node_mib - 1 == pytest.approx(error, abs=0.0005)


# Bytes of the nominal memory that nodes did not report, as Karpenter's maintainers measured them on Amazon Linux 2:
# https://github.com/aws/karpenter-provider-aws/blob/33450d8f82ded870ce65fbde3cec14dbb2c04f50/pkg/providers/instancetype/zz_generated.memory_overhead.go
MEASURED_OVERHEAD = {
    "t3.large": 382386176,
    "t4g.large": 391708672,
    "m5.large": 585805824,
    "m5.xlarge": 909246464,
    "m5.2xlarge": 1203826688,
    "m5.4xlarge": 2849939456,
    "m5.24xlarge": 11086274560,
    "m6g.large": 473333760,
    "m6i.large": 424321024,
    "m7g.2xlarge": 1326972928,
    "c5.xlarge": 586280960,
    "c6i.4xlarge": 1264484352,
    "r5.large": 732602368,
    "r7g.16xlarge": 18458005504,
}


@pytest.mark.parametrize(("name", "overhead"), MEASURED_OVERHEAD.items())
def test_nodes_of_8_gib_or_more_report_at_least_the_estimated_memory(name: str, overhead: int) -> None:
    chosen = instance_type(name)
    measured_mib = chosen.memory_mib - overhead / 1024**2
    assert 0.94 * measured_mib < capacity_of(chosen).memory_mib <= measured_mib


def test_an_m5_large_as_a_whole() -> None:
    chosen = instance_type("m5.large")
    assert capacity_of(chosen) == Resources(cpu_millicores=2000, memory_mib=7577, pods=29)
    assert allocatable(chosen) == Resources(cpu_millicores=1930, memory_mib=6903, pods=29)


def test_every_known_type_leaves_something_to_pods_and_keeps_something() -> None:
    for each in instance_types().values():
        capacity, offered = capacity_of(each), allocatable(each)
        assert 0 < offered.cpu_millicores < capacity.cpu_millicores, each
        assert 0 < offered.memory_mib < capacity.memory_mib < each.memory_mib, each
        assert 0 < offered.pods <= 250, each
