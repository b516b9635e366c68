"""State and account are compared, and two accounts with each other."""

from __future__ import annotations

from typing import Any

import pytest

from bench.account_check import Holdings, differences, discrepancies, end_state
from sandbox.inventory import Record
from tests.says import Says

pytestmark = pytest.mark.unit

VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:dev::shop::{type_}::{name}"


def made(type_: str, name: str, id_: str) -> dict[str, Any]:
    return {"urn": urn(type_, name), "type": type_, "id": id_, "custom": True}


def account(vpc: str, subnet: str, zone: str = "a") -> Holdings:
    """A VPC and a subnet in it, with these ids."""
    return Holdings(
        [made(VPC, "net", vpc), made(SUBNET, "first", subnet)],
        [],
        [
            Record("aws", VPC, vpc, inputs={"cidrBlock": "10.0.0.0/16"}),
            Record("aws", SUBNET, subnet, inputs={"vpcId": vpc, "zone": zone}),
        ],
    )


ONE = account("vpc-0123456789abcdef0", "subnet-0a1a1a1a1a1a1a1a1")


def test_nothing_is_said_where_both_hold_the_same() -> None:
    assert discrepancies(ONE) == []


def test_each_way_of_not_matching_is_told() -> None:
    stranger = Record("aws", VPC, "vpc-other")
    held = Holdings(
        [*ONE.resources, made(SUBNET, "first", "subnet-older"), made(VPC, "gone", "vpc-gone")],
        [f"creating {urn(VPC, 'begun')}"],
        [*ONE.records, stranger, Record("aws", SUBNET, "subnet-older")],
    )
    assert discrepancies(held) == [
        Says("aws:ec2/vpc:Vpc vpc-other", at="orphan"),
        Says(urn(VPC, "gone"), at="lost"),
        Says(urn(SUBNET, "first"), "2", at="twice"),
        Says(f"creating {urn(VPC, 'begun')}", at="pending"),
    ]
    assert held.orphans == [stranger]
    assert discrepancies(Holdings([], [], [stranger]), kept={VPC}) == []


def test_accounts_that_differ_in_drawn_ids_only_are_the_same() -> None:
    other = account("vpc-0fedcba9876543210", "subnet-0b2b2b2b2b2b2b2b2")
    assert differences(end_state(ONE), end_state(other)) == []


@pytest.mark.parametrize("suffix", ["0123456", "1abcdef", "abcdefa"])
def test_names_that_end_in_a_lot_are_the_same_whichever_was_drawn(suffix: str) -> None:
    def bucket(end: str) -> Holdings:
        name = f"shop-logs-{end}"
        return Holdings(
            [made("aws:s3/bucket:Bucket", "logs", name)],
            [],
            [Record("aws", "aws:s3/bucket:Bucket", name, inputs={"bucket": name, "tags": {"owner": "feedbac"}})],
        )

    assert differences(end_state(bucket(suffix)), end_state(bucket("7654321"))) == []


def test_another_value_and_another_reference_are_differences() -> None:
    elsewhere = account("vpc-0fedcba9876543210", "subnet-0b2b2b2b2b2b2b2b2", zone="b")
    assert differences(end_state(ONE), end_state(elsewhere)) == [urn(SUBNET, "first")]
    astray = Holdings(
        [*ONE.resources, made(VPC, "wrong", "vpc-00000000000000001")],
        [],
        [
            ONE.records[0],
            Record("aws", VPC, "vpc-00000000000000001", inputs={"cidrBlock": "10.0.0.0/16"}),
            Record("aws", SUBNET, "subnet-0a1a1a1a1a1a1a1a1", inputs={"vpcId": "vpc-00000000000000001", "zone": "a"}),
        ],
    )
    assert differences(end_state(ONE), end_state(astray)) == sorted([urn(SUBNET, "first"), urn(VPC, "wrong")])
