"""A detailed difference between two sets of inputs, with the property paths the engine shows and acts on."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pulumi.provider.experimental.provider import DiffResponse, PropertyDiff, PropertyDiffKind

from sandbox.values import UNKNOWN, contains_unknown, is_list, is_map, revealed

INPUTS_KEY = "__inputs"
"""Where a resource's state remembers the inputs it was made from (the engine hands a difference no old inputs)."""


def changes(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, PropertyDiffKind]]:
    """Every property path at which two plain values differ; a value not known yet counts as changed."""
    if new is UNKNOWN:
        yield path, PropertyDiffKind.UPDATE
    elif old is None and new is not None:
        yield path, PropertyDiffKind.ADD
    elif new is None and old is not None:
        yield path, PropertyDiffKind.DELETE
    elif is_map(old) and is_map(new):
        for key in sorted({*old, *new}):
            yield from changes(old.get(key), new.get(key), f"{path}.{_quoted(key)}" if path else _quoted(key))
    elif is_list(old) and is_list(new):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            yield from changes(before, after, f"{path}[{index}]")
    elif not _same(old, new):
        yield path, PropertyDiffKind.UPDATE


def _quoted(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_$][\w$]*", key) else f'["{key}"]'


def _same(old: Any, new: Any) -> bool:
    """Compare scalars as the bridge does: it passes "80" and 80 on as the same value."""
    if isinstance(old, bool) or isinstance(new, bool):
        return str(old).lower() == str(new).lower()
    return old == new or (type(old) is not type(new) and str(old) == str(new))


def covers(pattern: str, path: str) -> bool:
    """Whether a property path of a table or of `ignoreChanges` covers `path` or something it contains.

    A pattern has no indexes, or `[*]` for any: `metadata.name`, `vpcConfig.subnetIds`, `tags`.
    """
    bare = re.sub(r"\[\d+\]", "", path.replace('."', '."').replace('.["', '["'))
    bare_pattern = re.sub(r"\[(\d+|\*)\]", "", pattern)
    return bare == bare_pattern or bare.startswith((f"{bare_pattern}.", f"{bare_pattern}["))


def difference(
    old: Mapping[str, Any], new: Mapping[str, Any], replaces: Iterable[str], ignored: Iterable[str]
) -> DiffResponse:
    """Compare old with new inputs.

    Args:
        old: the inputs the resource was made from.
        new: the inputs wanted now.
        replaces: the properties whose change forces a replacement.
        ignored: the paths the engine was told to ignore.
    """
    replacing, skipped = list(replaces), list(ignored)
    detailed: dict[str, PropertyDiff] = {}
    forced: set[str] = set()
    plain_old = {key: value for key, value in revealed(dict(old)).items() if not key.startswith("__")}
    plain_new = {key: value for key, value in revealed(dict(new)).items() if not key.startswith("__")}
    for path, kind in changes(plain_old, plain_new):
        if any(covers(pattern, path) for pattern in skipped):
            continue
        # A change above a forcing property (a whole object added or not known yet) counts as one of it.
        replace = any(covers(pattern, path) or covers(path, pattern) for pattern in replacing)
        if replace:
            forced.add(re.split(r"[.\[]", path)[0])
        detailed[path] = PropertyDiff(_REPLACING[kind] if replace else kind, input_diff=True)
    return DiffResponse(
        changes=bool(detailed),
        replaces=sorted(forced),
        diffs=sorted({re.split(r"[.\[]", path)[0] for path in detailed}),
        detailed_diff=detailed,
        delete_before_replace=False,
    )


_REPLACING = {
    PropertyDiffKind.ADD: PropertyDiffKind.ADD_REPLACE,
    PropertyDiffKind.DELETE: PropertyDiffKind.DELETE_REPLACE,
    PropertyDiffKind.UPDATE: PropertyDiffKind.UPDATE_REPLACE,
}


def merged_outputs(old_outputs: Mapping[str, Any], new_inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs an update is expected to have: the old ones with the new inputs laid over them."""
    merged = {key: value for key, value in old_outputs.items() if key not in {"__inputs"}}
    for key, value in new_inputs.items():
        before = merged.get(key)
        # Computed parts of an object (`vpcConfig.vpcId`) stay; what a preview cannot know is passed on as such.
        merged[key] = {**before, **value} if is_map(before) and is_map(value) and not contains_unknown(value) else value
    return merged
