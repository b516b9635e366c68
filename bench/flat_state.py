"""The state of a stack as a flat program would have made it: the same resources, without the components around them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# What is between the project and the name is the types of all parents and its own, joined by `$`.
# https://www.pulumi.com/docs/iac/concepts/resources/names/#urns
_URN = re.compile(r"(?P<stack>urn:pulumi:[^:\"]+::[^:\"]+)::(?P<types>(?:(?!::)[^\"])*)::")
_STACK = "pulumi:pulumi:Stack"


def flat_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """What `pulumi stack import` takes, from what `pulumi stack export` gave.

    What depended on a component depends on nothing in its place; the next `up` writes dependencies anew.
    """
    flat: dict[str, Any] = json.loads(_URN.sub(_own_type, json.dumps(state)))
    resources: list[dict[str, Any]] = flat["deployment"]["resources"]
    kept = [each for each in resources if each["custom"] or each["type"] == _STACK]
    (root,) = [each["urn"] for each in kept if each["type"] == _STACK]
    urns = {each["urn"] for each in kept}
    for each in kept:
        if "parent" in each:
            each["parent"] = root
        each["dependencies"] = [urn for urn in each.get("dependencies", ()) if urn in urns]
        by_property: dict[str, list[str]] = each.get("propertyDependencies", {})
        each["propertyDependencies"] = {
            name: [urn for urn in found if urn in urns] for name, found in by_property.items()
        }
        if each.get("deletedWith") not in urns:
            each.pop("deletedWith", None)
    flat["deployment"]["resources"] = kept
    return flat


def _own_type(match: re.Match[str]) -> str:
    return f"{match['stack']}::{match['types'].rpartition('$')[2]}::"
