"""Inputs are checked against the installed SDK, with messages that say where and what."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.aws.replacements import documentation_of, known_types, replacing_properties
from sandbox.aws.schema import UnknownTypeError, check_inputs, schema_of
from sandbox.values import UNKNOWN, Secret
from tests.says import Says

pytestmark = pytest.mark.unit

_GROUP = "aws:eks/nodeGroup:NodeGroup"
_GOOD = {
    "clusterName": "c", "nodeRoleArn": "r", "subnetIds": ["s"],
    "scalingConfig": {"minSize": 1, "maxSize": 1, "desiredSize": 1},
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "path", "facts"),
    [
        ({"clusterName": None}, "clusterName", ["missing", "'clusterName'"]),
        ({"colour": "red"}, "colour", ["'colour'"]),
        ({"clusterName": 3}, "clusterName", ["string", "3"]),
        ({"diskSize": "many"}, "diskSize", ["number", "many"]),
        ({"diskSize": 1.5}, "diskSize", ["number", "1.5"]),
        ({"forceUpdateVersion": "yes"}, "forceUpdateVersion", ["boolean", "yes"]),
        ({"subnetIds": "s"}, "subnetIds", ["list", "s"]),
        ({"subnetIds": ["s", 4]}, "subnetIds[1]", ["string", "4"]),
        ({"labels": ["a"]}, "labels", ["map", "a"]),
        ({"labels": {"a": 1}}, "labels.a", ["string", "1"]),
        ({"scalingConfig": {"minSize": 1, "maxSize": 1}}, "scalingConfig.desiredSize", ["missing"]),
        ({"scalingConfig": {**_GOOD["scalingConfig"], "size": 1}}, "scalingConfig.size", ["'size'"]),
        ({"scalingConfig": "big"}, "scalingConfig", ["object", "big"]),
        ({"amiType": Secret(3)}, "amiType", ["secret"]),
    ],
)
def test_a_wrong_input_is_named(change: dict[str, Any], path: str, facts: list[str]) -> None:
    problems = check_inputs(schema_of(_GROUP), {**_GOOD, **change})
    assert problems == [(path, Says(*facts, at=_GROUP))]


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
    with pytest.raises(UnknownTypeError, match="'aws:eks/nothing:Nothing'"):
        schema_of("aws:eks/nothing:Nothing")


def test_a_resource_is_not_mistaken_for_a_nested_type_of_its_name() -> None:
    assert "versioningConfiguration" in schema_of("aws:s3/bucketVersioning:BucketVersioning").inputs


def test_kubernetes_types_are_read_too() -> None:
    schema = schema_of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    assert check_inputs(schema, {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}) == []
    assert check_inputs(schema, {"kind": "Policy"}) == [("kind", Says("'NetworkPolicy'", "'Policy'"))]


@pytest.mark.parametrize("type_token", known_types())
def test_the_replacement_table_names_inputs_that_exist(type_token: str) -> None:
    schema = schema_of(type_token)
    assert documentation_of(type_token).startswith("https://registry.terraform.io/")
    for path in replacing_properties(type_token):
        if path != "region":
            assert path.split(".")[0] in schema.inputs, path
