"""Rules that join several settings. Each is one function; a parameter's name says which top-level setting it reads.

A rule runs when the settings it reads are sound by themselves, so one mistake does not hide another.
"""

import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from ipaddress import IPv4Network
from typing import Any

from apps.declarations import declaration_of
from infra.certificate import certificate_names
from infra.database_rules import RULES_OF_DATABASES, sidecar_databases_stay_alone
from infra.listener_rules import LISTENER_RULES_PER_BALANCER
from infra.migration_rules import RULES_OF_MIGRATION
from infra.node_settings import NodeGroupSettings
from infra.problems import Problem
from infra.service_settings import ImageSettings, ServiceSettings
from infra.setting_types import PRIVATE_RANGES
from infra.settings import ClusterSettings, NetworkSettings
from infra.version_rules import RULES_OF_VERSIONS

# "Number of domain names per ACM certificate": 10. https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
NAMES_PER_CERTIFICATE = 10
# "Role name: 64 characters", less the longest end that Slipway gives one and Pulumi's suffix of eight.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LONGEST_STACK_NAME = 27
# "IPv4 network CIDR block sizes must be between /16 and /28"; below /20 the zones' subnets would be too small for pods,
# each of which has an address of the VPC. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
LARGEST_VPC_PREFIX, SMALLEST_VPC_PREFIX = 16, 20


def names_have_room(project: str, stack: str) -> Iterator[Problem]:
    """Names made from project and stack stay within what AWS takes."""
    if len(project) + 1 + len(stack) > LONGEST_STACK_NAME:
        yield Problem(
            "stack name",
            f"'{project}-{stack}' is longer than {LONGEST_STACK_NAME} characters, which names of roles have room for",
        )


def network_fits(network: NetworkSettings, region: str) -> Iterator[Problem]:
    """The range is one AWS takes, and each zone is another of the stack's region."""
    prefix = network.cidr.prefixlen
    if not LARGEST_VPC_PREFIX <= prefix <= SMALLEST_VPC_PREFIX:
        yield Problem("slipway:network.cidr", f"is {network.cidr}; expected a range between /16 and /20")
    if not any(network.cidr.subnet_of(private) for private in PRIVATE_RANGES):
        private = ", ".join(str(each) for each in PRIVATE_RANGES)
        yield Problem("slipway:network.cidr", f"is {network.cidr}; expected a private range, in one of {private}")
    for index, zone in enumerate(network.availability_zones):
        if zone[:-1] != region:
            yield Problem(f"slipway:network.availabilityZones[{index}]", f"is {zone}; expected a zone of {region}")
        if zone in network.availability_zones[:index]:
            yield Problem(f"slipway:network.availabilityZones[{index}]", f"is {zone}, which stands there twice")


def endpoint_is_not_open_to_the_world(cluster: ClusterSettings, protect: bool) -> Iterator[Problem]:
    """A protected stack names who may reach the Kubernetes API."""
    for index, cidr in enumerate(cluster.public_access_cidrs):
        if protect and cidr == IPv4Network("0.0.0.0/0"):
            yield Problem(
                f"slipway:cluster.publicAccessCidrs[{index}]",
                "is 0.0.0.0/0; expected named ranges, or none, in a protected stack",
            )


def roles_have_one_access_entry(cluster: ClusterSettings, project: str, stack: str, account: str) -> Iterator[Problem]:
    """A role has one access entry: whoever creates the cluster from the start, and the preview role its own.

    https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2968
    """
    for person, principal in cluster.admins.items():
        if principal == f"arn:aws:iam::{account}:role/{project}-{stack}-deploy":
            yield Problem(f"slipway:cluster.admins.{person}", "is the deploy role, which is an administrator already")
        if principal == f"arn:aws:iam::{account}:role/{project}-{stack}-preview":
            yield Problem(f"slipway:cluster.admins.{person}", "is the preview role, which reads only")


def tags_say_whose_it_is(tags: Mapping[str, str]) -> Iterator[Problem]:
    """Every resource says whose it is; project and stack are known without being said."""
    if "owner" not in tags:
        yield Problem("slipway:tags.owner", "is required; expected who is asked about these resources, such as a team")
    for tag in sorted({"project", "stack"} & tags.keys()):
        yield Problem(f"slipway:tags.{tag}", "is set by the program; expected other tags here")
    for tag in sorted(tag for tag in tags if tag.lower().startswith("aws:")):
        yield Problem(f"slipway:tags.{tag}", "begins with aws:, which AWS keeps for itself")


def some_node_group(
    node_groups: Mapping[str, NodeGroupSettings], services: Mapping[str, ServiceSettings]
) -> Iterator[Problem]:
    """Add-ons and services need nodes that take them."""
    if services and not any(not group.taints for group in node_groups.values()):
        yield Problem("slipway:nodeGroups", "has no group without taints; expected one where add-ons can run")


def desired_size_has_one_owner(node_groups: Mapping[str, NodeGroupSettings]) -> Iterator[Problem]:
    """The cluster autoscaler and what else sizes a group would undo each other's work.

    Scaling by CPU or any other metric is "NOT compatible" with it:
    https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#is-cluster-autoscaler-compatible-with-cpu-usage-based-node-autoscalers
    """
    for name, group in node_groups.items():
        owners = {"schedules": group.schedules, "boosts": group.boosts, "policies": group.policies}
        others = [f"{kind} ({', '.join(sorted(members))})" for kind, members in owners.items() if members]
        if group.cluster_autoscaler and others:
            yield Problem(
                f"slipway:nodeGroups.{name}.clusterAutoscaler",
                f"is true, but the group's size belongs to its {' and '.join(others)}; expected one of the two",
            )


def services_run_on_known_groups(
    services: Mapping[str, ServiceSettings], node_groups: Mapping[str, NodeGroupSettings]
) -> Iterator[Problem]:
    """A service bound to a group needs that group."""
    for name, service in services.items():
        if service.node_group is not None and service.node_group not in node_groups:
            yield Problem(
                f"slipway:services.{name}.nodeGroup",
                f"is {service.node_group}; expected one of {', '.join(sorted(node_groups))}",
            )


def hosts_are_in_the_domain(domain: str, services: Mapping[str, ServiceSettings]) -> Iterator[Problem]:
    """The stack's zone can hold a record of every host, and no two services want one name."""
    owner: dict[str, str] = {}
    for name, service in services.items():
        for index, host in enumerate(service.hosts):
            path = f"slipway:services.{name}.hosts[{index}]"
            if host != domain and not host.endswith(f".{domain}"):
                yield Problem(path, f"is {host}; expected {domain} or a name below it")
            if host in owner:
                yield Problem(path, f"is {host}, which slipway:services.{owner[host]} has already")
            owner[host] = name


def balancer_has_room(services: Mapping[str, ServiceSettings]) -> Iterator[Problem]:
    """One rule of the HTTPS listener for each service with hosts."""
    public = sum(1 for service in services.values() if service.hosts)
    if public > LISTENER_RULES_PER_BALANCER:
        yield Problem("slipway:services", f"has {public} public services; one balancer takes 100 rules")


def certificate_has_room(domain: str, services: Mapping[str, ServiceSettings]) -> Iterator[Problem]:
    """Hosts one label below the domain share a wildcard; each deeper one is a name of its own in the certificate."""
    names = certificate_names(domain, [host for service in services.values() for host in service.hosts])
    if len(names) > NAMES_PER_CERTIFICATE:
        yield Problem(
            "slipway:services",
            f"has {len(names) - 2} hosts more than one label below {domain}; "
            f"the certificate takes {NAMES_PER_CERTIFICATE - 2} beside the domain and its wildcard",
        )


def names_do_not_meet(services: Mapping[str, ServiceSettings]) -> Iterator[Problem]:
    """Two services may not become one Kubernetes object or one repository."""
    for what in ("app", "service", "repository"):
        names = Counter(getattr(declaration_of(name), what) for name in services)
        for shared in (value for value, count in names.items() if count > 1):
            yield Problem("slipway:services", f"has two services with the {what} name {shared}")


def images_are_known(images: Mapping[str, ImageSettings], services: Mapping[str, ServiceSettings]) -> Iterator[Problem]:
    """Each image is of a repository that the stack has."""
    known = {
        repository for name, service in services.items() for repository in declaration_of(name).repositories(service)
    }
    for repository in images:
        if repository not in known:
            yield Problem(
                f"slipway:images.{repository}",
                f"no service runs it; expected one of {', '.join(sorted(known))}",
            )


def images_are_pinned(images: Mapping[str, ImageSettings], immutable_images: bool) -> Iterator[Problem]:
    """A tag can be moved; what was proven in one environment runs in the next by its digest."""
    for repository, image in images.items():
        if immutable_images and image.tag is not None:
            yield Problem(
                f"slipway:images.{repository}.tag",
                f"is {image.tag}; expected a digest, since slipway:immutableImages is true",
            )


Rule = Callable[..., Iterator[Problem]]

RULES_OF_ENTRIES: tuple[Rule, ...] = (
    desired_size_has_one_owner,
    hosts_are_in_the_domain,
    images_are_pinned,
    sidecar_databases_stay_alone,
)
"""Rules that look at each entry of a mapping by itself, so that a broken neighbour does not matter."""

RULES_OF_WHOLES: tuple[Rule, ...] = (
    names_have_room,
    network_fits,
    endpoint_is_not_open_to_the_world,
    roles_have_one_access_entry,
    tags_say_whose_it_is,
    some_node_group,
    services_run_on_known_groups,
    balancer_has_room,
    certificate_has_room,
    names_do_not_meet,
    images_are_known,
    *RULES_OF_DATABASES,
    *RULES_OF_MIGRATION,
    *RULES_OF_VERSIONS,
)
"""Rules that would see a fault where an entry is only missing because it could not be read."""


def broken_rules(found: Mapping[str, Any], incomplete: Set[str]) -> list[Problem]:
    """The problems of all rules whose settings were found; of some only a part could be read."""
    return [
        problem
        for rules, usable in ((RULES_OF_ENTRIES, found.keys()), (RULES_OF_WHOLES, found.keys() - incomplete))
        for rule in rules
        if (parameters := inspect.signature(rule).parameters).keys() <= usable
        for problem in rule(**{name: found[name] for name in parameters})
    ]
