"""What a deployment may do, part by part, each statement with its reason.

What has a name is limited to the environment's own names; what AWS gives a number is limited to what carries no other
environment's tags. Actions and what they can be limited to:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from bootstrap.action_sets import BUCKET, EMPTY_BUCKET, LOG_GROUP
from bootstrap.database_policy import database_policy
from bootstrap.environment_names import ROLES, EnvironmentNames
from bootstrap.fleet_policy import fleet_policy
from bootstrap.statements import Document, actions, allow, deny, document


def deploy_policies(names: EnvironmentNames, zone_id: str) -> dict[str, Document]:
    """The policies of the deploy role, by part. Each stays below the 6,144 characters of a managed policy.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    return {
        "network": _network(names),
        "cluster": _cluster(names),
        "roles": _roles(names),
        "delivery": _delivery(names, zone_id),
        "fleet": fleet_policy(names),
        "database": database_policy(names),
    }


def _network(names: EnvironmentNames) -> Document:
    return document(
        # Describing has no resource to be limited to; a preview reads everything before it changes anything.
        allow("Look", ["ec2:Describe*", "elasticloadbalancing:Describe*", "tag:GetResources"], ["*"]),
        # The VPC and what lies in it, in this region only.
        allow("Network", _NETWORK, [names.arn("ec2", "*")], names.not_anothers),
        # A launch template is tried out as whoever makes a group of it. Images belong to no account.
        allow(
            "Machines",
            ["ec2:RunInstances"],
            [names.arn("ec2", "*"), f"arn:aws:ec2:{names.region}::image/*"],
            names.not_anothers,
        ),
        # Balancers with their listeners, rules and target groups.
        allow("Balancer", _BALANCER, [names.arn("elasticloadbalancing", "*")], names.not_anothers),
    )


def _cluster(names: EnvironmentNames) -> Document:
    parts = ("cluster/{}", "nodegroup/{}/*", "addon/{}/*", "access-entry/{}/*", "podidentityassociation/{}/*")
    log_groups = (
        f"/aws/eks/{names.name}/*",  # control plane
        f"/aws/containerinsights/{names.name}/*",  # containers
        f"/aws/vpc/{names.name}",  # flow logs
    )
    return document(
        # The cluster, its node groups, add-ons, access entries and pod identities.
        allow("Cluster", _CLUSTER, [names.arn("eks", part.format(names.name)) for part in parts]),
        # To be made it has to carry this environment's tags: AWS knows no resource here.
        allow("MakeCluster", ["eks:CreateCluster"], ["*"], names.tagged("aws:RequestTag")),
        # Which versions there are has no resource, and which clusters there are neither.
        allow(
            "ClusterVersions",
            ["eks:DescribeAddonVersions", "eks:DescribeClusterVersions", "eks:ListClusters"],
            ["*"],
        ),
        # EKS makes the Auto Scaling groups of nodes; ours are the schedules and policies of their sizes, and the tags
        # by which the cluster autoscaler knows them.
        allow("Schedules", _SCHEDULES, [names.arn("autoscaling", _group(f"eks-{names.name}-*"))]),
        # Neither groups nor alarms and log groups can be looked at one by one.
        allow("LookAround", ["autoscaling:Describe*", "logs:DescribeLogGroups"], ["*"]),
        allow("Alarms", _ALARMS, [names.arn("cloudwatch", f"alarm:{names.name}-*")]),
        # The key of the cluster's secrets. A key has no name before it exists.
        allow("MakeKeys", ["kms:CreateKey"], ["*"], {"StringEquals": {"aws:RequestedRegion": names.region}}),
        allow("FindKeys", ["kms:ListAliases"], ["*"]),
        allow("Keys", _KEYS, [names.arn("kms", "key/*")], names.not_anothers),
        allow(
            "Logs",
            LOG_GROUP,
            [names.arn("logs", f"log-group:{group}{end}") for group in log_groups for end in ("", ":*")],
        ),
    )


def _roles(names: EnvironmentNames) -> Document:
    bootstraps = [names.role(purpose) for purpose in ROLES]
    return document(
        # Roles of the cluster, its nodes and its pods: every one begins with the environment's name.
        allow("Roles", _ROLES, [names.iam(f"role/{names.name}-*")]),
        # A deployment may not widen itself, nor its neighbours.
        deny("NotItself", _ROLE_CHANGES, bootstraps),
        # Those roles may be handed to these services only.
        allow(
            "HandOver",
            ["iam:PassRole"],
            [names.iam(f"role/{names.name}-*")],
            {
                "StringEquals": {
                    "iam:PassedToService": [
                        "eks.amazonaws.com",
                        "ec2.amazonaws.com",
                        "pods.eks.amazonaws.com",
                        "vpc-flow-logs.amazonaws.com",
                    ]
                }
            },
        ),
        # A role of bootstrap's is nobody's to hand over.
        deny("HandOverNoneOfThese", ["iam:PassRole"], bootstraps),
        # The first cluster, node group, balancer and database of an account make these roles of AWS's own.
        allow(
            "ServiceRoles",
            ["iam:CreateServiceLinkedRole"],
            [names.iam("role/aws-service-role/*")],
            {
                "StringEquals": {
                    "iam:AWSServiceName": [
                        "eks.amazonaws.com",
                        "eks-nodegroup.amazonaws.com",
                        "autoscaling.amazonaws.com",
                        "elasticloadbalancing.amazonaws.com",
                        "rds.amazonaws.com",
                    ]
                }
            },
        ),
        # EKS looks at its own role before it makes a node group.
        allow("LookAtServiceRoles", ["iam:GetRole"], [names.iam("role/aws-service-role/eks*")]),
        # The program's provider takes the role by name, also where somebody has taken it already.
        allow("ItselfAgain", ["sts:AssumeRole", "sts:TagSession"], [names.role("deploy")]),
    )


def _delivery(names: EnvironmentNames, zone_id: str) -> Document:
    return document(
        # The environment's repositories.
        allow("Registry", _REGISTRY, [names.arn("ecr", f"repository/{names.name}/*")]),
        # The bucket of the balancer's access logs.
        allow("AccessLogs", BUCKET, [f"arn:aws:s3:::{names.name}-access-logs-*"]),
        # What is in it goes with it, where the stack is not protected.
        allow("EmptyAccessLogs", EMPTY_BUCKET, [f"arn:aws:s3:::{names.name}-access-logs-*/*"]),
        # Certificates have no name before they exist.
        allow(
            "MakeCertificates",
            ["acm:RequestCertificate"],
            ["*"],
            {"StringEquals": {"aws:RequestedRegion": names.region}},
        ),
        allow("FindCertificates", ["acm:ListCertificates"], ["*"]),
        allow("Certificates", _CERTIFICATES, [names.arn("acm", "certificate/*")], names.not_anothers),
        # Records of this environment's zone, and no other's.
        allow("Records", _RECORDS, [f"arn:aws:route53:::hostedzone/{zone_id}"]),
        # To find the zone by its name.
        allow("FindZone", ["route53:ListHostedZones"], ["*"]),
        # To wait until a change is everywhere.
        allow("FollowChanges", ["route53:GetChange"], ["arn:aws:route53:::change/*"]),
    )


def _group(name: str) -> str:
    return f"autoScalingGroup:*:autoScalingGroupName/{name}"


_NETWORK = actions(
    "ec2",
    "CreateVpc DeleteVpc ModifyVpcAttribute CreateSubnet DeleteSubnet ModifySubnetAttribute CreateInternetGateway "
    "DeleteInternetGateway AttachInternetGateway DetachInternetGateway AllocateAddress ReleaseAddress "
    "DisassociateAddress CreateNatGateway DeleteNatGateway CreateRouteTable DeleteRouteTable AssociateRouteTable "
    "DisassociateRouteTable CreateRoute DeleteRoute ReplaceRoute CreateVpcEndpoint ModifyVpcEndpoint "
    "DeleteVpcEndpoints CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupIngress "
    "AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress ModifySecurityGroupRules "
    "UpdateSecurityGroupRuleDescriptionsIngress UpdateSecurityGroupRuleDescriptionsEgress CreateLaunchTemplate "
    "DeleteLaunchTemplate CreateLaunchTemplateVersion DeleteLaunchTemplateVersions ModifyLaunchTemplate "
    "CreateFlowLogs DeleteFlowLogs CreateTags DeleteTags",
)
_BALANCER = actions(
    "elasticloadbalancing",
    "CreateLoadBalancer DeleteLoadBalancer ModifyLoadBalancerAttributes SetSecurityGroups SetSubnets "
    "CreateTargetGroup DeleteTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes CreateListener DeleteListener "
    "ModifyListener ModifyListenerAttributes CreateRule DeleteRule ModifyRule SetRulePriorities RegisterTargets "
    "DeregisterTargets AddTags RemoveTags",
)
_CLUSTER = actions(
    "eks",
    "DeleteCluster DescribeCluster UpdateClusterConfig UpdateClusterVersion DescribeUpdate "
    "CreateNodegroup DeleteNodegroup DescribeNodegroup ListNodegroups UpdateNodegroupConfig UpdateNodegroupVersion "
    "CreateAddon DeleteAddon DescribeAddon UpdateAddon "
    "CreateAccessEntry DeleteAccessEntry DescribeAccessEntry UpdateAccessEntry "
    "AssociateAccessPolicy DisassociateAccessPolicy ListAssociatedAccessPolicies CreatePodIdentityAssociation "
    "DeletePodIdentityAssociation DescribePodIdentityAssociation UpdatePodIdentityAssociation "
    "ListPodIdentityAssociations TagResource UntagResource ListTagsForResource",
)
_SCHEDULES = actions(
    "autoscaling",
    "PutScheduledUpdateGroupAction DeleteScheduledAction PutScalingPolicy DeletePolicy CreateOrUpdateTags DeleteTags",
)
_KEYS = actions(
    "kms",
    "DescribeKey GetKeyPolicy GetKeyRotationStatus EnableKeyRotation ScheduleKeyDeletion ListResourceTags TagResource "
    "UntagResource UpdateKeyDescription CreateGrant",
)
_ROLE_CHANGES = actions(
    "iam",
    "AttachRolePolicy DetachRolePolicy PutRolePolicy DeleteRolePolicy UpdateAssumeRolePolicy UpdateRole DeleteRole "
    "CreateRole TagRole UntagRole PutRolePermissionsBoundary DeleteRolePermissionsBoundary",
)
_ROLES = actions(
    "iam",
    "CreateRole DeleteRole GetRole UpdateRole UpdateAssumeRolePolicy TagRole UntagRole ListRoleTags AttachRolePolicy "
    "DetachRolePolicy ListAttachedRolePolicies PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies "
    "ListInstanceProfilesForRole",
)
_REGISTRY = actions(
    "ecr",
    "CreateRepository DeleteRepository DescribeRepositories PutImageTagMutability PutImageScanningConfiguration "
    "PutLifecyclePolicy GetLifecyclePolicy DeleteLifecyclePolicy TagResource UntagResource ListTagsForResource "
    "DescribeImages BatchDeleteImage",
)
_CERTIFICATES = actions(
    "acm",
    "DescribeCertificate DeleteCertificate AddTagsToCertificate RemoveTagsFromCertificate ListTagsForCertificate "
    "UpdateCertificateOptions",
)
_RECORDS = actions("route53", "ChangeResourceRecordSets GetHostedZone ListResourceRecordSets ListTagsForResource")
_ALARMS = actions(
    "cloudwatch", "PutMetricAlarm DeleteAlarms DescribeAlarms TagResource UntagResource ListTagsForResource"
)
