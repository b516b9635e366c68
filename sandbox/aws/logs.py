"""The log groups that a writer makes when it finds none: nobody declared them, so nobody removes them.

A group that is deleted while its writer lives is soon there again, which is why it has to go after its writer.
https://github.com/terraform-aws-modules/terraform-aws-eks/issues/920
"""

from collections.abc import Iterator
from typing import Final

from sandbox.aws.identifiers import ACCOUNT
from sandbox.inventory import Inventory, Record
from sandbox.values import as_list

LOG_GROUP_TYPE: Final = "aws:cloudwatch/logGroup:LogGroup"
_CLUSTER_TYPE: Final = "aws:eks/cluster:Cluster"
_ADDON_TYPE: Final = "aws:eks/addon:Addon"
_DATABASE_TYPE: Final = "aws:rds/instance:Instance"

_CONTAINER_LOGS: Final = ("application", "dataplane", "host", "performance")
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-setup-logs-FluentBit.html"""


def make_missing(inventory: Inventory, writer: Record) -> None:
    """Make the log groups that something new writes to and does not find.

    Args:
        inventory: the account.
        writer: what was just made.
    """
    for name in _written_by(writer):
        if inventory.get(LOG_GROUP_TYPE, name, writer.scope) is None:
            _make(inventory, name, writer.scope)


def make_again(inventory: Inventory, deleted: Record) -> None:
    """Make a deleted log group anew if something still writes to it.

    Args:
        inventory: the account.
        deleted: what was just deleted, of any type.
    """
    if deleted.type != LOG_GROUP_TYPE:
        return
    writers = [each for kind in (_CLUSTER_TYPE, _ADDON_TYPE, _DATABASE_TYPE) for each in inventory.list(type=kind)]
    if any(writer.scope == deleted.scope and deleted.id in _written_by(writer) for writer in writers):
        _make(inventory, deleted.id, deleted.scope)


def _written_by(record: Record) -> Iterator[str]:
    """The log groups that a cluster's control plane, an add-on's pods, or a database write to.

    https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
    """
    if record.type == _CLUSTER_TYPE and record.inputs.get("enabledClusterLogTypes"):
        yield f"/aws/eks/{record.id}/cluster"
    if record.type == _ADDON_TYPE and record.inputs.get("addonName") == "amazon-cloudwatch-observability":
        for kind in _CONTAINER_LOGS:
            yield f"/aws/containerinsights/{record.inputs['clusterName']}/{kind}"
    if record.type == _DATABASE_TYPE:
        for kind in as_list(record.inputs.get("enabledCloudwatchLogsExports")):
            yield f"/aws/rds/instance/{record.name}/{kind}"


def _make(inventory: Inventory, name: str, region: str) -> None:
    inventory.add(
        Record(
            provider="aws",
            type=LOG_GROUP_TYPE,
            id=name,
            arn=f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{name}",
            name=name,
            scope=region,
            # No owner: it outlives its writer, as in reality, and keeps every line for ever.
            inputs={"name": name},
            outputs={"name": name, "retentionInDays": 0},
        )
    )
