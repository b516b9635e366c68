"""A preview as `pulumi preview --json` prints it, small, with the trouble that a reviewer has to see."""

import json
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

MASKED = "[secret]"
STACK = "urn:pulumi:dev::slipway::pulumi:pulumi:Stack::slipway-dev"
PROVIDER = "urn:pulumi:dev::slipway::pulumi:providers:aws::slipway-dev"
NETWORK = "urn:pulumi:dev::slipway::slipway:infra:Network::slipway-dev"
EDGE = "urn:pulumi:dev::slipway::slipway:infra:LoadBalancer::slipway-dev"
LONG = "a-name-that-somebody-made-as-long-as-aws-lets-it-be-and-longer-than-a-telephone-is-wide"

Step = dict[str, Any]


def urn_of(type_: str, name: str, parent: str) -> str:
    """The URN of a resource in a component."""
    chain = parent.split("::")[2]
    return f"urn:pulumi:dev::slipway::{chain}${type_}::{name}"


def step(op: str, type_: str, name: str, parent: str, inputs: dict[str, Any], **more: Any) -> Step:
    """A step of the engine's, with all that it writes of a resource."""
    urn = urn_of(type_, name, parent)
    state: dict[str, Any] = {
        "urn": urn,
        "type": type_,
        "custom": True,
        "parent": parent,
        "inputs": inputs,
        "provider": f"{PROVIDER}::{UNKNOWN}",
        "dependencies": more.pop("dependencies", []),
        "propertyDependencies": more.pop("propertyDependencies", {}),
    }
    old = {**state, "inputs": more.pop("before", inputs)}
    states = {"create": {"newState": state}, "delete": {"oldState": old}}
    return {"op": op, "urn": urn, **states.get(op, {"oldState": old, "newState": state}), **more}


def group(type_: str, urn: str) -> Step:
    """A component's step."""
    state = {"urn": urn, "type": type_, "custom": False, "parent": STACK if urn != STACK else ""}
    return {"op": "same", "urn": urn, "oldState": state, "newState": state}


VPC = urn_of("aws:ec2/vpc:Vpc", "slipway-dev", NETWORK)


def steps() -> list[Step]:
    """A network, a balancer, and a Secret whose content is masked."""
    tags = json.dumps({"tags": {"project": "slipway", "stack": "dev", "owner": "platform"}})
    provider = {"urn": PROVIDER, "type": "pulumi:providers:aws", "custom": True, "inputs": {"defaultTags": tags}}
    balancer = {"internal": False, "name": UNKNOWN}
    return [
        group("pulumi:pulumi:Stack", STACK),
        {"op": "create", "urn": PROVIDER, "newState": {**provider, "parent": STACK}},
        group("slipway:infra:Network", NETWORK),
        group("slipway:infra:LoadBalancer", EDGE),
        step(
            "replace",
            "aws:ec2/vpc:Vpc",
            "slipway-dev",
            NETWORK,
            {"cidrBlock": "10.1.0.0/16"},
            before={"cidrBlock": "10.0.0.0/16"},
            detailedDiff={"cidrBlock": {"kind": "update-replace"}},
            replaceReasons=["cidrBlock"],
        ),
        step("create", "aws:ec2/subnet:Subnet", LONG, NETWORK, {"vpcId": UNKNOWN}, dependencies=[VPC]),
        step("create", "aws:lb/loadBalancer:LoadBalancer", "slipway-dev", EDGE, balancer, dependencies=[VPC]),
        step("create", "kubernetes:core/v1:Secret", "slipway-dev-database", EDGE, {"stringData": MASKED}),
        step("delete", "aws:ec2/eip:Eip", "slipway-dev-old", NETWORK, {}),
    ]


OPEN_TO_THE_WORLD = step(
    "create",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "slipway-dev-ssh",
    NETWORK,
    {"cidrIpv4": "0.0.0.0/0", "fromPort": 22, "toPort": 22, "ipProtocol": "tcp"},
)


def preview_text(*more: Step, **document: Any) -> str:
    """The whole document, with more steps and other fields where these are given."""
    config = {"slipway:databasePasswords": json.dumps({"thoughts": MASKED}), "slipway:protect": "false"}
    return json.dumps({"config": config, "steps": [*steps(), *more], "changeSummary": {"same": 3}, **document})
