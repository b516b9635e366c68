"""The stack's output `migration`: what migrates, and where it is found in AWS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ops.refusal import Refusal


@dataclass(frozen=True)
class TargetGroups:
    """The target groups of one service, by their ARNs. With HAProxy the old side has none."""

    new: str
    old: str | None


@dataclass(frozen=True)
class FleetOutput:
    """The HAProxys: the Auto Scaling group of their machines, and the command document that asks them."""

    autoscaling_group: str
    runtime_document: str


@dataclass(frozen=True)
class Migration:
    """What a stack moves, and how."""

    kind: Literal["alb", "haproxy"]
    services: Mapping[str, TargetGroups]
    fleet: FleetOutput | None


def migration_of(stack: str, outputs: Mapping[str, Any]) -> Migration:
    """The migration that a stack exported.

    Raises:
        Refusal: it was never brought up, has none, or was brought up by a program that tells less.
    """
    if "migration" not in outputs:
        raise Refusal(f"stack {stack} tells nothing of a migration; bring it up first: pulumi up --stack {stack}")
    told = outputs["migration"]
    if told is None:
        raise Refusal(f"stack {stack} has no migration; set slipway:migration in its file and bring it up first")
    try:
        fleet = told.get("fleet")
        return Migration(
            kind=told["kind"],
            services={
                name: TargetGroups(each["new"]["targetGroupArn"], each.get("old", {}).get("targetGroupArn"))
                for name, each in told["services"].items()
            },
            fleet=None if fleet is None else FleetOutput(fleet["autoScalingGroup"], fleet["runtimeDocument"]),
        )
    except (KeyError, AttributeError, TypeError) as error:
        raise Refusal(f"stack {stack}: the output migration has another form ({error}); bring it up again") from None


def chosen(asked: Sequence[str], known: Sequence[str]) -> list[str]:
    """The services that a person named, or all that migrate.

    Raises:
        Refusal: one that was named does not migrate; all such are told.
    """
    if unknown := [name for name in asked if name not in known]:
        raise Refusal(f"{', '.join(unknown)}: does not migrate; expected some of {', '.join(sorted(known))}")
    return list(dict.fromkeys(asked)) or sorted(known)
