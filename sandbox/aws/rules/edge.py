"""Rules about balancers, listeners and target groups."""

from typing import Any, Final

from sandbox.aws.certificates import is_issued
from sandbox.aws.rules import Call, rule
from sandbox.aws.rules.cluster import zones_of_subnets
from sandbox.aws.rules.network import gateway_of
from sandbox.inventory import Record
from sandbox.values import as_list, as_map, objects

BALANCER_TYPE: Final = "aws:lb/loadBalancer:LoadBalancer"
LISTENER_TYPE: Final = "aws:lb/listener:Listener"
RULE_TYPE: Final = "aws:lb/listenerRule:ListenerRule"
GROUP_TYPE: Final = "aws:lb/targetGroup:TargetGroup"
_GUIDE: Final = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
_API: Final = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/"
_LARGEST_PRIORITY: Final = 50000
_LARGEST_WEIGHT: Final = 999


@rule("create", on=(BALANCER_TYPE,), page=f"{_GUIDE}application-load-balancers.html")
def _two_zones(call: Call) -> None:
    """An application load balancer stands in at least two zones, one subnet in each."""
    if call.inputs.get("loadBalancerType") not in {None, "application"}:
        return
    subnets = as_list(call.inputs.get("subnets"))
    subnets = subnets or [each.get("subnetId") for each in objects(call.inputs.get("subnetMappings"))]
    zones = zones_of_subnets(call, subnets)
    if len(zones) < 2:  # noqa: PLR2004 - as stated
        call.refuse(
            "InvalidConfigurationRequest", "At least two subnets in two different Availability Zones are needed"
        )
    if len(zones) < len(subnets):
        call.refuse(
            "InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same AZ"
        )


@rule("create", on=(BALANCER_TYPE,), page=f"{_API}API_CreateLoadBalancer.html")
def _internet_facing(call: Call) -> None:
    """A balancer that faces the internet stands in a VPC with an internet gateway."""
    subnets = as_list(call.inputs.get("subnets"))
    if call.inputs.get("internal") is True or not subnets:
        return
    subnet = call.inventory.get("aws:ec2/subnet:Subnet", str(subnets[0]))
    if subnet is not None and gateway_of(call, str(subnet.inputs["vpcId"])) is None:
        call.refuse("InvalidSubnet", f"VPC {subnet.inputs['vpcId']} has no internet gateway")


@rule("delete", on=(BALANCER_TYPE,), page=f"{_GUIDE}edit-load-balancer-attributes.html")
def _not_protected(call: Call) -> None:
    """A protected balancer cannot be deleted."""
    if call.existing.inputs.get("enableDeletionProtection") is True:
        call.refuse(
            "OperationNotPermitted",
            f"Load balancer '{call.existing.arn}' cannot be deleted because deletion protection is enabled",
        )


@rule("create", "update", on=(LISTENER_TYPE,), page=f"{_GUIDE}create-https-listener.html")
def _listener_certificate(call: Call) -> None:
    """An HTTPS listener has a certificate, which is issued; an HTTP listener has none."""
    certificate = call.inputs.get("certificateArn")
    if call.inputs.get("protocol") not in {"HTTPS", "TLS"}:
        if certificate is not None:
            call.refuse("InvalidConfigurationRequest", "A certificate cannot be specified for HTTP listeners")
        return
    if certificate is None:
        call.refuse("CertificateNotFound", "A certificate must be specified for HTTPS listeners")
    _check_issued(call, certificate)


@rule(
    "create", on=("aws:lb/listenerCertificate:ListenerCertificate",), page=f"{_GUIDE}https-listener-certificates.html"
)
def _further_certificate(call: Call) -> None:
    """A further certificate of a listener is issued too."""
    _check_issued(call, call.inputs["certificateArn"])


def _check_issued(call: Call, arn: Any) -> None:
    certificate = call.inventory.by_arn(str(arn))
    if certificate is not None and not is_issued(call.inventory, certificate):
        call.refuse(
            "UnsupportedCertificate",
            f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a supported"
            " key size; its status is PENDING_VALIDATION",
        )


def _actions(call: Call) -> list[dict[str, Any]]:
    return objects(call.inputs.get("defaultActions" if call.type == LISTENER_TYPE else "actions"))


def _forwards(action: dict[str, Any]) -> list[dict[str, Any]]:
    """The target groups of an action, each with its ARN and weight."""
    single = action.get("targetGroupArn")
    weighted = as_map(action.get("forward")).get("targetGroups")
    return objects(weighted) or ([{"arn": single, "weight": 1}] if single else [])


@rule("create", "update", on=(LISTENER_TYPE, RULE_TYPE), page=f"{_API}API_Action.html")
def _actions_fit(call: Call) -> None:
    """Each action has the settings of its type; weights range from 0 to 999."""
    settings = {"redirect": "redirect", "fixed-response": "fixedResponse"}
    for action in _actions(call):
        kind = str(action.get("type"))
        if kind in settings and not action.get(settings[kind]):
            call.refuse("ValidationError", f"an action of type {kind} needs {settings[kind]}")
        if kind == "forward" and not _forwards(action):
            call.refuse("ValidationError", "an action of type forward needs a target group")
        for target in _forwards(action):
            if not 0 <= int(target.get("weight", 1)) <= _LARGEST_WEIGHT:
                call.refuse("ValidationError", f"weight {target['weight']}: from 0 to {_LARGEST_WEIGHT}")


@rule("create", "update", on=(LISTENER_TYPE, RULE_TYPE), page=f"{_API}API_CreateListener.html")
def _targets_are_near(call: Call) -> None:
    """A target group is in the balancer's VPC and serves no second balancer."""
    balancer = _balancer_of(call)
    if balancer is None:
        return
    for target in (target for action in _actions(call) for target in _forwards(action)):
        group = call.inventory.by_arn(str(target.get("arn")))
        if group is None:
            continue
        if group.inputs.get("vpcId") not in {None, balancer.outputs.get("vpcId")}:
            call.refuse("InvalidConfigurationRequest", f"target group {group.name} is in another VPC than the balancer")
        for other in _other_balancers(call, group, balancer):
            call.refuse(
                "TargetGroupAssociationLimit",
                f"target group {group.name} is associated with another load balancer, {other}",
            )


def _balancer_of(call: Call) -> Record | None:
    arn = call.inputs.get("loadBalancerArn")
    if call.type == RULE_TYPE:
        listener = call.inventory.by_arn(str(call.inputs["listenerArn"]))
        arn = listener.inputs.get("loadBalancerArn") if listener else None
    return call.inventory.by_arn(str(arn))


def _other_balancers(call: Call, group: Record, balancer: Record) -> list[str]:
    """The balancers that forward to a target group by a listener or a rule of theirs, but for one."""
    listeners = {
        listener.arn: str(listener.inputs["loadBalancerArn"]) for listener in call.inventory.list(type=LISTENER_TYPE)
    }
    users = [(listener, listener.arn) for listener in call.others(LISTENER_TYPE)]
    users += [(each, str(each.inputs["listenerArn"])) for each in call.others(RULE_TYPE)]
    found = [listeners.get(listener, "") for user, listener in users if group.arn in repr(user.inputs)]
    return [arn for arn in found if arn not in {"", balancer.arn}]


@rule("create", "update", on=(RULE_TYPE,), page=f"{_GUIDE}rule-condition-types.html")
def _rule_is_whole(call: Call) -> None:
    """A rule has a condition and a priority from 1 to 50,000."""
    if not objects(call.inputs.get("conditions")):
        call.refuse("ValidationError", "a rule needs at least one condition")
    priority = call.inputs.get("priority")
    if priority is not None and not 1 <= int(priority) <= _LARGEST_PRIORITY:
        call.refuse("ValidationError", f"priority {priority}: from 1 to {_LARGEST_PRIORITY}")


@rule("update", on=(RULE_TYPE,), page=f"{_API}API_SetRulePriorities.html")
def _priority_is_free(call: Call) -> None:
    """No two rules of a listener have one priority, after a change neither."""
    for other in call.others(RULE_TYPE):
        same_listener = other.inputs.get("listenerArn") == call.inputs["listenerArn"]
        if same_listener and other.outputs.get("priority") == call.inputs.get("priority"):
            call.refuse("PriorityInUse", f"Priority '{call.inputs['priority']}' is currently in use by {other.id}")


@rule("create", "update", on=(GROUP_TYPE,), page=f"{_API}API_CreateTargetGroup.html")
def _target_group_fits(call: Call) -> None:
    """A target group has port, protocol and VPC unless it is for Lambda, and checks health within its interval."""
    if call.inputs.get("targetType") != "lambda":
        for name in ("port", "protocol", "vpcId"):
            if call.inputs.get(name) is None:
                call.refuse(
                    "ValidationError", f"{name} is required for target type {call.inputs.get('targetType', 'instance')}"
                )
    health = as_map(call.inputs.get("healthCheck"))
    timeout, interval = health.get("timeout"), health.get("interval")
    if timeout is not None and interval is not None and int(timeout) >= int(interval):
        call.refuse(
            "ValidationError", f"Health check timeout '{timeout}' must be smaller than the interval '{interval}'"
        )
    drain = call.inputs.get("deregistrationDelay")
    if drain is not None and not 0 <= int(drain) <= 3600:  # noqa: PLR2004 - as stated
        call.refuse("ValidationError", f"deregistration delay {drain}: from 0 to 3600 seconds")
