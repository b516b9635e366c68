"""Rules about EKS clusters, node groups, add-ons, access entries and pod identities."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sandbox.aws.effects import CLUSTER_TYPE, NODE_GROUP_TYPE
from sandbox.aws.identifiers import ACCOUNT
from sandbox.aws.rules import Call, rule
from sandbox.aws.rules.identity import policies_of, role_of
from sandbox.inventory import Record
from sandbox.values import as_list, as_map, objects

ADDON_TYPE: Final = "aws:eks/addon:Addon"
ACCESS_ENTRY_TYPE: Final = "aws:eks/accessEntry:AccessEntry"
_ASSOCIATION_TYPE: Final = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
_GUIDE: Final = "https://docs.aws.amazon.com/eks/latest/userguide/"
_API: Final = "https://docs.aws.amazon.com/eks/latest/APIReference/"
_POD_IDENTITY: Final = "pods.eks.amazonaws.com"

_NEED_NODES: Final = frozenset({
    "coredns", "metrics-server", "amazon-cloudwatch-observability", "aws-ebs-csi-driver", "aws-efs-csi-driver",
})  # fmt: skip
"""Add-ons made of Deployments, which stay DEGRADED until a node runs them."""


def zones_of_subnets(call: Call, subnet_ids: Any) -> set[str]:
    """Return the availability zones of some subnets."""
    found = (call.inventory.get("aws:ec2/subnet:Subnet", str(subnet)) for subnet in as_list(subnet_ids))
    return {str(subnet.outputs["availabilityZone"]) for subnet in found if subnet is not None}


def cluster_of(call: Call) -> Record | None:
    """Return the cluster a resource belongs to."""
    return call.inventory.get(CLUSTER_TYPE, str(call.inputs.get("clusterName")))


def addons_of(call: Call, cluster: Record) -> set[str]:
    """Return the names of a cluster's add-ons."""
    return {
        str(addon.inputs["addonName"])
        for addon in call.inventory.list(type=ADDON_TYPE)
        if addon.inputs.get("clusterName") == cluster.id
    }


def node_groups_of(call: Call, cluster: Record) -> list[Record]:
    """Return a cluster's node groups."""
    return [each for each in call.inventory.list(type=NODE_GROUP_TYPE) if each.inputs.get("clusterName") == cluster.id]


@rule("create", on=(CLUSTER_TYPE,), page=f"{_GUIDE}network-reqs.html")
def _two_zones(call: Call) -> None:
    """A cluster's subnets lie in at least two zones."""
    subnets = as_map(call.inputs.get("vpcConfig")).get("subnetIds")
    if len(zones_of_subnets(call, subnets)) < 2:  # noqa: PLR2004 - as stated
        call.refuse(
            "InvalidParameterException",
            "Subnets specified must be in at least two different AZs",
        )


@rule("create", on=(CLUSTER_TYPE,), page=f"{_GUIDE}cluster-iam-role.html")
def _cluster_role(call: Call) -> None:
    """A cluster's role exists, trusts EKS and carries AmazonEKSClusterPolicy."""
    role = role_of(call, call.inputs["roleArn"], {"eks.amazonaws.com"}, "InvalidParameterException")
    if not any(arn.endswith("/AmazonEKSClusterPolicy") for arn in policies_of(call.inventory, role.id)):
        call.refuse("InvalidParameterException", f"Role {role.id} lacks the policy AmazonEKSClusterPolicy")


@rule("create", "update", on=(CLUSTER_TYPE,), page=f"{_GUIDE}cluster-endpoint.html")
def _some_endpoint(call: Call) -> None:
    """An endpoint is private, public or both."""
    network = as_map(call.inputs.get("vpcConfig"))
    if network.get("endpointPublicAccess") is False and network.get("endpointPrivateAccess") is not True:
        call.refuse("InvalidParameterException", "Private and public endpoint access cannot both be false")


@rule("update", on=(CLUSTER_TYPE,), page=f"{_API}API_UpdateClusterVersion.html")
def _one_minor_version(call: Call) -> None:
    """A control plane goes up one minor version at a time, when all managed node groups have its version.

    EKS takes it back by one within seven days of an upgrade; that is not emulated, so any way back is refused.
    """
    running, wanted = str(call.existing.outputs["version"]), call.inputs.get("version")
    if wanted in {None, running}:
        return
    if _minor(str(wanted)) - _minor(running) != 1:
        call.refuse(
            "InvalidParameterException", f"Unsupported Kubernetes minor version update from {running} to {wanted}"
        )
    behind = [each.name for each in node_groups_of(call, call.existing) if each.outputs["version"] != running]
    if behind:
        call.refuse(
            "InvalidRequestException",
            f"Nodegroup(s) {', '.join(behind)} must be updated to match cluster version {running} before updating"
            " cluster version",
        )


@rule("create", "update", on=(NODE_GROUP_TYPE,), page="https://kubernetes.io/releases/version-skew-policy/#kubelet")
def _nodes_are_not_newer(call: Call) -> None:
    """Nodes are at most three minor versions older than the control plane, and never newer."""
    cluster, wanted = cluster_of(call), call.inputs.get("version")
    if cluster is None or wanted is None:
        return
    running = str(cluster.outputs["version"])
    if not 0 <= _minor(running) - _minor(str(wanted)) <= 3:  # noqa: PLR2004 - as stated
        call.refuse(
            "InvalidParameterException", f"Nodegroup Kubernetes version {wanted} does not go with cluster's {running}"
        )


def _minor(version: str) -> int:
    return int(version.split(".")[1])


@rule("delete", on=(CLUSTER_TYPE,), page=f"{_GUIDE}delete-cluster.html")
def _cluster_is_empty(call: Call) -> None:
    """A cluster that is protected, or has node groups, cannot be deleted."""
    if call.existing.inputs.get("deletionProtection") is True:
        call.refuse("InvalidRequestException", f"Cluster {call.existing.id} has deletion protection enabled")
    groups = node_groups_of(call, call.existing)
    if groups:
        call.refuse("ResourceInUseException", f"Cluster has nodegroups attached: {groups[0].name}")


@rule("create", "update", on=(NODE_GROUP_TYPE,), page=f"{_API}API_NodegroupScalingConfig.html")
def _node_sizes(call: Call) -> None:
    """A node group's sizes are ordered, and its maximum is at least 1."""
    sizes = as_map(call.inputs.get("scalingConfig"))
    smallest, largest, desired = (int(sizes[name]) for name in ("minSize", "maxSize", "desiredSize"))
    if largest < 1:
        call.refuse("InvalidParameterException", f"maxSize is {largest}: Minimum value of 1")
    if not 0 <= smallest <= desired <= largest:
        call.refuse(
            "InvalidParameterException",
            f"minSize {smallest} <= desiredSize {desired} <= maxSize {largest} does not hold",
        )


@rule("create", "update", on=(NODE_GROUP_TYPE,), page=f"{_API}API_NodegroupUpdateConfig.html")
def _update_config(call: Call) -> None:
    """How many nodes may be missing during an update is a number or a percentage, not both and not none."""
    config = as_map(call.inputs.get("updateConfig"))
    given = [config[name] for name in ("maxUnavailable", "maxUnavailablePercentage") if config.get(name) is not None]
    if config and (len(given) != 1 or not 1 <= int(given[0]) <= 100):  # noqa: PLR2004 - both range from 1 to 100
        call.refuse("InvalidParameterException", "exactly one of maxUnavailable and maxUnavailablePercentage, 1 to 100")


@rule("create", on=(NODE_GROUP_TYPE,), page=f"{_GUIDE}create-node-role.html")
def _node_role(call: Call) -> None:
    """A node role trusts EC2 and lets nodes join and pull images."""
    role = role_of(call, call.inputs["nodeRoleArn"], {"ec2.amazonaws.com"}, "InvalidParameterException")
    attached = {arn.rsplit("/", 1)[-1] for arn in policies_of(call.inventory, role.id)}
    if "AmazonEKSWorkerNodePolicy" not in attached and "AmazonEKSWorkerNodeMinimalPolicy" not in attached:
        call.refuse("NodeCreationFailure", f"role {role.id} lacks AmazonEKSWorkerNodePolicy: nodes cannot join")
    pull = {"AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly"}
    if not attached & pull:
        call.refuse(
            "NodeCreationFailure", f"role {role.id} lacks {' or '.join(sorted(pull))}: nodes cannot pull images"
        )


@rule("create", on=(NODE_GROUP_TYPE,), page=f"{_GUIDE}troubleshooting.html")
def _nodes_become_ready(call: Call) -> None:
    """Nodes become ready once a network plugin runs; without self-managed add-ons that is vpc-cni and kube-proxy."""
    cluster = cluster_of(call)
    if cluster is None or cluster.inputs.get("bootstrapSelfManagedAddons") is not False:
        return
    missing = {"vpc-cni", "kube-proxy"} - addons_of(call, cluster)
    if missing:
        call.refuse(
            "NodeCreationFailure",
            "Unhealthy nodes in the kubernetes cluster: container runtime network not ready, cni plugin not"
            f" initialized; the cluster lacks the add-on(s) {', '.join(sorted(missing))}",
        )


@rule("create", on=(NODE_GROUP_TYPE,), page=f"{_GUIDE}cni-iam-role.html")
def _plugin_may_assign(call: Call) -> None:
    """The network plugin needs AmazonEKS_CNI_Policy: through a pod identity or service account, or on the nodes."""
    cluster = cluster_of(call)
    if cluster is None:
        return
    roles = [call.inputs["nodeRoleArn"]]
    plugin = call.inventory.get(ADDON_TYPE, f"{cluster.id}:vpc-cni")
    if plugin is not None:
        identities = objects(plugin.inputs.get("podIdentityAssociations"))
        roles += [plugin.inputs.get("serviceAccountRoleArn"), *(each.get("roleArn") for each in identities)]
    roles += [
        each.inputs.get("roleArn")
        for each in call.inventory.list(type=_ASSOCIATION_TYPE)
        if each.inputs.get("clusterName") == cluster.id and each.inputs.get("serviceAccount") == "aws-node"
    ]
    known = [role for role in (call.inventory.by_arn(str(arn)) for arn in roles) if role is not None]
    if not any("AmazonEKS_CNI" in arn for role in known for arn in policies_of(call.inventory, role.id)):
        call.refuse(
            "NodeCreationFailure", "the network plugin cannot assign addresses: nobody gave it AmazonEKS_CNI_Policy"
        )


@rule("create", "update", on=(NODE_GROUP_TYPE,), page=f"{_GUIDE}launch-templates.html")
def _template_fits(call: Call) -> None:
    """Settings given in a launch template cannot be given to the group again."""
    given = as_map(call.inputs.get("launchTemplate"))
    template = call.inventory.by_id(str(given.get("id")))
    if not given or template is None:
        return
    if call.inputs.get("diskSize") is not None:
        call.refuse("InvalidParameterException", "Disk size must be specified within the launch template.")
    if call.inputs.get("remoteAccess") is not None:
        call.refuse(
            "InvalidParameterException", "Remote access configuration cannot be specified with a launch template."
        )
    if template.inputs.get("instanceType") and call.inputs.get("instanceTypes"):
        call.refuse("InvalidParameterException", "You cannot specify instance types in both launch template and API")
    if template.inputs.get("iamInstanceProfile"):
        call.refuse("InvalidRequestException", "Launch template cannot specify an IAM instance profile")


@rule("create", on=(ADDON_TYPE,), page=f"{_GUIDE}managing-coredns.html")
def _addon_has_nodes(call: Call) -> None:
    """An add-on made of Deployments stays DEGRADED where no node runs it, and its creation fails in the end."""
    cluster = cluster_of(call)
    if cluster is not None and call.inputs["addonName"] in _NEED_NODES and not node_groups_of(call, cluster):
        call.refuse(
            "InsufficientNumberOfReplicas",
            f"unexpected state 'DEGRADED', wanted target 'ACTIVE': {call.inputs['addonName']} has no node to run on",
        )


@rule("create", "update", on=(ADDON_TYPE,), page=f"{_API}API_CreateAddon.html")
def _addon_configuration(call: Call) -> None:
    """Configuration values are one JSON (or YAML) object."""
    values = call.inputs.get("configurationValues")
    if isinstance(values, str) and values.lstrip().startswith("{"):
        try:
            json.loads(values)
        except ValueError as error:
            call.refuse("InvalidParameterException", f"ConfigurationValue provided in request is not valid: {error}")


@rule("create", "update", on=(ADDON_TYPE,), page=f"{_GUIDE}add-ons-iam.html")
def _addon_identities(call: Call) -> None:
    """A role given to an add-on's pods trusts EKS Pod Identity, whose agent the cluster runs."""
    for association in objects(call.inputs.get("podIdentityAssociations")):
        _check_pod_identity(call, association)


@rule("create", "update", on=(_ASSOCIATION_TYPE,), page=f"{_GUIDE}pod-id-association.html")
def _association_role(call: Call) -> None:
    """A role given to pods trusts EKS Pod Identity."""
    _check_pod_identity(call, call.inputs)


def _check_pod_identity(call: Call, association: Mapping[str, Any]) -> None:
    role_of(call, association.get("roleArn"), {_POD_IDENTITY}, "InvalidParameterException")


@rule("create", on=(ACCESS_ENTRY_TYPE,), page=f"{_GUIDE}setting-up-access-entries.html")
def _entries_switched_on(call: Call) -> None:
    """Access entries need an authentication mode that has them."""
    cluster = cluster_of(call)
    mode = as_map(cluster.outputs.get("accessConfig")).get("authenticationMode") if cluster else None
    if cluster is not None and mode == "CONFIG_MAP":
        call.refuse(
            "InvalidRequestException",
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP]",
        )


@rule("create", on=(ACCESS_ENTRY_TYPE,), page=f"{_API}API_CreateAccessEntry.html")
def _principal_is_an_identity(call: Call) -> None:
    """An entry's principal is an IAM role or user, not a session."""
    principal = str(call.inputs["principalArn"])
    if ":sts:" in principal or not principal.startswith("arn:aws:iam::") or principal == f"arn:aws:iam::{ACCOUNT}:root":
        call.refuse(
            "InvalidParameterException", f"The specified principalArn is invalid: invalid principal {principal}"
        )


@rule(
    "create",
    on=("aws:eks/accessPolicyAssociation:AccessPolicyAssociation",),
    page=f"{_GUIDE}access-policies.html",
)
def _policy_has_entry(call: Call) -> None:
    """An access policy is associated with an entry that exists."""
    entry = f"{call.inputs['clusterName']}:{call.inputs['principalArn']}"
    if call.inventory.get(ACCESS_ENTRY_TYPE, entry) is None:
        call.refuse(
            "ResourceNotFoundException", f"The specified principalArn could not be found: {call.inputs['principalArn']}"
        )
    policy = str(call.inputs["policyArn"])
    if not policy.startswith("arn:aws:eks::aws:cluster-access-policy/"):
        call.refuse("InvalidParameterException", f"The policyArn parameter format is not valid: {policy}")
