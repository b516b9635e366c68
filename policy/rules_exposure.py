"""The world reaches the balancer on ports 80 and 443, and nothing else."""

import ipaddress
import json
from collections.abc import Iterator, Sequence
from typing import Any

from policy.graph import UNKNOWN, Resource, Stack, Violation, at, items, of_types, shown, violation

EXPOSURE = "closed-to-the-world"
BALANCER = "only-the-balancer-is-open"

OPEN_PORTS = (80, 443)

_GROUPS = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
_INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
_BALANCERS = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
_CLASSIC_BALANCER = "aws:elb/loadBalancer:LoadBalancer"
_LISTENERS = ("aws:lb/listener:Listener", "aws:alb/listener:Listener")
_TCP = ("tcp", "6", 6)
# A range of more than a 256th of all addresses is the world by another name, such as 0.0.0.0/1.
_WORLD_PREFIX = 8

_PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def is_world(cidr: Any) -> bool:
    """Whether a range takes in a good part of the internet."""
    try:
        network = ipaddress.ip_network(cidr, strict=False) if isinstance(cidr, str) else None
    except ValueError:
        return False
    return network is not None and network.prefixlen < _WORLD_PREFIX


def openings(resource: Resource) -> Iterator[tuple[str, Any]]:
    """The rules of a security group, or the resource that is one, that let the world in: each with its path.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
    """
    rules: list[tuple[str, Any]] = []
    if resource.type in _GROUPS:
        rules = [(f"ingress[{i}]", rule) for i, rule in enumerate(items(at(resource.inputs, "ingress")))]
    elif resource.type == _INGRESS_RULE or (resource.type == _RULE and at(resource.inputs, "type") == "ingress"):
        rules = [("ingress", resource.inputs)]
    for path, rule in rules:
        lists = [at(rule, "cidrBlocks"), at(rule, "ipv6CidrBlocks")]
        sources = [at(rule, "cidrIpv4"), at(rule, "cidrIpv6"), *(each for values in lists for each in items(values))]
        if any(is_world(source) for source in sources):
            yield path, rule


def closed_to_the_world(resources: Sequence[Resource], stack: Stack) -> Iterator[Violation]:
    """Security groups, the cluster's endpoint, databases, buckets, and balancers that Kubernetes would make."""
    for resource in resources:
        for path, rule in openings(resource):
            yield from _ports(resource, path, rule)
        yield from _buckets(resource)
        match resource.type:
            case "aws:eks/cluster:Cluster" if stack.protected:
                yield from _endpoint(resource, "vpcConfig.", at(resource.inputs, "vpcConfig"))
            case "eks:index:Cluster" if stack.protected:
                yield from _endpoint(resource, "", resource.inputs)
            case "aws:rds/instance:Instance" | "aws:rds/clusterInstance:ClusterInstance":
                if at(resource.inputs, "publiclyAccessible") is True:
                    yield violation(EXPOSURE, resource, "publiclyAccessible", "is True", "false")
            case "kubernetes:core/v1:Service" if at(resource.inputs, "spec", "type") == "LoadBalancer":
                allowed = "ClusterIP or NodePort: the way in is the balancer that Pulumi declares"
                yield violation(EXPOSURE, resource, "spec.type", "is 'LoadBalancer'", allowed)
            case _:
                pass


def _ports(resource: Resource, path: str, rule: Any) -> Iterator[Violation]:
    protocol = at(rule, "ipProtocol") if resource.type == _INGRESS_RULE else at(rule, "protocol")
    first, last = at(rule, "fromPort"), at(rule, "toPort")
    if UNKNOWN in (protocol, first, last):
        return
    # Protocol -1 is all of them, and then the ports mean nothing.
    if protocol not in _TCP or first != last or first not in OPEN_PORTS:
        yield violation(
            EXPOSURE,
            resource,
            path,
            f"opens {protocol} ports {first} to {last} to the world",
            "tcp, port 80 or 443 alone, or named addresses",
        )


def _endpoint(resource: Resource, prefix: str, config: Any) -> Iterator[Violation]:
    """EKS opens its endpoint to the world where it is told nothing.

    https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
    """
    public, ranges = at(config, "endpointPublicAccess"), at(config, "publicAccessCidrs")
    if public is False or UNKNOWN in (config, public, ranges):
        return
    world = [cidr for cidr in items(ranges) if is_world(cidr)]
    if world or not items(ranges):
        yield violation(
            EXPOSURE,
            resource,
            f"{prefix}publicAccessCidrs",
            f"open the Kubernetes endpoint of a protected stack to {', '.join(world) or 'the world, naming no range'}",
            "named ranges, or endpointPublicAccess false",
        )


def _buckets(resource: Resource) -> Iterator[Violation]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""
    inputs = resource.inputs
    match resource.kind if resource.type.startswith("aws:s3/") else "":
        case "Bucket" | "BucketV2" | "BucketAcl" | "BucketAclV2":
            if at(inputs, "acl") in _PUBLIC_ACLS:
                yield violation(EXPOSURE, resource, "acl", shown(at(inputs, "acl")), "private")
        case "BucketPublicAccessBlock" | "AccountPublicAccessBlock":
            # What is left out here is switched off, where a bucket without this resource has it on.
            off = [name for name in _BLOCKS if at(inputs, name) is not UNKNOWN and at(inputs, name) is not True]
            if off:
                yield violation(EXPOSURE, resource, ", ".join(off), "not true", "all four true")
        case "BucketPolicy":
            for statement in _statements(at(inputs, "policy")):
                if _lets_anyone(statement):
                    found = f"lets anyone do {at(statement, 'Action')}"
                    yield violation(EXPOSURE, resource, "policy", found, "named principals, or a condition")
        case _:
            pass


def _statements(policy: Any) -> list[Any]:
    try:
        document = json.loads(policy) if isinstance(policy, str) else policy
    except ValueError:
        return []
    statements = at(document, "Statement")
    return items(statements) if isinstance(statements, list) else [statements]


def _lets_anyone(statement: Any) -> bool:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""
    principal = at(statement, "Principal")
    named = principal if isinstance(principal, str) else at(principal, "AWS")
    anyone = named == "*" or "*" in items(named)
    return at(statement, "Effect") == "Allow" and anyone and not at(statement, "Condition")


def only_the_balancer_is_open(resources: Sequence[Resource], _stack: Stack) -> Iterator[Violation]:
    """What is open to the world is a balancer's group, and an internet-facing balancer listens on 80 and 443."""
    balancers = list(of_types(resources, *_BALANCERS, _CLASSIC_BALANCER))
    guarded = frozenset[str]().union(*(_named(balancer, "securityGroups") for balancer in balancers))
    for resource in resources:
        group = {resource.urn} if resource.type in _GROUPS else _named(resource, "securityGroupId")
        for path, _ in openings(resource):
            if not group & guarded:
                yield violation(
                    BALANCER, resource, path, "opens to the world a group of no balancer", "a load balancer's own group"
                )
    internal = frozenset(each.urn for each in balancers if at(each.inputs, "internal") is True)
    for listener in of_types(resources, *_LISTENERS):
        if not _named(listener, "loadBalancerArn") & internal:
            yield from _listens(listener, "port", at(listener.inputs, "port"))
    for balancer in of_types(resources, _CLASSIC_BALANCER):
        if balancer.urn not in internal:
            for i, listener in enumerate(items(at(balancer.inputs, "listeners"))):
                yield from _listens(balancer, f"listeners[{i}].lbPort", at(listener, "lbPort"))


def _named(resource: Resource, name: str) -> frozenset[str]:
    """Which resources a property is about: by URN, and where it is text, as that."""
    value = at(resource.inputs, name)
    values = [value] if isinstance(value, str) else items(value)
    return resource.links.get(name, frozenset()) | frozenset(each for each in values if isinstance(each, str))


def _listens(resource: Resource, path: str, port: Any) -> Iterator[Violation]:
    if port is not UNKNOWN and port not in OPEN_PORTS:
        yield violation(BALANCER, resource, path, shown(port), "80 or 443")
