"""What AWS makes and alters by itself when something is made: it belongs to that thing and goes with it."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from sandbox.aws.account import Caller
from sandbox.aws.certificates import CERTIFICATE_TYPE, is_issued
from sandbox.aws.identifiers import ACCOUNT, Identity
from sandbox.aws.logs import make_again, make_missing
from sandbox.inventory import Inventory, Record
from sandbox.values import at_path, is_map

GROUP_TYPE: Final = "aws:autoscaling/group:Group"
SECURITY_GROUP_TYPE: Final = "aws:ec2/securityGroup:SecurityGroup"
ACCESS_ENTRY_TYPE: Final = "aws:eks/accessEntry:AccessEntry"
CLUSTER_TYPE: Final = "aws:eks/cluster:Cluster"
VPC_TYPE: Final = "aws:ec2/vpc:Vpc"
NODE_GROUP_TYPE: Final = "aws:eks/nodeGroup:NodeGroup"
DATABASE_TYPE: Final = "aws:rds/instance:Instance"
SNAPSHOT_TYPE: Final = "aws:rds/snapshot:Snapshot"
"""What RDS keeps of a database's data."""

ASSOCIATION_TYPE: Final = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
IMAGE_TYPE: Final = "aws:ecr/image"
"""A pushed image: nothing Pulumi makes, but it keeps a repository from being deleted."""

_OF_A_CLUSTER: Final = (ASSOCIATION_TYPE, "aws:eks/podIdentityAssociation:PodIdentityAssociation")
_OF_A_GROUP: Final = (
    "aws:autoscaling/schedule:Schedule", "aws:autoscaling/policy:Policy", "aws:autoscaling/tag:Tag",
)  # fmt: skip

_Effect = Callable[[Inventory, Record, Caller], None]


def adopted(inventory: Inventory, type_token: str, inputs: Mapping[str, Any]) -> Identity | None:
    """Return the identity of what exists already and is only taken over: a VPC's default security group."""
    vpc = inventory.get(VPC_TYPE, str(inputs.get("vpcId")))
    if vpc is None or not type_token.endswith(":DefaultSecurityGroup"):
        return None
    id_ = str(vpc.outputs["defaultSecurityGroupId"])
    return Identity(id_, f"arn:aws:ec2:{vpc.scope}:{ACCOUNT}:security-group/{id_}")


def after_create(inventory: Inventory, record: Record, caller: Caller) -> None:
    """Do what AWS does by itself after a create."""
    effect = _AFTER_CREATE.get(record.type)
    if effect is not None:
        effect(inventory, record, caller)
    make_missing(inventory, record)


def after_update(inventory: Inventory, record: Record, changed: Collection[str]) -> None:
    """Carry an update on to what goes with the thing: a node group's sizes to its Auto Scaling group.

    Args:
        inventory: the account.
        record: the thing as it is now.
        changed: the properties the update changed; sizes that it left alone stay what a schedule made them.
    """
    sizes = record.inputs.get("scalingConfig")
    if record.type == NODE_GROUP_TYPE and is_map(sizes) and "scalingConfig" in changed:
        for group in inventory.owned_by(record):
            if group.type == GROUP_TYPE:
                resize(inventory, group, sizes["minSize"], sizes["maxSize"], sizes["desiredSize"])


def before_delete(inventory: Inventory, record: Record) -> None:
    """Do what goes with a delete: a cluster takes everything that runs in it along, a database leaves a snapshot."""
    if record.type == DATABASE_TYPE:
        _final_snapshot(inventory, record)
    for inside in _goes_along(inventory, record):
        inventory.remove(inside)


def after_delete(inventory: Inventory, record: Record) -> None:
    """Do what AWS does by itself once something is gone: a log group that is written to comes back."""
    make_again(inventory, record)


def _goes_along(inventory: Inventory, record: Record) -> Iterator[Record]:
    """What a delete takes with it, besides what AWS made for the thing.

    https://docs.aws.amazon.com/eks/latest/userguide/delete-cluster.html
    https://docs.aws.amazon.com/eks/latest/userguide/delete-managed-node-group.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html
    """
    if record.type == CLUSTER_TYPE:
        yield from inventory.list(provider="kubernetes", scope=record.id)
        for type_token in (ACCESS_ENTRY_TYPE, "aws:eks/addon:Addon", *_OF_A_CLUSTER):
            yield from _with_input(inventory, type_token, "clusterName", record.id)
    if record.type == NODE_GROUP_TYPE:
        groups = [owned.id for owned in inventory.owned_by(record) if owned.type == GROUP_TYPE]
        for group in groups:
            for type_token in _OF_A_GROUP:
                yield from _with_input(inventory, type_token, "autoscalingGroupName", group)
    if record.type == "aws:lb/loadBalancer:LoadBalancer":
        for listener in _with_input(inventory, "aws:lb/listener:Listener", "loadBalancerArn", record.arn):
            yield from _goes_along(inventory, listener)
            yield listener
    if record.type == "aws:lb/listener:Listener":
        yield from _with_input(inventory, "aws:lb/listenerRule:ListenerRule", "listenerArn", record.arn)
        yield from _with_input(inventory, "aws:lb/listenerCertificate:ListenerCertificate", "listenerArn", record.arn)
    if record.type == ACCESS_ENTRY_TYPE:
        for association in _with_input(inventory, ASSOCIATION_TYPE, "principalArn", record.inputs["principalArn"]):
            if association.inputs["clusterName"] == record.inputs["clusterName"]:
                yield association
    if record.type == "aws:ecr/repository:Repository":
        yield from _with_input(inventory, "aws:ecr/lifecyclePolicy:LifecyclePolicy", "repository", record.id)
        yield from _with_input(inventory, IMAGE_TYPE, "repository", record.id)


def _final_snapshot(inventory: Inventory, database: Record) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html"""
    name = database.inputs.get("finalSnapshotIdentifier")
    if name is None or database.inputs.get("skipFinalSnapshot") is True:
        return
    facts = {"dbSnapshotIdentifier": name, "dbInstanceIdentifier": database.name}
    inventory.add(
        Record(
            provider="aws",
            type=SNAPSHOT_TYPE,
            id=str(name),
            arn=f"arn:aws:rds:{database.scope}:{ACCOUNT}:snapshot:{name}",
            name=str(name),
            scope=database.scope,
            # No owner: it is there so that it outlives the database.
            inputs=facts,
            outputs=facts,
        )
    )


def _with_input(inventory: Inventory, type_token: str, name: str, value: str) -> list[Record]:
    return [record for record in inventory.list(type=type_token) if record.inputs.get(name) == value]


def _vpc(inventory: Inventory, record: Record, _caller: Caller) -> None:
    """A VPC comes with a default security group and a main route table.

    https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
    """
    _security_group(inventory, record, record.outputs["defaultSecurityGroupId"], "default", record.id)
    inventory.add(
        Record(
            provider="aws",
            type="aws:ec2/routeTable:RouteTable",
            id=record.outputs["mainRouteTableId"],
            name="main",
            scope=record.scope,
            owner=record.key,
            inputs={"vpcId": record.id},
            outputs={"vpcId": record.id},
        )
    )


def _security_group(inventory: Inventory, owner: Record, id_: str, name: str, vpc: str) -> None:
    inputs = {"name": name, "vpcId": vpc}
    inventory.add(
        Record(
            provider="aws",
            type=SECURITY_GROUP_TYPE,
            id=id_,
            arn=f"arn:aws:ec2:{owner.scope}:{ACCOUNT}:security-group/{id_}",
            name=name,
            scope=owner.scope,
            owner=owner.key,
            inputs=inputs,
            outputs=inputs,
        )
    )


def _cluster(inventory: Inventory, record: Record, caller: Caller) -> None:
    """EKS makes the cluster's security group and the creator's access entry.

    https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html
    https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessConfigRequest.html
    """
    network: dict[str, Any] = record.outputs["vpcConfig"]
    name = f"eks-cluster-sg-{record.id}"
    _security_group(inventory, record, network["clusterSecurityGroupId"], name, network["vpcId"])
    access: dict[str, Any] = record.outputs["accessConfig"]
    if access["bootstrapClusterCreatorAdminPermissions"] and access["authenticationMode"] != "CONFIG_MAP":
        entry = {"clusterName": record.id, "principalArn": caller.principal}
        inventory.add(
            Record(
                provider="aws",
                type=ACCESS_ENTRY_TYPE,
                id=f"{record.id}:{caller.principal}",
                name=caller.principal,
                scope=record.scope,
                owner=record.key,
                inputs=entry,
                outputs=entry,
            )
        )


def _node_group(inventory: Inventory, record: Record, _caller: Caller) -> None:
    """EKS makes an Auto Scaling group for a node group.

    https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html
    """
    name = str(at_path(record.outputs, "resources[0].autoscalingGroups[0].name"))
    sizes = record.inputs["scalingConfig"]
    settings = {
        "name": name,
        "minSize": sizes["minSize"],
        "maxSize": sizes["maxSize"],
        "desiredCapacity": sizes["desiredSize"],
        "vpcZoneIdentifiers": record.inputs["subnetIds"],
    }
    inventory.add(
        Record(
            provider="aws",
            type=GROUP_TYPE,
            id=name,
            arn=f"arn:aws:autoscaling:{record.scope}:{ACCOUNT}:autoScalingGroup::autoScalingGroupName/{name}",
            name=name,
            scope=record.scope,
            owner=record.key,
            inputs=settings,
            outputs=settings,
        )
    )


_AFTER_CREATE: Final[dict[str, _Effect]] = {
    VPC_TYPE: _vpc,
    CLUSTER_TYPE: _cluster,
    NODE_GROUP_TYPE: _node_group,
}


def resize(inventory: Inventory, group: Record, smallest: int, largest: int, desired: int) -> None:
    """Set the three sizes of an Auto Scaling group; -1 keeps a size."""
    wanted = {"minSize": smallest, "maxSize": largest, "desiredCapacity": desired}
    sizes = {name: size for name, size in wanted.items() if int(size) != -1}
    inventory.update(replace(group, inputs={**group.inputs, **sizes}, outputs={**group.outputs, **sizes}))


def run_schedule(inventory: Inventory, action: str) -> None:
    """Let a scheduled action happen now: its group gets its sizes, as when its hour has come.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html

    Args:
        inventory: the account.
        action: the scheduled action's name.

    Raises:
        KeyError: there is no such action, or its group does not exist.
    """
    schedule = inventory.get("aws:autoscaling/schedule:Schedule", action)
    if schedule is None:
        raise KeyError(f"there is no scheduled action {action!r}")
    group = inventory.get(GROUP_TYPE, str(schedule.inputs["autoscalingGroupName"]))
    if group is None:
        raise KeyError(f"the group of the scheduled action {action!r} does not exist")
    sizes = schedule.outputs
    resize(inventory, group, sizes["minSize"], sizes["maxSize"], sizes["desiredCapacity"])


def as_it_is_now(inventory: Inventory, record: Record) -> Record:
    """Return a record with what has changed since it was made.

    A node group's sizes follow its Auto Scaling group; a certificate is issued once its validation records stand.
    """
    if record.type == CERTIFICATE_TYPE and is_issued(inventory, record):
        return replace(record, outputs={**record.outputs, "status": "ISSUED"})
    if record.type != NODE_GROUP_TYPE:
        return record
    for group in inventory.owned_by(record):
        if group.type == GROUP_TYPE:
            # EKS keeps its own copy of the sizes in step with the group's.
            sizes = {
                "minSize": group.outputs["minSize"],
                "maxSize": group.outputs["maxSize"],
                "desiredSize": group.outputs["desiredCapacity"],
            }
            return replace(
                record,
                inputs={**record.inputs, "scalingConfig": sizes},
                outputs={**record.outputs, "scalingConfig": sizes},
            )
    return record


def push_image(inventory: Inventory, repository: str, tag: str, digest: str) -> Record:
    """Put an image into a repository, as `docker push` would.

    Raises:
        KeyError: there is no such repository.
    """
    found = inventory.get("aws:ecr/repository:Repository", repository)
    if found is None:
        raise KeyError(f"there is no repository {repository!r}")
    image = {"repository": repository, "tag": tag, "digest": digest}
    return inventory.add(
        Record(
            provider="aws",
            type=IMAGE_TYPE,
            id=f"{repository}@{digest}",
            name=f"{repository}:{tag}",
            scope=found.scope,
            inputs=image,
            outputs=image,
        )
    )
