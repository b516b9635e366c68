"""A summary of previews that a person reads in a pull request: what is lost first, then the counts, then the rest."""

import re
from collections.abc import Sequence

from ops.preview_summary import Change, Operation, Preview, PropertyChange

# "body is too long (maximum is 65536 characters)" is what GitHub answers to a longer comment or issue.
# https://github.com/orgs/community/discussions/27190
LONGEST = 65_000
_MOST_CHANGES = 200
_MOST_PROPERTIES = 12

_TITLES = {
    Operation.DELETE: "Deleted",
    Operation.REPLACE: "Replaced",
    Operation.UPDATE: "Updated",
    Operation.CREATE: "Created",
}


def summary(previews: Sequence[Preview], title: str, reports: str | None = None) -> str:
    """The whole text, with a link to the stacks' reports where there are any.

    What comes from a program, a stack file or AWS stands in code spans only, where it can neither call a person, nor
    link, nor break a table. Details that do not fit are left out, and that is said.
    """
    head = [f"## {title}", "", *_alarms(previews), *_table(previews), "", *_link(reports)]
    details = [_details(preview) for preview in previews if preview.changes or preview.errors or preview.warnings]
    text = "\n".join([*head, *details])
    if len(text) <= LONGEST:
        return text
    note = "Too long for a comment: the resources are in the log of the run.\n"
    return "\n".join([*head, note])[:LONGEST]


def code(text: str) -> str:
    """Text that is not ours, as code in one line."""
    line = " ".join(text.split()).replace("|", "¦")
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if longest else f"`{line}`"


def _alarms(previews: Sequence[Preview]) -> list[str]:
    lines: list[str] = []
    for preview in previews:
        for change in preview.changes:
            if change.loses is not None:
                done = "deleted" if change.operation is Operation.DELETE else "replaced"
                lines.append(
                    f"> **{preview.stack}: {code(change.name)} is {done}** ({code(change.type)}): {change.loses}."
                    f"{_because(change)}"
                )
    lines += [f"> **{preview.stack}: the preview failed.**" for preview in previews if preview.errors]
    return ["> [!CAUTION]", *(part for line in lines for part in (line, ">")), ""] if lines else []


def _because(change: Change) -> str:
    reasons = [each for each in change.properties if each.replaces]
    return " Because of " + ", ".join(_property(each) for each in reasons) + "." if reasons else ""


def _table(previews: Sequence[Preview]) -> list[str]:
    rows = ["| stack | create | update | replace | delete | unchanged |", "|---|--:|--:|--:|--:|--:|"]
    for preview in previews:
        counts = [preview.count(each) for each in (Operation.CREATE, Operation.UPDATE)]
        loud = [preview.count(each) for each in (Operation.REPLACE, Operation.DELETE)]
        cells = [*map(str, counts), *(f"**{count}**" if count else "0" for count in loud), str(preview.unchanged)]
        if preview.errors:
            cells = ["failed", "", "", "", ""]
        rows.append(f"| {preview.stack} | {' | '.join(cells)} |")
    return rows


def _link(reports: str | None) -> list[str]:
    told = "One page for each stack, with its graph, the rules, a week of capacity, cost and versions"
    return [] if reports is None else [f"{told}: [reports of this run]({reports})", ""]


def _details(preview: Preview) -> str:
    lines = [f"<details><summary>{preview.stack}: {in_words(preview)}</summary>", ""]
    lines += _messages("Errors", preview.errors) + _messages("Warnings", preview.warnings)
    left = _MOST_CHANGES
    for operation in Operation:
        changes = [change for change in preview.changes if change.operation is operation]
        if changes:
            lines += [f"**{_TITLES[operation]}** ({len(changes)})", ""]
            lines += [_line(change) for change in changes[:left]]
            if len(changes) > left:
                lines.append(f"- and {len(changes) - left} more")
            left = max(0, left - len(changes))
            lines.append("")
    return "\n".join([*lines, "</details>", ""])


def in_words(preview: Preview) -> str:
    """What would change, in a line."""
    if preview.errors:
        return f"failed with {len(preview.errors)} error{'s' if len(preview.errors) > 1 else ''}"
    parts = [f"{preview.count(each)} to {each.value}" for each in Operation if preview.count(each)]
    return ", ".join(parts) if parts else "no changes"


def _messages(title: str, messages: Sequence[str]) -> list[str]:
    if not messages:
        return []
    return [f"**{title}**", "", *(f"- {code(line)}" for message in messages for line in message.splitlines()), ""]


def _line(change: Change) -> str:
    shown = change.properties[:_MOST_PROPERTIES]
    more = len(change.properties) - len(shown)
    text = "; ".join(_property(each) for each in shown) + (f"; and {more} more" if more else "")
    return f"- {code(change.name)} {code(change.type)}" + (f": {text}" if text else "")


def _property(change: PropertyChange) -> str:
    if change.before is None or change.after is None:
        return code(change.path)
    return f"{code(change.path)} {code(change.before)} → {code(change.after)}"
