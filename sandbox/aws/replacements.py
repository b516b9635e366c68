"""Which inputs force a replacement, per type, from the provider's documentation ("Forces new resource").

The pages are those of the Terraform provider that pulumi-aws is built on; their snake_case names are Pulumi's
camelCase ones here. A type the table does not know is replaced when its name or region changes, and updated else.
"""

from collections.abc import Mapping
from typing import Final

_PAGES: Final = "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/"

_TABLE: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "aws:acm/certificate:Certificate": (
        "acm_certificate",
        (
            *("domainName", "subjectAlternativeNames", "validationMethod", "keyAlgorithm", "certificateAuthorityArn"),
            *("validationOptions",),
        ),
    ),
    "aws:acm/certificateValidation:CertificateValidation": (
        "acm_certificate_validation",
        ("certificateArn", "validationRecordFqdns"),
    ),
    "aws:autoscaling/group:Group": ("autoscaling_group", ("name", "namePrefix", "placementGroup")),
    "aws:autoscaling/policy:Policy": ("autoscaling_policy", ("name", "autoscalingGroupName")),
    "aws:autoscaling/schedule:Schedule": ("autoscaling_schedule", ("scheduledActionName", "autoscalingGroupName")),
    "aws:autoscaling/tag:Tag": ("autoscaling_group_tag", ("autoscalingGroupName", "tag.key")),
    "aws:budgets/budget:Budget": ("budgets_budget", ("name", "namePrefix", "accountId", "timeUnit")),
    "aws:cloudwatch/dashboard:Dashboard": ("cloudwatch_dashboard", ("dashboardName",)),
    "aws:cloudwatch/eventApiDestination:EventApiDestination": ("cloudwatch_event_api_destination", ("name",)),
    "aws:cloudwatch/eventConnection:EventConnection": ("cloudwatch_event_connection", ("name",)),
    "aws:cloudwatch/eventRule:EventRule": ("cloudwatch_event_rule", ("name", "namePrefix", "eventBusName")),
    "aws:cloudwatch/eventTarget:EventTarget": ("cloudwatch_event_target", ("rule", "eventBusName", "targetId")),
    "aws:cloudwatch/logGroup:LogGroup": ("cloudwatch_log_group", ("name", "namePrefix", "logGroupClass")),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch_metric_alarm", ("name",)),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ("default_security_group", ("vpcId",)),
    "aws:ec2/eip:Eip": ("eip", ("domain", "address", "publicIpv4Pool", "networkBorderGroup", "customerOwnedIpv4Pool")),
    "aws:ec2/flowLog:FlowLog": (
        "flow_log",
        (
            *("vpcId", "subnetId", "eniId", "trafficType", "logDestination", "logDestinationType", "logFormat"),
            *("iamRoleArn", "maxAggregationInterval", "destinationOptions", "deliverCrossAccountRole"),
            *("transitGatewayId", "transitGatewayAttachmentId"),
        ),
    ),
    "aws:ec2/internetGateway:InternetGateway": ("internet_gateway", ()),
    "aws:ec2/launchTemplate:LaunchTemplate": ("launch_template", ("name", "namePrefix")),
    "aws:ec2/natGateway:NatGateway": (
        "nat_gateway",
        ("subnetId", "allocationId", "connectivityType", "privateIp", "vpcId", "availabilityMode"),
    ),
    "aws:ec2/route:Route": (
        "route",
        ("routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"),
    ),
    "aws:ec2/routeTable:RouteTable": ("route_table", ("vpcId",)),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ("route_table_association", ("subnetId", "gatewayId")),
    "aws:ec2/securityGroup:SecurityGroup": ("security_group", ("name", "namePrefix", "description", "vpcId")),
    "aws:ec2/subnet:Subnet": (
        "subnet",
        ("vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "ipv6Native", "outpostArn"),
    ),
    "aws:ec2/vpc:Vpc": ("vpc", ("cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength")),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (
        "vpc_endpoint",
        ("vpcId", "serviceName", "vpcEndpointType", "serviceRegion", "resourceConfigurationArn", "serviceNetworkArn"),
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ("ecr_lifecycle_policy", ("repository", "policy")),
    "aws:ecr/repository:Repository": ("ecr_repository", ("name", "encryptionConfigurations")),
    "aws:eks/accessEntry:AccessEntry": ("eks_access_entry", ("clusterName", "principalArn", "type")),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": (
        "eks_access_policy_association",
        ("clusterName", "principalArn", "policyArn", "accessScope"),
    ),
    "aws:eks/addon:Addon": ("eks_addon", ("clusterName", "addonName")),
    "aws:eks/cluster:Cluster": (
        "eks_cluster",
        (
            *("name", "roleArn", "bootstrapSelfManagedAddons", "outpostConfig"),
            *("accessConfig.bootstrapClusterCreatorAdminPermissions",),
            *("kubernetesNetworkConfig.ipFamily", "kubernetesNetworkConfig.serviceIpv4Cidr"),
            *("encryptionConfig.resources",),
        ),
    ),
    "aws:eks/nodeGroup:NodeGroup": (
        "eks_node_group",
        (
            *("clusterName", "nodeGroupName", "nodeGroupNamePrefix", "nodeRoleArn", "subnetIds", "amiType"),
            *("capacityType", "diskSize", "instanceTypes", "remoteAccess"),
            *("launchTemplate.id", "launchTemplate.name"),
        ),
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": (
        "eks_pod_identity_association",
        ("clusterName", "namespace", "serviceAccount"),
    ),
    "aws:iam/instanceProfile:InstanceProfile": ("iam_instance_profile", ("name", "namePrefix", "path")),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": ("iam_openid_connect_provider", ("url",)),
    "aws:iam/policy:Policy": ("iam_policy", ("name", "namePrefix", "path", "description")),
    "aws:iam/role:Role": ("iam_role", ("name", "namePrefix", "path")),
    "aws:iam/rolePolicy:RolePolicy": ("iam_role_policy", ("name", "namePrefix", "role")),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("iam_role_policy_attachment", ("role", "policyArn")),
    "aws:kms/alias:Alias": ("kms_alias", ("name", "namePrefix")),
    "aws:kms/key:Key": (
        "kms_key",
        ("customerMasterKeySpec", "keyUsage", "multiRegion", "customKeyStoreId", "xksKeyId"),
    ),
    "aws:lb/listener:Listener": ("lb_listener", ("loadBalancerArn",)),
    "aws:lb/listenerCertificate:ListenerCertificate": ("lb_listener_certificate", ("listenerArn", "certificateArn")),
    "aws:lb/listenerRule:ListenerRule": ("lb_listener_rule", ("listenerArn",)),
    "aws:lb/loadBalancer:LoadBalancer": (
        "lb",
        ("name", "namePrefix", "internal", "loadBalancerType", "customerOwnedIpv4Pool"),
    ),
    "aws:lb/targetGroup:TargetGroup": (
        "lb_target_group",
        ("name", "namePrefix", "port", "protocol", "protocolVersion", "targetType", "vpcId", "ipAddressType"),
    ),
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": (
        "lb_target_group_attachment",
        ("targetGroupArn", "targetId", "port", "availabilityZone"),
    ),
    "aws:rds/instance:Instance": (
        "db_instance",
        (
            *("identifierPrefix", "engine", "username", "dbName", "storageEncrypted", "kmsKeyId", "availabilityZone"),
            *("characterSetName", "snapshotIdentifier", "restoreToPointInTime", "timezone"),
        ),
    ),
    "aws:rds/parameterGroup:ParameterGroup": ("db_parameter_group", ("name", "namePrefix", "family", "description")),
    "aws:rds/subnetGroup:SubnetGroup": ("db_subnet_group", ("name", "namePrefix")),
    "aws:route53/record:Record": ("route53_record", ("zoneId", "name", "type", "setIdentifier")),
    "aws:route53/zone:Zone": ("route53_zone", ("name", "delegationSetId")),
    "aws:s3/bucket:Bucket": ("s3_bucket", ("bucket", "bucketPrefix", "objectLockEnabled")),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        "s3_bucket_lifecycle_configuration",
        ("bucket", "expectedBucketOwner"),
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": ("s3_object", ("bucket", "key")),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ("s3_bucket_ownership_controls", ("bucket",)),
    "aws:s3/bucketPolicy:BucketPolicy": ("s3_bucket_policy", ("bucket",)),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ("s3_bucket_public_access_block", ("bucket",)),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "s3_bucket_server_side_encryption_configuration",
        ("bucket", "expectedBucketOwner"),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": ("s3_bucket_versioning", ("bucket", "expectedBucketOwner")),
    "aws:scheduler/schedule:Schedule": ("scheduler_schedule", ("name", "namePrefix", "groupName")),
    "aws:sns/topic:Topic": ("sns_topic", ("name", "namePrefix", "fifoTopic")),
    "aws:sns/topicPolicy:TopicPolicy": ("sns_topic_policy", ("arn",)),
    "aws:sns/topicSubscription:TopicSubscription": (
        "sns_topic_subscription",
        ("topic", "protocol", "endpoint"),
    ),
    "aws:ssm/association:Association": ("ssm_association", ("name",)),
    "aws:ssm/document:Document": ("ssm_document", ("name", "documentType")),
    "aws:ssm/parameter:Parameter": ("ssm_parameter", ("name",)),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (
        "vpc_security_group_egress_rule",
        ("securityGroupId",),
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        "vpc_security_group_ingress_rule",
        ("securityGroupId",),
    ),
}  # fmt: skip


def replacing_properties(type_token: str) -> tuple[str, ...]:
    """Return the properties whose change replaces a resource of that type; its region always does."""
    return (*(_TABLE[type_token][1] if type_token in _TABLE else ("name",)), "region")


def must_go_first(type_token: str) -> bool:
    """Whether the provider deletes the old before it makes the new, because both would be the same thing in AWS.

    https://github.com/pulumi/pulumi-aws/blob/master/provider/resources.go (`DeleteBeforeReplace`)
    """
    return type_token in {
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
    }


def documentation_of(type_token: str) -> str:
    """Return the page that says which inputs force a replacement; an empty string for a type not in the table."""
    return _PAGES + _TABLE[type_token][0] if type_token in _TABLE else ""


def known_types() -> list[str]:
    """Return the types of the table."""
    return list(_TABLE)
