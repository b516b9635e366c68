"""`pulumi_eks.Cluster` with the arguments that Slipway gives it, in a network of two subnets."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}

config = pulumi.Config()
vpc = aws.ec2.Vpc("network", cidr_block="10.0.0.0/16")
private, public = (
    aws.ec2.Subnet(
        f"subnet-{zone}",
        vpc_id=vpc.id,
        cidr_block=f"10.0.{number}.0/24",
        availability_zone=f"us-west-2{zone}",
    )
    for number, zone in enumerate("ab")
)
key = aws.kms.Key("secrets")
admin = aws.iam.Role("admin", assume_role_policy=json.dumps(TRUST))
cluster = eks.Cluster(
    "main",
    name="little",
    version="1.36",
    vpc_id=vpc.id,
    private_subnet_ids=[private.id],
    public_subnet_ids=[public.id],
    skip_default_node_group=True,
    skip_default_security_groups=True,
    authentication_mode=eks.AuthenticationMode.API,
    bootstrap_self_managed_addons=False,
    use_default_vpc_cni=True,
    kube_proxy_addon_options=eks.KubeProxyAddonOptionsArgs(enabled=False),
    coredns_addon_options=eks.CoreDnsAddonOptionsArgs(enabled=False),
    encryption_config_key_arn=key.arn,
    enabled_cluster_log_types=["api", "audit"],
    endpoint_private_access=True,
    endpoint_public_access=True,
    public_access_cidrs=["203.0.113.0/24"],
    access_entries={
        "admin": eks.AccessEntryArgs(
            principal_arn=admin.arn,
            access_policies={
                "all": eks.AccessPolicyAssociationArgs(
                    policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
                    access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
                )
            },
        )
    },
    upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
    fargate=config.get_bool("fargate"),
    tags={"project": "little"},
)
pulumi.export("kubeconfig", cluster.kubeconfig)
pulumi.export("group", cluster.cluster_security_group_id)
pulumi.export("arn", cluster.eks_cluster.apply(lambda made: made.arn))
pulumi.export("endpoint", cluster.core.apply(lambda core: core.endpoint))
