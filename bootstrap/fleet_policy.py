"""What a deployment may do to the machines of a migration by the balancer: one Auto Scaling group and its upkeep."""

from bootstrap.action_sets import BUCKET, LOG_GROUP
from bootstrap.environment_names import EnvironmentNames
from bootstrap.statements import Document, actions, allow, document


def fleet_policy(names: EnvironmentNames) -> Document:
    """The policy of the deploy role for the part `fleet`."""
    buckets = f"arn:aws:s3:::{names.name}-haproxy-*"
    group = f"autoScalingGroup:*:autoScalingGroupName/{names.name}-*"
    logs = f"log-group:/slipway/{names.name}/*"
    return document(
        # The group of machines, which is renewed machine by machine.
        allow("Group", _GROUP, [names.arn("autoscaling", group)]),
        # The profile by which machines have their role; the role itself is in the part `roles`.
        allow("Profiles", _PROFILES, [names.iam(f"instance-profile/{names.name}-*")]),
        # The documents that machines carry out.
        allow("Documents", _DOCUMENTS, [names.arn("ssm", f"document/{names.name}-*")]),
        # Which machines carry them out, and when; an association has a number for a name.
        allow(
            "MakeAssociations",
            ["ssm:CreateAssociation"],
            [
                names.arn("ssm", f"document/{names.name}-*"),
                names.arn("ssm", "association/*"),
                names.arn("ec2", "instance/*"),
            ],
            names.not_anothers,
        ),
        allow(
            "Associations",
            _ASSOCIATIONS,
            [names.arn("ssm", "association/*"), names.arn("ssm", f"document/{names.name}-*")],
            names.not_anothers,
        ),
        # Commands: this environment's documents, on this environment's machines.
        # https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command-setting-up.html
        allow("CommandDocuments", ["ssm:SendCommand"], [names.arn("ssm", f"document/{names.name}-*")]),
        allow(
            "CommandMachines",
            ["ssm:SendCommand"],
            [names.arn("ec2", "instance/*")],
            names.tagged("ssm:resourceTag"),
        ),
        # What became of them, and metrics, cannot be limited to single machines.
        allow(
            "Answers",
            [
                *("ssm:GetCommandInvocation", "ssm:ListCommandInvocations", "ssm:ListCommands"),
                *("ssm:ListAssociations", "ssm:DescribeInstanceInformation", "cloudwatch:GetMetricData"),
            ],
            ["*"],
        ),
        # Which image is Amazon Linux's newest.
        # https://docs.aws.amazon.com/linux/al2023/ug/ec2.html#launch-via-aws-cli
        allow(
            "MachineImages",
            ["ssm:GetParameter", "ssm:GetParameters"],
            [f"arn:aws:ssm:{names.region}::parameter/aws/service/ami-amazon-linux-latest/*"],
        ),
        # The bucket that machines have their configuration from, and that configuration.
        allow("ConfigurationBucket", BUCKET, [buckets]),
        allow("Configuration", _OBJECTS, [f"{buckets}/*"]),
        # What the machines log.
        allow("FleetLogs", LOG_GROUP, [names.arn("logs", logs), names.arn("logs", f"{logs}:*")]),
    )


_GROUP = actions(
    "autoscaling",
    "CreateAutoScalingGroup UpdateAutoScalingGroup DeleteAutoScalingGroup AttachLoadBalancerTargetGroups "
    "DetachLoadBalancerTargetGroups AttachTrafficSources DetachTrafficSources StartInstanceRefresh "
    "CancelInstanceRefresh SetDesiredCapacity TerminateInstanceInAutoScalingGroup SetInstanceProtection "
    "PutLifecycleHook DeleteLifecycleHook EnableMetricsCollection DisableMetricsCollection SuspendProcesses "
    "ResumeProcesses CreateOrUpdateTags DeleteTags",
)
_PROFILES = actions(
    "iam",
    "CreateInstanceProfile DeleteInstanceProfile GetInstanceProfile AddRoleToInstanceProfile "
    "RemoveRoleFromInstanceProfile TagInstanceProfile UntagInstanceProfile ListInstanceProfileTags",
)
_DOCUMENTS = actions(
    "ssm",
    "CreateDocument UpdateDocument UpdateDocumentDefaultVersion DeleteDocument DescribeDocument GetDocument "
    "ListDocumentVersions DescribeDocumentPermission AddTagsToResource RemoveTagsFromResource ListTagsForResource",
)
_ASSOCIATIONS = actions(
    "ssm",
    "UpdateAssociation DeleteAssociation DescribeAssociation StartAssociationsOnce DescribeAssociationExecutions "
    "DescribeAssociationExecutionTargets ListAssociationVersions AddTagsToResource RemoveTagsFromResource "
    "ListTagsForResource",
)
_OBJECTS = actions(
    "s3",
    "GetObject GetObjectVersion GetObjectTagging PutObject PutObjectTagging DeleteObject DeleteObjectVersion "
    "DeleteObjectTagging",
)
