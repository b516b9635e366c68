"""What the program declares, whole: every field of what serves requests, of what that runs on, and of its alarms.

The documents in `expected/` are read by people, field by field: a change of one is a change of what runs. They leave
out what is only prose.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.program.conftest import shipped

pytestmark = pytest.mark.program

PROSE = {"description", "alarmDescription"}
EXPECTED = sorted(Path(__file__).with_name("expected").glob("*.yaml"))


@pytest.mark.parametrize("file", EXPECTED, ids=lambda file: file.stem)
def test_what_is_declared_is_what_is_written(file: Path) -> None:
    expected: dict[str, Any] = yaml.safe_load(file.read_text())
    graph = shipped(file.stem.partition("-")[0])
    declared = {f"{each.type} {each.name}": each.inputs for each in graph.resources}
    for resource, inputs in expected.items():
        assert {name: value for name, value in declared[resource].items() if name not in PROSE} == inputs
