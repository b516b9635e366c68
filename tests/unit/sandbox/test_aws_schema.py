"""Inputs are checked against the installed SDK, with messages that say where and what."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.aws.replacements import documentation_of, known_types, replacing_properties
from sandbox.aws.schema import UnknownTypeError, check_inputs, schema_of
from sandbox.values import UNKNOWN, Secret

pytestmark = pytest.mark.unit

_GROUP = "aws:eks/nodeGroup:NodeGroup"
_GOOD = {
    "clusterName": "c", "nodeRoleArn": "r", "subnetIds": ["s"],
    "scalingConfig": {"minSize": 1, "maxSize": 1, "desiredSize": 1},
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"clusterName": None}, "clusterName", "missing required property"),
        ({"colour": "red"}, "colour", "has no input"),
        ({"clusterName": 3}, "clusterName", "expected a string, got 3"),
        ({"diskSize": "many"}, "diskSize", "expected a whole number"),
        ({"diskSize": 1.5}, "diskSize", "expected a whole number"),
        ({"forceUpdateVersion": "yes"}, "forceUpdateVersion", "expected a boolean"),
        ({"subnetIds": "s"}, "subnetIds", "expected a list"),
        ({"subnetIds": ["s", 4]}, "subnetIds[1]", "expected a string"),
        ({"labels": ["a"]}, "labels", "expected a map"),
        ({"labels": {"a": 1}}, "labels.a", "expected a string"),
        ({"scalingConfig": {"minSize": 1, "maxSize": 1}}, "scalingConfig.desiredSize", "missing"),
        ({"scalingConfig": {**_GOOD["scalingConfig"], "size": 1}}, "scalingConfig.size", "has no property"),
        ({"scalingConfig": "big"}, "scalingConfig", "expected an object"),
        ({"amiType": Secret(3)}, "amiType", "secret value is of the wrong type"),
    ],
)
def test_a_wrong_input_is_named(change: dict[str, Any], path: str, words: str) -> None:
    problems = check_inputs(schema_of(_GROUP), {**_GOOD, **change})
    assert [where for where, _ in problems] == [path]
    assert words in problems[0][1]
    assert _GROUP in problems[0][1]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"diskSize": 20},
        {"diskSize": "20"},
        {"clusterName": UNKNOWN},
        {"subnetIds": [UNKNOWN]},
        {"labels": {"a": "b"}},
    ],
)
def test_right_inputs_pass(change: dict[str, Any]) -> None:
    assert check_inputs(schema_of(_GROUP), {**_GOOD, **change}) == []


def test_a_type_nobody_knows() -> None:
    with pytest.raises(UnknownTypeError):
        schema_of("aws:eks/nothing:Nothing")


def test_a_resource_is_not_mistaken_for_a_nested_type_of_its_name() -> None:
    assert "versioningConfiguration" in schema_of("aws:s3/bucketVersioning:BucketVersioning").inputs


def test_kubernetes_types_are_read_too() -> None:
    schema = schema_of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    assert check_inputs(schema, {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}) == []
    assert check_inputs(schema, {"kind": "Policy"}) != []


@pytest.mark.parametrize("type_token", known_types())
def test_the_replacement_table_names_inputs_that_exist(type_token: str) -> None:
    schema = schema_of(type_token)
    assert documentation_of(type_token).startswith("https://registry.terraform.io/")
    for path in replacing_properties(type_token):
        if path != "region":
            assert path.split(".")[0] in schema.inputs, path
