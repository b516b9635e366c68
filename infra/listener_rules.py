"""The rules of the HTTPS listener: their places in its order, and what they do.

A rule forwards in one form, with or without a migration: a list of weighted target groups, and stickiness spelled out
even where it is off. The provider takes a missing `forward` block, or a missing `stickiness` in it, for "leave it as it
is" (`diffSuppressMissingForward` and `SuppressMissingOptionalConfigurationBlock` in
https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/elbv2/listener_rule.go), so a rule that
changed its form would keep what it should lose.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

# "Rules per Application Load Balancer (not counting default rules)": 100. "Target Groups per Application Load
# Balancer": 100. "Condition Values per Rule": 5. "Condition Wildcards per Rule": 5.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
LISTENER_RULES_PER_BALANCER = 100
TARGET_GROUPS_PER_BALANCER = 100
CONDITION_VALUES_PER_RULE = 5
WILDCARDS_PER_RULE = 5

WHOLE = 100
"""The weights of a rule are percentages; a rule of one target group gives it all of them."""
# What AWS itself answers for a rule whose stickiness was never switched on (pulumi-aws #4079 shows one).
_UNUSED_STICKY_SECONDS = 3600

# Priorities are "between 1 and 50000"; each service has three in a row.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
_RULES_PER_SERVICE = 3
_PLACES = 50000 // _RULES_PER_SERVICE
FLEET_PRIORITY = 50000
"""Of the rule that puts HAProxy's target group into use: behind all places of services, which end at 49,998."""


@dataclass(frozen=True)
class Priorities:
    """The priorities of one service's rules; the lowest is looked at first."""

    new_paths: int
    old_paths: int
    host: int


def rule_priorities(services: Iterable[str]) -> Mapping[str, Priorities]:
    """The priorities of every public service's rules.

    Hosts exclude each other, so only the order within a service matters. Its place follows from its name alone, so
    that a service that comes or goes moves no other. Of two names with one place (one chance in 16,666 for each pair)
    the later in the alphabet takes the next.
    """
    taken: dict[int, str] = {}
    for name in sorted(services):
        place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % _PLACES
        while place in taken:
            place = (place + 1) % _PLACES
        taken[place] = name
    return {
        name: Priorities(*(place * _RULES_PER_SERVICE + each for each in range(1, _RULES_PER_SERVICE + 1)))
        for place, name in taken.items()
    }


def host_condition(hosts: Sequence[str]) -> aws.lb.ListenerRuleConditionArgs:
    """The request is for one of these hosts."""
    return aws.lb.ListenerRuleConditionArgs(
        host_header=aws.lb.ListenerRuleConditionHostHeaderArgs(values=list(hosts)),
    )


def path_condition(patterns: Sequence[str]) -> aws.lb.ListenerRuleConditionArgs:
    """The request is for one of these paths."""
    return aws.lb.ListenerRuleConditionArgs(
        path_pattern=aws.lb.ListenerRuleConditionPathPatternArgs(values=list(patterns)),
    )


def forward_to(
    weights: Sequence[tuple[pulumi.Input[str], int]], sticky_seconds: int | None = None
) -> aws.lb.ListenerRuleActionArgs:
    """Forward to these target groups, each with its weight; a client stays with its group where there are seconds.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#forward-actions
    """
    return aws.lb.ListenerRuleActionArgs(
        type="forward",
        forward=aws.lb.ListenerRuleActionForwardArgs(
            target_groups=[
                aws.lb.ListenerRuleActionForwardTargetGroupArgs(arn=arn, weight=weight) for arn, weight in weights
            ],
            stickiness=aws.lb.ListenerRuleActionForwardStickinessArgs(
                enabled=sticky_seconds is not None,
                duration=_UNUSED_STICKY_SECONDS if sticky_seconds is None else sticky_seconds,
            ),
        ),
    )
