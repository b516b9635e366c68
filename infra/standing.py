"""What of a stack stands already, and which changes of it are refused before anything is touched.

Pulumi itself would go about them: make another VPC and with it everything anew, or a node group at the size of the
stack file in the middle of the night; or begin with what AWS refuses half-way. So the program looks first, by the tags
that it gives to what it makes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.database_changes import StandingDatabase, refused_database_changes
from infra.node_settings import NodeGroupSettings
from infra.problems import Problem, SettingsError
from infra.settings import Settings
from infra.version_rules import cluster_upgrade_problem

CIDR_TAG = "slipway-cidr"
DATABASE_TAG = "slipway-database"
NODE_GROUP_TAG = "slipway-node-group"
MADE_FROM_TAG = "slipway-made-from"


@dataclass(frozen=True)
class Standing:
    """What stands: the VPC's range, by name what each node group was made from, what the control plane runs, and the
    databases.
    """

    vpc_cidrs: Sequence[str]
    node_groups: Mapping[str, Sequence[str]]
    cluster_version: str | None
    node_versions: Sequence[str]
    """Of the node groups; looked at only where the control plane is to have another version."""
    databases: Sequence[StandingDatabase] = ()


def made_from(settings: NodeGroupSettings, zones: Sequence[str]) -> str:
    """What a node group cannot change while it lives, in words that a tag takes.

    https://docs.aws.amazon.com/eks/latest/userguide/update-managed-node-group.html
    """
    return " ".join([settings.instance_type, settings.capacity_type, *zones])


def find_standing(settings: Settings, provider: aws.Provider) -> Standing:
    """Ask AWS; the answer is empty where nothing stands yet.

    https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
    """
    options = pulumi.InvokeOptions(provider=provider)
    filters = [
        aws.resourcegroupstaggingapi.GetResourcesTagFilterArgs(key=key, values=[settings.all_tags[key]])
        for key in ("project", "stack")
    ]
    found = aws.resourcegroupstaggingapi.get_resources(
        resource_type_filters=["ec2:vpc", "eks:nodegroup", "rds:db"],
        tag_filters=filters,
        opts=options,
    )
    tags = [resource.tags for resource in found.resource_tag_mapping_lists]
    groups: dict[str, list[str]] = {}
    for each in tags:
        if NODE_GROUP_TAG in each:
            groups.setdefault(each[NODE_GROUP_TAG], []).append(each.get(MADE_FROM_TAG, ""))
    version = _cluster_version(settings.name, options)
    nodes = _node_versions(settings.name, options) if version not in {None, settings.cluster.version} else []
    databases = [
        StandingDatabase(name, _engine_version(name, options), each.get(MADE_FROM_TAG, ""))
        for each in tags
        if (name := each.get(DATABASE_TAG))
    ]
    return Standing([each[CIDR_TAG] for each in tags if CIDR_TAG in each], groups, version, nodes, databases)


def _engine_version(name: str, options: pulumi.InvokeOptions) -> str:
    """As it is: RDS itself upgrades what has reached the end of its support."""
    found = aws.rds.get_instance(db_instance_identifier=name, opts=options)
    return found.engine_version


def _cluster_version(cluster: str, options: pulumi.InvokeOptions) -> str | None:
    # Looked for by name first, since asking for one that is not there is an error.
    if cluster not in aws.eks.get_clusters(opts=options).names:
        return None
    return aws.eks.get_cluster(name=cluster, opts=options).version


def _node_versions(cluster: str, options: pulumi.InvokeOptions) -> list[str]:
    return [
        aws.eks.get_node_group(cluster_name=cluster, node_group_name=name, opts=options).version
        for name in aws.eks.get_node_groups(cluster_name=cluster, opts=options).names
    ]


def refused_changes(settings: Settings, standing: Standing) -> Iterator[Problem]:
    """What this stack file would do to what stands and must not."""
    cidr = str(settings.network.cidr)
    for existing in standing.vpc_cidrs:
        if existing != cidr:
            yield Problem(
                f"{settings.project}:network.cidr",
                f"is {cidr}, but the VPC has {existing}; AWS cannot change the range of a VPC, so everything in it, "
                "the cluster included, would be made anew. Make a second stack and move to it",
            )
    running, version = standing.cluster_version, settings.cluster.version
    if running is not None and (problem := cluster_upgrade_problem(running, version, standing.node_versions)):
        yield Problem(f"{settings.project}:cluster.version", problem)
    for name, group in settings.node_groups.items():
        wanted = made_from(group, settings.network.availability_zones)
        existing = standing.node_groups.get(name, [])
        if existing and wanted not in existing and group.sizes_itself:
            yield Problem(f"{settings.project}:nodeGroups.{name}", _two_steps(settings, name, existing[0], wanted))
    for database in standing.databases:
        yield from refused_database_changes(settings, database)


def _two_steps(settings: Settings, name: str, existing: str, wanted: str) -> str:
    """Why a group is not replaced in one step, and the commands that do it in two."""
    path = f"{settings.project}:nodeGroups"
    return (
        f"was made from '{existing}' and would be made anew from '{wanted}'. Its size belongs to its schedules, "
        "its policies or the cluster autoscaler, and a group made anew would begin at the size of the stack file, not "
        "at the size of the hour. "
        f"Replace it in two steps (docs/node-replacement.md): put {path}.{name} back as it was, add a second group of "
        "another name beside it with the new instances, and run\n"
        f"    pulumi up --stack {settings.stack}\n"
        f"  then take the old group out and run\n"
        f"    pulumi config rm --path '{path}.{name}' --stack {settings.stack} && pulumi up --stack {settings.stack}"
    )


def require_allowed_changes(settings: Settings, provider: aws.Provider) -> None:
    """Go on only where nothing that stands would be replaced by mistake.

    Raises:
        pulumi.RunError: with every change that is refused, and what to do instead. Nothing was changed.
    """
    problems = list(refused_changes(settings, find_standing(settings, provider)))
    if problems:
        raise pulumi.RunError(str(SettingsError(settings.stack, problems)))
