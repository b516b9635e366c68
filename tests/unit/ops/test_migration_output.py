"""The stack's output `migration`, read strictly."""

from __future__ import annotations

from typing import Any

import pytest

from ops.migration_output import FleetOutput, TargetGroups, chosen, migration_of
from ops.refusal import Refusal

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
    ("outputs", "said"),
    [
        ({}, "tells nothing of a migration; bring it up first: pulumi up --stack test"),
        ({"migration": None}, "has no migration; set slipway:migration in its file"),
        ({"migration": {"kind": "alb"}}, "has another form .*; bring it up again"),
        ({"migration": {**ALB, "services": {"frontend": {"new": {}}}}}, "has another form"),
        ({"migration": "alb"}, "has another form"),
    ],
)
def test_what_cannot_be_used_is_refused(outputs: dict[str, Any], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        migration_of("test", outputs)


def test_services() -> None:
    assert chosen([], ["users", "frontend"]) == ["frontend", "users"]
    assert chosen(["users", "users"], ["users", "frontend"]) == ["users"]
    with pytest.raises(Refusal, match=r"^a, b: does not migrate; expected some of frontend, users$"):
        chosen(["a", "users", "b"], ["users", "frontend"])
