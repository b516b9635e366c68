"""The program with one line of its source changed, to see what that line is for."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.engine.sandbox_stack import CHECKOUT

_PARTS = ("__main__.py", "apps", "capacity", "infra")


@dataclass(frozen=True)
class Edit:
    """One place in one source file, and what stands there instead."""

    file: str
    old: str
    new: str


def program_with(directory: Path, *edits: Edit) -> Path:
    """Copy the program, with its stack files and some edits, and give back where it is.

    Raises:
        AssertionError: the text to be edited is not there exactly once; the test has to follow the source.
    """
    project = directory / "edited"
    project.mkdir()
    for part in (*_PARTS, *(file.name for file in CHECKOUT.glob("Pulumi*.yaml"))):
        source = CHECKOUT / part
        if source.is_dir():
            shutil.copytree(source, project / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, project / part)
    # An official language host looks for the virtual environment that `Pulumi.yaml` names.
    (project / ".venv").symlink_to(CHECKOUT / ".venv")
    for edit in edits:
        file = project / edit.file
        text = file.read_text()
        assert text.count(edit.old) == 1, f"{edit.file} has changed: {edit.old!r} is there {text.count(edit.old)} times"
        file.write_text(text.replace(edit.old, edit.new))
    return project
