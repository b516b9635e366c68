"""The definition of bindings, against what the program declares and what the documentation lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.registrar.definition import TARGET_GROUP_BINDING_DEFINITION

pytestmark = pytest.mark.unit

_VERSION: dict[str, Any] = TARGET_GROUP_BINDING_DEFINITION["spec"]["versions"][0]
_SCHEMA: dict[str, Any] = _VERSION["schema"]["openAPIV3Schema"]
_SPEC: dict[str, Any] = _SCHEMA["properties"]["spec"]


def _schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for child in schema.get("properties", {}).values():
        yield from _schemas(child)
    for name in ("items", "additionalProperties"):
        if name in schema:
            yield from _schemas(schema[name])


def test_it_defines_the_kind_that_the_program_declares() -> None:
    spec = TARGET_GROUP_BINDING_DEFINITION["spec"]
    assert f"{spec['group']}/{_VERSION['name']}" == "elbv2.k8s.aws/v1beta1"
    assert spec["names"]["kind"] == "TargetGroupBinding"
    name = f"{spec['names']['plural']}.{spec['group']}"
    assert TARGET_GROUP_BINDING_DEFINITION["metadata"]["name"] == name
    assert _VERSION["subresources"] == {"status": {}}


def test_it_knows_the_documented_fields() -> None:
    assert set(_SPEC["properties"]) == {
        "assumeRoleExternalId",
        "iamRoleArnToAssume",
        "ipAddressType",
        "multiClusterTargetGroup",
        "networking",
        "nodeSelector",
        "serviceRef",
        "targetGroupARN",
        "targetGroupName",
        "targetGroupProtocol",
        "targetType",
        "vpcID",
    }
    assert _SPEC["required"] == ["serviceRef"]
    assert _SPEC["properties"]["serviceRef"]["required"] == ["name", "port"]


def test_its_schema_is_structural() -> None:
    """https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema"""
    for schema in _schemas(_SCHEMA):
        assert "type" in schema or schema.get("x-kubernetes-int-or-string") is True
