"""actionlint finds nothing in the workflows."""

from __future__ import annotations

import subprocess

import pytest

from sandbox.go_tools import path_of
from tests.stack_values import ROOT

pytestmark = pytest.mark.edge


def test_actionlint_finds_nothing() -> None:
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    # Its findings may not hang on what else a machine has.
    words = [path_of("actionlint"), "-no-color", "-shellcheck=", "-pyflakes=", *map(str, workflows)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
