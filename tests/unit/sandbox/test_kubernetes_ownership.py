"""Who owns which field: what an update takes over, and what it leaves to others."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.kubernetes.ownership import names_of, scaled_by_autoscaler, taken_over, without_ignored

pytestmark = pytest.mark.unit

_OURS = "pulumi-kubernetes-0011aabb"
_REPLICAS = {"f:spec": {"f:replicas": {}}}


def _live(*entries: tuple[str, str, dict[str, Any], str], **content: Any) -> dict[str, Any]:
    managed = [
        {"manager": manager, "operation": operation, "fieldsV1": fields, **({"subresource": sub} if sub else {})}
        for manager, operation, fields, sub in entries
    ]
    return {"metadata": {"name": "web", "managedFields": managed}, **content}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("spec.replicas", ["spec", "replicas"]),
        ('metadata.annotations["a.b/c"]', ["metadata", "annotations", "a.b/c"]),
        ("spec.template.spec.containers[0].image", []),
        ("spec.ports[*]", []),
    ],
)
def test_paths_lead_through_names_only(path: str, names: list[str]) -> None:
    assert names_of(path) == names


def test_what_only_an_autoscaler_owns_is_left_to_it() -> None:
    live = _live((_OURS, "Apply", {"f:spec": {"f:paused": {}}}, ""), ("kube", "Update", _REPLICAS, "scale"))
    live["spec"] = {"replicas": 5, "paused": False}
    wanted = {"spec": {"replicas": 2, "paused": False}}
    assert without_ignored(wanted, live, _OURS, ["spec.replicas"]) == {"spec": {"paused": False}}
    assert wanted["spec"]["replicas"] == 2


@pytest.mark.parametrize("entries", [((_OURS, "Apply", _REPLICAS, ""), ("kube", "Update", _REPLICAS, "scale")), ()])
def test_what_we_own_or_nobody_keeps_its_live_value(entries: tuple[Any, ...]) -> None:
    live = _live(*entries, spec={"replicas": 5})
    assert without_ignored({"spec": {"replicas": 2}}, live, _OURS, ["spec.replicas"]) == {"spec": {"replicas": 5}}


def test_an_ignored_field_that_is_not_there_is_set() -> None:
    assert without_ignored({"spec": {"replicas": 2}}, _live(), _OURS, ["spec.replicas"]) == {"spec": {"replicas": 2}}


def test_fields_of_the_creation_and_of_kubectl_are_taken_over() -> None:
    paused = {"f:spec": {"f:paused": {}}}
    live = _live((_OURS, "Update", _REPLICAS, ""), ("kubectl-edit", "Update", paused, ""))
    assert taken_over(live, _OURS) == [
        {"manager": _OURS, "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}, "f:paused": {}}}}
    ]


def test_other_managers_and_subresources_keep_theirs() -> None:
    live = _live((_OURS, "Apply", {}, ""), ("kubectl", "Update", _REPLICAS, "scale"), ("kube", "Update", _REPLICAS, ""))
    assert taken_over(live, _OURS) is None


def test_an_autoscaler_is_known_by_the_subresource_it_uses() -> None:
    assert scaled_by_autoscaler(_live(("kube-controller-manager", "Update", _REPLICAS, "scale")))
    assert not scaled_by_autoscaler(_live(("kube-controller-manager", "Update", {"f:status": {}}, "status")))
    assert not scaled_by_autoscaler(_live(("kubectl", "Update", _REPLICAS, "scale")))
