"""The parts that policies are written of. What a statement is for is said by its `Sid`, and where it is made."""

from collections.abc import Mapping, Sequence
from typing import Any

Statement = dict[str, Any]
Document = dict[str, Any]


def document(*statements: Statement) -> Document:
    """A policy of these statements. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(
    sid: str, actions: Sequence[str], resources: Sequence[str], condition: Mapping[str, Any] | None = None
) -> Statement:
    """What may be done, to what, and when."""
    statement = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return {**statement, "Condition": dict(condition)} if condition is not None else statement


def deny(sid: str, actions: Sequence[str], resources: Sequence[str]) -> Statement:
    """What may never be done, whatever else allows it."""
    return {"Sid": sid, "Effect": "Deny", "Action": list(actions), "Resource": list(resources)}


def actions(service: str, names: str) -> list[str]:
    """The actions of one service, their names parted by spaces."""
    return [f"{service}:{name}" for name in names.split()]


def looks(action: str) -> bool:
    """Whether an action only looks at how things are set up: it changes nothing, and reads no content."""
    verb = action.partition(":")[2]
    return verb.startswith(("Describe", "Get", "List")) and action not in _CONTENT


_CONTENT = frozenset(
    ("s3:GetObject", "s3:GetObjectVersion", "secretsmanager:GetSecretValue", "ssm:GetCommandInvocation")
)
"""What a bucket or a secret holds and what a command printed is content, whatever the verb says."""
