"""The table in the documentation is that of the file which the tests read."""

import json

import pytest

from tests.stack_values import ROOT
from tools.metric_table import BEGIN, table, with_table

pytestmark = pytest.mark.unit

ENTRIES = json.loads((ROOT / "docs" / "cloudwatch-metrics.json").read_text())


def test_the_page_has_the_table_of_the_file() -> None:
    page = (ROOT / "docs" / "observability.md").read_text()
    assert page == with_table(page, ENTRIES), "python -m tools.metric_table"
    assert all(f"`{entry['metric']}`" in page for entry in ENTRIES)


def test_a_row_says_all_of_an_entry() -> None:
    entry = {
        **{"namespace": "AWS/RDS", "metric": "ReplicaLag", "unit": "Seconds", "statistics": ["Average", "Maximum"]},
        **{"dimensions": [["A", "B"], ["A"]], "page": "https://docs.aws.amazon.com/AmazonRDS/x.html"},
    }
    row = table([entry]).splitlines()[2]
    link = "[aws](https://docs.aws.amazon.com/AmazonRDS/x.html)"
    assert row == f"| `AWS/RDS` `ReplicaLag` | A, B; A | Average, Maximum | Seconds | {link} |"


def test_a_page_without_a_place_is_told() -> None:
    with pytest.raises(ValueError, match=BEGIN.strip()):
        with_table("# Nothing\n", ENTRIES)
