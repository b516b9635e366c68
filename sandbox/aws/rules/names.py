"""Rules about names and other things of which there can be only one."""

from collections.abc import Mapping
from typing import Final

from sandbox.aws.identifiers import scope_of
from sandbox.aws.names import naming_of
from sandbox.aws.rules import Call, rule
from sandbox.aws.schema import schema_of

_DOCUMENTATION: Final = "https://docs.aws.amazon.com/"
_EC2: Final = "AWSEC2/latest/APIReference/API_"
_EKS: Final = "eks/latest/APIReference/API_"
_PAGES: Final[Mapping[str, str]] = {
    "aws:cloudwatch/logGroup:LogGroup": "AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html",
    "aws:ec2/launchTemplate:LaunchTemplate": f"{_EC2}CreateLaunchTemplate.html",
    "aws:ec2/natGateway:NatGateway": f"{_EC2}CreateNatGateway.html",
    "aws:ec2/route:Route": f"{_EC2}CreateRoute.html",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": f"{_EC2}AssociateRouteTable.html",
    "aws:ec2/securityGroup:SecurityGroup": f"{_EC2}CreateSecurityGroup.html",
    "aws:ecr/repository:Repository": "AmazonECR/latest/APIReference/API_CreateRepository.html",
    "aws:eks/accessEntry:AccessEntry": f"{_EKS}CreateAccessEntry.html",
    "aws:eks/addon:Addon": f"{_EKS}CreateAddon.html",
    "aws:eks/cluster:Cluster": f"{_EKS}CreateCluster.html",
    "aws:eks/nodeGroup:NodeGroup": f"{_EKS}CreateNodegroup.html",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": f"{_EKS}CreatePodIdentityAssociation.html",
    "aws:iam/instanceProfile:InstanceProfile": "IAM/latest/APIReference/API_CreateInstanceProfile.html",
    "aws:iam/policy:Policy": "IAM/latest/APIReference/API_CreatePolicy.html",
    "aws:iam/role:Role": "IAM/latest/APIReference/API_CreateRole.html",
    "aws:kms/alias:Alias": "kms/latest/APIReference/API_CreateAlias.html",
    "aws:lb/listener:Listener": "elasticloadbalancing/latest/APIReference/API_CreateListener.html",
    "aws:lb/listenerRule:ListenerRule": "elasticloadbalancing/latest/APIReference/API_CreateRule.html",
    "aws:lb/loadBalancer:LoadBalancer": "elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html",
    "aws:lb/targetGroup:TargetGroup": "elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html",
    "aws:rds/instance:Instance": "AmazonRDS/latest/APIReference/API_CreateDBInstance.html",
    "aws:rds/subnetGroup:SubnetGroup": "AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html",
    "aws:s3/bucket:Bucket": "AmazonS3/latest/API/API_CreateBucket.html",
    "aws:ssm/parameter:Parameter": "systems-manager/latest/APIReference/API_PutParameter.html",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": f"{_EC2}AuthorizeSecurityGroupEgress.html",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": f"{_EC2}AuthorizeSecurityGroupIngress.html",
}
"""The page that states what must be unique, per type."""

_COLLISIONS: Final[Mapping[str, tuple[str, str]]] = {
    "aws:cloudwatch/logGroup:LogGroup": ("ResourceAlreadyExistsException", "The specified log group already exists"),
    "aws:ec2/launchTemplate:LaunchTemplate": (
        "InvalidLaunchTemplateName.AlreadyExistsException",
        "Launch template name already in use.",
    ),
    "aws:ecr/repository:Repository": ("RepositoryAlreadyExistsException", "The repository already exists"),
    "aws:eks/cluster:Cluster": ("ResourceInUseException", "Cluster already exists"),
    "aws:iam/instanceProfile:InstanceProfile": ("EntityAlreadyExists", "Instance Profile already exists."),
    "aws:iam/policy:Policy": ("EntityAlreadyExists", "A policy of that name already exists."),
    "aws:iam/role:Role": ("EntityAlreadyExists", "Role with that name already exists."),
    "aws:kms/alias:Alias": ("AlreadyExistsException", "An alias of that name already exists"),
    "aws:lb/loadBalancer:LoadBalancer": (
        "DuplicateLoadBalancerName",
        "A load balancer with the same name but with different settings exists",
    ),
    "aws:lb/targetGroup:TargetGroup": (
        "DuplicateTargetGroupName",
        "A target group with the same name exists, but with different settings",
    ),
    "aws:rds/instance:Instance": ("DBInstanceAlreadyExists", "DB instance already exists"),
    "aws:rds/subnetGroup:SubnetGroup": ("DBSubnetGroupAlreadyExists", "The DB subnet group already exists."),
    "aws:s3/bucket:Bucket": ("BucketAlreadyOwnedByYou", "Your previous request to create the bucket succeeded"),
    "aws:ssm/parameter:Parameter": ("ParameterAlreadyExists", "The parameter already exists."),
}
"""The error of a second thing of a name, per type."""


def _name_is_free(call: Call) -> None:
    """A name is unique in its region, or in the account for global types."""
    naming = naming_of(schema_of(call.type))
    name = call.inputs.get(naming.property if naming else "name")
    scope = scope_of(call.type, call.region, call.inputs)
    if any(record.name == name and record.scope == scope for record in call.others(call.type)):
        code, words = _COLLISIONS[call.type]
        call.refuse(code, f"{words}: {name}")


_ONE_OF: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "aws:eks/accessEntry:AccessEntry": (("clusterName", "principalArn"), "ResourceInUseException"),
    "aws:eks/addon:Addon": (("clusterName", "addonName"), "ResourceInUseException"),
    "aws:eks/nodeGroup:NodeGroup": (("clusterName", "nodeGroupName"), "ResourceInUseException"),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": (
        ("clusterName", "namespace", "serviceAccount"),
        "ResourceInUseException",
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": (("subnetId",), "Resource.AlreadyAssociated"),
    "aws:ec2/route:Route": (("routeTableId", "destinationCidrBlock"), "RouteAlreadyExists"),
    "aws:ec2/securityGroup:SecurityGroup": (("vpcId", "name"), "InvalidGroup.Duplicate"),
    "aws:ec2/natGateway:NatGateway": (("allocationId",), "Resource.AlreadyAssociated"),
    "aws:lb/listener:Listener": (("loadBalancerArn", "port"), "DuplicateListener"),
    "aws:lb/listenerRule:ListenerRule": (("listenerArn", "priority"), "PriorityInUse"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (
        ("securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "referencedSecurityGroupId",
         "prefixListId"),
        "InvalidPermission.Duplicate",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        ("securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "referencedSecurityGroupId",
         "prefixListId"),
        "InvalidPermission.Duplicate",
    ),
}  # fmt: skip
"""The properties that together are unique among the things of a type, with the service's error."""


def _only_one(call: Call) -> None:
    """One listener per port, one rule per priority, one add-on of a name, one route per destination, and so on."""
    properties, code = _ONE_OF[call.type]
    wanted = [call.inputs.get(name) for name in properties]
    if wanted[-1] is None and len(wanted) <= 2:  # noqa: PLR2004 - the last part was left to AWS to choose
        return
    for record in call.others(call.type):
        # Outputs hold the inputs and the names AWS or the provider chose.
        if [record.outputs.get(name) for name in properties] == wanted:
            shown = ", ".join(
                f"{name} {value}" for name, value in zip(properties, wanted, strict=True) if value is not None
            )
            call.refuse(code, f"{record.id} has the same {shown}")


for _type in _COLLISIONS:
    rule("create", on=(_type,), page=_DOCUMENTATION + _PAGES[_type])(_name_is_free)
for _type in _ONE_OF:
    rule("create", on=(_type,), page=_DOCUMENTATION + _PAGES[_type])(_only_one)
