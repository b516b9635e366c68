"""Rules about what a resource mentions: it must exist, and it cannot go while something mentions it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.aws.identifiers import ACCOUNT
from sandbox.aws.rules import ANY, Call, rule
from sandbox.inventory import Record
from sandbox.values import leaves

_MISSING_ID: Final[Mapping[str, str]] = {
    "eipalloc": "InvalidAllocationID.NotFound",
    "igw": "InvalidInternetGatewayID.NotFound",
    "lt": "InvalidLaunchTemplateId.NotFound",
    "nat": "NatGatewayNotFound",
    "rtb": "InvalidRouteTableID.NotFound",
    "sg": "InvalidGroup.NotFound",
    "subnet": "InvalidSubnetID.NotFound",
    "vpc": "InvalidVpcID.NotFound",
    "vpce": "InvalidVpcEndpointId.NotFound",
}
"""The ids the emulation keeps, by prefix, with the error of one that does not exist."""

_ID: Final = re.compile(rf"({'|'.join(_MISSING_ID)})-[0-9a-f]{{8,17}}")
_ARN: Final = re.compile(r"arn:aws[\w-]*:([\w-]+):[\w-]*:(\d{12}):(.+)")
_NOT_KEPT: Final = re.compile(r"root$|user/|group/|assumed-role/|.*aws-reserved|.*aws-service-role|.*[*?]")
"""Parts of an account the emulation keeps no record of: its root, its people, its service-linked roles."""


def mentions(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every input that is an id or ARN of this account, with its property path; tags and policies do not count.

    Neither does the principal of an EKS access entry: the roles of people are made elsewhere (single sign-on, another
    team), so the emulation cannot tell one that is missing from one it has not seen.
    """
    left_out = {"tags", "userName", "principalArn"}
    for path, value in leaves({key: value for key, value in inputs.items() if key not in left_out}):
        if not isinstance(value, str):
            continue
        arn = _ARN.fullmatch(value.removesuffix(":*"))
        of_this_account = arn is not None and arn[2] == ACCOUNT and not _NOT_KEPT.match(arn[3])
        if _ID.fullmatch(value) or of_this_account:
            yield path, value.removesuffix(":*")


@rule(
    "create",
    "update",
    on=ANY,
    page="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
)
def _mentioned_exist(call: Call) -> None:
    """An id or ARN of this account must be that of something that exists."""
    already = set(mentions(call.record.inputs)) if call.record else set[tuple[str, str]]()
    for path, value in mentions(call.inputs):
        if (path, value) in already:
            continue  # AWS checks what a call changes
        if value.startswith("arn:"):
            if call.inventory.by_arn(value) is None:
                call.refuse("NotFound", f"{path}: {value} does not exist")
        elif call.inventory.by_id(value) is None:
            call.refuse(_MISSING_ID[value.split("-")[0]], f"{path}: The ID '{value}' does not exist")


_CLUSTER: Final = ("aws:eks/cluster:Cluster", "ResourceNotFoundException", "No cluster found for name: {}.")
_GROUP: Final = ("aws:autoscaling/group:Group", "ValidationError", "AutoScalingGroup name not found: {}")
_REPOSITORY: Final = (
    "aws:ecr/repository:Repository",
    "RepositoryNotFoundException",
    "The repository '{}' does not exist",
)
_ROLE: Final = ("aws:iam/role:Role", "NoSuchEntity", "The role with name {} cannot be found.")
_BUCKET: Final = ("aws:s3/bucket:Bucket", "NoSuchBucket", "The specified bucket {} does not exist")
_BY_NAME: Final[Mapping[tuple[str, str], tuple[str, str, str]]] = {
    ("aws:autoscaling/", "autoscalingGroupName"): _GROUP,
    ("aws:ecr/lifecyclePolicy", "repository"): _REPOSITORY,
    ("aws:ecr/repositoryPolicy", "repository"): _REPOSITORY,
    ("aws:eks/", "clusterName"): _CLUSTER,
    ("aws:iam/instanceProfile", "role"): _ROLE,
    ("aws:iam/rolePolicy", "role"): _ROLE,
    ("aws:rds/instance", "dbSubnetGroupName"): (
        "aws:rds/subnetGroup:SubnetGroup",
        "DBSubnetGroupNotFoundFault",
        "DB subnet group '{}' does not exist.",
    ),
    ("aws:route53/record", "zoneId"): ("aws:route53/zone:Zone", "NoSuchHostedZone", "No hosted zone found with ID: {}"),
    **{(f"aws:s3/bucket{companion}", "bucket"): _BUCKET
       for companion in ("Policy", "Versioning", "PublicAccessBlock", "ServerSideEncryptionConfiguration",
                         "LifecycleConfiguration", "OwnershipControls", "Logging", "Notification", "Object")},
}  # fmt: skip
"""Properties that mention something by name, by the start of the type: what they mention, and the error."""


@rule(
    "create",
    on=ANY,
    page="https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
)
def _named_exist(call: Call) -> None:
    """A cluster, role, repository, bucket, zone or Auto Scaling group mentioned by name must exist."""
    for (start, name), (type_token, code, words) in _BY_NAME.items():
        value = call.inputs.get(name)
        if call.type.startswith(start) and isinstance(value, str) and call.inventory.get(type_token, value) is None:
            call.refuse(code, words.format(value))


def users_of(call: Call, types: tuple[str, ...]) -> list[Record]:
    """Return the things of some types that mention the thing being deleted by its id or ARN."""
    wanted = {call.existing.id, call.existing.arn} - {""}
    owner = call.existing.key
    return [
        record
        for type_token in types
        for record in call.others(type_token)
        if record.owner != owner and any(value in wanted for _, value in leaves(record.inputs))
    ]


_DELETIONS: Final[Mapping[str, str]] = {
    "aws:acm/certificate:Certificate": "acm/latest/APIReference/API_DeleteCertificate.html",
    "aws:ec2/eip:Eip": "AWSEC2/latest/APIReference/API_ReleaseAddress.html",
    "aws:ec2/routeTable:RouteTable": "AWSEC2/latest/APIReference/API_DeleteRouteTable.html",
    "aws:ec2/securityGroup:SecurityGroup": "AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html",
    "aws:ec2/subnet:Subnet": "AWSEC2/latest/APIReference/API_DeleteSubnet.html",
    "aws:ec2/vpc:Vpc": "AWSEC2/latest/APIReference/API_DeleteVpc.html",
    "aws:lb/targetGroup:TargetGroup": "elasticloadbalancing/latest/APIReference/API_DeleteTargetGroup.html",
    "aws:rds/subnetGroup:SubnetGroup": "AmazonRDS/latest/APIReference/API_DeleteDBSubnetGroup.html",
}
"""The page that states what keeps a thing from being deleted, per type."""

_IN_USE: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "aws:acm/certificate:Certificate": (
        "ResourceInUseException",
        ("aws:lb/listener:Listener", "aws:lb/listenerCertificate:ListenerCertificate"),
    ),
    "aws:ec2/eip:Eip": ("InvalidIPAddress.InUse", ("aws:ec2/natGateway:NatGateway",)),
    "aws:ec2/routeTable:RouteTable": (
        "DependencyViolation",
        ("aws:ec2/routeTableAssociation:RouteTableAssociation",),
    ),
    "aws:ec2/securityGroup:SecurityGroup": (
        "DependencyViolation",
        (
            "aws:lb/loadBalancer:LoadBalancer",
            "aws:eks/cluster:Cluster",
            "aws:rds/instance:Instance",
            "aws:ec2/vpcEndpoint:VpcEndpoint",
            "aws:ec2/securityGroup:SecurityGroup",
        ),
    ),
    "aws:ec2/subnet:Subnet": (
        "DependencyViolation",
        (
            "aws:ec2/natGateway:NatGateway",
            "aws:lb/loadBalancer:LoadBalancer",
            "aws:eks/cluster:Cluster",
            "aws:eks/nodeGroup:NodeGroup",
            "aws:autoscaling/group:Group",
            "aws:ec2/vpcEndpoint:VpcEndpoint",
            "aws:rds/subnetGroup:SubnetGroup",
        ),
    ),
    "aws:ec2/vpc:Vpc": (
        "DependencyViolation",
        (
            "aws:ec2/subnet:Subnet",
            "aws:ec2/internetGateway:InternetGateway",
            "aws:ec2/routeTable:RouteTable",
            "aws:ec2/securityGroup:SecurityGroup",
            "aws:ec2/vpcEndpoint:VpcEndpoint",
        ),
    ),
    "aws:lb/targetGroup:TargetGroup": (
        "ResourceInUse",
        ("aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule"),
    ),
    "aws:rds/subnetGroup:SubnetGroup": ("InvalidDBSubnetGroupStateFault", ("aws:rds/instance:Instance",)),
}
"""What cannot be deleted while something of certain types uses it, with the service's error."""


def _nothing_uses_it(call: Call) -> None:
    """What something else still uses cannot be deleted."""
    code, types = _IN_USE[call.type]
    users = users_of(call, types)
    if users:
        shown = ", ".join(f"{user.type.rsplit(':', 1)[-1]} {user.id}" for user in users[:3])
        call.refuse(code, f"{call.existing.id} has dependent objects and cannot be deleted: {shown}")


for _type, _page in _DELETIONS.items():
    rule("delete", on=(_type,), page=f"https://docs.aws.amazon.com/{_page}")(_nothing_uses_it)


@rule(
    "delete",
    on=("aws:ec2/securityGroup:SecurityGroup",),
    page="https://docs.aws.amazon.com/vpc/latest/userguide/deleting-security-groups.html",
)
def _no_rule_mentions_group(call: Call) -> None:
    """A security group cannot go while a rule of another group refers to it."""
    for type_token in ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
                       "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"):  # fmt: skip
        for record in call.others(type_token):
            inputs = record.inputs
            if inputs.get("referencedSecurityGroupId") == call.existing.id != inputs.get("securityGroupId"):
                call.refuse("DependencyViolation", f"rule {record.id} of {inputs.get('securityGroupId')} refers to it")
