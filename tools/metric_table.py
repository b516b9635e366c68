"""Writes the table of documented metrics in `docs/observability.md` from `docs/cloudwatch-metrics.json`.

python -m tools.metric_table
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent / "docs"
BEGIN, END = "<!-- metrics -->\n", "<!-- end of metrics -->\n"


def table(entries: Sequence[Mapping[str, Any]]) -> str:
    """The table, in Markdown: a row for each metric."""
    rows = ["| metric | dimensions, each set as a whole | statistics | unit | page |", "|---|---|---|---|---|"]
    for entry in entries:
        sets = "; ".join(", ".join(names) for names in entry["dimensions"])
        statistics = ", ".join(entry["statistics"])
        name = f"`{entry['namespace']}` `{entry['metric']}`"
        host = str(entry["page"]).split("/")[2].removeprefix("docs.").partition(".")[0]
        rows.append(f"| {name} | {sets} | {statistics} | {entry['unit']} | [{host}]({entry['page']}) |")
    return "\n".join(rows) + "\n"


def with_table(page: str, entries: Sequence[Mapping[str, Any]]) -> str:
    """The page with the table in its place.

    Raises:
        ValueError: the page has no place for it.
    """
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"no {BEGIN.strip()} ... {END.strip()} in the page")
    return f"{before}{BEGIN}\n{table(entries)}\n{END}{after}"


def main() -> None:
    """Write the table."""
    page = DOCS / "observability.md"
    page.write_text(with_table(page.read_text(), json.loads((DOCS / "cloudwatch-metrics.json").read_text())))


if __name__ == "__main__":
    main()
