"""One small program for each rule of the policy pack, which breaks just that; `sound` breaks none."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

DIGEST = "registry.example.com/web@sha256:" + "0" * 64
LABELS = {"app": "web"}


def bucket(*, encrypted: bool) -> None:
    made = aws.s3.Bucket("logs")
    if encrypted:
        algorithm = {"sse_algorithm": "AES256"}
        aws.s3.BucketServerSideEncryptionConfiguration(
            "logs", bucket=made.bucket, rules=[{"apply_server_side_encryption_by_default": algorithm}]
        )


def balancer(*, port: int, guarded: bool) -> None:
    vpc = aws.ec2.Vpc("network", cidr_block="10.0.0.0/16", enable_dns_hostnames=True)
    gateway = aws.ec2.InternetGateway("gateway", vpc_id=vpc.id)
    group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id)
    aws.vpc.SecurityGroupIngressRule(
        "world",
        security_group_id=group.id,
        cidr_ipv4="0.0.0.0/0",
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
    )
    subnets = [
        aws.ec2.Subnet(
            f"subnet-{zone}", vpc_id=vpc.id, cidr_block=f"10.0.{i}.0/24", availability_zone=f"us-west-2{zone}"
        )
        for i, zone in enumerate("ab")
    ]
    aws.lb.LoadBalancer(
        "balancer",
        security_groups=[group.id] if guarded else [],
        subnets=[subnet.id for subnet in subnets],
        opts=pulumi.ResourceOptions(depends_on=[gateway]),
    )


def deployment(*, replicas: int = 1, image: str = DIGEST, **without: None) -> None:
    probe = {"tcp_socket": {"port": 8000}}
    amount = {"cpu": "10m", "memory": "16Mi"}
    container: dict[str, Any] = {
        "name": "web",
        "image": image,
        "liveness_probe": probe,
        "readiness_probe": probe,
        "resources": {"requests": amount, "limits": amount},
        "security_context": {"run_as_user": 1000},
        **without,
    }
    k8s.apps.v1.Deployment(
        "web",
        metadata={"name": "web"},
        spec={
            "replicas": replicas,
            "selector": {"match_labels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": {"containers": [container]}},
        },
    )


def budget(least: str) -> None:
    spec: dict[str, Any] = {"min_available": least, "selector": {"match_labels": LABELS}}
    k8s.policy.v1.PodDisruptionBudget("web", metadata={"name": "web"}, spec=spec)


def service() -> None:
    k8s.core.v1.Service("web", spec={"type": "LoadBalancer", "selector": LABELS, "ports": [{"port": 80}]})


match case := pulumi.Config().require("case"):
    case "sound":
        bucket(encrypted=True)
        balancer(port=443, guarded=True)
        deployment(replicas=3)
        budget("50%")
    case "no-probe":
        deployment(readiness_probe=None)
    case "no-budget":
        deployment(replicas=2)
    case "budget-too-strict":
        deployment(replicas=3)
        budget("67%")
    case "ssh":
        balancer(port=22, guarded=True)
    case "service-balancer":
        service()
    case "open-elsewhere":
        balancer(port=443, guarded=False)
    case "plain-disk":
        aws.ebs.Volume("disk", availability_zone="us-west-2a", size=1)
    case "key-pair":
        aws.ec2.LaunchTemplate(
            "machines",
            key_name="mine",
            metadata_options={"http_tokens": "required"},
            block_device_mappings=[{"device_name": "/dev/xvda", "ebs": {"encrypted": "true"}}],
        )
    case "no-backups":
        aws.rds.Instance(
            "database",
            instance_class="db.t4g.micro",
            engine="postgres",
            storage_encrypted=True,
            backup_retention_period=0,
            deletion_protection=True,
            skip_final_snapshot=False,
        )
    case "plain-bucket":
        bucket(encrypted=False)
    case "untagged":
        provider = aws.Provider("untagged", region="us-west-2")
        aws.ec2.Vpc("network", cidr_block="10.0.0.0/16", opts=pulumi.ResourceOptions(provider=provider))
    case "mutable-registry":
        encryption = {"encryption_type": "AES256"}
        aws.ecr.Repository("web", image_tag_mutability="MUTABLE", encryption_configurations=[encryption])
    case "image-by-tag":
        deployment(image="registry.example.com/web:1.0")
    case _:
        raise pulumi.RunError(f"there is no case {case}")
