"""What the program declares of dev, whole: every field of what serves requests and of what that runs on.

The documents in `expected/` are read by people, field by field. A change of one is a change of what runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.program.recorded_graph import Graph

pytestmark = pytest.mark.program

EXPECTED = sorted(Path(__file__).with_name("expected").glob("*.yaml"))


@pytest.mark.parametrize("file", EXPECTED, ids=lambda file: file.stem)
def test_what_is_declared_is_what_is_written(dev: Graph, file: Path) -> None:
    expected: dict[str, Any] = yaml.safe_load(file.read_text())
    declared = {f"{each.type} {each.name}": each.inputs for each in dev.resources}
    for resource, inputs in expected.items():
        assert declared[resource] == inputs
