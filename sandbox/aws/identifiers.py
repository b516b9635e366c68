"""Ids and ARNs in the formats AWS uses, so that whatever takes one apart finds what it expects.

ARN formats: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
Resource id formats: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
"""

import hashlib
import os
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

ACCOUNT_VARIABLE: Final = "SLIPWAY_SANDBOX_ACCOUNT"
"""The environment variable that says which account to pretend to be."""
ACCOUNT: Final = os.environ.get(ACCOUNT_VARIABLE, "123456789012")
"""The pretended account: where nobody says which, the number AWS's own documentation uses."""


@dataclass(frozen=True)
class Seed:
    """What generated values of one resource derive from: the same seed always gives the same values."""

    text: str

    def hexadecimal(self, digits: int, salt: str = "") -> str:
        """Return that many hexadecimal digits."""
        return hashlib.sha512(f"{self.text}|{salt}".encode()).hexdigest()[:digits]

    def letters(self, count: int, salt: str = "") -> str:
        """Return that many capital letters and digits."""
        number = int(hashlib.sha512(f"{self.text}|{salt}".encode()).hexdigest(), 16)
        alphabet = string.ascii_uppercase + string.digits
        return "".join(alphabet[(number // len(alphabet) ** index) % len(alphabet)] for index in range(count))

    def uuid(self, salt: str = "") -> str:
        """Return a version 4 UUID."""
        return str(uuid.UUID(self.hexadecimal(32, salt), version=4))

    def number(self, below: int, salt: str = "") -> int:
        """Return a number from 0 up to `below`."""
        return int(self.hexadecimal(15, salt), 16) % below


@dataclass(frozen=True)
class Place:
    """Where a resource is made."""

    region: str
    account: str = ACCOUNT


@dataclass(frozen=True)
class Identity:
    """A new resource's id and ARN (empty where the type has none)."""

    id: str
    arn: str = ""


_Inputs = Mapping[str, Any]
_Maker = Callable[[_Inputs, Seed, Place], Identity]


def _ec2(prefix: str, resource: str = "") -> _Maker:
    def make(_inputs: _Inputs, seed: Seed, place: Place) -> Identity:
        id_ = f"{prefix}-0{seed.hexadecimal(16)}"
        return Identity(id_, f"arn:aws:ec2:{place.region}:{place.account}:{resource}/{id_}" if resource else "")

    return make


def _arn_as_id(service: str, resource: Callable[[_Inputs, Seed], str], *, regional: bool = True) -> _Maker:
    def make(inputs: _Inputs, seed: Seed, place: Place) -> Identity:
        arn = f"arn:aws:{service}:{place.region if regional else ''}:{place.account}:{resource(inputs, seed)}"
        return Identity(arn, arn)

    return make


def _named(service: str, resource: str, name: str = "name", *, regional: bool = True, account: bool = True) -> _Maker:
    def make(inputs: _Inputs, _seed: Seed, place: Place) -> Identity:
        where = f"{place.region if regional else ''}:{place.account if account else ''}"
        return Identity(str(inputs[name]), f"arn:aws:{service}:{where}:{resource}{inputs[name]}")

    return make


def _joined(separator: str, *parts: str) -> _Maker:
    return lambda inputs, _seed, _place: Identity(separator.join(str(inputs.get(part, "")) for part in parts))


def _eks(resource: str, separator: str, name: str, tail: bool) -> _Maker:
    def make(inputs: _Inputs, seed: Seed, place: Place) -> Identity:
        end = f"/{seed.uuid()}" if tail else ""
        path = f"{resource}/{inputs['clusterName']}/{str(inputs[name]).rsplit('/', 1)[-1]}{end}"
        return Identity(
            f"{inputs['clusterName']}{separator}{inputs[name]}",
            f"arn:aws:eks:{place.region}:{place.account}:{path}",
        )

    return make


def _iam_path(inputs: _Inputs) -> str:
    return str(inputs.get("path") or "/")


def _role(inputs: _Inputs, _seed: Seed, place: Place) -> Identity:
    return Identity(str(inputs["name"]), f"arn:aws:iam::{place.account}:role{_iam_path(inputs)}{inputs['name']}")


def _instance_profile(inputs: _Inputs, _seed: Seed, place: Place) -> Identity:
    arn = f"arn:aws:iam::{place.account}:instance-profile{_iam_path(inputs)}{inputs['name']}"
    return Identity(str(inputs["name"]), arn)


def _route(inputs: _Inputs, seed: Seed, _place: Place) -> Identity:
    destination = next((inputs[key] for key in sorted(inputs) if key.startswith("destination")), "")
    return Identity(f"r-{inputs['routeTableId']}{seed.number(10**10, str(destination))}")


def _record(inputs: _Inputs, _seed: Seed, _place: Place) -> Identity:
    parts = [str(inputs["zoneId"]), str(inputs["name"]), str(inputs["type"])]
    if inputs.get("setIdentifier"):
        parts.append(str(inputs["setIdentifier"]))
    return Identity("_".join(parts))


def _zone(_inputs: _Inputs, seed: Seed, _place: Place) -> Identity:
    id_ = f"Z{seed.letters(20)}"
    return Identity(id_, f"arn:aws:route53:::hostedzone/{id_}")


def _association(inputs: _Inputs, seed: Seed, place: Place) -> Identity:
    id_ = f"a-{seed.hexadecimal(17).lower()}"
    path = f"podidentityassociation/{inputs['clusterName']}/{id_}"
    return Identity(id_, f"arn:aws:eks:{place.region}:{place.account}:{path}")


def _key(_inputs: _Inputs, seed: Seed, place: Place) -> Identity:
    return Identity(seed.uuid(), f"arn:aws:kms:{place.region}:{place.account}:key/{seed.uuid()}")


def _group_arn(inputs: _Inputs, seed: Seed, place: Place, kind: str, group: str) -> str:
    tail = f"autoScalingGroupName/{group}"
    end = {"scheduledUpdateGroupAction": f":scheduledActionName/{inputs.get('scheduledActionName')}"}.get(
        kind, f":policyName/{inputs.get('name')}" if kind == "scalingPolicy" else ""
    )
    return f"arn:aws:autoscaling:{place.region}:{place.account}:{kind}:{seed.uuid()}:{tail}{end}"


def _balancer_path(inputs: _Inputs, seed: Seed) -> str:
    kind = {"network": "net", "gateway": "gwy"}.get(str(inputs.get("loadBalancerType")), "app")
    return f"loadbalancer/{kind}/{inputs['name']}/{seed.hexadecimal(16)}"


def _event(kind: str) -> _Maker:
    def make(inputs: _Inputs, seed: Seed, place: Place) -> Identity:
        path = f"{kind}/{inputs['name']}/{seed.uuid()}"
        return Identity(str(inputs["name"]), f"arn:aws:events:{place.region}:{place.account}:{path}")

    return make


def _subscription(inputs: _Inputs, seed: Seed, _place: Place) -> Identity:
    arn = f"{inputs['topic']}:{seed.uuid()}"
    return Identity(arn, arn)


def _schedule(inputs: _Inputs, _seed: Seed, place: Place) -> Identity:
    path = f"{inputs.get('groupName') or 'default'}/{inputs['name']}"
    return Identity(path, f"arn:aws:scheduler:{place.region}:{place.account}:schedule/{path}")


def _under(field: str, kind: str) -> Callable[[_Inputs, Seed], str]:
    """A listener's or rule's path: its parent's with another first word and one more part."""

    def path(inputs: _Inputs, seed: Seed) -> str:
        parent = str(inputs[field]).split(":", 5)[-1].split("/", 1)[-1]
        return f"{kind}/{parent}/{seed.hexadecimal(16)}"

    return path


_MAKERS: Final[Mapping[str, _Maker]] = {
    "aws:acm/certificate:Certificate": _arn_as_id("acm", lambda _inputs, seed: f"certificate/{seed.uuid()}"),
    "aws:acm/certificateValidation:CertificateValidation": lambda inputs, seed, _place: Identity(
        f"{seed.hexadecimal(8)}-{str(inputs['certificateArn']).rsplit('/', 1)[-1]}"
    ),
    "aws:autoscaling/group:Group": lambda inputs, seed, place: Identity(
        str(inputs["name"]), _group_arn(inputs, seed, place, "autoScalingGroup", str(inputs["name"]))
    ),
    "aws:autoscaling/policy:Policy": lambda inputs, seed, place: Identity(
        str(inputs["name"]),
        _group_arn(inputs, seed, place, "scalingPolicy", str(inputs["autoscalingGroupName"])),
    ),
    "aws:autoscaling/schedule:Schedule": lambda inputs, seed, place: Identity(
        str(inputs["scheduledActionName"]),
        _group_arn(inputs, seed, place, "scheduledUpdateGroupAction", str(inputs["autoscalingGroupName"])),
    ),
    "aws:autoscaling/tag:Tag": lambda inputs, _seed, _place: Identity(
        f"{inputs['autoscalingGroupName']},{inputs['tag'].get('key')}"
    ),
    "aws:budgets/budget:Budget": lambda inputs, _seed, place: Identity(
        f"{place.account}:{inputs['name']}", f"arn:aws:budgets::{place.account}:budget/{inputs['name']}"
    ),
    "aws:cloudwatch/dashboard:Dashboard": _named("cloudwatch", "dashboard/", "dashboardName", regional=False),
    "aws:cloudwatch/eventApiDestination:EventApiDestination": _event("api-destination"),
    "aws:cloudwatch/eventConnection:EventConnection": _event("connection"),
    "aws:cloudwatch/eventRule:EventRule": _named("events", "rule/"),
    "aws:cloudwatch/eventTarget:EventTarget": lambda inputs, seed, _place: Identity(
        f"{inputs['rule']}-{inputs.get('targetId') or seed.hexadecimal(26)}"
    ),
    "aws:cloudwatch/logGroup:LogGroup": _named("logs", "log-group:"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _named("cloudwatch", "alarm:"),
    "aws:ec2/eip:Eip": _ec2("eipalloc", "elastic-ip"),
    "aws:ec2/flowLog:FlowLog": _ec2("fl", "vpc-flow-log"),
    "aws:ec2/internetGateway:InternetGateway": _ec2("igw", "internet-gateway"),
    "aws:ec2/launchTemplate:LaunchTemplate": _ec2("lt", "launch-template"),
    "aws:ec2/natGateway:NatGateway": _ec2("nat", "natgateway"),
    "aws:ec2/route:Route": _route,
    "aws:ec2/routeTable:RouteTable": _ec2("rtb", "route-table"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _ec2("rtbassoc"),
    "aws:ec2/securityGroup:SecurityGroup": _ec2("sg", "security-group"),
    "aws:ec2/subnet:Subnet": _ec2("subnet", "subnet"),
    "aws:ec2/vpc:Vpc": _ec2("vpc", "vpc"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _ec2("vpce", "vpc-endpoint"),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _joined("", "repository"),
    "aws:ecr/repository:Repository": _named("ecr", "repository/"),
    "aws:eks/accessEntry:AccessEntry": _eks("access-entry", ":", "principalArn", tail=True),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _joined("#", "clusterName", "principalArn", "policyArn"),
    "aws:eks/addon:Addon": _eks("addon", ":", "addonName", tail=True),
    "aws:eks/cluster:Cluster": _named("eks", "cluster/"),
    "aws:eks/nodeGroup:NodeGroup": _eks("nodegroup", ":", "nodeGroupName", tail=True),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _association,
    "aws:iam/instanceProfile:InstanceProfile": _instance_profile,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _arn_as_id(
        "iam",
        lambda inputs, _seed: f"oidc-provider/{str(inputs['url']).removeprefix('https://')}",
        regional=False,
    ),
    "aws:iam/policy:Policy": _arn_as_id(
        "iam", lambda inputs, _seed: f"policy{_iam_path(inputs)}{inputs['name']}", regional=False
    ),
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _joined(":", "role", "name"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _joined("/", "role", "policyArn"),
    "aws:kms/alias:Alias": _named("kms", ""),
    "aws:kms/key:Key": _key,
    "aws:lb/listener:Listener": _arn_as_id("elasticloadbalancing", _under("loadBalancerArn", "listener")),
    "aws:lb/listenerCertificate:ListenerCertificate": _joined("_", "listenerArn", "certificateArn"),
    "aws:lb/listenerRule:ListenerRule": _arn_as_id("elasticloadbalancing", _under("listenerArn", "listener-rule")),
    "aws:lb/loadBalancer:LoadBalancer": _arn_as_id("elasticloadbalancing", _balancer_path),
    "aws:lb/targetGroup:TargetGroup": _arn_as_id(
        "elasticloadbalancing", lambda inputs, seed: f"targetgroup/{inputs['name']}/{seed.hexadecimal(16)}"
    ),
    "aws:rds/instance:Instance": lambda inputs, seed, place: Identity(
        f"db-{seed.letters(26)}", f"arn:aws:rds:{place.region}:{place.account}:db:{inputs['identifier']}"
    ),
    "aws:rds/parameterGroup:ParameterGroup": _named("rds", "pg:"),
    "aws:rds/subnetGroup:SubnetGroup": _named("rds", "subgrp:"),
    "aws:route53/record:Record": _record,
    "aws:route53/zone:Zone": _zone,
    "aws:s3/bucket:Bucket": _named("s3", "", "bucket", regional=False, account=False),
    "aws:s3/bucketObjectv2:BucketObjectv2": lambda inputs, _seed, _place: Identity(
        f"{inputs['bucket']}/{inputs['key']}", f"arn:aws:s3:::{inputs['bucket']}/{inputs['key']}"
    ),
    "aws:scheduler/schedule:Schedule": _schedule,
    "aws:sns/topic:Topic": _arn_as_id("sns", lambda inputs, _seed: str(inputs["name"])),
    "aws:sns/topicPolicy:TopicPolicy": _joined("", "arn"),
    "aws:sns/topicSubscription:TopicSubscription": _subscription,
    "aws:ssm/association:Association": lambda _inputs, seed, place: Identity(
        seed.uuid(), f"arn:aws:ssm:{place.region}:{place.account}:association/{seed.uuid()}"
    ),
    "aws:ssm/document:Document": _named("ssm", "document/"),
    "aws:ssm/parameter:Parameter": lambda inputs, _seed, place: Identity(
        str(inputs["name"]),
        f"arn:aws:ssm:{place.region}:{place.account}:parameter/{str(inputs['name']).lstrip('/')}",
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _ec2("sgr", "security-group-rule"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ec2("sgr", "security-group-rule"),
}

_GLOBAL_SERVICES: Final = frozenset({"iam", "route53", "cloudfront"})


def identity_of(type_token: str, inputs: _Inputs, seed: Seed, place: Place) -> Identity:
    """Return the id and ARN a new resource gets."""
    maker = _MAKERS.get(type_token)
    if maker is not None:
        return maker(inputs, seed, place)
    service, kind = type_token.split(":")[1].split("/")
    if kind.startswith("bucket") and inputs.get("bucket") is not None:
        return Identity(str(inputs["bucket"]))  # the companions of a bucket go by its name
    id_ = str(inputs.get("name") or f"{kind}-{seed.hexadecimal(17)}")
    return Identity(id_, f"arn:aws:{service}:{place.region}:{place.account}:{kind}/{id_}")


def scope_of(type_token: str, region: str, inputs: _Inputs) -> str:
    """Return the part of the account in which an id is unique.

    That is nothing for a global type, the region for most, and the region and the Auto Scaling group for what
    belongs to such a group: two groups may both have a scheduled action `night`.
    """
    if type_token.split(":")[1].split("/", maxsplit=1)[0] in _GLOBAL_SERVICES:
        return ""
    group = inputs.get("autoscalingGroupName") if type_token.startswith("aws:autoscaling/") else None
    return region if group is None else f"{region}/{group}"
