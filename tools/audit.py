"""Asks PyPI whether a package that the program or its commands need has a known vulnerability.

`make audit` runs pip-audit (https://pypi.org/project/pip-audit/) over `requirements/ops.txt`: the packages of the
program and of its commands, with all that these bring along. Where PyPI's vulnerability data cannot be had it fails and
says so: a package that was not looked at is none without a vulnerability.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
REQUIREMENTS: Final = "requirements/ops.txt"

EXPLAINED: Final[Mapping[str, str]] = {}
"""Why a vulnerability, by its id, does not matter here. One that nothing has any more fails too."""


def report_of(answer: Mapping[str, Any], explained: Mapping[str, str]) -> list[str]:
    """What is wrong, by pip-audit's own answer in JSON; nothing where all is well.

    Args:
        answer: of `pip-audit --format json`
        explained: reasons by id
    """
    dependencies: list[dict[str, Any]] = answer["dependencies"]
    if not dependencies:
        return ["pip-audit looked at nothing"]
    skipped = [each for each in dependencies if "skip_reason" in each]
    lines: list[str] = []
    if skipped:
        number = f"{len(skipped)} of {len(dependencies)} packages were not looked at"
        lines.append(f"{number}: can PyPI's vulnerability data be reached? {skipped[0]['skip_reason']}")
    found: set[str] = set()
    for each in dependencies:
        for vulnerability in each.get("vulns", []):
            names = {vulnerability["id"], *vulnerability.get("aliases", [])}
            found |= names
            if not names & explained.keys():
                fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
                lines.append(f"{each['name']} {each['version']} has {vulnerability['id']}, fixed in {fixed}")
    lines += [
        f"{name} is explained in tools/audit.py, and nothing has it any more" for name in explained.keys() - found
    ]
    return lines


def main() -> int:
    """Run it, and say what is wrong; gives back the exit code."""
    words = [sys.executable, "-m", "pip_audit", "--requirement", REQUIREMENTS, "--format", "json"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        lines = report_of(json.loads(done.stdout), EXPLAINED)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        lines = [f"pip-audit gave no answer, so nothing was looked at: {last}"]
    for line in lines:
        print(f"audit: {line}", file=sys.stderr)
    if not lines:
        print(f"audit: nothing in {REQUIREMENTS}, nor in what it brings along, has a known vulnerability")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
