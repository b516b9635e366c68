"""What a preview would change, from the JSON of `pulumi preview --json`.

The document is the engine's; its fields are those of `PreviewDigest` and `PreviewStep` in
https://pkg.go.dev/github.com/pulumi/pulumi/sdk/v3/go/common/display. Secrets are masked in it already.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, cast

from ops.refusal import Refusal


class Operation(Enum):
    """What happens to a resource, in the order of a summary: what cannot be taken back comes first."""

    DELETE = "delete"
    REPLACE = "replace"
    UPDATE = "update"
    CREATE = "create"


_OPERATIONS = {
    "create": Operation.CREATE,
    "import": Operation.CREATE,
    "update": Operation.UPDATE,
    "replace": Operation.REPLACE,
    "create-replacement": Operation.REPLACE,
    "delete-replaced": Operation.REPLACE,
    "delete": Operation.DELETE,
}
"""By the engine's name of a step. Others (same, read, ...) change nothing.

With `--refresh` each resource has a step `refresh` too, whether it differs or not; what differs has one of these after.
"""

STATEFUL = {
    "aws:rds/": "holds data",
    "aws:dynamodb/": "holds data",
    "aws:efs/": "holds data",
    "aws:ebs/volume:": "holds data",
    "aws:s3/bucket:": "holds objects",
    "aws:s3/bucketV2:": "holds objects",
    "aws:ecr/repository:": "holds images",
    "aws:kms/key:": "what it encrypted cannot be read without it",
    "aws:secretsmanager/secret:": "holds a secret",
    "aws:eks/cluster:": "everything in the cluster goes with it",
    "aws:eks/nodeGroup:": "its nodes go with it, and the pods on them",
    "aws:ec2/vpc:": "everything is in it",
    "aws:ec2/subnet:": "what is in it goes with it",
    "aws:ec2/eip:": "its address is lost, also where others let it in",
    "aws:route53/zone:": "its name servers change",
    "aws:lb/loadBalancer:": "the site's way in",
    "aws:lb/listener:": "the site's way in",
    "aws:cloudwatch/logGroup:": "holds logs",
    "kubernetes:core/v1:Namespace": "everything in it goes with it",
    "kubernetes:core/v1:PersistentVolumeClaim": "holds data",
    "kubernetes:apps/v1:StatefulSet": "holds data",
}
"""What is lost, or not reached, when a resource of such a type is deleted or replaced; by how the type begins."""

MASKED = "[secret]"
_LONGEST_VALUE = 60


@dataclass(frozen=True)
class PropertyChange:
    """One property that differs; the values only where both can be shown in a line."""

    path: str
    before: str | None = None
    after: str | None = None
    replaces: bool = False


@dataclass(frozen=True)
class Change:
    """What happens to one resource."""

    operation: Operation
    type: str
    name: str
    properties: tuple[PropertyChange, ...] = ()

    @property
    def loses(self) -> str | None:
        """What is lost where this deletes or replaces something that holds a state."""
        if self.operation not in {Operation.DELETE, Operation.REPLACE}:
            return None
        return next((reason for start, reason in STATEFUL.items() if self.type.startswith(start)), None)


@dataclass(frozen=True)
class Preview:
    """What one stack's preview says.

    Attributes:
        changes: sorted by operation, type and name
        unchanged: how many resources stay as they are, the program's own components among them
        errors: what stopped it, in the engine's and the program's words
        warnings: what it warned of
    """

    stack: str
    changes: tuple[Change, ...]
    unchanged: int
    errors: tuple[str, ...]
    warnings: tuple[str, ...]

    def count(self, operation: Operation) -> int:
        """How many resources."""
        return sum(change.operation is operation for change in self.changes)


def read_preview(stack: str, text: str) -> Preview:
    """The preview in this document.

    Raises:
        Refusal: it is not what `pulumi preview --json` prints.
    """
    try:
        document: Any = json.loads(text)
        steps = cast("list[dict[str, Any]]", document.get("steps") or [])
        said = cast("list[dict[str, Any]]", document.get("diagnostics") or [])
        found: dict[str, Change] = {}
        for step in steps:
            if (change := _change(step)) is not None:
                found[step["urn"]] = _together(found.get(step["urn"]), change)
        unchanged = int(cast("dict[str, Any]", document.get("changeSummary") or {}).get("same", 0))
        messages = [(each.get("severity"), _plain(each["message"])) for each in said]
    except (ValueError, AttributeError, KeyError, TypeError):
        raise Refusal(f"{stack}: expected what `pulumi preview --json` prints, found {text[:40]!r}") from None
    order = list(Operation)
    return Preview(
        stack,
        tuple(sorted(found.values(), key=lambda each: (order.index(each.operation), each.type, each.name))),
        unchanged,
        tuple(message for severity, message in messages if severity == "error" and message),
        tuple(message for severity, message in messages if severity == "warning" and message),
    )


def _change(step: Mapping[str, Any]) -> Change | None:
    operation = _OPERATIONS.get(step["op"])
    if operation is None:
        return None
    *_, chain, name = step["urn"].split("::")
    # Components and providers are the program's own words for groups and ways in; AWS and Kubernetes hold neither.
    state: Mapping[str, Any] = step.get("newState") or step.get("oldState") or {}
    type_: str = chain.rsplit("$", 1)[-1]
    if not state.get("custom", False) or type_.startswith("pulumi:"):
        return None
    return Change(operation, type_, name, _properties(step) if operation is not Operation.CREATE else ())


def _together(known: Change | None, other: Change) -> Change:
    """One change of what several steps tell: the engine replaces by creating, replacing and deleting one URN."""
    if known is None:
        return other
    replaced = Operation.REPLACE in {known.operation, other.operation}
    told = known if known.properties else other
    return replace(told, operation=Operation.REPLACE if replaced else other.operation)


def _properties(step: Mapping[str, Any]) -> tuple[PropertyChange, ...]:
    replacing = frozenset[str](step.get("replaceReasons") or ())
    paths = list(step.get("detailedDiff") or step.get("diffReasons") or ())
    before, after = _inputs(step, "oldState"), _inputs(step, "newState")
    return tuple(
        PropertyChange(
            path,
            *_values(before, after, path),
            replaces=path in replacing or re.split(r"[.\[]", path, maxsplit=1)[0] in replacing,
        )
        for path in sorted(paths)
    )


def _inputs(step: Mapping[str, Any], state: str) -> Mapping[str, Any]:
    found = cast("Mapping[str, Any] | None", step.get(state))
    return cast("Mapping[str, Any] | None", found.get("inputs") if found else None) or {}


def _values(before: Any, after: Any, path: str) -> tuple[str | None, str | None]:
    """Both values where each is one short word; a secret and what hides one are not shown at all."""
    shown = [_shown(_at(inputs, path)) for inputs in (before, after)]
    if None in shown or shown[0] == shown[1]:
        return None, None
    return shown[0], shown[1]


def _shown(value: Any) -> str | None:
    if isinstance(value, Mapping | list) or (isinstance(value, str) and MASKED in value):
        return None
    text = "none" if value is None else json.dumps(value) if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST_VALUE and text.isprintable() else None


def _at(value: Any, path: str) -> Any:
    """The value at a path such as `tags["a.b"]` or `rules[0].port`; None where there is none."""
    for quoted, index, name in re.findall(r'\["([^"]*)"\]|\[(\d+)\]|([^.\["\]]+)', path):
        if isinstance(value, Mapping):
            value = cast("Mapping[str, Any]", value).get(quoted or name)
        elif isinstance(value, Sequence) and not isinstance(value, str) and index:
            entries = cast("Sequence[Any]", value)
            value = entries[int(index)] if int(index) < len(entries) else None
        else:
            return None
    return value


def _plain(message: str) -> str:
    """Without the colours of a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m|<\{%[^%]*%\}>", "", message).strip()
