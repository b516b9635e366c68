"""What runs more than once can lose a pod to a drained node, and only as many as it can spare."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from policy.graph import UNKNOWN, Resource, Stack, Violation, at, items, pairs, shown, violation

BUDGETS = "disruption-budgets"

_WORKLOADS = frozenset(("Deployment", "StatefulSet"))


def disruption_budgets(resources: Sequence[Resource], _stack: Stack) -> Iterator[Violation]:
    """Each workload of several replicas has exactly one budget, and that lets a pod go.

    https://kubernetes.io/docs/tasks/run-application/configure-pdb/
    """
    kinds = [resource for resource in resources if resource.type.startswith("kubernetes:")]
    budgets = [resource for resource in kinds if resource.kind == "PodDisruptionBudget"]
    autoscalers = [resource for resource in kinds if resource.kind == "HorizontalPodAutoscaler"]
    for workload in (resource for resource in kinds if resource.kind in _WORKLOADS):
        replicas = _replicas(workload, autoscalers)
        if replicas is not None:
            yield from _budget(workload, replicas, budgets)


def _budget(workload: Resource, replicas: int, budgets: Sequence[Resource]) -> Iterator[Violation]:
    labels = at(workload.inputs, "spec", "template", "metadata", "labels")
    covering = [budget for budget in budgets if _same_namespace(budget, workload) and _covers(budget, labels)]
    if not covering:
        yield violation(
            BUDGETS,
            workload,
            "spec.replicas",
            f"is {replicas} without a PodDisruptionBudget",
            "a budget in its namespace whose selector matches the pods' labels",
        )
    elif len(covering) > 1 and all(_is_known(at(budget.inputs, "spec", "selector")) for budget in covering):
        # The API refuses to evict such a pod. https://kubernetes.io/docs/tasks/run-application/configure-pdb/#arbitrary-controllers-and-selectors
        names = ", ".join(budget.name for budget in covering)
        yield violation(BUDGETS, workload, "spec.template.metadata.labels", f"match {names}", "one budget only")
    for budget in covering:
        yield from _lets_go(budget, workload, replicas)


def _lets_go(budget: Resource, workload: Resource, replicas: int) -> Iterator[Violation]:
    spec = at(budget.inputs, "spec")
    most, least = at(spec, "maxUnavailable"), at(spec, "minAvailable")
    if spec is UNKNOWN or most is UNKNOWN or least is UNKNOWN:
        return
    if most is not None:
        path, value, spare = "spec.maxUnavailable", most, rounded(most, replicas)
    else:
        # Without either field the controller counts no pod as spare.
        path, value = "spec.minAvailable", least
        spare = 0 if least is None else replicas - rounded(least, replicas)
    if spare < 1:
        yield violation(
            BUDGETS,
            budget,
            path,
            f"{shown(value)}, which never lets a pod of {workload.name} ({replicas} replicas) go",
            f"maxUnavailable of 1 or more, or minAvailable below {replicas}",
        )


def rounded(value: Any, replicas: int) -> int:
    """How many pods a budget means: a percentage is rounded up, of either field.

    https://kubernetes.io/docs/tasks/run-application/configure-pdb/#rounding-logic-when-specifying-percentages
    """
    if isinstance(value, str) and value.endswith("%"):
        return math.ceil(int(value[:-1]) * replicas / 100)
    return int(value)


def _replicas(workload: Resource, autoscalers: Sequence[Resource]) -> int | None:
    """The fewest pods that it comes down to, if it ever is more than one; None if it is not, or nobody knows yet."""
    declared = at(workload.inputs, "spec", "replicas")
    minima = [at(each.inputs, "spec", "minReplicas") for each in autoscalers if _scales(each, workload)]
    # Kubernetes runs one replica where no number is given, and scales down to one.
    counts = [1 if count is None else count for count in (declared, *minima)]
    known = [count for count in counts if isinstance(count, int)]
    if max(known, default=1) <= 1:
        return None
    least = [count for count in counts[1:] if isinstance(count, int)] or known
    return max(2, min(least))


def _scales(autoscaler: Resource, workload: Resource) -> bool:
    target = at(autoscaler.inputs, "spec", "scaleTargetRef")
    name, wanted = at(target, "name"), at(workload.inputs, "metadata", "name")
    if not _is_known(name) or not _is_known(wanted):
        return any(workload.urn in urns for urns in autoscaler.links.values())
    return at(target, "kind") == workload.kind and name == wanted and _same_namespace(autoscaler, workload)


def _same_namespace(one: Resource, other: Resource) -> bool:
    namespaces = [at(each.inputs, "metadata", "namespace") for each in (one, other)]
    first, second = ("default" if each is None else each for each in namespaces)
    return not _is_known(first) or not _is_known(second) or first == second


def _is_known(value: Any) -> bool:
    return value is not UNKNOWN


def _covers(budget: Resource, labels: Any) -> bool:
    """Whether the selector matches; an empty one matches all pods, none at all matches none.

    https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/
    """
    selector = at(budget.inputs, "spec", "selector")
    if selector is UNKNOWN or labels is UNKNOWN:
        return True
    if selector is None:
        return False
    have = pairs(labels)
    wanted = pairs(at(selector, "matchLabels"))
    return all(_is_or_may_be(have.get(key), value) for key, value in wanted.items()) and all(
        _expression(expression, have) for expression in items(at(selector, "matchExpressions"))
    )


def _is_or_may_be(value: Any, wanted: Any) -> bool:
    return value == wanted or value is UNKNOWN or wanted is UNKNOWN


def _expression(expression: Any, labels: dict[str, Any]) -> bool:
    """https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements"""
    key, values = at(expression, "key"), items(at(expression, "values"))
    match at(expression, "operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False
