"""What a Kubernetes control plane on EKS refuses, or would wait for in vain; each rule is one small function.

To add one, write a function that takes a `Request` and refuses, and put it into `_RULES` with its operations.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from sandbox.aws.errors import KubernetesError
from sandbox.aws.schema import UnknownTypeError, check_inputs, schema_of
from sandbox.inventory import Inventory, Record
from sandbox.kubernetes.credentials import have_role
from sandbox.kubernetes.objects import (
    ALWAYS_THERE,
    NAMESPACE_TYPE,
    RELEASE_TYPE,
    api_version_of,
    id_of,
    is_cluster_scoped,
    kind_of,
    name_and_namespace,
)  # fmt: skip
from sandbox.values import as_map, at_path, is_map, objects

BINDING_TYPE: Final = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
CONTROLLER_CHART: Final = "aws-load-balancer-controller"
_GATE: Final = "target-health.elbv2.k8s.aws/"
_WORKLOADS: Final = frozenset({"Deployment", "StatefulSet"})

_CHART_GROUPS: Final[Mapping[str, str]] = {
    "elbv2.k8s.aws": CONTROLLER_CHART,
    "cert-manager.io": "cert-manager",
    "external-secrets.io": "external-secrets",
    "karpenter.k8s.aws": "karpenter",
    "karpenter.sh": "karpenter",
    "monitoring.coreos.com": "kube-prometheus-stack",
}
"""The chart that brings the definitions of a group of custom resources."""

_ADDON_GROUPS: Final[Mapping[str, str]] = {"crd.k8s.amazonaws.com": "vpc-cni", "networking.k8s.aws": "vpc-cni"}


@dataclass(frozen=True)
class Request:
    """One call to the API server, as a rule sees it.

    Attributes:
        operation: `create`, `update` or `delete`.
        type: the type token.
        inputs: the object, secrets revealed.
        cluster: the name of the cluster it is made in.
        inventory: what exists, in AWS and in the cluster.
        page: the page of the rule being asked.
    """

    operation: str
    type: str
    inputs: Mapping[str, Any]
    cluster: str
    inventory: Inventory
    page: str = ""

    @property
    def what(self) -> str:
        """The object in words."""
        return f"{kind_of(self.type)} {id_of(self.type, self.inputs)!r}"

    def refuse(self, reason: str) -> NoReturn:
        """Refuse the call.

        Raises:
            KubernetesError: always.
        """
        raise KubernetesError(f"{self.what}: {reason}", self.page)

    def objects(self, type_token: str) -> list[Record]:
        """Return the objects of a type in this cluster."""
        return self.inventory.list(provider="kubernetes", type=type_token, scope=self.cluster)

    def exists(self, type_token: str, name: str) -> bool:
        """Whether an object of that type and name exists in this object's namespace."""
        _, namespace = name_and_namespace(self.type, self.inputs)
        return self.inventory.get(type_token, f"{namespace}/{name}", self.cluster) is not None

    def released(self, chart: str) -> list[Record]:
        """Return the releases of a chart in this cluster."""
        return [
            release
            for release in self.objects(RELEASE_TYPE)
            if str(release.inputs.get("chart")).rsplit("/", 1)[-1] == chart
        ]


def _fields(request: Request) -> None:
    """The API server knows every field of the built-in kinds and refuses others."""
    try:
        schema = schema_of(request.type)
    except UnknownTypeError:
        return
    for _, reason in check_inputs(schema, {key: value for key, value in request.inputs.items() if key != "compat"}):
        request.refuse(f"field not declared in schema, or of the wrong type: {reason}")


def _namespace_exists(request: Request) -> None:
    """An object's namespace must exist; a release may make its own."""
    _, namespace = name_and_namespace(request.type, request.inputs)
    makes_it = request.type == RELEASE_TYPE and request.inputs.get("createNamespace") is True
    if is_cluster_scoped(request.type) or namespace in ALWAYS_THERE or makes_it:
        return
    if request.inventory.get(NAMESPACE_TYPE, namespace, request.cluster) is None:
        request.refuse(f'namespaces "{namespace}" not found')


def _no_other_of_that_name(request: Request) -> None:
    """A name is unique among the objects of a kind in a namespace."""
    if request.inventory.get(request.type, id_of(request.type, request.inputs), request.cluster) is not None:
        name, _ = name_and_namespace(request.type, request.inputs)
        request.refuse(f'{kind_of(request.type).lower()}s "{name}" already exists')


def _kind_is_known(request: Request) -> None:
    """Objects of a custom kind need its definition, which a chart, an add-on or the program itself brings."""
    try:
        schema_of(request.type)
    except UnknownTypeError:
        pass
    else:
        return
    group = api_version_of(request.type).split("/")[0]
    chart, addon = _CHART_GROUPS.get(group), _ADDON_GROUPS.get(group)
    defined = any(
        at_path(definition.inputs, "spec.group") == group
        and at_path(definition.inputs, "spec.names.kind") == kind_of(request.type)
        for definition in request.objects("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")
    )
    has_addon = addon and request.inventory.get("aws:eks/addon:Addon", f"{request.cluster}:{addon}")
    if not (defined or has_addon or (chart and request.released(chart))):
        source = f"; the chart {chart} brings it" if chart else ""
        request.refuse(
            f'no matches for kind "{kind_of(request.type)}" in version "{api_version_of(request.type)}"{source}'
        )


def _pod_spec(request: Request) -> dict[str, Any]:
    spec = at_path(request.inputs, "spec.template.spec")
    return spec if is_map(spec) else {}


def _awaits(request: Request) -> bool:
    annotations = at_path(request.inputs, "metadata.annotations")
    return not (is_map(annotations) and annotations.get("pulumi.com/skipAwait") == "true")


def _has_nodes(request: Request) -> None:
    """Pods need a node to run on, or they stay pending until Pulumi's wait ends."""
    helm = request.type == RELEASE_TYPE and not request.inputs.get("skipAwait")
    workload = (
        kind_of(request.type) in _WORKLOADS and at_path(request.inputs, "spec.replicas") != 0 and _awaits(request)
    )
    if not (helm or workload):
        return
    groups = request.inventory.list(type="aws:eks/nodeGroup:NodeGroup")
    if not any(group.inputs.get("clusterName") == request.cluster for group in groups):
        request.refuse("timed out waiting to be Ready: 0/0 nodes are available, the cluster has no node group")


def _mentions(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every ConfigMap and Secret that pods cannot start without, as (kind, name)."""
    for container in [*objects(spec.get("containers")), *objects(spec.get("initContainers"))]:
        for source in objects(container.get("envFrom")):
            yield from _named(source, (("Secret", "secretRef", "name"), ("ConfigMap", "configMapRef", "name")))
        for variable in objects(container.get("env")):
            yield from _named(
                as_map(variable.get("valueFrom")),
                (("Secret", "secretKeyRef", "name"), ("ConfigMap", "configMapKeyRef", "name")),
            )
    for volume in objects(spec.get("volumes")):
        yield from _named(volume, (("Secret", "secret", "secretName"), ("ConfigMap", "configMap", "name")))


def _named(holder: Mapping[str, Any], places: tuple[tuple[str, str, str], ...]) -> Iterator[tuple[str, str]]:
    for kind, field, key in places:
        reference = holder.get(field)
        if is_map(reference) and reference.get("optional") is not True and isinstance(reference.get(key), str):
            yield kind, reference[key]


def _mentioned_exist(request: Request) -> None:
    """Pods that mention a Secret, ConfigMap or ServiceAccount that does not exist never start."""
    if kind_of(request.type) not in _WORKLOADS:
        return
    spec = _pod_spec(request)
    account = spec.get("serviceAccountName")
    if account not in {None, "default"} and not request.exists("kubernetes:core/v1:ServiceAccount", str(account)):
        request.refuse(f'pods are forbidden: error looking up service account: serviceaccount "{account}" not found')
    for kind, name in _mentions(spec):
        if not request.exists(f"kubernetes:core/v1:{kind}", name):
            request.refuse(f'CreateContainerConfigError: {kind.lower()} "{name}" not found')


def _gates_can_open(request: Request) -> None:
    """A readiness gate of the controller opens once the target group the pods are bound to is in use."""
    if kind_of(request.type) not in _WORKLOADS or not _awaits(request):
        return
    for gate in objects(_pod_spec(request).get("readinessGates")):
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


def _binding_fits(request: Request) -> None:
    """A TargetGroupBinding names a target group and a service that exist."""
    if request.type != BINDING_TYPE:
        return
    arn, service = (str(at_path(request.inputs, path)) for path in ("spec.targetGroupARN", "spec.serviceRef.name"))
    if request.inventory.by_arn(arn) is None:
        request.refuse(f"TargetGroupNotFound: One or more target groups not found: {arn}")
    if not request.exists("kubernetes:core/v1:Service", service):
        request.refuse(f'service "{service}" not found')
    ports = [
        port
        for record in request.objects("kubernetes:core/v1:Service")
        if record.id == id_of(request.type, {"metadata": {**request.inputs["metadata"], "name": service}})
        for port in objects(at_path(record.inputs, "spec.ports"))
    ]
    wanted = at_path(request.inputs, "spec.serviceRef.port")
    if not any(wanted in {port.get("port"), port.get("name")} for port in ports):
        request.refuse(f'unable to find port {wanted} on service "{service}"')


def _controller_outlives_bindings(request: Request) -> None:
    """Bindings carry a finalizer of the controller's; without the controller their deletion never ends.

    The controller itself may go first where the bindings are never deleted one by one, but vanish with their cluster.
    """
    if request.type == BINDING_TYPE and not request.released(CONTROLLER_CHART):
        request.refuse(
            f"timed out waiting for deletion: no {CONTROLLER_CHART} runs to remove"
            " the finalizer elbv2.k8s.aws/resources"
        )


_KUBERNETES: Final = "https://kubernetes.io/docs"
_CONTROLLER: Final = "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/"
_WRITES: Final = frozenset({"create", "update"})

_RULES: Final[tuple[tuple[frozenset[str], Callable[[Request], None], str], ...]] = (
    (_WRITES, _fields, f"{_KUBERNETES}/reference/using-api/server-side-apply/"),
    (frozenset({"create"}), _no_other_of_that_name, f"{_KUBERNETES}/concepts/overview/working-with-objects/names/"),
    (_WRITES, _namespace_exists, f"{_KUBERNETES}/concepts/overview/working-with-objects/namespaces/"),
    (_WRITES, _kind_is_known, f"{_KUBERNETES}/concepts/extend-kubernetes/api-extension/custom-resources/"),
    (_WRITES, _mentioned_exist, f"{_KUBERNETES}/concepts/configuration/secret/"),
    (_WRITES, _has_nodes, f"{_KUBERNETES}/concepts/scheduling-eviction/kube-scheduler/"),
    (_WRITES, _binding_fits, f"{_CONTROLLER}guide/targetgroupbinding/targetgroupbinding/"),
    (_WRITES, _gates_can_open, f"{_CONTROLLER}deploy/pod_readiness_gate/"),
    (
        frozenset({"delete"}),
        _controller_outlives_bindings,
        f"{_KUBERNETES}/concepts/overview/working-with-objects/finalizers/",
    ),
)  # fmt: skip


def enforce(request: Request) -> None:
    """Ask every rule that concerns a call.

    Raises:
        KubernetesError: one of them refuses it.
    """
    for operations, check, page in _RULES:
        if request.operation in operations:
            check(Request(request.operation, request.type, request.inputs, request.cluster, request.inventory, page))
