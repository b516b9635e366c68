"""The kept file says of instance types what AWS says."""

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from capacity.instance_types import InstanceType, UnknownInstanceTypeError, instance_type, instance_types
from tests.says import Says
from tools.instance_types import COLUMNS, INTERFACES, MACHINES, OUTPUT

pytestmark = pytest.mark.unit


# https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html and its sister pages, "Specifications" and
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html
@pytest.mark.parametrize(
    "expected",
    [
        InstanceType("t3.micro", 2, 1024, 2, 2, "amd64"),
        InstanceType("t4g.medium", 2, 4096, 3, 6, "arm64"),
        InstanceType("m5.large", 2, 8192, 3, 10, "amd64"),
        InstanceType("m5.xlarge", 4, 16384, 4, 15, "amd64"),
        InstanceType("m7g.medium", 1, 4096, 2, 4, "arm64"),
        InstanceType("c5.large", 2, 4096, 3, 10, "amd64"),
        InstanceType("r6i.2xlarge", 8, 65536, 4, 15, "amd64"),
        InstanceType("m5.metal", 96, 393216, 15, 50, "amd64"),
    ],
    ids=lambda each: each.name,
)
def test_type_has_what_ec2_documents(expected: InstanceType) -> None:
    assert instance_type(expected.name) == expected


def test_only_the_interfaces_of_the_default_network_card_count() -> None:
    # It has 16 on two cards, and the VPC CNI uses 8 of them.
    assert instance_type("m6in.32xlarge").network_interfaces == 8


def test_unknown_type_is_refused_with_its_name_and_the_closest_known_ones() -> None:
    with pytest.raises(UnknownInstanceTypeError) as refusal:
        instance_type("m5.larg")
    assert Says('"m5.larg"', "m5.large") == str(refusal.value)
    assert refusal.value.name == "m5.larg"
    assert refusal.value.closest[0] == "m5.large"


def test_nothing_is_proposed_where_nothing_is_alike() -> None:
    with pytest.raises(UnknownInstanceTypeError) as refusal:
        instance_type("quantum")
    assert refusal.value.closest == ()
    assert str(refusal.value).endswith('"quantum"')


def test_types_cannot_be_changed_by_who_reads_them() -> None:
    with pytest.raises(FrozenInstanceError):
        instance_type("m5.large").vcpus = 4  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(TypeError):
        instance_types()["mine"] = instance_type("m5.large")  # pyright: ignore[reportIndexIssue]


def test_every_family_in_common_use_is_there_in_both_architectures() -> None:
    families = {name.partition(".")[0] for name in instance_types()}
    assert families >= {"m5", "m6i", "m7i", "c6i", "c7i-flex", "r7i", "t3", "m6g", "m7g", "m8g", "c7g", "r8g", "t4g"}
    assert {each.architecture for each in instance_types().values()} == {"amd64", "arm64"}


def test_figures_are_whole_and_plausible() -> None:
    for each in instance_types().values():
        assert each.vcpus >= 1, each
        assert each.memory_mib >= 512, each
        assert each.network_interfaces >= 1, each
        assert each.ipv4_addresses_per_interface >= 2, each


def test_kept_file_is_sorted_has_a_line_for_each_type_and_names_its_sources() -> None:
    text = Path(OUTPUT).read_text(encoding="utf-8")
    document = json.loads(text)
    assert list(document["types"]) == sorted(document["types"])
    assert sum(line.startswith('    "') and ": [" in line and "]" in line for line in text.splitlines()) == len(
        document["types"]
    )
    assert document["columns"] == list(COLUMNS)
    assert [each["module"] for each in document["sources"]] == [
        f"{each.module}@{each.version}" for each in (INTERFACES, MACHINES)
    ]
