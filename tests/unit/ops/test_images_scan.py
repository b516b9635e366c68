"""Which findings of a scan are too much."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ops.image_scan import Scan
from tests.says import Says

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("counts", "highest", "problem"),
    [
        ({}, "INFORMATIONAL", None),
        ({"MEDIUM": 3, "LOW": 9}, "MEDIUM", None),
        ({"HIGH": 0}, "LOW", None),
        ({"LOW": 1, "CRITICAL": 1, "HIGH": 2}, "MEDIUM", Says("1 CRITICAL, 2 HIGH;", "MEDIUM")),
        ({"HIGH": 1}, "HIGH", None),
        ({"UNDEFINED": 4}, "LOW", None),
        ({"UNTRIAGED": 4}, "INFORMATIONAL", Says("4 UNTRIAGED", "INFORMATIONAL")),
        ({"APOCALYPTIC": 1}, "HIGH", Says("1 APOCALYPTIC", "HIGH")),
        ({"CRITICAL": 1}, "CRITICAL", None),
    ],
)
def test_findings_above_the_highest_allowed_stop_a_promotion(
    counts: Mapping[str, int], highest: str, problem: Says | None
) -> None:
    assert Scan("COMPLETE", counts).problem(highest) == problem


@pytest.mark.parametrize("status", ["IN_PROGRESS", "PENDING", "FINDINGS_UNAVAILABLE"])
def test_a_scan_that_still_runs_is_waited_for(status: str) -> None:
    assert Scan(status, {}).problem("CRITICAL") == Says("not finished", "again")


@pytest.mark.parametrize("status", ["FAILED", "UNSUPPORTED_IMAGE", "SCAN_ELIGIBILITY_EXPIRED", "NOT_SCANNED", "NEW"])
def test_an_image_nobody_could_scan_is_not_taken_for_a_clean_one(status: str) -> None:
    assert Scan(status, {}).problem("CRITICAL") == Says(status, "--without-scan")
