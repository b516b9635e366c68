"""The load balancer controller: its bindings, and the readiness gates they open."""

from typing import Final

from sandbox.inventory import Inventory
from sandbox.kubernetes.credentials import have_role
from sandbox.kubernetes.objects import BINDING_TYPE, CONTROLLER_CHART, id_of, kind_of, name_and_namespace
from sandbox.kubernetes.rules.request import Request
from sandbox.kubernetes.rules.workloads import WORKLOADS, awaits, pod_spec
from sandbox.values import at_path, objects

_GATE: Final = "target-health.elbv2.k8s.aws/"


def gates_can_open(request: Request) -> None:
    """A readiness gate of the controller opens once the target group the pods are bound to is in use."""
    if kind_of(request.type) not in WORKLOADS or not awaits(request):
        return
    for gate in objects(pod_spec(request).get("readinessGates")):
        condition = str(gate.get("conditionType"))
        if not condition.startswith(_GATE):
            continue
        waited = f"timed out waiting for pod readiness gate {condition}"
        name, (_, namespace) = condition.removeprefix(_GATE), name_and_namespace(request.type, request.inputs)
        binding = request.inventory.get(BINDING_TYPE, f"{namespace}/{name}", request.cluster)
        if binding is None:
            request.refuse(f"{waited}: TargetGroupBinding {name!r} not found")
        controllers = request.released(CONTROLLER_CHART)
        if not controllers:
            request.refuse(f"{waited}: no {CONTROLLER_CHART} runs")
        if not any(have_role(request.inventory, controller) for controller in controllers):
            request.refuse(
                f"{waited}: {CONTROLLER_CHART} cannot register targets, since its pods started before a pod identity"
                " association gave their service account a role"
            )
        arn = str(at_path(binding.inputs, "spec.targetGroupARN"))
        if not is_in_use(request.inventory, arn):
            request.refuse(
                f"{waited}: the target group {arn} is attached to no listener or rule, so its targets stay unused"
            )


def is_in_use(inventory: Inventory, target_group_arn: str) -> bool:
    """Whether a listener or a rule forwards to a target group."""
    return any(
        target_group_arn in repr(user.inputs)
        for type_token in ("aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule")
        for user in inventory.list(type=type_token)
    )


def binding_fits(request: Request) -> None:
    """A TargetGroupBinding names a target group that exists, and a port that its service has.

    Of a service that is not there yet the controller only says so in an event, and registers nothing until it is:
    https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/pkg/targetgroupbinding/resource_manager.go
    """
    if request.type != BINDING_TYPE:
        return
    arn, service = (str(at_path(request.inputs, path)) for path in ("spec.targetGroupARN", "spec.serviceRef.name"))
    if request.inventory.by_arn(arn) is None:
        request.refuse(f"TargetGroupNotFound: One or more target groups not found: {arn}")
    if not request.exists("kubernetes:core/v1:Service", service):
        return
    ports = [
        port
        for record in request.objects("kubernetes:core/v1:Service")
        if record.id == id_of(request.type, {"metadata": {**request.inputs["metadata"], "name": service}})
        for port in objects(at_path(record.inputs, "spec.ports"))
    ]
    wanted = at_path(request.inputs, "spec.serviceRef.port")
    if not any(wanted in {port.get("port"), port.get("name")} for port in ports):
        request.refuse(f'unable to find port {wanted} on service "{service}"')


def controller_outlives_bindings(request: Request) -> None:
    """Bindings carry a finalizer of the controller's; without the controller their deletion never ends.

    The controller itself may go first where the bindings are never deleted one by one, but vanish with their cluster.
    """
    if request.type == BINDING_TYPE and not request.released(CONTROLLER_CHART):
        request.refuse(
            f"timed out waiting for deletion: no {CONTROLLER_CHART} runs to remove"
            " the finalizer elbv2.k8s.aws/resources"
        )
