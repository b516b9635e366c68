"""The stand-in for `pulumi_eks.Cluster`: the same children, with the same names, under the same parents.

Names and structure follow what the real component registers for the arguments of
`sandbox.eks.arguments`. https://github.com/pulumi/pulumi-eks/tree/master/nodejs/eks/cluster
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from sandbox.eks.kubeconfig import kubeconfig
from sandbox.refusal import Refusal

_CLUSTER_POLICY = "AmazonEKSClusterPolicy"
_DIGEST_LENGTH = 8


class ServiceRole(pulumi.ComponentResource):
    """The role with which EKS manages the cluster, and its managed policy.

    https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html
    """

    def __init__(self, name: str, partition: pulumi.Output[str], tags: Any, opts: pulumi.ResourceOptions) -> None:
        super().__init__("eks:index:ServiceRole", name, None, opts)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": ["sts:AssumeRole", "sts:TagSession"],
                    "Effect": "Allow",
                    "Principal": {"Service": ["eks.amazonaws.com"]},
                }
            ],
        }
        self.role = aws.iam.Role(
            f"{name}-role",
            description="Allows EKS to manage clusters on your behalf.",
            assume_role_policy=json.dumps(trust, separators=(",", ":")),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # The real component takes the hash of the ARN in the standard partition, in every partition.
        digest = hashlib.sha1(f"arn:aws:iam::aws:policy/{_CLUSTER_POLICY}".encode(), usedforsecurity=False)
        self.attachment = aws.iam.RolePolicyAttachment(
            f"{name}-{digest.hexdigest()[:_DIGEST_LENGTH]}",
            policy_arn=partition.apply(lambda known: f"arn:{known}:iam::aws:policy/{_CLUSTER_POLICY}"),
            role=self.role.name,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"role": self.role})


class Cluster(pulumi.ComponentResource):
    """An EKS cluster with its service role, Kubernetes provider and access entries.

    Args:
        name: the logical name
        arguments: what `check_arguments` let through, in the provider's spelling
        opts: as for every component
    """

    def __init__(self, name: str, arguments: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        super().__init__("eks:index:Cluster", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        partition = aws.get_partition_output(opts=pulumi.InvokeOutputOptions(parent=self)).partition
        tags = arguments.get("tags")
        service_role = ServiceRole(f"{name}-eksRole", partition, tags, child)
        subnets = _subnets(arguments)
        self.cluster = aws.eks.Cluster(
            f"{name}-eksCluster",
            name=arguments.get("name"),
            role_arn=service_role.role.arn,
            bootstrap_self_managed_addons=arguments.get("bootstrapSelfManagedAddons", True),
            kubernetes_network_config=_network(arguments),
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=subnets,
                endpoint_private_access=arguments.get("endpointPrivateAccess"),
                endpoint_public_access=arguments.get("endpointPublicAccess"),
                public_access_cidrs=_public_cidrs(arguments),
            ),
            version=arguments.get("version"),
            enabled_cluster_log_types=arguments.get("enabledClusterLogTypes"),
            tags=pulumi.Output.all(tags=tags, own=arguments.get("clusterTags")).apply(
                lambda given: {"Name": f"{name}-eksCluster", **(given["own"] or {}), **(given["tags"] or {})}
            ),
            encryption_config=_encryption(arguments),
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode=arguments["authenticationMode"],
                bootstrap_cluster_creator_admin_permissions=True,
            ),
            upgrade_policy=_typed(aws.eks.ClusterUpgradePolicyArgs, arguments.get("upgradePolicy")),
            deletion_protection=arguments.get("deletionProtection"),
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=[
                    "accessConfig.bootstrapClusterCreatorAdminPermissions",
                    "bootstrapSelfManagedAddons",
                ],
                depends_on=[service_role.role, service_role.attachment],
            ),
        )
        # One for this component's own provider, with the person's AWS profile; one for everybody.
        own, public = (self._kubeconfig(arguments, with_profile=each) for each in (True, False))
        self.provider = kubernetes.Provider(
            f"{name}-eks-k8s",
            kubeconfig=own.apply(lambda known: json.dumps(known, separators=(",", ":"))),
            opts=child,
        )
        for entry_name, entry in _entries(arguments.get("accessEntries")).items():
            self._access_entry(f"{name}-{entry_name}", entry)
        self.outputs = _outputs(self, service_role, arguments, subnets, public)
        self.register_outputs(self.outputs)

    def _kubeconfig(self, arguments: Mapping[str, Any], *, with_profile: bool) -> pulumi.Output[Any]:
        profile = pulumi.Config("aws").get("profile")
        credentials = arguments.get("providerCredentialOpts", {"profileName": profile})
        return pulumi.Output.all(
            name=self.cluster.name,
            endpoint=self.cluster.endpoint,
            certificate=self.cluster.certificate_authority.apply(lambda known: known.data),
            arn=self.cluster.arn,
            credentials=credentials,
        ).apply(
            lambda known: kubeconfig(
                cluster=known["name"],
                endpoint=known["endpoint"],
                certificate=known["certificate"],
                region=known["arn"].split(":")[3],
                role=known["credentials"].get("roleArn"),
                profile=known["credentials"].get("profileName") if with_profile else None,
            )
        )

    def _access_entry(self, name: str, entry: Mapping[str, Any]) -> None:
        made = aws.eks.AccessEntry(
            name,
            cluster_name=self.cluster.name,
            principal_arn=entry["principalArn"],
            kubernetes_groups=entry.get("kubernetesGroups"),
            tags=entry.get("tags"),
            type=entry.get("type"),
            user_name=entry.get("username"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.cluster]),
        )
        for policy_name, policy in _entries(entry.get("accessPolicies")).items():
            known = pulumi.Output.from_input(policy)
            aws.eks.AccessPolicyAssociation(
                f"{name}-{policy_name}",
                cluster_name=self.cluster.name,
                principal_arn=entry["principalArn"],
                policy_arn=known.apply(lambda each: each["policyArn"]),
                access_scope=known.apply(
                    lambda each: _typed(aws.eks.AccessPolicyAssociationAccessScopeArgs, each["accessScope"])
                ),
                opts=pulumi.ResourceOptions(parent=made, depends_on=[made]),
            )


def _typed(kind: type[Any], value: Any) -> Any:
    """A nested argument as the SDK's class, so that its names are spelled as AWS's provider does."""
    if value is None:
        return None
    names = {"supportType": "support_type", "namespaces": "namespaces", "type": "type"}
    return pulumi.Output.from_input(value).apply(
        lambda known: kind(**{names[key]: each for key, each in known.items() if each is not None})
    )


def _subnets(arguments: Mapping[str, Any]) -> Any:
    if "subnetIds" in arguments:
        return arguments["subnetIds"]
    kinds = (arguments.get("publicSubnetIds"), arguments.get("privateSubnetIds"))
    return pulumi.Output.all(*kinds).apply(_joined)


def _joined(lists: list[list[Any] | None]) -> list[Any]:
    return [one for each in lists if each is not None for one in each]


def _entries(value: Any) -> dict[str, Any]:
    """A map that may be absent."""
    return {} if value is None else value


def _public_cidrs(arguments: Mapping[str, Any]) -> Any:
    if "publicAccessCidrs" not in arguments:
        return None
    public = arguments.get("endpointPublicAccess", True)

    def check(known: list[Any]) -> Any:
        if not known[1]:
            raise Refusal("eks.Cluster: publicAccessCidrs needs endpointPublicAccess to be True")
        return known[0]

    return pulumi.Output.all(arguments["publicAccessCidrs"], public).apply(check)


def _encryption(arguments: Mapping[str, Any]) -> Any:
    if "encryptionConfigKeyArn" not in arguments:
        return None
    return aws.eks.ClusterEncryptionConfigArgs(
        provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=arguments["encryptionConfigKeyArn"]),
        resources=["secrets"],
    )


def _network(arguments: Mapping[str, Any]) -> Any:
    addresses, family = arguments.get("kubernetesServiceIpAddressRange"), arguments.get("ipFamily")
    if addresses is None and family is None:
        return None
    return aws.eks.ClusterKubernetesNetworkConfigArgs(
        service_ipv4_cidr=addresses, ip_family="ipv4" if family is None else family
    )


def _issuer(identities: Sequence[Any]) -> str:
    return identities[0].oidcs[0].issuer if identities and identities[0].oidcs else ""


def _outputs(
    component: Cluster,
    service_role: ServiceRole,
    arguments: Mapping[str, Any],
    subnets: Any,
    config: pulumi.Output[Any],
) -> dict[str, Any]:
    """The component's outputs, as `pulumi_eks.Cluster` declares them; absent ones stay out."""
    cluster = component.cluster
    group = cluster.vpc_config.apply(lambda known: known.cluster_security_group_id)
    issuer = cluster.identities.apply(_issuer)
    core: dict[str, Any] = {
        "cluster": cluster,
        "clusterIamRole": service_role.role,
        "endpoint": cluster.endpoint,
        "instanceRoles": [],
        "kubeconfig": config,
        "nodeGroupOptions": {"version": arguments.get("version")},
        "provider": component.provider,
        "subnetIds": subnets,
        "vpcId": arguments["vpcId"],
        "publicSubnetIds": arguments.get("publicSubnetIds"),
        "privateSubnetIds": arguments.get("privateSubnetIds"),
        "tags": arguments.get("tags"),
        "accessEntries": list(_entries(arguments.get("accessEntries")).values()),
        "encryptionConfig": cluster.encryption_config,
    }
    return {
        "autoModeNodeRoleName": "",
        "clusterIngressRuleId": "",
        "clusterSecurityGroupId": group,
        "core": {key: value for key, value in core.items() if value is not None},
        "defaultNodeGroupAsgName": "",
        "eksCluster": cluster,
        "fargateProfileId": "",
        "fargateProfileStatus": "",
        "instanceRoles": [],
        "kubeconfig": config,
        "kubeconfigJson": config.apply(lambda known: json.dumps(known, separators=(",", ":"))),
        "nodeSecurityGroupId": group,
        "oidcIssuer": issuer.apply(lambda known: known.removeprefix("https://")),
        "oidcProviderArn": "",
        "oidcProviderUrl": issuer,
    }
