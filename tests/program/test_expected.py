"""Every field of some of what the program declares: how dev's front end runs and is reached, a back end with its
database, dev's nodes, and the alarms of prod's nodes.

The documents in `expected/` are read by people, field by field: a change of one is a change of what runs. They leave
out what is only prose. What holds for all stacks and services stands in the other tests.
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


def test_there_are_documents() -> None:
    assert [file.stem for file in EXPECTED] == [
        "dev-edge",
        "dev-frontend",
        "dev-nodes",
        "dev-users",
        "prod-node-alarms",
    ]


@pytest.mark.parametrize("file", EXPECTED, ids=lambda file: file.stem)
def test_what_is_declared_is_what_is_written(file: Path) -> None:
    expected: dict[str, Any] = yaml.safe_load(file.read_text())
    assert expected
    graph = shipped(file.stem.partition("-")[0])
    declared = {f"{each.type} {each.name}": each.inputs for each in graph.resources}
    for resource, inputs in expected.items():
        assert {name: value for name, value in declared[resource].items() if name not in PROSE} == inputs
