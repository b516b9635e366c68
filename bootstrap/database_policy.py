"""What a deployment may do to the stack's own database server."""

from bootstrap.action_sets import LOG_GROUP
from bootstrap.environment_names import EnvironmentNames
from bootstrap.statements import Document, actions, allow, document


def database_policy(names: EnvironmentNames) -> Document:
    """The policy of the deploy role for the part `database`.

    Which action is about what: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
    """
    own = [names.arn("rds", f"{kind}:{names.name}-*") for kind in ("db", "pg", "subgrp", "snapshot")]
    logs = f"log-group:/aws/rds/instance/{names.name}-*"
    return document(
        # The server, its groups and its snapshots: every one begins with the environment's name.
        allow("Server", _SERVER, own),
        # A server is in an option group too, where it asks for none in AWS's own.
        allow(
            "DefaultOptions",
            [f"rds:{each}" for each in ("CreateDBInstance", "ModifyDBInstance", *_RESTORES)],
            [names.arn("rds", "og:default:postgres-*")],
        ),
        # Servers cannot be found one by one.
        allow("LookAtServers", ["rds:Describe*"], ["*"]),
        # What the server logs.
        allow("ServerLogs", LOG_GROUP, [names.arn("logs", logs), names.arn("logs", f"{logs}:*")]),
    )


_RESTORES = ("RestoreDBInstanceToPointInTime", "RestoreDBInstanceFromDBSnapshot")
_SERVER = actions(
    "rds",
    "CreateDBInstance ModifyDBInstance DeleteDBInstance CreateDBSnapshot CreateDBSubnetGroup ModifyDBSubnetGroup "
    "DeleteDBSubnetGroup CreateDBParameterGroup ModifyDBParameterGroup ResetDBParameterGroup DeleteDBParameterGroup "
    f"AddTagsToResource RemoveTagsFromResource ListTagsForResource {' '.join(_RESTORES)}",
)
