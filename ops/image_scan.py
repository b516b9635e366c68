"""What a registry's scan says of an image, and whether that is too much to promote it."""

from collections.abc import Mapping
from dataclasses import dataclass

SEVERITIES = ("INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")
"""ECR's, from the least. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanFinding.html"""

# Not assessed yet, by a basic and an enhanced scan; counted as the least that calls for action.
_UNKNOWN = {"UNDEFINED": "LOW", "UNTRIAGED": "LOW"}
_FINISHED = frozenset(("COMPLETE", "ACTIVE"))
_RUNNING = frozenset(("IN_PROGRESS", "PENDING", "FINDINGS_UNAVAILABLE"))


@dataclass(frozen=True)
class Scan:
    """The last scan of an image of one platform.

    Attributes:
        status: ECR's word, or NOT_SCANNED
        counts: how many findings there are of each severity
    """

    status: str
    counts: Mapping[str, int]

    def problem(self, highest: str) -> str | None:
        """Why the image may not be promoted, if it may not.

        Args:
            highest: the highest severity that is let through
        """
        if self.status in _RUNNING:
            return "its scan is not finished yet; try again in a minute"
        if self.status not in _FINISHED:
            return f"it has no scan ({self.status}); start one, or promote with --without-scan"
        limit = SEVERITIES.index(highest)
        above = sorted((name for name, count in self.counts.items() if count > 0 and _rank(name) > limit), key=_rank)
        if not above:
            return None
        listed = ", ".join(f"{self.counts[name]} {name}" for name in reversed(above))
        return f"its scan found {listed}; the highest severity allowed is {highest}"


def _rank(severity: str) -> int:
    """Where a severity stands; a name that ECR did not have when this was written counts as the worst."""
    known = _UNKNOWN.get(severity, severity)
    return SEVERITIES.index(known) if known in SEVERITIES else len(SEVERITIES) - 1
