"""The inventory: what is written stays, whole or not at all, and without secrets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.inventory import AlreadyRecordedError, Inventory, Record
from sandbox.inventory_report import as_json, as_table
from sandbox.values import Secret
from tests.says import Says

pytestmark = pytest.mark.unit

_VPC = Record(provider="aws", type="aws:ec2/vpc:Vpc", id="vpc-1", arn="arn:1", name="main", scope="us-west-2")


def test_a_record_is_found_by_id_arn_and_type(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "a.sqlite")
    stored = inventory.add(_VPC)
    assert stored.position == 1
    assert stored.created
    assert inventory.get(_VPC.type, "vpc-1") == stored
    assert inventory.by_arn("arn:1") == stored
    assert inventory.by_id("vpc-1") == stored
    assert inventory.list(provider="aws", type=_VPC.type, scope="us-west-2") == [stored]
    assert inventory.get(_VPC.type, "vpc-1", "eu-west-1") is None
    assert inventory.by_arn("") is None


def test_an_id_is_unique_in_its_scope(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "a.sqlite")
    inventory.add(_VPC)
    with pytest.raises(AlreadyRecordedError):
        inventory.add(_VPC)
    inventory.add(replace(_VPC, scope="eu-west-1"))
    assert len(inventory.list()) == 2


def test_removal_takes_what_aws_made_along(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "a.sqlite")
    stored = inventory.add(_VPC)
    inventory.add(Record(provider="aws", type="aws:ec2/securityGroup:SecurityGroup", id="sg-1", owner=stored.key))
    assert [each.id for each in inventory.owned_by(stored)] == ["sg-1"]
    inventory.remove(stored)
    assert inventory.list() == []


def test_secrets_are_kept_as_digests_and_changes_still_seen(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "a.sqlite")
    inventory.add(replace(_VPC, inputs={"password": Secret("hunter2"), "list": [{"key": Secret("s3cret")}]}))
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"hunter2" not in content
    assert b"s3cret" not in content
    stored = inventory.list()[0].inputs
    known = {"password": Secret("hunter2"), "list": [{"key": "s3cret"}]}
    assert inventory.unseal(stored, known) == {"password": Secret("hunter2"), "list": [{"key": Secret("s3cret")}]}
    changed = inventory.unseal(stored, {"password": Secret("other")})
    assert changed["password"] != Secret("other")


def test_two_inventories_give_one_secret_two_digests(tmp_path: Path) -> None:
    first, second = Inventory(tmp_path / "a.sqlite"), Inventory(tmp_path / "b.sqlite")
    assert first.seal(Secret("x")) != second.seal(Secret("x"))
    assert first.seal(Secret("x")) == Inventory(tmp_path / "a.sqlite").seal(Secret("x"))


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "a.sqlite")
    with pytest.raises(RuntimeError), inventory.transaction():
        inventory.add(_VPC)
        raise RuntimeError
    assert inventory.list() == []


def test_what_was_added_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    program = f"""
import os, signal
from sandbox.inventory import Inventory, Record
inventory = Inventory({str(path)!r})
inventory.add(Record(provider="aws", type="t", id="whole"))
with inventory.transaction():
    inventory.add(Record(provider="aws", type="t", id="half"))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    checkout = Path(__file__).parents[3]
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, env={**os.environ, "PYTHONPATH": str(checkout)}
    )
    assert ended.returncode == -signal.SIGKILL
    assert [each.id for each in Inventory(path).list()] == ["whole"]


def test_numbers_are_never_repeated(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "a.sqlite")
    assert [inventory.next_number() for _ in range(3)] == [1, 2, 3]
    assert Inventory(tmp_path / "a.sqlite").next_number() == 4


def test_a_property_is_altered_by_hand(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "a.sqlite")
    inventory.add(replace(_VPC, inputs={"a": {"b": 1}}, outputs={"a": {"b": 1, "c": 2}}))
    inventory.set_property(_VPC.type, "vpc-1", "a.b", 5)
    record = inventory.list()[0]
    assert (record.inputs, record.outputs) == ({"a": {"b": 5}}, {"a": {"b": 5, "c": 2}})
    with pytest.raises(KeyError):
        inventory.set_property(_VPC.type, "vpc-2", "a", 1)


def test_the_report_lists_what_exists(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "a.sqlite")
    assert json.loads(as_json(inventory)) == []
    assert Says("Nothing") == as_table(inventory)
    inventory.add(replace(_VPC, inputs={"password": Secret("hunter2")}))
    assert [each["id"] for each in json.loads(as_json(inventory))] == ["vpc-1"]
    assert "hunter2" not in as_json(inventory)
    assert Says("vpc-1", "1") == as_table(inventory)


def test_the_table_fits_a_terminal(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "a.sqlite")
    inventory.add(Record("aws", "aws:s3/bucket:Bucket", "logs", name="logs", scope="us-west-2"))
    arn = f"arn:aws:iam::123456789012:policy/{'x' * 200}"
    inventory.add(Record("aws", "aws:iam/policy:Policy", arn, name="allowed"))
    inventory.add(Record("kubernetes", "kubernetes:core/v1:Service", "example/shop", name="shop", owner="aws:x|y"))
    _, *rows, _ = [line.split() for line in as_table(inventory).splitlines()]
    assert rows == [
        ["1", "aws:s3:Bucket", "logs", "us-west-2"],
        ["2", "aws:iam:Policy", "allowed", "arn:aws:iam::123456…xxxxxxxxxxxxxxxxxxxx", "global"],
        ["3", "kubernetes:core/v1:Service", "shop", "(made", "by", "AWS)", "example/shop", "global"],
    ]


def test_a_fact_stays_until_it_is_forgotten(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "a.sqlite")
    assert inventory.fact("clock") is None
    inventory.set_fact("clock", "noon")
    inventory.set_fact("clock", "one")
    assert Inventory(tmp_path / "a.sqlite").fact("clock") == "one"
    inventory.set_fact("clock", "")
    assert inventory.fact("clock") == ""
    inventory.set_fact("clock", None)
    assert inventory.fact("clock") is None


def test_facts_leave_what_the_inventory_itself_keeps_alone(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "a.sqlite")
    sealed = inventory.seal(Secret("x"))
    assert inventory.fact("digest key") is None
    inventory.set_fact("digest key", "00")
    inventory.set_fact("numbers", "many")
    assert inventory.next_number() == 1
    assert Inventory(tmp_path / "a.sqlite").seal(Secret("x")) == sealed
