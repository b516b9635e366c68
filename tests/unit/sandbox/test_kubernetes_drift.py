"""What an object would be made from today."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest

from sandbox.kubernetes.drift import imported_inputs, quantity, seen_inputs
from sandbox.values import Secret

pytestmark = pytest.mark.unit


def _container(**content: Any) -> dict[str, Any]:
    return {"name": "web", "image": "web:1", **content}


def _spec(*containers: dict[str, Any], **content: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": list(containers)}}, **content}}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("60m", Decimal("0.06")),
        ("0.06", Decimal("0.06")),
        (1, Decimal(1)),
        ("1Gi", Decimal(2**30)),
        ("1024Mi", Decimal(2**30)),
        ("1e3", Decimal(1000)),
        ("5k", Decimal(5000)),
        ("web", None),
        ("25%", None),
        (True, None),
    ],
)
def test_quantities(text: Any, number: Decimal | None) -> None:
    assert quantity(text) == number


@pytest.mark.parametrize(
    ("inputs", "live"),
    [
        # The cluster fills in, and writes quantities its own way.
        (_spec(_container(), replicas=2), _spec(_container(terminationMessagePath="/dev/x"), replicas=2, paused=False)),
        (
            _spec(_container(resources={"requests": {"cpu": "0.06", "memory": "1024Mi"}})),
            _spec(_container(resources={"requests": {"cpu": "60m", "memory": "1Gi"}})),
        ),
        # Others may add to lists that are merged by name.
        (_spec(_container()), _spec(_container(), {"name": "injected"})),
        # Empty values are left out.
        ({"spec": {"podSelector": {}, "ingress": []}}, {"spec": {"podSelector": {}}}),
        ({"metadata": {"labels": {}}}, {"metadata": {"uid": "1"}}),
        ({"spec": {"size": "80"}}, {"spec": {"size": 80}}),
    ],
)
def test_what_the_cluster_writes_is_no_difference(inputs: dict[str, Any], live: dict[str, Any]) -> None:
    assert seen_inputs(inputs, live) == inputs


@pytest.mark.parametrize(
    ("inputs", "live", "seen"),
    [
        (_spec(_container()), _spec(_container(image="web:2", tty=True)), _spec(_container(image="web:2"))),
        (_spec(_container(), {"name": "b"}), _spec(_container()), _spec(_container())),
        ({"spec": {"replicas": 2}}, {"spec": {}}, {"spec": {}}),
        ({"spec": {"args": ["a"]}}, {"spec": {"args": ["a", "b"]}}, {"spec": {"args": ["a", "b"]}}),
        ({"data": {"cpu": "1.0"}}, {"data": {"cpu": "1"}}, {"data": {"cpu": "1"}}),
        ({"spec": {"on": True}}, {"spec": {"on": False}}, {"spec": {"on": False}}),
    ],
)
def test_what_somebody_changed_is_seen(inputs: dict[str, Any], live: dict[str, Any], seen: dict[str, Any]) -> None:
    assert seen_inputs(inputs, live) == seen


def test_an_autoscalers_replicas_are_no_difference() -> None:
    scale = {
        "manager": "kube-controller-manager", "subresource": "scale", "operation": "Update",
        "fieldsV1": {"f:spec": {"f:replicas": {}}},
    }  # fmt: skip
    live = {"metadata": {"managedFields": [scale]}, "spec": {"replicas": 7}}
    assert seen_inputs({"spec": {"replicas": 2}}, live) == {"spec": {"replicas": 2}}


def test_secrets_stay_secret_and_are_compared_decoded() -> None:
    inputs = {"kind": "Secret", "stringData": Secret({"a": "hunter2", "b": "old", "c": "gone"})}
    data = {key: base64.b64encode(value).decode() for key, value in (("a", b"hunter2"), ("b", b"new"))}
    assert seen_inputs(inputs, {"kind": "Secret", "data": data}) == {
        "kind": "Secret",
        "stringData": Secret({"a": "hunter2", "b": "new"}),
    }
    marked = {"spec": {"token": Secret("x")}}
    assert seen_inputs(marked, {"spec": {"token": "y"}}) == {"spec": {"token": Secret("y")}}


def test_an_imported_object_is_what_it_is_without_what_the_cluster_adds() -> None:
    live = {
        "kind": "Secret", "metadata": {"name": "s", "uid": "1", "managedFields": []}, "data": {"a": "eA=="},
        "status": {},
    }  # fmt: skip
    assert imported_inputs(live) == {"kind": "Secret", "metadata": {"name": "s"}, "data": Secret({"a": "eA=="})}
