"""Rules about Auto Scaling groups of one's own: their templates, what they register at, what their machines hold."""

import base64
import binascii
from typing import Any, Final

from sandbox.aws.effects import GROUP_TYPE, SECURITY_GROUP_TYPE
from sandbox.aws.rules import Call, rule
from sandbox.aws.rules.edge import LISTENER_TYPE, RULE_TYPE
from sandbox.inventory import Record
from sandbox.values import as_list, as_map, leaves

TEMPLATE_TYPE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
_GUIDE: Final = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/"
_API: Final = "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/"
_LONGEST_USER_DATA: Final = 16384
_PERCENT: Final = 100


@rule(
    "create",
    "update",
    on=(TEMPLATE_TYPE,),
    page="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html",
)
def _user_data_fits(call: Call) -> None:
    """User data comes in base64 and has at most 16 KB before that."""
    encoded = call.inputs.get("userData")
    if encoded is None:
        return
    try:
        text = base64.b64decode(str(encoded), validate=True)
    except binascii.Error:
        call.refuse("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
    if len(text) > _LONGEST_USER_DATA:
        call.refuse("InvalidParameterValue", f"User data is limited to {_LONGEST_USER_DATA} bytes, not {len(text)}")


@rule("create", "update", on=(GROUP_TYPE,), page=f"{_API}API_LaunchTemplateSpecification.html")
def _template_version_exists(call: Call) -> None:
    """A group names a version that its launch template has."""
    template = _template_of(call, call.inputs)
    version = str(as_map(call.inputs.get("launchTemplate")).get("version", "$Default"))
    if template is None or not version.isdigit():
        return
    if not 1 <= int(version) <= int(template.outputs["latestVersion"]):
        call.refuse("ValidationError", f"The version {version} of launch template {template.id} does not exist")


@rule("create", "update", on=(GROUP_TYPE,), page=f"{_GUIDE}getting-started-elastic-load-balancing.html")
def _registers_instances(call: Call) -> None:
    """A group registers instances, so its target groups are for instances."""
    for arn in as_list(call.inputs.get("targetGroupArns")):
        group = call.inventory.by_arn(str(arn))
        if group is not None and group.outputs.get("targetType") != "instance":
            call.refuse("ValidationError", f"Provided Target Groups may not be valid: {arn} is not for instances")


@rule(
    "create",
    on=(GROUP_TYPE,),
    page="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html",
)
def _waits_for_healthy_targets(call: Call) -> None:
    """Who waits for healthy targets in a group that no listener or rule names waits in vain: they stay unused."""
    if not (call.inputs.get("waitForElbCapacity") or call.inputs.get("minElbCapacity")):
        return
    users = [each for type_token in (LISTENER_TYPE, RULE_TYPE) for each in call.inventory.list(type=type_token)]
    for arn in as_list(call.inputs.get("targetGroupArns")):
        if not any(arn == value for user in users for _, value in leaves(user.inputs)):
            call.refuse(
                "WaitForCapacityTimeout",
                f"timeout while waiting for capacity: need {call.inputs['desiredCapacity']} healthy instances in ELB,"
                f" have 0 (Target.NotInUse: no listener or rule forwards to {arn})",
            )


@rule("create", "update", on=(GROUP_TYPE,), page=f"{_API}API_InstanceMaintenancePolicy.html")
def _healthy_percentages(call: Call) -> None:
    """The healthy part while machines are replaced: 0 to 100 and 100 to 200 per cent, at most 100 apart."""
    refresh = as_map(as_map(call.inputs.get("instanceRefresh")).get("preferences"))
    for percentages in (as_map(call.inputs.get("instanceMaintenancePolicy")), refresh):
        low, high = percentages.get("minHealthyPercentage"), percentages.get("maxHealthyPercentage")
        if high is None:
            continue
        if low is None or not 0 <= int(low) <= _PERCENT <= int(high) <= 2 * _PERCENT or int(high) - int(low) > _PERCENT:
            call.refuse("ValidationError", f"healthy percentages from {low} to {high}")


@rule(
    "delete",
    on=(SECURITY_GROUP_TYPE,),
    page="https://docs.aws.amazon.com/vpc/latest/userguide/deleting-security-groups.html",
)
def _no_machine_has_group(call: Call) -> None:
    """A security group cannot go while machines have it: those of a group whose template names it."""
    for group in call.inventory.list(type=GROUP_TYPE):
        template = _template_of(call, group.inputs)
        if template is not None and any(value == call.existing.id for _, value in leaves(template.inputs)):
            call.refuse("DependencyViolation", f"machines of {group.id} have {call.existing.id}")


def _template_of(call: Call, inputs: Any) -> Record | None:
    template = call.inventory.by_id(str(as_map(inputs.get("launchTemplate")).get("id")))
    return template if template is not None and template.type == TEMPLATE_TYPE else None
