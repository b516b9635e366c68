"""The stack's output `migration`, read strictly."""

from __future__ import annotations

from typing import Any

import pytest

from ops.migration_output import FleetOutput, TargetGroups, chosen, migration_of
from ops.refusal import Refusal
from tests.says import Says

pytestmark = pytest.mark.unit

ALB = {
    "kind": "alb",
    "services": {"frontend": {"newPercent": 5, "new": {"targetGroupArn": "a"}, "old": {"targetGroupArn": "b"}}},
}


def test_both_kinds() -> None:
    found = migration_of("test", {"migration": ALB})
    assert (found.kind, found.services, found.fleet) == ("alb", {"frontend": TargetGroups("a", "b")}, None)
    fleet = {"autoScalingGroup": "g", "runtimeDocument": "d", "targetGroupArn": "t", "configurationSha256": "0"}
    services = {"frontend": {"newPercent": None, "new": {"targetGroupArn": "a"}}}
    found = migration_of("test", {"migration": {"kind": "haproxy", "services": services, "fleet": fleet}})
    assert found.services == {"frontend": TargetGroups("a", None)}
    assert found.fleet == FleetOutput("g", "d")


@pytest.mark.parametrize(
    ("outputs", "facts"),
    [
        ({}, ("migration", "pulumi up --stack test")),
        ({"migration": None}, ("set slipway:migration",)),
        ({"migration": {"kind": "alb"}}, ("another form", "'services'", "bring")),
        ({"migration": {**ALB, "services": {"frontend": {"new": {}}}}}, ("another form", "'targetGroupArn'")),
        ({"migration": "alb"}, ("another form", "'str'")),
    ],
)
def test_what_cannot_be_used_is_refused(outputs: dict[str, Any], facts: tuple[str, ...]) -> None:
    with pytest.raises(Refusal) as refused:
        migration_of("test", outputs)
    assert Says("stack test", *facts) == str(refused.value)


def test_services() -> None:
    assert chosen([], ["users", "frontend"]) == ["frontend", "users"]
    assert chosen(["users", "users"], ["users", "frontend"]) == ["users"]
    with pytest.raises(Refusal, match=r"^a, b: .*\bfrontend, users$"):
        chosen(["a", "users", "b"], ["users", "frontend"])
