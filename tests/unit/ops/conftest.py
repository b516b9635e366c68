"""Projects that tests of several commands begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.ops.haproxys_in_memory import MigratingStack
from tests.unit.ops.image_stacks import ImageStacks


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImageStacks:
    return ImageStacks(tmp_path, monkeypatch)


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MigratingStack:
    return MigratingStack(tmp_path, monkeypatch)
