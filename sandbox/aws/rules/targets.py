"""Rules about what target groups hold, and how listener rules divide requests between them."""

import ipaddress
import re
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Final

from sandbox.aws.rules import Call, rule
from sandbox.aws.rules.edge import GROUP_TYPE, LISTENER_TYPE, RULE_TYPE
from sandbox.values import as_list, as_map, objects

ATTACHMENT_TYPE: Final = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
_GUIDE: Final = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
_API: Final = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/"
_OUTSIDE: Final = tuple(
    IPv4Network(each) for each in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
)
"""What a target outside the VPC may have as its address: RFC 1918 and RFC 6598."""
_PATTERN: Final = re.compile(r"[A-Za-z0-9_.$/~\"'@:+&*?-]{1,128}")
_CODES: Final = re.compile(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*")
_LONGEST_STICKINESS: Final = 604800
_MOST_GROUPS: Final = 5
_MOST_VALUES: Final = 5
_LARGEST_PORT: Final = 65535


def _address(call: Call) -> IPv4Address | None:
    """The address of a target of type `ip`; None for another type of target, or an IPv6 address."""
    group = call.inventory.by_arn(str(call.inputs["targetGroupArn"]))
    if group is None or group.inputs.get("targetType") != "ip":
        return None
    try:
        address = ipaddress.ip_address(str(call.inputs["targetId"]))
    except ValueError:
        call.refuse("ValidationError", f"The IP address '{call.inputs['targetId']}' is not a valid IP address")
    return address if isinstance(address, IPv4Address) else None


def _vpc_cidr(call: Call) -> IPv4Network | None:
    group = call.inventory.by_arn(str(call.inputs["targetGroupArn"]))
    vpc = call.inventory.by_id(str(group.inputs.get("vpcId"))) if group else None
    return IPv4Network(str(vpc.inputs["cidrBlock"])) if vpc else None


@rule("create", on=(ATTACHMENT_TYPE,), page=f"{_GUIDE}load-balancer-target-groups.html#target-type")
def _target_is_private(call: Call) -> None:
    """An IP target is in the VPC, or private: "You can't specify publicly routable IP addresses"."""
    address, cidr = _address(call), _vpc_cidr(call)
    if address is None or (cidr is not None and address in cidr):
        return
    if not any(address in each for each in _OUTSIDE):
        call.refuse(
            "ValidationError",
            f"The IP address '{address}' is not within the VPC's address range, and not in one of"
            f" {', '.join(str(each) for each in _OUTSIDE)}",
        )


@rule("create", on=(ATTACHMENT_TYPE,), page=f"{_API}API_TargetDescription.html")
def _target_zone(call: Call) -> None:
    """Of a target outside the VPC an application balancer takes one zone: `all`."""
    address, cidr = _address(call), _vpc_cidr(call)
    zone = call.inputs.get("availabilityZone")
    if address is not None and cidr is not None and address not in cidr and zone != "all":
        call.refuse("ValidationError", f"You must specify an Availability Zone of 'all' for the IP address '{address}'")


@rule("create", on=(ATTACHMENT_TYPE,), page=f"{_API}API_TargetDescription.html")
def _target_port(call: Call) -> None:
    """A target's port is from 1 to 65535."""
    port = call.inputs.get("port")
    if port is not None and not 1 <= int(port) <= _LARGEST_PORT:
        call.refuse("ValidationError", f"port {port}: from 1 to {_LARGEST_PORT}")


def _forward(call: Call) -> list[dict[str, Any]]:
    name = "defaultActions" if call.type == LISTENER_TYPE else "actions"
    return [as_map(action["forward"]) for action in objects(call.inputs.get(name)) if action.get("forward")]


@rule("create", "update", on=(LISTENER_TYPE, RULE_TYPE), page=f"{_GUIDE}load-balancer-limits.html")
def _groups_of_an_action(call: Call) -> None:
    """An action forwards to at most five target groups."""
    for forward in _forward(call):
        if (groups := len(objects(forward.get("targetGroups")))) > _MOST_GROUPS:
            call.refuse("TooManyTargetGroups", f"{groups} target groups: at most {_MOST_GROUPS} per action")


@rule("create", "update", on=(LISTENER_TYPE, RULE_TYPE), page=f"{_API}API_TargetGroupStickinessConfig.html")
def _group_stickiness(call: Call) -> None:
    """A client stays with its target group for 1 second to 7 days."""
    for forward in _forward(call):
        duration = as_map(forward.get("stickiness")).get("duration")
        if duration is not None and not 1 <= int(duration) <= _LONGEST_STICKINESS:
            call.refuse("ValidationError", f"stickiness of {duration} seconds: from 1 to {_LONGEST_STICKINESS}")


@rule("create", "update", on=(RULE_TYPE,), page=f"{_GUIDE}load-balancer-limits.html")
def _values_of_a_rule(call: Call) -> None:
    """A rule has at most five condition values, and at most five wildcards in them."""
    values = [
        str(value)
        for condition in objects(call.inputs.get("conditions"))
        for kind in ("hostHeader", "pathPattern")
        for value in as_list(as_map(condition.get(kind)).get("values"))
    ]
    if len(values) > _MOST_VALUES:
        call.refuse("ValidationError", f"A rule can only have '{_MOST_VALUES}' condition values")
    if sum(value.count("*") + value.count("?") for value in values) > _MOST_VALUES:
        call.refuse("ValidationError", f"A rule can only have '{_MOST_VALUES}' condition wildcards")


@rule("create", "update", on=(RULE_TYPE,), page=f"{_GUIDE}rule-condition-types.html#path-conditions")
def _path_patterns(call: Call) -> None:
    """A path pattern has up to 128 of certain characters."""
    for condition in objects(call.inputs.get("conditions")):
        for pattern in as_list(as_map(condition.get("pathPattern")).get("values")):
            if not _PATTERN.fullmatch(str(pattern)):
                call.refuse("ValidationError", f"The path pattern '{pattern}' is not valid")


@rule("create", "update", on=(GROUP_TYPE,), page=f"{_API}API_Matcher.html")
def _healthy_codes(call: Call) -> None:
    """An application balancer's health check takes status codes from 200 to 499."""
    matcher = as_map(call.inputs.get("healthCheck")).get("matcher")
    if matcher is None or call.inputs.get("protocol") not in {"HTTP", "HTTPS"}:
        return
    codes = [int(code) for code in re.findall(r"\d+", str(matcher))]
    if not _CODES.fullmatch(str(matcher)) or not all(200 <= code <= 499 for code in codes):  # noqa: PLR2004 - as stated
        call.refuse("ValidationError", f"Health check matcher HTTP code '{matcher}' must be from 200 to 499")
