"""Rules about who is told: topics and their subscriptions, budgets, EventBridge's schedules and destinations."""

import json
import re
from typing import Any, Final

from sandbox.aws.rules import Call, rule
from sandbox.inventory import Record
from sandbox.values import as_list, as_map, objects

TOPIC_TYPE: Final = "aws:sns/topic:Topic"
TOPIC_POLICY_TYPE: Final = "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION_TYPE: Final = "aws:sns/topicSubscription:TopicSubscription"
BUDGET_TYPE: Final = "aws:budgets/budget:Budget"
SCHEDULE_TYPE: Final = "aws:scheduler/schedule:Schedule"
DESTINATION_TYPE: Final = "aws:cloudwatch/eventApiDestination:EventApiDestination"
EVENT_RULE_TYPE: Final = "aws:cloudwatch/eventRule:EventRule"
_DOCS: Final = "https://docs.aws.amazon.com/"

_FORMS: Final = {
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "email-json": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "http": r"http://\S+",
    "https": r"https://\S+",
    **dict.fromkeys(("application", "firehose", "lambda", "sqs"), r"arn:aws\S+"),
    "sms": r"\+?\d+",
}
_MOST_NOTIFICATIONS, _MOST_EMAILS, _LONGEST_SCHEDULE = 5, 10, 64
# "EventBridge Scheduler does not support read-only API actions [...] that begin with the following list of prefixes".
_READS: Final = (
    *("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup", "discover"),
    *("validate", "batchGet", "batchDescribe", "batchRead", "transactGet", "adminGet", "adminList", "testMigration"),
)


@rule("create", "update", on=(SUBSCRIPTION_TYPE,), page=f"{_DOCS}sns/latest/api/API_Subscribe.html")
def _endpoint_fits_protocol(call: Call) -> None:
    """An e-mail goes to an address, a request to a URL of its protocol."""
    protocol, endpoint = str(call.inputs.get("protocol")), str(call.inputs.get("endpoint"))
    if protocol not in _FORMS:
        call.refuse("InvalidParameter", f"Invalid parameter: protocol {protocol!r}")
    if not re.fullmatch(_FORMS[protocol], endpoint):
        call.refuse("InvalidParameter", f"Invalid parameter: Endpoint must match the specified protocol, {protocol}")


@rule(
    "create",
    "update",
    on=(TOPIC_POLICY_TYPE,),
    page=f"{_DOCS}sns/latest/dg/sns-access-policy-language-api-permissions-reference.html",
)
def _policy_is_about_topics(call: Call) -> None:
    """A topic's policy has statements, each about this topic and actions of SNS on one."""
    for statement in _statements(call, call.inputs.get("policy")):
        for resource in _each(statement.get("Resource")):
            if resource != call.inputs.get("arn"):
                call.refuse("InvalidParameter", f"Policy statement must apply to a single resource, not {resource}")
        for action in _each(statement.get("Action")):
            if not action.lower().startswith("sns:"):
                call.refuse("InvalidParameter", f"Policy statement action {action} out of service scope")


@rule(
    "create",
    "update",
    on=(BUDGET_TYPE,),
    page=f"{_DOCS}aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html",
)
def _budget_is_whole(call: Call) -> None:
    """A budget has a limit above 0 and at most five notifications, each with somebody to tell."""
    amount = str(call.inputs.get("limitAmount", "0"))
    if not re.fullmatch(r"\d+(\.\d+)?", amount) or float(amount) <= 0:
        call.refuse("InvalidParameterException", f"limitAmount {amount!r} is not a number above 0")
    notifications = objects(call.inputs.get("notifications"))
    if len(notifications) > _MOST_NOTIFICATIONS:
        call.refuse("CreationLimitExceededException", f"a budget has at most {_MOST_NOTIFICATIONS} notifications")
    for notification in notifications:
        emails = as_list(notification.get("subscriberEmailAddresses"))
        topics = as_list(notification.get("subscriberSnsTopicArns"))
        if len(emails) > _MOST_EMAILS or len(topics) > 1 or not emails + topics:
            call.refuse("InvalidParameterException", "a notification goes to one topic and at most ten addresses")


@rule("create", "update", on=(BUDGET_TYPE,), page=f"{_DOCS}cost-management/latest/userguide/budgets-sns-policy.html")
def _budget_may_send(call: Call) -> None:
    """The topic lets budgets publish, and its key lets them encrypt."""
    for notification in objects(call.inputs.get("notifications")):
        for arn in as_list(notification.get("subscriberSnsTopicArns")):
            topic = call.inventory.by_arn(str(arn))
            policies = [
                record.inputs.get("policy")
                for record in call.inventory.list(type=TOPIC_POLICY_TYPE)
                if record.inputs.get("arn") == arn
            ]
            if not any(_lets_in(call, policy, "sns:Publish") for policy in policies):
                call.refuse(
                    "InvalidParameterException", "Invalid SNS topic: budgets.amazonaws.com may not publish to it"
                )
            key = _key_of(call, topic)
            if key is not None and not _lets_in(call, key.inputs.get("policy"), "kms:GenerateDataKey"):
                call.refuse(
                    "InvalidParameterException", "The SNS topic is encrypted, and its key does not let budgets in"
                )


def _key_of(call: Call, topic: Record | None) -> Record | None:
    key = topic.inputs.get("kmsMasterKeyId") if topic else None
    return call.inventory.by_arn(str(key)) if key else None


def _lets_in(call: Call, policy: Any, action: str) -> bool:
    """Whether a statement of a policy allows budgets this action."""
    if not policy:
        return False
    return any(
        statement.get("Effect") == "Allow"
        and "budgets.amazonaws.com" in _each(as_map(statement.get("Principal")).get("Service"))
        and any(
            re.fullmatch(each.lower().replace("*", ".*"), action.lower()) for each in _each(statement.get("Action"))
        )
        for statement in _statements(call, policy)
    )


def _each(value: Any) -> list[str]:
    """What a policy says in a list, or alone."""
    return [str(each) for each in (as_list(value) or [value])]


def _statements(call: Call, policy: Any) -> list[dict[str, Any]]:
    try:
        return objects(as_map(json.loads(str(policy)))["Statement"])
    except (KeyError, ValueError) as error:
        call.refuse("InvalidParameter", f"Invalid parameter: Policy Error: {error!r}")


@rule(
    "create", "update", on=(SCHEDULE_TYPE,), page=f"{_DOCS}scheduler/latest/UserGuide/managing-targets-universal.html"
)
def _target_may_be_called(call: Call) -> None:
    """A universal target is a call that changes something, with its request in JSON."""
    target = as_map(call.inputs.get("target"))
    found = re.fullmatch(r"arn:aws:scheduler:::aws-sdk:([a-z0-9]+):([a-zA-Z0-9]+)", str(target.get("arn")))
    if found is None:
        return
    if found[2].startswith(_READS):
        call.refuse("ValidationException", f"{found[2]} only reads, which the scheduler does not support")
    try:
        json.loads(str(target.get("input", "{}")))
    except ValueError as error:
        call.refuse("ValidationException", f"Invalid RequestJson provided: {error}")


@rule("create", "update", on=(SCHEDULE_TYPE,), page=f"{_DOCS}scheduler/latest/APIReference/API_CreateSchedule.html")
def _schedule_is_whole(call: Call) -> None:
    """A schedule has a short name and an expression of one of three kinds."""
    name, expression = str(call.inputs.get("name")), str(call.inputs.get("scheduleExpression"))
    if not re.fullmatch(rf"[0-9A-Za-z._-]{{1,{_LONGEST_SCHEDULE}}}", name):
        call.refuse("ValidationException", f"name {name!r} is no name of at most {_LONGEST_SCHEDULE} characters")
    if not re.fullmatch(r"rate\(\d+ (minute|hour|day)s?\)|cron\((\S+ ){5}\S+\)|at\(\S+\)", expression):
        call.refuse("ValidationException", f"Invalid Schedule Expression {expression}")


@rule(
    "create",
    "update",
    on=(DESTINATION_TYPE,),
    page=f"{_DOCS}eventbridge/latest/APIReference/API_CreateApiDestination.html",
)
def _destination_is_https(call: Call) -> None:
    """A destination is called over HTTPS."""
    if not re.fullmatch(r"https://[-()_.!~*';/?:@&=+$,%A-Za-z0-9]+", str(call.inputs.get("invocationEndpoint"))):
        call.refuse("ValidationException", "InvocationEndpoint is no https:// address")


@rule("create", "update", on=(EVENT_RULE_TYPE,), page=f"{_DOCS}eventbridge/latest/userguide/eb-event-patterns.html")
def _pattern_is_json(call: Call) -> None:
    """A rule's pattern is JSON, with a list of what may stand there at its leaves."""
    pattern = call.inputs.get("eventPattern")
    if pattern is None:
        return
    try:
        parts = list(as_map(json.loads(str(pattern))).values())
    except ValueError as error:
        call.refuse("InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}")
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            parts += as_map(part).values()
        elif not isinstance(part, list):
            call.refuse(
                "InvalidEventPatternException", f"Event pattern is not valid. Reason: {part!r} must be an array"
            )
