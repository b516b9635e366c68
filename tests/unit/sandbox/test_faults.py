"""Faults and latencies."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
from emulated_account import VPC, Account, urn
from pulumi.provider.experimental import provider as sdk

from sandbox.aws.errors import AwsError
from sandbox.aws.provider import AwsProvider
from sandbox.faults import KILLED, Effect, Fault, parse_fault, parse_faults
from sandbox.inventory import Inventory
from sandbox.latency import Latencies, scaled
from sandbox.values import property_map
from tests.says import Says

pytestmark = pytest.mark.unit


def _vpc(name: str = "main") -> sdk.CreateRequest:
    return sdk.CreateRequest(urn(VPC, name), property_map({"cidrBlock": "10.0.0.0/16"}), 0, preview=False)


def test_a_specification_is_read() -> None:
    fault = parse_fault("create:aws:eks/nodeGroup:NodeGroup:2=throttle*5")
    assert isinstance(fault, Fault)
    assert (fault.operation, fault.type, fault.nth) == ("create", "aws:eks/nodeGroup:NodeGroup", 2)
    assert (fault.effect, fault.times) == (Effect.THROTTLE, 5)


def test_a_name_stands_for_every_call_about_it() -> None:
    faults = parse_faults([f"create:{VPC}:slipway-dev-*=late*5"])
    assert faults.at_this_call("create", VPC, "other") is None
    for name in ("slipway-dev-one", "slipway-dev-two"):
        fault = faults.at_this_call("create", VPC, name)
        assert fault is not None
        assert (fault.effect, fault.times) == (Effect.LATE, 5)
    assert faults.at_this_call("delete", VPC, "slipway-dev-one") is None


@pytest.mark.parametrize(
    "wrong",
    [
        "", "fail", "create:aws:ec2/vpc:Vpc=fail", "create:aws:ec2/vpc:Vpc:0=fail", "make:aws:ec2/vpc:Vpc:1=fail",
        "create:aws:ec2/vpc:Vpc:1=explode", "create:Vpc:1=fail", "create:aws:ec2/vpc:Vpc:1=fail*2",
        "create:aws:ec2/vpc:Vpc:1=fail@aws:ec2/vpc:Vpc", "any:0%=throttle", "any:100%=throttle", "any:20%=fail",
    ],
)  # fmt: skip
def test_a_wrong_specification_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=rf"^{re.escape(repr(wrong))}.*\bthrottle\b"):
        parse_fault(wrong)


def test_the_nth_call_fails_and_no_other(tmp_path: Path) -> None:
    provider = AwsProvider(Inventory(tmp_path / "a"), faults=parse_faults([f"create:{VPC}:2=fail"]))
    asyncio.run(provider.create(_vpc()))
    with pytest.raises(AwsError, match="InternalFailure"):
        asyncio.run(provider.create(_vpc()))
    asyncio.run(provider.create(_vpc()))
    assert len(provider.inventory.list(type=VPC)) == 2


def test_throttling_is_waited_out_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    provider = AwsProvider(
        Inventory(tmp_path / "a"),
        faults=parse_faults([f"create:{VPC}:1=throttle*3"]),
        warn=lambda _urn, text: told.append(text),
    )
    asyncio.run(provider.create(_vpc()))
    assert told == [Says("ThrottlingException")] * 3
    assert len(provider.inventory.list(type=VPC)) == 1


def test_throttling_without_end_fails(tmp_path: Path) -> None:
    provider = AwsProvider(
        Inventory(tmp_path / "a"), faults=parse_faults([f"create:{VPC}:1=throttle*30"]), warn=lambda _urn, _text: None
    )
    with pytest.raises(AwsError, match=r"ThrottlingException: .*\b25 retries"):
        asyncio.run(provider.create(_vpc()))


def test_a_share_of_all_attempts_is_throttled_and_the_same_ones_each_time() -> None:
    names = [f"slipway-{number}" for number in range(2000)]

    def throttled(specification: str, order: list[str]) -> dict[str, int]:
        faults = parse_faults([specification])
        found = {name: faults.at_this_call("create", VPC, name) for name in order}
        return {name: fault.times if fault is not None else 0 for name, fault in found.items()}

    times = throttled("any:20%=throttle", names)
    assert times == throttled("any:20%=throttle", names[::-1])
    assert times != throttled("any:20%:2=throttle", names)
    attempts = len(names) + sum(times.values())
    assert sum(times.values()) / attempts == pytest.approx(0.2, abs=0.03)


def test_a_name_may_be_an_address() -> None:
    fault = parse_fault("create:aws:sns/topicSubscription:TopicSubscription:team@example.com=fail")
    assert isinstance(fault, Fault)
    assert (fault.name, fault.until) == ("team@example.com", None)


def test_what_is_late_comes_after_what_did_not_wait_for_it(tmp_path: Path) -> None:
    provider = AwsProvider(Inventory(tmp_path / "a"), faults=parse_faults([f"create:{VPC}:first=late*1"]))

    async def both() -> None:
        await asyncio.gather(provider.create(_vpc("first")), provider.create(_vpc("second")))

    asyncio.run(both())
    assert [record.name for record in provider.inventory.list(type=VPC)] == ["second", "first"]


def test_a_delay_ends_with_the_call_it_waits_for(tmp_path: Path) -> None:
    faults = parse_faults([f"create:{VPC}:first=late*60@{VPC}:sec*"])
    provider = AwsProvider(Inventory(tmp_path / "a"), faults=faults)

    async def both() -> None:
        late = asyncio.create_task(provider.create(_vpc("first")))
        await asyncio.sleep(0.1)
        assert provider.inventory.list(type=VPC) == []
        await provider.create(_vpc("second"))
        await asyncio.wait_for(late, 10)

    asyncio.run(both())
    assert [record.name for record in provider.inventory.list(type=VPC)] == ["second", "first"]


def test_hanging_never_answers(tmp_path: Path) -> None:
    provider = AwsProvider(Inventory(tmp_path / "a"), faults=parse_faults([f"create:{VPC}:1=hang"]))

    async def wait_a_moment() -> None:
        await asyncio.wait_for(provider.create(_vpc()), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(wait_a_moment())
    assert provider.inventory.list() == []


def test_a_kill_leaves_an_orphan(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
from test_faults import AwsProvider, Inventory, VPC, _vpc, parse_faults
faults = parse_faults([f"create:{{VPC}}:1=kill"])
asyncio.run(AwsProvider(Inventory({str(tmp_path / "a")!r}), faults=faults).create(_vpc()))
"""
    here = Path(__file__).parent
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, env={"PYTHONPATH": f"{here}:{here.parents[2]}"}
    )
    assert ended.returncode == KILLED
    assert len(Inventory(tmp_path / "a").list(type=VPC)) == 1


def test_no_scale_no_waiting(tmp_path: Path) -> None:
    assert Latencies().seconds("create", "aws:eks/cluster:Cluster") == 0
    assert scaled(0.01).seconds("create", "aws:eks/cluster:Cluster") == pytest.approx(5.4)
    assert scaled(1).seconds("create", "aws:sns/topic:Topic") == 2
    with pytest.raises(ValueError, match=r"scale .*-1\b.*\b0\b"):
        scaled(-1)
    assert Account(tmp_path).vpc().id.startswith("vpc-")
