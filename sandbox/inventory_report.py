"""The inventory as a table for people and as JSON for programs (`python -m sandbox inventory [--json]`)."""

import json

from sandbox.inventory import Inventory


def as_table(inventory: Inventory) -> str:
    """List what exists, one line each in the order of creation, with a count at the end."""
    records = inventory.list()
    if not records:
        return "Nothing exists in the emulated account."
    rows = [("#", "TYPE", "NAME", "ID", "WHERE")]
    for record in records:
        made_by = " (made by AWS)" if record.owner else ""
        rows.append((str(record.position), record.type, record.name + made_by, record.id, record.scope or "global"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, f"{len(records)} in the emulated account."])


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
