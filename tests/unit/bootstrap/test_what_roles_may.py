"""What each role may do, and what near that it may not, decided by a library that evaluates policies."""

import pytest

from bootstrap.settings import state_bucket_name
from tests.unit.bootstrap.bootstrapped import ACCOUNT, ENVIRONMENTS, KEY, REGION, ZONE, arn, may, policy_of_key
from tools.iam_decisions import Question, QuestionRefusedError, decide

pytestmark = pytest.mark.unit

Request = tuple[str, str, dict[str, str]]
NOTHING: dict[str, str] = {}
STATE = f"arn:aws:s3:::{state_bucket_name(ACCOUNT, REGION)}"
HERE = {"aws:RequestedRegion": REGION}


def in_region(service: str, resource: str, region: str = REGION) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def tagged(environment: str, key: str = "aws:ResourceTag", project: str = "slipway") -> dict[str, str]:
    return {f"{key}/project": project, f"{key}/stack": environment}


def repository(environment: str) -> str:
    return in_region("ecr", f"repository/slipway-{environment}/frontend")


VPC, INSTANCE = in_region("ec2", "vpc/vpc-0a1b2c3d4e5f60718"), in_region("ec2", "instance/i-0a1b2c3d4e5f60718")
GROUP = "autoScalingGroup:3f0e7b5a-1c2d-4e3f-8a9b-0c1d2e3f4a5b:autoScalingGroupName/"
FOREIGN_KEY = in_region("kms", "key/9d7c6b5a-4f3e-2d1c-0b9a-8f7e6d5c4b3a")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/slipway-staging-nodes-1a2b3c4"

DEPLOYS: list[Request] = [
    ("ec2:CreateVpc", VPC, NOTHING),
    ("ec2:DeleteVpc", VPC, tagged("staging")),
    ("ec2:CreateTags", in_region("ec2", "security-group/sg-0a1b2c3d4e5f60718"), NOTHING),
    ("eks:CreateCluster", "*", tagged("staging", "aws:RequestTag")),
    ("eks:CreateNodegroup", in_region("eks", "cluster/slipway-staging"), NOTHING),
    ("autoscaling:CreateAutoScalingGroup", in_region("autoscaling", f"{GROUP}slipway-staging-haproxy"), NOTHING),
    ("autoscaling:PutScheduledUpdateGroupAction", in_region("autoscaling", f"{GROUP}eks-slipway-staging-x"), NOTHING),
    ("autoscaling:CreateOrUpdateTags", in_region("autoscaling", f"{GROUP}eks-slipway-staging-x"), NOTHING),
    ("ssm:SendCommand", in_region("ssm", "document/slipway-staging-haproxy-runtime"), NOTHING),
    ("ssm:SendCommand", INSTANCE, tagged("staging", "ssm:resourceTag")),
    ("s3:PutObject", "arn:aws:s3:::slipway-staging-haproxy-1a2b3c4/haproxy.cfg", NOTHING),
    ("rds:CreateDBInstance", in_region("rds", "db:slipway-staging-database"), NOTHING),
    ("rds:CreateDBInstance", in_region("rds", "og:default:postgres-18"), NOTHING),
    ("rds:DescribeDBInstances", in_region("rds", "db:*"), NOTHING),
    ("logs:CreateLogGroup", in_region("logs", "log-group:/aws/rds/instance/slipway-staging-database/upgrade"), NOTHING),
    ("iam:CreateRole", ROLE, NOTHING),
    ("iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"}),
    ("route53:ChangeResourceRecordSets", f"arn:aws:route53:::hostedzone/{ZONE}", NOTHING),
    ("ecr:CreateRepository", repository("staging"), NOTHING),
    ("kms:CreateKey", "*", HERE),
    ("kms:Decrypt", KEY, NOTHING),
    ("s3:GetObject", f"{STATE}/.pulumi/meta.yaml", NOTHING),
    ("s3:PutObject", f"{STATE}/.pulumi/stacks/slipway/staging.json", NOTHING),
    ("s3:DeleteObject", f"{STATE}/.pulumi/locks/organization/slipway/staging/1.json", NOTHING),
    ("sts:AssumeRole", arn("staging", "deploy"), NOTHING),
]
DEPLOYS_NOT: list[Request] = [
    ("ec2:CreateVpc", in_region("ec2", "vpc/vpc-0a1b2c3d4e5f60718", "eu-west-1"), NOTHING),
    ("ec2:DeleteVpc", VPC, tagged("prod")),
    ("ec2:CreateTags", VPC, tagged("prod")),
    ("ec2:DeleteVpc", VPC, tagged("staging", project="something-else")),
    ("eks:CreateCluster", "*", tagged("prod", "aws:RequestTag")),
    ("eks:CreateCluster", "*", NOTHING),
    ("eks:DeleteCluster", in_region("eks", "cluster/slipway-prod"), NOTHING),
    ("autoscaling:UpdateAutoScalingGroup", in_region("autoscaling", f"{GROUP}slipway-prod-haproxy"), NOTHING),
    ("autoscaling:DeleteAutoScalingGroup", in_region("autoscaling", f"{GROUP}eks-slipway-staging-x"), NOTHING),
    ("autoscaling:CreateOrUpdateTags", in_region("autoscaling", f"{GROUP}eks-slipway-prod-x"), NOTHING),
    ("ssm:SendCommand", in_region("ssm", "document/AWS-RunShellScript"), NOTHING),
    ("ssm:SendCommand", INSTANCE, tagged("prod", "ssm:resourceTag")),
    ("ssm:SendCommand", INSTANCE, NOTHING),
    ("ssm:GetParameter", in_region("ssm", "parameter/password"), NOTHING),
    ("s3:PutObject", "arn:aws:s3:::slipway-prod-haproxy-1a2b3c4/haproxy.cfg", NOTHING),
    ("s3:GetObject", "arn:aws:s3:::slipway-staging-access-logs-1a2b3c4/AWSLogs/log.gz", NOTHING),
    ("rds:DeleteDBInstance", in_region("rds", "db:slipway-prod-database"), NOTHING),
    ("rds:DeleteDBSnapshot", in_region("rds", "snapshot:slipway-staging-database-final"), NOTHING),
    ("rds:ModifyDBInstance", in_region("rds", "db:slipway-staging-database", "eu-west-1"), NOTHING),
    ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/slipway-prod-nodes", NOTHING),
    ("iam:PassRole", ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
    ("iam:PassRole", arn("staging", "deploy"), {"iam:PassedToService": "ec2.amazonaws.com"}),
    ("iam:AttachRolePolicy", arn("staging", "deploy"), NOTHING),
    ("iam:UpdateAssumeRolePolicy", arn("staging", "preview"), NOTHING),
    ("iam:DeleteRole", arn("staging", "image-promotion"), NOTHING),
    ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/back-door", NOTHING),
    ("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/ZOTHER0123456789ABC", NOTHING),
    ("route53:DeleteHostedZone", f"arn:aws:route53:::hostedzone/{ZONE}", NOTHING),
    ("ecr:PutImage", repository("staging"), NOTHING),
    ("ecr:CreateRepository", repository("prod"), NOTHING),
    ("kms:CreateKey", "*", {"aws:RequestedRegion": "eu-west-1"}),
    ("kms:Decrypt", FOREIGN_KEY, NOTHING),
    ("kms:ScheduleKeyDeletion", KEY, tagged("staging", project="slipway-bootstrap")),
    ("s3:PutObject", f"{STATE}/.pulumi/stacks/slipway/prod.json", NOTHING),
    ("s3:GetObject", f"{STATE}/.pulumi/stacks/slipway/prod.json", NOTHING),
    ("s3:GetObject", f"{STATE}/.pulumi/stacks/slipway-bootstrap/staging.json", NOTHING),
    ("s3:PutObject", f"{STATE}/.pulumi/meta.yaml", NOTHING),
    ("s3:DeleteBucket", STATE, NOTHING),
    ("sts:AssumeRole", arn("prod", "deploy"), NOTHING),
]
PREVIEWS: list[Request] = [
    ("ec2:DescribeVpcs", "*", NOTHING),
    ("eks:DescribeCluster", in_region("eks", "cluster/slipway-staging"), NOTHING),
    ("eks:ListClusters", "*", NOTHING),
    ("eks:ListNodegroups", in_region("eks", "cluster/slipway-staging"), NOTHING),
    ("iam:GetRole", ROLE, NOTHING),
    ("tag:GetResources", "*", NOTHING),
    ("route53:ListHostedZones", "*", NOTHING),
    ("s3:GetObject", f"{STATE}/.pulumi/stacks/slipway/staging.json", NOTHING),
    ("kms:Decrypt", KEY, NOTHING),
]
PREVIEWS_NOT: list[Request] = [
    ("ec2:CreateVpc", VPC, NOTHING),
    ("eks:UpdateClusterConfig", in_region("eks", "cluster/slipway-staging"), NOTHING),
    ("eks:DescribeCluster", in_region("eks", "cluster/slipway-prod"), NOTHING),
    ("iam:CreateRole", ROLE, NOTHING),
    ("iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"}),
    ("route53:ChangeResourceRecordSets", f"arn:aws:route53:::hostedzone/{ZONE}", NOTHING),
    ("ssm:SendCommand", INSTANCE, tagged("staging", "ssm:resourceTag")),
    ("s3:PutObject", f"{STATE}/.pulumi/stacks/slipway/staging.json", NOTHING),
    ("s3:DeleteObject", f"{STATE}/.pulumi/locks/organization/slipway/staging/1.json", NOTHING),
    ("s3:GetObject", f"{STATE}/.pulumi/stacks/slipway/prod.json", NOTHING),
    ("s3:GetObject", "arn:aws:s3:::slipway-staging-haproxy-1a2b3c4/haproxy.cfg", NOTHING),
    ("kms:Encrypt", KEY, NOTHING),
    ("kms:Decrypt", FOREIGN_KEY, NOTHING),
    ("sts:AssumeRole", arn("staging", "deploy"), NOTHING),
]
PUSHES: list[Request] = [
    ("ecr:GetAuthorizationToken", "*", NOTHING),
    ("ecr:PutImage", repository("dev"), NOTHING),
    ("ecr:UploadLayerPart", repository("dev"), NOTHING),
    ("ecr:BatchGetImage", repository("dev"), NOTHING),
]
PUSHES_NOT: list[Request] = [
    ("ecr:PutImage", repository("prod"), NOTHING),
    ("ecr:BatchGetImage", repository("staging"), NOTHING),
    ("ecr:BatchDeleteImage", repository("dev"), NOTHING),
    ("ecr:DeleteRepository", repository("dev"), NOTHING),
    ("ecr:PutImageTagMutability", repository("dev"), NOTHING),
    ("ecr:SetRepositoryPolicy", repository("dev"), NOTHING),
    ("s3:GetObject", f"{STATE}/.pulumi/stacks/slipway/dev.json", NOTHING),
]
PROMOTES: list[Request] = [
    ("ecr:GetAuthorizationToken", "*", NOTHING),
    ("ecr:GetDownloadUrlForLayer", repository("staging"), NOTHING),
    ("ecr:DescribeImageScanFindings", repository("staging"), NOTHING),
    ("ecr:PutImage", repository("prod"), NOTHING),
    ("ecr:BatchGetImage", repository("prod"), NOTHING),
]
PROMOTES_NOT: list[Request] = [
    ("ecr:PutImage", repository("staging"), NOTHING),
    ("ecr:GetDownloadUrlForLayer", repository("dev"), NOTHING),
    ("ecr:BatchDeleteImage", repository("prod"), NOTHING),
    ("ecr:PutLifecyclePolicy", repository("prod"), NOTHING),
    ("eks:DescribeCluster", in_region("eks", "cluster/slipway-prod"), NOTHING),
    ("kms:Decrypt", KEY, NOTHING),
]
CASES = [
    ("staging", "deploy", DEPLOYS, DEPLOYS_NOT),
    ("staging", "preview", PREVIEWS, PREVIEWS_NOT),
    ("dev", "image-push", PUSHES, PUSHES_NOT),
    ("prod", "image-promotion", PROMOTES, PROMOTES_NOT),
]


@pytest.mark.parametrize(("environment", "purpose", "allowed", "refused"), CASES, ids=lambda value: str(value)[:20])
def test_what_a_role_may_do_and_what_near_it_may_not(
    environment: str, purpose: str, allowed: list[Request], refused: list[Request]
) -> None:
    answers = dict(zip(map(str, (*allowed, *refused)), may(environment, purpose, *allowed, *refused), strict=True))
    assert [request for request in map(str, allowed) if not answers[request]] == []
    assert [request for request in map(str, refused) if answers[request]] == []


def test_not_even_an_administrator_reads_secrets_but_may_care_for_the_key() -> None:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    administrator = f"arn:aws:iam::{ACCOUNT}:role/administrator"
    policy = policy_of_key(KEY, "staging")
    questions = [
        Question(action, KEY, ACCOUNT, administrator, {"aws:PrincipalArn": administrator}, [everything], policy)
        for action in ("kms:Decrypt", "kms:Encrypt", "kms:PutKeyPolicy", "kms:RotateKeyOnDemand")
    ]
    assert decide(questions) == ["ImplicitlyDenied", "ImplicitlyDenied", "Allowed", "Allowed"]


def test_a_question_that_aws_does_not_know_is_not_taken_for_a_refusal() -> None:
    for request in (("ec2:MakeVpc", VPC, NOTHING), ("s3:PutObject", "arn:aws:s3:::bucket-without-object", NOTHING)):
        with pytest.raises(QuestionRefusedError):
            may("staging", "deploy", request)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_environment_reaches_into_another(environment: str) -> None:
    others = [other for other in ENVIRONMENTS if other != environment]
    requests: list[Request] = []
    for other in others:
        requests += [
            ("eks:DeleteNodegroup", in_region("eks", f"nodegroup/slipway-{other}/general/1"), NOTHING),
            ("logs:DeleteLogGroup", in_region("logs", f"log-group:/aws/vpc/slipway-{other}"), NOTHING),
            ("cloudwatch:DeleteAlarms", in_region("cloudwatch", f"alarm:slipway-{other}-cpu"), NOTHING),
            ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/slipway-{other}-nodes", NOTHING),
            (
                "elasticloadbalancing:DeleteLoadBalancer",
                in_region("elasticloadbalancing", f"loadbalancer/app/slipway-{other}/50dc6c495c0c9188"),
                tagged(other),
            ),
            ("ecr:DeleteRepository", repository(other), NOTHING),
            ("s3:PutObject", f"{STATE}/.pulumi/stacks/slipway/{other}.json", NOTHING),
        ]
    assert may(environment, "deploy", *requests) == [False] * len(requests)
