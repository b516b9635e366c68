"""The few lines of a failed test's report that say why it failed."""

from __future__ import annotations

import re
from itertools import takewhile

_MOST_LINES = 12
_WIDTH = 400

# What pytest puts before the lines of an error, and before those of a message with several lines.
_MARK = re.compile(r"^[E>]?\s{0,7}")
# The sections that `pulumi up` shows after its diagnostics.
_AFTER = ("Outputs:", "Resources:", "Duration:")


def reason(report: str) -> str:
    """What Pulumi's diagnostics say, where a report shows them, or else how the error's own lines begin."""
    lines = [(line.startswith("E "), _MARK.sub("", line).rstrip()[:_WIDTH]) for line in report.splitlines()]
    starts = [number for number, (_, line) in enumerate(lines) if line.strip() == "Diagnostics:"]
    if starts:
        diagnostics = [line for _, line in lines[starts[-1] + 1 :]]
        told = takewhile(lambda line: not line.strip().startswith(_AFTER), diagnostics)
    else:
        told = iter([line for is_error, line in lines if is_error])
    return "\n".join([line for line in told if line.strip()][:_MOST_LINES])
