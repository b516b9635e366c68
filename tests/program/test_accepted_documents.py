"""What the settings' rules accept, the program declares: for a few documents made by chance. `make fuzz` tries more."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

from bench.settings_fuzz import preview, read
from tests.settings_documents import Document, documents

pytestmark = pytest.mark.program


@settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(documents())
def test_what_is_accepted_previews(document: Document) -> None:
    assume(read(document, datetime.now(UTC)))
    assert preview(document).resources
