"""Changes that people make behind Pulumi's back, one of each kind, in the emulated account of prod."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.inventory import Inventory, Record

GROUP = "aws:autoscaling/group:Group"


@dataclass(frozen=True)
class Drift:
    """One change by hand.

    Attributes:
        kind: what was done, in words, as docs/drift.md lists it
        type: of what it was done to
        name: the logical name of that, as the drift command says it
        record: a part of its id or name in the account
        path: the property that was changed; empty where the thing was deleted
        value: what it is now
    """

    kind: str
    type: str
    name: str
    record: str
    path: str = ""
    value: Any = None

    def make(self, account: Inventory) -> None:
        """Do it."""
        found = self._found(account)
        if self.path:
            account.set_property(found.type, found.id, self.path, self.value)
        else:
            account.remove(found)

    def _found(self, account: Inventory) -> Record:
        here = [each for each in account.list(type=self.type) if not each.owner]
        (found,) = [each for each in here if self.record in {each.id, each.name} or self.record in each.id]
        return found


OPEN = "0.0.0.0/0"
CONTROLLER = "slipway-prod-controller-"

KINDS = (
    Drift("a security group rule opened to the world", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
          "slipway-prod-database-from-pods", "slipway-prod-database-from-pods", "cidrIpv4", OPEN),
    Drift("a way out of the balancer's group closed", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
          "slipway-prod-balancer-to-pods-8000", "sgr-"),
    Drift("a schedule deleted", "aws:autoscaling/schedule:Schedule", "slipway-prod-burst-night-down-868e8f07",
          "burst-night-down"),
    Drift("a scaling policy aims elsewhere", "aws:autoscaling/policy:Policy", "slipway-prod-burst-cpu-targetTracking",
          "burst-cpu", "targetTrackingConfiguration.targetValue", 90),
    Drift("a node group's labels changed", "aws:eks/nodeGroup:NodeGroup", "slipway-prod-burst", "prod-burst",
          "labels", {"capacity": "steady"}),
    Drift("the cluster's endpoint opened to the world", "aws:eks/cluster:Cluster", "slipway-prod-eksCluster",
          "slipway-prod", "vpcConfig.publicAccessCidrs", [OPEN]),
    Drift("an add-on at another version", "aws:eks/addon:Addon", "slipway-prod-after-nodes-coredns", ":coredns",
          "addonVersion", "v1.0.0-eksbuild.1"),
    Drift("a person's rights in the cluster deleted", "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
          "slipway-prod-platform-admin", "role/platform-team#"),
    Drift("the weights of a rule changed", "aws:lb/listenerRule:ListenerRule", "slipway-prod-frontend-rule",
          "slipway-prod-frontend-rule", "actions[0].forward.targetGroups[0].weight", 1),
    Drift("the priority of a rule changed", "aws:lb/listenerRule:ListenerRule", "slipway-prod-users-rule",
          "slipway-prod-users-rule", "priority", 4711),
    Drift("a target group's health check changed", "aws:lb/targetGroup:TargetGroup", "slipway-prod-frontend",
          "slipway-prod-frontend-", "healthCheck.path", "/elsewhere"),
    Drift("a balancer's deletion protection off", "aws:lb/loadBalancer:LoadBalancer", "slipway-prod",
          "app/slipway-prod", "enableDeletionProtection", value=False),
    Drift("a DNS record altered", "aws:route53/record:Record", "slipway-prod-frontend-frontend.prod.example.com",
          "_frontend.prod.example.com", "aliases[0].name", "elsewhere.example.net"),
    Drift("tags removed", "aws:ec2/vpc:Vpc", "slipway-prod-vpc", "vpc-", "tags", {}),
    Drift("a subnet gives public addresses", "aws:ec2/subnet:Subnet", "slipway-prod-private-us-west-2a",
          "slipway-prod-private-us-west-2a", "mapPublicIpOnLaunch", value=True),
    Drift("a zone's way out deleted", "aws:ec2/route:Route", "slipway-prod-private-us-west-2a-route",
          "slipway-prod-private-us-west-2a-route"),
    Drift("a bucket's public access block deleted", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
          "slipway-prod-access-logs", "access-logs"),
    Drift("a bucket's policy opened", "aws:s3/bucketPolicy:BucketPolicy", "slipway-prod-access-logs", "access-logs",
          "policy", '{"Version": "2012-10-17", "Statement": []}'),
    Drift("a log group kept for ever", "aws:cloudwatch/logGroup:LogGroup", "slipway-prod-application-logs",
          "/application", "retentionInDays", 0),
    Drift("a registry's tags mutable", "aws:ecr/repository:Repository", "slipway-prod-frontend", "/frontend",
          "imageTagMutability", "MUTABLE"),
    Drift("a key no longer rotated", "aws:kms/key:Key", "slipway-prod-cluster", "slipway-prod-cluster",
          "enableKeyRotation", value=False),
    Drift("a role's policy altered", "aws:iam/rolePolicy:RolePolicy", "slipway-prod-controller", CONTROLLER, "policy",
          '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'),
    Drift("a policy detached from a role", "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
          "slipway-prod-before-nodes-aws-node", "AmazonEKS_CNI_Policy"),
    Drift("an alarm deleted", "aws:cloudwatch/metricAlarm:MetricAlarm", "slipway-prod-alarm-errors", "alarm-errors"),
    Drift("an alarm's threshold raised", "aws:cloudwatch/metricAlarm:MetricAlarm", "slipway-prod-alarm-latency",
          "alarm-latency", "threshold", 99),
    Drift("the database reachable from outside", "aws:rds/instance:Instance", "slipway-prod-database",
          "slipway-prod-database", "publiclyAccessible", value=True),
    Drift("a disruption budget deleted", "kubernetes:policy/v1:PodDisruptionBudget",
          "slipway-prod-users-budget", "example/users"),
    Drift("a network policy opened", "kubernetes:networking.k8s.io/v1:NetworkPolicy",
          "slipway-prod-frontend-network-policy", "example/frontend", "spec.egress", [{}]),
    Drift("an autoscaler's maximum changed", "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
          "slipway-prod-users-autoscaler", "example/users", "spec.maxReplicas", 40),
)  # fmt: skip


def scale(account: Inventory) -> None:
    """What autoscaling does all day: other sizes of the groups that schedules and policies own, other replicas."""
    (burst,) = [each for each in account.list(type=GROUP) if "-burst-" in each.id]
    for property_, size in {"minSize": 0, "maxSize": 5, "desiredCapacity": 4}.items():
        account.set_property(GROUP, burst.id, property_, size)
    for service in ("frontend", "thoughts-backend", "users-backend"):
        account.set_property("kubernetes:apps/v1:Deployment", f"example/{service}", "spec.replicas", 9)
