"""The rules AWS enforces, as a list of small functions; the modules beside this one hold them by topic.

To add one, write a function that takes a `Call` and refuses it where the rule is broken, and register it:

    @rule("create", "update", on=(VPC_TYPE,), page="https://docs.aws.amazon.com/...")
    def _cidr_size(call: Call) -> None:
        '''A VPC has between 16 and 65,536 addresses.'''
        if ...:
            call.refuse("InvalidVpc.Range", "...")
"""

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NoReturn

from sandbox.aws.errors import AwsError
from sandbox.inventory import Inventory, Record

MODULES: Final = (
    "references",
    "tags",
    "names",
    "network",
    "identity",
    "federation",
    "cluster",
    "scaling",
    "edge",
    "targets",
    "fleet",
    "systems_manager",
    "dns",
    "storage",
    "databases",
    "alarms",
    "notifications",
)
"""The modules of this package that hold the rules."""

ANY: Final = ("*",)
"""For rules that hold for every type."""


@dataclass(frozen=True)
class Call:
    """One call to AWS about to be made, as a rule sees it.

    Attributes:
        operation: `create`, `update` or `delete`.
        type: the type token.
        name: what the call is about, for messages.
        inputs: the inputs, secrets revealed; on delete those the thing was last given.
        region: where.
        inventory: what exists.
        record: the thing itself, on update and delete.
        caller: the ARN of who calls.
        page: the documentation page of the rule being asked, for `refuse`.
    """

    operation: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    region: str
    inventory: Inventory
    caller: str
    record: Record | None = None
    page: str = field(default="")

    def refuse(self, code: str, reason: str) -> NoReturn:
        """Refuse the call in AWS's words.

        Raises:
            AwsError: always.
        """
        raise AwsError(f"{_GERUNDS[self.operation]} {title(self.type)} ({self.name})", code, reason, self.page)

    def others(self, type_token: str) -> list[Record]:
        """Return everything of a type but the thing this call is about."""
        position = self.record.position if self.record else 0
        return [record for record in self.inventory.list(type=type_token) if record.position != position]

    @property
    def existing(self) -> Record:
        """The thing itself, which exists on update and delete.

        Raises:
            AssertionError: the rule that asks was registered for creates.
        """
        if self.record is None:
            raise AssertionError("a rule for creates asked for what exists already")
        return self.record


_GERUNDS: Final = {"create": "creating", "update": "updating", "delete": "deleting", "read": "reading"}
_SERVICES: Final = {
    "acm": "ACM", "autoscaling": "Auto Scaling", "budgets": "Budgets", "cloudwatch": "CloudWatch", "ec2": "EC2",
    "ecr": "ECR", "eks": "EKS", "iam": "IAM", "kms": "KMS", "lb": "ELBv2", "rds": "RDS", "route53": "Route 53",
    "s3": "S3", "scheduler": "EventBridge Scheduler", "sns": "SNS", "ssm": "SSM", "vpc": "VPC",
}  # fmt: skip


def title(type_token: str) -> str:
    """Name a type in words: `EKS Node Group` for `aws:eks/nodeGroup:NodeGroup`."""
    service = type_token.split(":")[1].split("/", maxsplit=1)[0]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", type_token.rsplit(":", maxsplit=1)[-1])
    return f"{_SERVICES.get(service, service)} {words}"


_Check = Callable[[Call], None]


@dataclass(frozen=True)
class Rule:
    """One registered rule: the function, what it is asked about, and the page that states it."""

    check: _Check
    operations: frozenset[str]
    types: frozenset[str]
    page: str

    def concerns(self, call: Call) -> bool:
        """Whether the rule is to be asked about a call."""
        return call.operation in self.operations and (call.type in self.types or "*" in self.types)


_RULES: Final[list[Rule]] = []


def rule(*operations: str, on: tuple[str, ...], page: str) -> Callable[[_Check], _Check]:
    """Register a rule.

    Args:
        operations: of `create`, `update`, `delete`.
        on: the types it holds for, or `ANY`.
        page: the documentation page that states it.
    """

    def register(check: _Check) -> _Check:
        _RULES.append(Rule(check, frozenset(operations), frozenset(on), page))
        return check

    return register


def all_rules() -> list[Rule]:
    """Return every rule there is."""
    for module in MODULES:
        importlib.import_module(f"sandbox.aws.rules.{module}")
    return list(_RULES)


def enforce(call: Call) -> None:
    """Ask every rule that concerns a call.

    Raises:
        AwsError: one of them refuses it.
    """
    for each in all_rules():
        if each.concerns(call):
            each.check(replace(call, page=each.page))
