from dataclasses import replace
from typing import Any

import pytest

from policy.graph import UNKNOWN, Resource
from policy.rules_disruption import disruption_budgets, rounded
from tests.says import Says
from tests.unit.policy.rule_answers import answers, kubernetes

pytestmark = pytest.mark.unit

LABELS = {"app": "web"}


def deployment(replicas: Any, type_: str = "apps/v1:Deployment", labels: Any = LABELS, **metadata: Any) -> Resource:
    spec = {"replicas": replicas, "template": {"metadata": {"labels": labels}}}
    return kubernetes(type_, spec=spec, **metadata)


def budget(name: str = "web", selector: Any = None, namespace: Any = "example", **spec: Any) -> Resource:
    chosen = {"matchLabels": LABELS} if selector is None else selector
    return kubernetes("policy/v1:PodDisruptionBudget", name, namespace, spec={"selector": chosen, **spec})


def autoscaler(least: Any, target: Any = "web", kind: str = "Deployment") -> Resource:
    spec = {"minReplicas": least, "scaleTargetRef": {"kind": kind, "name": target}}
    return kubernetes("autoscaling/v2:HorizontalPodAutoscaler", spec=spec)


WITHOUT = Says("spec.replicas", "2", "PodDisruptionBudget")


@pytest.mark.parametrize("replicas", [0, 1, None, 1.0])
def test_one_replica_needs_no_budget(replicas: Any) -> None:
    assert answers(disruption_budgets, deployment(replicas)) == []


@pytest.mark.parametrize("type_", ["apps/v1:Deployment", "apps/v1:StatefulSet"])
@pytest.mark.parametrize("replicas", [2, 4.0])
def test_more_do(type_: str, replicas: Any) -> None:
    assert answers(disruption_budgets, deployment(replicas, type_)) == [
        Says("spec.replicas", str(int(replicas)), "PodDisruptionBudget")
    ]
    assert answers(disruption_budgets, deployment(replicas, type_), budget(maxUnavailable=1)) == []


def test_an_autoscaler_counts_for_what_it_scales() -> None:
    assert answers(disruption_budgets, deployment(1), autoscaler(2)) == [WITHOUT]
    assert answers(disruption_budgets, deployment(1), autoscaler(2), budget(maxUnavailable=1)) == []
    assert answers(disruption_budgets, deployment(1), autoscaler(2, "another")) == []
    assert answers(disruption_budgets, deployment(1), autoscaler(2, kind="StatefulSet")) == []
    assert answers(disruption_budgets, deployment(1), autoscaler(None)) == []


def test_an_autoscaler_of_a_workload_whose_name_is_not_known_yet() -> None:
    workload = deployment(1)
    scaler = replace(autoscaler(2, UNKNOWN), links={"spec": frozenset({workload.urn})})
    assert answers(disruption_budgets, workload, scaler) == [WITHOUT]
    assert answers(disruption_budgets, workload, autoscaler(2, UNKNOWN)) == []


def test_the_fewest_replicas_decide_what_can_be_spared() -> None:
    three = budget(minAvailable=3)
    assert answers(disruption_budgets, deployment(4), three) == []
    refusal = Says("spec.minAvailable", "web", "3 replicas", "maxUnavailable of 1", "minAvailable below 3")
    assert answers(disruption_budgets, deployment(4), autoscaler(3), three) == [refusal]


@pytest.mark.parametrize(
    ("value", "replicas", "pods"),
    # Kubernetes' own example: with 7 pods and 50% it means 4.
    [("50%", 7, 4), ("0%", 7, 0), ("1%", 2, 1), ("100%", 3, 3), ("34%", 3, 2), ("33%", 3, 1), (2, 7, 2), (0, 7, 0)],
)
def test_percentages_are_rounded_up(value: Any, replicas: int, pods: int) -> None:
    assert rounded(value, replicas) == pods


@pytest.mark.parametrize(
    ("spec", "replicas", "lets_go"),
    [
        ({"maxUnavailable": 1}, 2, True),
        ({"maxUnavailable": 0}, 2, False),
        ({"maxUnavailable": "1%"}, 2, True),
        ({"maxUnavailable": "0%"}, 2, False),
        ({"minAvailable": 1}, 2, True),
        ({"minAvailable": 2}, 2, False),
        ({"minAvailable": 3}, 2, False),
        ({"minAvailable": "50%"}, 2, True),
        ({"minAvailable": "51%"}, 2, False),
        ({"minAvailable": "100%"}, 9, False),
        ({}, 2, False),
        ({"maxUnavailable": UNKNOWN}, 2, True),
        ({"minAvailable": UNKNOWN}, 2, True),
    ],
)
def test_a_budget_lets_a_pod_go(spec: dict[str, Any], replicas: int, lets_go: bool) -> None:
    refusal = Says("web", f"{replicas} replicas", "maxUnavailable of 1", f"minAvailable below {replicas}")
    assert answers(disruption_budgets, deployment(replicas), budget(**spec)) == ([] if lets_go else [refusal])


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "web", "tier": "front"}}, False),
        ({"matchLabels": {"app": UNKNOWN}}, True),
        (UNKNOWN, True),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Like"}]}, False),
    ],
)
def test_selectors(selector: Any, matches: bool) -> None:
    found = answers(disruption_budgets, deployment(2), budget(selector=selector, maxUnavailable=1))
    assert (found == []) is matches


def test_no_selector_matches_nothing() -> None:
    nothing = kubernetes("policy/v1:PodDisruptionBudget", spec={"maxUnavailable": 1})
    assert answers(disruption_budgets, deployment(2), nothing) == [WITHOUT]


@pytest.mark.parametrize(
    ("of_budget", "of_workload", "matches"),
    [
        ("example", "example", True),
        ("example", "other", False),
        (None, "default", True),
        (None, "example", False),
        (UNKNOWN, "example", True),
        ("example", UNKNOWN, True),
    ],
)
def test_a_budget_is_for_its_own_namespace(of_budget: Any, of_workload: Any, matches: bool) -> None:
    found = answers(
        disruption_budgets, deployment(2, namespace=of_workload), budget(namespace=of_budget, maxUnavailable=1)
    )
    assert (found == []) is matches


def test_two_budgets_for_one_pod_stop_every_eviction() -> None:
    found = answers(disruption_budgets, deployment(2), budget("a", maxUnavailable=1), budget("b", {}, maxUnavailable=1))
    assert found == [Says("spec.template.metadata.labels", "a, b", "one")]
