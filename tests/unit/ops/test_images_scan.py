"""Which findings of a scan are too much."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ops.image_scan import Scan

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("counts", "highest", "problem"),
    [
        ({}, "INFORMATIONAL", None),
        ({"MEDIUM": 3, "LOW": 9}, "MEDIUM", None),
        ({"HIGH": 0}, "LOW", None),
        (
            {"LOW": 1, "CRITICAL": 1, "HIGH": 2},
            "MEDIUM",
            "its scan found 1 CRITICAL, 2 HIGH; the highest severity allowed is MEDIUM",
        ),
        ({"HIGH": 1}, "HIGH", None),
        ({"UNDEFINED": 4}, "LOW", None),
        (
            {"UNTRIAGED": 4},
            "INFORMATIONAL",
            "its scan found 4 UNTRIAGED; the highest severity allowed is INFORMATIONAL",
        ),
        ({"APOCALYPTIC": 1}, "HIGH", "its scan found 1 APOCALYPTIC; the highest severity allowed is HIGH"),
        ({"CRITICAL": 1}, "CRITICAL", None),
    ],
)
def test_findings_above_the_highest_allowed_stop_a_promotion(
    counts: Mapping[str, int], highest: str, problem: str | None
) -> None:
    assert Scan("COMPLETE", counts).problem(highest) == problem


@pytest.mark.parametrize("status", ["IN_PROGRESS", "PENDING", "FINDINGS_UNAVAILABLE"])
def test_a_scan_that_still_runs_is_waited_for(status: str) -> None:
    assert Scan(status, {}).problem("CRITICAL") == "its scan is not finished yet; try again in a minute"


@pytest.mark.parametrize("status", ["FAILED", "UNSUPPORTED_IMAGE", "SCAN_ELIGIBILITY_EXPIRED", "NOT_SCANNED", "NEW"])
def test_an_image_nobody_could_scan_is_not_taken_for_a_clean_one(status: str) -> None:
    problem = Scan(status, {}).problem("CRITICAL")
    assert problem == f"it has no scan ({status}); start one, or promote with --without-scan"
