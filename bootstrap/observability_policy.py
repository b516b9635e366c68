"""What a deployment may do to what watches its system: alarms, dashboard, topic, budget, and the ways to a chat."""

from bootstrap.environment_names import EnvironmentNames
from bootstrap.statements import Document, actions, allow, document


def observability_policy(names: EnvironmentNames) -> Document:
    """The policy of the deploy role for the part `observability`."""
    return document(
        # Alarms of the system, and those that set off scaling policies.
        allow("Alarms", _ALARMS, [names.arn("cloudwatch", f"alarm:{names.name}-*")]),
        # The one dashboard, which has the stack's name; dashboards know no regions.
        allow("Dashboard", _DASHBOARD, [f"arn:aws:cloudwatch::{names.account}:dashboard/{names.name}"]),
        # The topic, with its policy and its subscriptions.
        allow("Topic", _TOPIC, [names.arn("sns", f"{names.name}-*")]),
        # A subscription, once it is made, can only be named by all: AWS knows no resource here.
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
        allow(
            "Subscriptions",
            actions("sns", "GetSubscriptionAttributes SetSubscriptionAttributes Unsubscribe"),
            ["*"],
            {"StringEquals": {"aws:RequestedRegion": names.region}},
        ),
        # The policy of the topic's key, once it is made. Not that of a key without this environment's tags.
        allow("KeyPolicy", ["kms:PutKeyPolicy"], [names.arn("kms", "key/*")], names.tagged()),
        # Budgets know no regions either.
        allow("Budget", _BUDGET, [f"arn:aws:budgets::{names.account}:budget/{names.name}-*"]),
        # The calls by which node groups report their sizes.
        allow("Schedules", _SCHEDULES, [names.arn("scheduler", f"schedule/default/{names.name}-*")]),
        # What tells a chat: a rule, where it sends, and the connection by which it does.
        allow(
            "Events",
            _EVENTS,
            [names.arn("events", f"{kind}/{names.name}-*") for kind in ("rule", "connection", "api-destination")],
        ),
        # EventBridge keeps a connection's credentials, as whoever makes it.
        # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEventBridgeFullAccess.html
        allow("ConnectionSecrets", _SECRETS, [names.arn("secretsmanager", f"secret:events!connection/{names.name}-*")]),
    )


_ALARMS = actions(
    "cloudwatch", "PutMetricAlarm DeleteAlarms DescribeAlarms TagResource UntagResource ListTagsForResource"
)
_DASHBOARD = actions("cloudwatch", "PutDashboard GetDashboard DeleteDashboards")
_TOPIC = actions(
    "sns",
    "CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes Subscribe ListSubscriptionsByTopic "
    "TagResource UntagResource ListTagsForResource",
)
_BUDGET = actions("budgets", "ModifyBudget ViewBudget TagResource UntagResource ListTagsForResource")
_SCHEDULES = actions("scheduler", "CreateSchedule UpdateSchedule DeleteSchedule GetSchedule")
_EVENTS = actions(
    "events",
    "PutRule DescribeRule DeleteRule PutTargets RemoveTargets ListTargetsByRule TagResource UntagResource "
    "ListTagsForResource CreateConnection UpdateConnection DeleteConnection DescribeConnection CreateApiDestination "
    "UpdateApiDestination DeleteApiDestination DescribeApiDestination",
)
_SECRETS = actions("secretsmanager", "CreateSecret UpdateSecret PutSecretValue GetSecretValue DeleteSecret")
