"""The inventory as a table for people and as JSON for programs (`python -m sandbox inventory [--json]`)."""

import json
from typing import Final

from sandbox.inventory import Inventory

# Characters, so that a line fits a wide terminal.
_WIDEST: Final = 40


def as_table(inventory: Inventory) -> str:
    """List what exists, one line each in the order of creation, with a count at the end.

    Long words are shortened, and an id that is the name is left out.
    """
    records = inventory.list()
    if not records:
        return "Nothing exists in the emulated account."
    rows: list[tuple[str, ...]] = [("#", "TYPE", "NAME", "ID", "WHERE")]
    for record in records:
        made_by = " (made by AWS)" if record.owner else ""
        own_id = "" if record.id == record.name else record.id
        words = (_shown_type(record.type), record.name + made_by, own_id, record.scope or "global")
        rows.append((str(record.position), *(_shortened(word) for word in words)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, f"{len(records)} in the emulated account; all there is to know of them: --json."])


def _shown_type(type_: str) -> str:
    """A type as `pulumi up` shows it, without its module's second half: `aws:s3:Bucket`."""
    provider, module, name = type_.split(":")
    head, _, tail = module.rpartition("/")
    return f"{provider}:{head if tail.lower() == name.lower() else module}:{name}"


def _shortened(word: str) -> str:
    half = _WIDEST // 2
    return word if len(word) <= _WIDEST else f"{word[: half - 1]}…{word[-half:]}"


def as_json(inventory: Inventory) -> str:
    """List what exists as a JSON array; secrets appear as digests."""
    return json.dumps(
        [
            {
                "order": record.position,
                "provider": record.provider,
                "type": record.type,
                "scope": record.scope,
                "id": record.id,
                "arn": record.arn,
                "name": record.name,
                "owner": record.owner,
                "created": record.created,
                "updated": record.updated,
                "inputs": record.inputs,
                "outputs": record.outputs,
            }
            for record in inventory.list()
        ],
        indent=2,
        sort_keys=True,
    )
