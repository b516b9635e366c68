"""A small hand for tests: the emulated providers called without an engine, and the usual things made in one line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi.provider.experimental import provider as sdk

from sandbox.aws.provider import AwsProvider
from sandbox.inventory import Inventory
from sandbox.kubernetes.provider import KubernetesProvider
from sandbox.values import plain_map, property_map

ACCOUNT = "123456789012"
VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
ROLE = "aws:iam/role:Role"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
CLUSTER = "aws:eks/cluster:Cluster"
ADDON = "aws:eks/addon:Addon"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
SCHEDULE = "aws:autoscaling/schedule:Schedule"
CERTIFICATE = "aws:acm/certificate:Certificate"
ZONE = "aws:route53/zone:Zone"
RECORD = "aws:route53/record:Record"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
CONTROLLER = {
    "chart": "aws-load-balancer-controller", "namespace": "kube-system", "name": "controller",
    "values": {"serviceAccount": {"name": "controller"}},
}  # fmt: skip


def urn(type_token: str, name: str) -> str:
    return f"urn:pulumi:dev::slipway::slipway:test:Parent${type_token}::{name}"


class CheckFailed(Exception):  # noqa: N818 - reads as what happened
    """The provider's check found problems."""


@dataclass
class Made:
    """Something that was made: what the engine would keep of it."""

    type: str
    name: str
    id: str
    state: dict[str, Any]
    inputs: dict[str, Any]

    def __getitem__(self, output: str) -> Any:
        return self.state[output]

    @property
    def arn(self) -> str:
        return str(self.state["arn"])


@dataclass
class Account:
    """The emulated account with its providers, in a directory of its own."""

    directory: Path

    def __post_init__(self) -> None:
        self.inventory = Inventory(self.directory / "account.sqlite")
        self.aws = AwsProvider(self.inventory)
        self.kubernetes = KubernetesProvider(self.inventory)

    def of(self, type_token: str) -> sdk.Provider:
        return self.aws if type_token.startswith("aws:") else self.kubernetes

    def configure(self, type_token: str = "aws:", **values: Any) -> None:
        request = sdk.ConfigureRequest({}, property_map(values), accept_secrets=True, accept_resources=False)
        asyncio.run(self.of(type_token).configure(request))

    def check(self, type_token: str, name: str, inputs: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> Any:
        request = sdk.CheckRequest(urn(type_token, name), property_map(old or {}), property_map(inputs), name.encode())
        return asyncio.run(self.of(type_token).check(request))

    def create(self, type_token: str, name: str, inputs: Mapping[str, Any]) -> Made:
        checked = self.check(type_token, name, inputs)
        if checked.failures:
            raise CheckFailed("; ".join(failure.reason for failure in checked.failures))
        request = sdk.CreateRequest(urn(type_token, name), checked.inputs, 0, preview=False)
        made = asyncio.run(self.of(type_token).create(request))
        return Made(type_token, name, str(made.resource_id), plain_map(made.properties), plain_map(checked.inputs))

    def preview(self, type_token: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        request = sdk.CreateRequest(urn(type_token, name), property_map(inputs), 0, preview=True)
        return plain_map(asyncio.run(self.of(type_token).create(request)).properties)

    def diff(self, made: Made, inputs: Mapping[str, Any], ignored: list[str] | None = None) -> sdk.DiffResponse:
        checked = self.check(made.type, made.name, inputs, made.inputs)
        request = sdk.DiffRequest(
            urn(made.type, made.name), made.id, property_map(made.state), checked.inputs, ignored or []
        )
        return asyncio.run(self.of(made.type).diff(request))

    def update(self, made: Made, **changes: Any) -> Made:
        merged = {key: value for key, value in {**made.inputs, **changes}.items() if value is not None}
        checked = self.check(made.type, made.name, merged, made.inputs)
        if checked.failures:
            raise CheckFailed("; ".join(failure.reason for failure in checked.failures))
        request = sdk.UpdateRequest(
            urn(made.type, made.name), made.id, property_map(made.state), checked.inputs, 0, [], preview=False
        )
        updated = asyncio.run(self.of(made.type).update(request))
        return Made(made.type, made.name, made.id, plain_map(updated.properties), plain_map(checked.inputs))

    def read(self, made: Made) -> Made | None:
        request = sdk.ReadRequest(
            urn(made.type, made.name), made.id, property_map(made.state), property_map(made.inputs)
        )
        found = asyncio.run(self.of(made.type).read(request))
        if not found.resource_id:
            return None
        return Made(made.type, made.name, found.resource_id, plain_map(found.properties), plain_map(found.inputs))

    def found(self, made: Made) -> Made:
        """Return what a refresh finds of something that still exists."""
        found = self.read(made)
        assert found is not None
        return found

    def delete(self, made: Made) -> None:
        request = sdk.DeleteRequest(urn(made.type, made.name), made.id, property_map(made.state), 0)
        asyncio.run(self.of(made.type).delete(request))

    def invoke(self, token: str, **arguments: Any) -> dict[str, Any]:
        answer = asyncio.run(self.aws.invoke(sdk.InvokeRequest(token, property_map(arguments))))
        return plain_map(answer.return_value or {})

    # The usual things.

    def vpc(self, cidr: str = "10.0.0.0/16") -> Made:
        return self.create(VPC, "vpc", {"cidrBlock": cidr})

    def subnet(self, vpc: Made, cidr: str, zone: str) -> Made:
        inputs = {"vpcId": vpc.id, "cidrBlock": cidr, "availabilityZone": zone}
        return self.create(SUBNET, f"subnet-{zone}", inputs)

    def network(self) -> Network:
        vpc = self.vpc()
        gateway = self.create(GATEWAY, "gateway", {"vpcId": vpc.id})
        subnets = [self.subnet(vpc, f"10.0.{index}.0/24", f"us-west-2{zone}") for index, zone in enumerate("abc")]
        return Network(vpc, gateway, subnets)

    def role(self, name: str, service: str, *policies: str) -> Made:
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": ["sts:AssumeRole"]}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        role = self.create(ROLE, name, {"assumeRolePolicy": trust})
        for policy in policies:
            inputs = {"role": role.id, "policyArn": f"arn:aws:iam::aws:policy/{policy}"}
            self.create(ATTACHMENT, f"{name}-{policy}", inputs)
        return role

    def node_role(self) -> Made:
        policies = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy")
        return self.role("node", "ec2.amazonaws.com", *policies)

    def cluster(self, network: Network | None = None, **changes: Any) -> Made:
        network = network or self.network()
        if "roleArn" not in changes:
            changes["roleArn"] = self.role("cluster", "eks.amazonaws.com", "AmazonEKSClusterPolicy").arn
        inputs = {
            "name": "main",
            "vpcConfig": {"subnetIds": [subnet.id for subnet in network.subnets]},
            "accessConfig": {"authenticationMode": "API"},
            "bootstrapSelfManagedAddons": False,
            **changes,
        }
        return self.create(CLUSTER, "cluster", {key: value for key, value in inputs.items() if value is not None})

    def network_addons(self, cluster: Made) -> Made:
        """Return the cluster with the add-ons that its nodes need."""
        for addon in ("vpc-cni", "kube-proxy"):
            self.create(ADDON, addon, {"clusterName": cluster.id, "addonName": addon})
        return cluster

    def node_group(self, cluster: Made, role: Made | None = None, **changes: Any) -> Made:
        inputs = {
            "clusterName": cluster.id,
            "nodeRoleArn": (role or self.node_role()).arn,
            "subnetIds": cluster["vpcConfig"]["subnetIds"],
            "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 3},
            **changes,
        }
        return self.create(NODE_GROUP, "nodes", inputs)

    def running_cluster(self) -> Made:
        """A cluster with its network add-ons and nodes, which the Kubernetes provider then talks to."""
        cluster = self.network_addons(self.cluster())
        self.node_group(cluster)
        self.configure("kubernetes:", kubeconfig=kubeconfig(cluster))
        return cluster

    def balancer(self, network: Network, **changes: Any) -> Made:
        inputs = {"subnets": [subnet.id for subnet in network.subnets], **changes}
        return self.create(BALANCER, "balancer", inputs)

    def target_group(self, vpc: Made, name: str = "targets", **changes: Any) -> Made:
        inputs = {"port": 8000, "protocol": "HTTP", "vpcId": vpc.id, "targetType": "ip", **changes}
        return self.create(TARGET_GROUP, name, inputs)

    def listener(self, balancer: Made, group: Made, name: str = "listener", **changes: Any) -> Made:
        actions = [{"type": "forward", "targetGroupArn": group.arn}]
        inputs = {"loadBalancerArn": balancer.arn, "port": 80, "protocol": "HTTP", "defaultActions": actions, **changes}
        return self.create(LISTENER, name, inputs)

    def zone(self, name: str = "example.com", **changes: Any) -> Made:
        return self.create(ZONE, "zone", {"name": name, **changes})

    def validate(self, certificate: Made, zone: Made) -> None:
        options = {option["resourceRecordName"]: option for option in certificate["domainValidationOptions"]}
        for index, (name, option) in enumerate(options.items()):
            inputs = {
                "zoneId": zone.id,
                "name": name,
                "type": option["resourceRecordType"],
                "records": [option["resourceRecordValue"]],
                "ttl": 60,
            }
            self.create(RECORD, f"validation-{index}", inputs)


def group_of(nodes: Made) -> str:
    """Return the name of the Auto Scaling group that EKS made for a node group."""
    return str(nodes["resources"][0]["autoscalingGroups"][0]["name"])


@dataclass
class Network:
    """A VPC with an internet gateway and a subnet in each of three zones."""

    vpc: Made
    gateway: Made
    subnets: list[Made]


def kubeconfig(cluster: Made) -> str:
    return json.dumps({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": cluster["endpoint"]}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    })  # fmt: skip


def deployment(name: str = "web", pod: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    labels = {"app": name}
    spec = {"containers": [{"name": "web", "image": "web"}], **(pod or {})}
    return {
        "metadata": {"name": name},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec}, **changes,
        },
    }  # fmt: skip


def service(name: str = "web") -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8000}]},
    }
