"""What an object needs to be made at all: known fields, a known kind, its namespace and a name of its own."""

from collections.abc import Mapping
from typing import Final

from sandbox.aws.schema import UnknownTypeError, check_inputs, schema_of
from sandbox.kubernetes.objects import (
    ALWAYS_THERE,
    CONTROLLER_CHART,
    NAMESPACE_TYPE,
    RELEASE_TYPE,
    api_version_of,
    id_of,
    is_cluster_scoped,
    kind_of,
    name_and_namespace,
)  # fmt: skip
from sandbox.kubernetes.rules.request import Request
from sandbox.values import at_path

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


def fields(request: Request) -> None:
    """The API server knows every field of the built-in kinds and refuses others."""
    try:
        schema = schema_of(request.type)
    except UnknownTypeError:
        return
    for _, reason in check_inputs(schema, {key: value for key, value in request.inputs.items() if key != "compat"}):
        request.refuse(f"field not declared in schema, or of the wrong type: {reason}")


def namespace_exists(request: Request) -> None:
    """An object's namespace must exist; a release may make its own."""
    _, namespace = name_and_namespace(request.type, request.inputs)
    makes_it = request.type == RELEASE_TYPE and request.inputs.get("createNamespace") is True
    if is_cluster_scoped(request.type) or namespace in ALWAYS_THERE or makes_it:
        return
    if request.inventory.get(NAMESPACE_TYPE, namespace, request.cluster) is None:
        request.refuse(f'namespaces "{namespace}" not found')


def no_other_of_that_name(request: Request) -> None:
    """A name is unique among the objects of a kind in a namespace."""
    if request.inventory.get(request.type, id_of(request.type, request.inputs), request.cluster) is not None:
        name, _ = name_and_namespace(request.type, request.inputs)
        request.refuse(f'{kind_of(request.type).lower()}s "{name}" already exists')


def kind_is_known(request: Request) -> None:
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
