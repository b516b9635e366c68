"""The EKS cluster: private, encrypted, logged, entered by named people only."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as k8s

from infra.settings import ClusterSettings

# https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
# https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
ADMIN_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
# Reads everything, secrets too: they are in the stack file and the state already, which a preview decrypts. It asks to
# patch, in a dry run; where that is forbidden, the provider compares by itself.
# https://github.com/pulumi/pulumi-kubernetes/pull/2419
VIEW_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy"


@dataclass(frozen=True)
class ClusterArgs:
    """What the cluster is made of."""

    settings: ClusterSettings
    role_arn: str
    """What this run works as; the first run's has the cluster's administrator for it."""
    preview_role_arn: str
    vpc_id: pulumi.Input[str]
    private_subnet_ids: Sequence[pulumi.Input[str]]
    public_subnet_ids: Sequence[pulumi.Input[str]]
    protect: bool


class Cluster(pulumi.ComponentResource):
    """A cluster without nodes or add-ons, and the way to talk to it."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:Cluster", name, None, opts)
        settings = args.settings
        child = pulumi.ResourceOptions(parent=self)
        key = aws.kms.Key(
            f"{name}-cluster",
            description=f"Encrypts the Kubernetes secrets of {name}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            tags={"Name": f"{name}-cluster"},
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        # EKS would make it at the first line written, without an end to what is kept and nobody to remove it.
        logs = aws.cloudwatch.LogGroup(
            f"{name}-control-plane-logs",
            name=f"/aws/eks/{name}/cluster",
            retention_in_days=settings.log_retention_days,
            opts=child,
        )
        self.cluster = eks.Cluster(
            name,
            # Fixed, because the name of its log group follows from it and has to be there first.
            name=name,
            version=settings.version,
            vpc_id=args.vpc_id,
            private_subnet_ids=list(args.private_subnet_ids),
            public_subnet_ids=list(args.public_subnet_ids),
            authentication_mode=eks.AuthenticationMode.API,
            access_entries={
                **{person: _entry(principal, ADMIN_POLICY) for person, principal in settings.admins.items()},
                # No person's: their names have no underscore.
                "read_only": _entry(args.preview_role_arn, VIEW_POLICY),
            },
            # Else the way in would be taken as the person at the laptop, whom the cluster does not know.
            # https://www.pulumi.com/registry/packages/eks/api-docs/cluster/#providercredentialopts_python
            provider_credential_opts=eks.KubeconfigOptionsArgs(role_arn=args.role_arn),
            endpoint_private_access=True,
            endpoint_public_access=bool(settings.public_access_cidrs),
            public_access_cidrs=[str(cidr) for cidr in settings.public_access_cidrs],
            encryption_config_key_arn=key.arn,
            enabled_cluster_log_types=list(LOG_TYPES),
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            deletion_protection=args.protect,
            # Nodes and add-ons are declared apart from the cluster, each with a version of its own.
            skip_default_node_group=True,
            bootstrap_self_managed_addons=False,
            use_default_vpc_cni=True,
            kube_proxy_addon_options=eks.KubeProxyAddonOptionsArgs(enabled=False),
            coredns_addon_options=eks.CoreDnsAddonOptionsArgs(enabled=False),
            # Managed nodes carry the group that EKS makes; with one of pulumi-eks' own, that one would be exported.
            skip_default_security_groups=True,
            # Workloads have their roles by Pod Identity, which needs no OIDC provider.
            create_oidc_provider=False,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs], protect=args.protect),
        )
        self.name = self.cluster.eks_cluster.apply(lambda cluster: cluster.name)
        self.security_group_id = self.cluster.cluster_security_group_id
        self.kubeconfig = pulumi.Output.secret(self.cluster.kubeconfig_json)
        self.kubernetes = k8s.Provider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            enable_server_side_apply=True,
            opts=child,
        )

        self.register_outputs({"name": self.name})


def _entry(principal_arn: str, policy_arn: str) -> eks.AccessEntryArgs:
    return eks.AccessEntryArgs(
        principal_arn=principal_arn,
        access_policies={
            "admin" if policy_arn == ADMIN_POLICY else "view": eks.AccessPolicyAssociationArgs(
                policy_arn=policy_arn,
                access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
            )
        },
    )
