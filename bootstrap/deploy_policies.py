"""What a deployment may do, part by part, each statement with its reason.

Creating most network resources cannot be limited to names, since they have none before they exist; everything that has
a name is limited to the environment's own. Actions and what they can be limited to:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from typing import Any


def deploy_policies(name: str, account: str, region: str, zone_id: str) -> dict[str, dict[str, Any]]:
    """The policies of the environment `name`, by part. Each stays below the 6,144 characters of a managed policy.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    in_region = {"StringEquals": {"aws:RequestedRegion": region}}
    return {
        "network": _document(
            # Describing has no resource to be limited to; a preview reads everything before it changes anything.
            _allow("Look", ["ec2:Describe*", "elasticloadbalancing:Describe*", "tag:GetResources"], ["*"]),
            # The VPC and what lies in it, in this region only.
            _allow("Network", _NETWORK, ["*"], in_region),
            # Rules, listeners and target groups of this environment's balancer.
            _allow("Balancer", _BALANCER, [f"arn:aws:elasticloadbalancing:{region}:{account}:*"]),
        ),
        "cluster": _document(
            # The cluster, its node groups, add-ons, access entries and pod identities.
            _allow(
                "Cluster",
                _CLUSTER,
                [f"arn:aws:eks:{region}:{account}:*/{name}", f"arn:aws:eks:{region}:{account}:*/{name}/*"],
            ),
            _allow("ClusterVersions", ["eks:DescribeAddonVersions", "eks:DescribeClusterVersions"], ["*"]),
            # EKS makes the Auto Scaling groups; the schedules and policies of their sizes are ours, and the alarms.
            _allow(
                "Schedules",
                _actions(
                    "autoscaling",
                    "PutScheduledUpdateGroupAction DeleteScheduledAction PutScalingPolicy DeletePolicy",
                ),
                [f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/eks-{name}-*"],
            ),
            _allow("LookAtGroups", ["autoscaling:Describe*"], ["*"]),
            _allow("Alarms", _ALARMS, [f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}-*"]),
            # The key of the cluster's secrets. A key has no name before it exists; its tags carry the stack's.
            _allow("MakeKeys", ["kms:CreateKey", "kms:ListAliases"], ["*"], in_region),
            _allow("Keys", _KEYS, [f"arn:aws:kms:{region}:{account}:key/*"]),
            # Control-plane and container logs of this cluster, flow logs of this network.
            _allow(
                "Logs",
                _LOGS,
                [
                    f"arn:aws:logs:{region}:{account}:log-group:/aws/eks/{name}/*",
                    f"arn:aws:logs:{region}:{account}:log-group:/aws/containerinsights/{name}/*",
                    f"arn:aws:logs:{region}:{account}:log-group:/aws/vpc/{name}*",
                ],
            ),
            _allow("LookAtLogs", ["logs:DescribeLogGroups"], ["*"]),
        ),
        "roles": _document(
            # Roles of the cluster, its nodes and its pods: every one begins with the environment's name.
            _allow("Roles", _ROLES, [f"arn:aws:iam::{account}:role/{name}-*"]),
            # A deployment may not widen itself.
            {
                "Sid": "NotItself",
                "Effect": "Deny",
                "Action": ["iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole"],
                "Resource": [f"arn:aws:iam::{account}:role/{name}-deploy"],
            },
            # Those roles may be handed to these services only.
            _allow(
                "HandOver",
                ["iam:PassRole"],
                [f"arn:aws:iam::{account}:role/{name}-*"],
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
            # The first cluster, node group and balancer of an account make these roles of AWS's own.
            _allow(
                "ServiceRoles",
                ["iam:CreateServiceLinkedRole"],
                [f"arn:aws:iam::{account}:role/aws-service-role/*"],
                {
                    "StringEquals": {
                        "iam:AWSServiceName": [
                            "eks.amazonaws.com",
                            "eks-nodegroup.amazonaws.com",
                            "autoscaling.amazonaws.com",
                            "elasticloadbalancing.amazonaws.com",
                        ]
                    }
                },
            ),
        ),
        "delivery": _document(
            # The environment's repositories.
            _allow("Registry", _REGISTRY, [f"arn:aws:ecr:{region}:{account}:repository/{name}/*"]),
            # The bucket of the balancer's access logs.
            _allow("AccessLogs", _BUCKETS, [f"arn:aws:s3:::{name}-access-logs-*"]),
            # Certificates have no name before they exist.
            _allow("MakeCertificates", ["acm:RequestCertificate", "acm:ListCertificates"], ["*"], in_region),
            _allow("Certificates", _CERTIFICATES, [f"arn:aws:acm:{region}:{account}:certificate/*"]),
            # Records of this environment's zone, and no other's.
            _allow(
                "Records",
                ["route53:ChangeResourceRecordSets", "route53:GetHostedZone", "route53:ListResourceRecordSets"],
                [f"arn:aws:route53:::hostedzone/{zone_id}"],
            ),
            # To find the zone by its name, and to wait until a change is everywhere.
            _allow("FindZone", ["route53:ListHostedZones", "route53:ListTagsForResource", "route53:GetChange"], ["*"]),
        ),
    }


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(
    sid: str, actions: list[str], resources: list[str], condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement


def _actions(service: str, names: str) -> list[str]:
    return [f"{service}:{name}" for name in names.split()]


_NETWORK = _actions(
    "ec2",
    "CreateVpc DeleteVpc ModifyVpcAttribute CreateSubnet DeleteSubnet ModifySubnetAttribute CreateInternetGateway "
    "DeleteInternetGateway AttachInternetGateway DetachInternetGateway AllocateAddress ReleaseAddress "
    "DisassociateAddress CreateNatGateway DeleteNatGateway CreateRouteTable DeleteRouteTable AssociateRouteTable "
    "DisassociateRouteTable CreateRoute DeleteRoute ReplaceRoute CreateVpcEndpoint ModifyVpcEndpoint "
    "DeleteVpcEndpoints CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupIngress "
    "AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress ModifySecurityGroupRules "
    "UpdateSecurityGroupRuleDescriptionsIngress UpdateSecurityGroupRuleDescriptionsEgress CreateLaunchTemplate "
    "DeleteLaunchTemplate CreateLaunchTemplateVersion DeleteLaunchTemplateVersions ModifyLaunchTemplate RunInstances "
    "CreateFlowLogs DeleteFlowLogs CreateTags DeleteTags",
)
_BALANCER = _actions(
    "elasticloadbalancing",
    "CreateLoadBalancer DeleteLoadBalancer ModifyLoadBalancerAttributes SetSecurityGroups SetSubnets "
    "CreateTargetGroup DeleteTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes CreateListener DeleteListener "
    "ModifyListener ModifyListenerAttributes CreateRule DeleteRule ModifyRule SetRulePriorities RegisterTargets "
    "DeregisterTargets AddTags RemoveTags",
)
_CLUSTER = _actions(
    "eks",
    "CreateCluster DeleteCluster DescribeCluster UpdateClusterConfig UpdateClusterVersion DescribeUpdate "
    "CreateNodegroup DeleteNodegroup DescribeNodegroup UpdateNodegroupConfig UpdateNodegroupVersion CreateAddon "
    "DeleteAddon DescribeAddon UpdateAddon CreateAccessEntry DeleteAccessEntry DescribeAccessEntry UpdateAccessEntry "
    "AssociateAccessPolicy DisassociateAccessPolicy ListAssociatedAccessPolicies CreatePodIdentityAssociation "
    "DeletePodIdentityAssociation DescribePodIdentityAssociation UpdatePodIdentityAssociation "
    "ListPodIdentityAssociations TagResource UntagResource ListTagsForResource",
)
_KEYS = _actions(
    "kms",
    "DescribeKey GetKeyPolicy GetKeyRotationStatus EnableKeyRotation ScheduleKeyDeletion ListResourceTags TagResource "
    "UntagResource UpdateKeyDescription CreateGrant",
)
_LOGS = _actions(
    "logs",
    "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy TagResource UntagResource "
    "ListTagsForResource",
)
_ROLES = _actions(
    "iam",
    "CreateRole DeleteRole GetRole UpdateRole UpdateAssumeRolePolicy TagRole UntagRole ListRoleTags AttachRolePolicy "
    "DetachRolePolicy ListAttachedRolePolicies PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies "
    "ListInstanceProfilesForRole",
)
_REGISTRY = _actions(
    "ecr",
    "CreateRepository DeleteRepository DescribeRepositories PutImageTagMutability PutImageScanningConfiguration "
    "PutLifecyclePolicy GetLifecyclePolicy DeleteLifecyclePolicy TagResource UntagResource ListTagsForResource "
    "DescribeImages BatchDeleteImage",
)
_CERTIFICATES = _actions(
    "acm",
    "DescribeCertificate DeleteCertificate AddTagsToCertificate RemoveTagsFromCertificate ListTagsForCertificate "
    "UpdateCertificateOptions",
)
_ALARMS = _actions(
    "cloudwatch", "PutMetricAlarm DeleteAlarms DescribeAlarms TagResource UntagResource ListTagsForResource"
)
_BUCKETS = _actions(
    "s3",
    "CreateBucket DeleteBucket ListBucket GetBucketLocation GetBucketPolicy PutBucketPolicy DeleteBucketPolicy "
    "GetEncryptionConfiguration PutEncryptionConfiguration GetLifecycleConfiguration PutLifecycleConfiguration "
    "GetBucketPublicAccessBlock PutBucketPublicAccessBlock GetBucketTagging PutBucketTagging GetBucketVersioning "
    "GetBucketAcl GetBucketCORS GetBucketLogging GetBucketWebsite GetBucketRequestPayment GetAccelerateConfiguration "
    "GetReplicationConfiguration GetBucketObjectLockConfiguration DeleteObject DeleteObjectVersion ListBucketVersions",
)
