"""What is made of pip-audit's answer: a finding, an explanation too many, and what was not looked at, all fail."""

from typing import Any

import pytest

from tests.says import Says
from tools.audit import EXPLAINED, REQUIREMENTS, ROOT, report_of

pytestmark = pytest.mark.unit

SOUND: dict[str, Any] = {"name": "pyyaml", "version": "6.0.3", "vulns": []}
FOUND: dict[str, Any] = {
    "name": "rich",
    "version": "15.0.0",
    "vulns": [{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["15.0.1"]}],
}
# What pip-audit says, and passes, where PyPI's data cannot be reached.
SKIPPED = {"name": "pulumi", "skip_reason": "Dependency not found on PyPI and could not be audited: pulumi (3.272.0)"}


def test_nothing_known_is_nothing_wrong() -> None:
    assert report_of({"dependencies": [SOUND]}, {}) == []


def test_a_vulnerability_is_told_with_its_fix_unless_it_is_explained() -> None:
    assert report_of({"dependencies": [SOUND, FOUND]}, {}) == [Says("rich 15.0.0", "PYSEC-2026-1", "15.0.1")]
    assert report_of({"dependencies": [FOUND]}, {"CVE-2026-1": "markup"}) == []


def test_an_explanation_that_nothing_needs_fails() -> None:
    assert report_of({"dependencies": [SOUND]}, {"CVE-2020-1": "once"}) == [Says("CVE-2020-1", "tools/audit.py")]


def test_what_was_not_looked_at_is_not_passed() -> None:
    assert report_of({"dependencies": [SOUND, SKIPPED]}, {}) == [Says("1 of 2", SKIPPED["skip_reason"])]
    assert report_of({"dependencies": []}, {}) == [Says("pip-audit", "nothing")]


def test_all_that_a_stack_needs_is_looked_at_and_every_explanation_says_why() -> None:
    packages = {line.split("==")[0] for line in (ROOT / REQUIREMENTS).read_text().splitlines() if "==" in line}
    assert {"pulumi", "pulumi-aws", "boto3", "pyyaml"} <= packages
    assert all(len(reason) > 20 for reason in EXPLAINED.values())
