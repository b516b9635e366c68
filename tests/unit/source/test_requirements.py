"""A fresh machine next month is this one: every package by version and hash, all from one resolution."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from tests.stack_values import ROOT

pytestmark = pytest.mark.unit

# Each has all of the one before it.
LOCKS = {
    "program": "requirements.txt",
    "ops": "requirements/ops.txt",
    "sandbox": "requirements/sandbox.txt",
    "dev": "requirements/dev.txt",
}
PIN = re.compile(r"([a-z0-9-]+)==([^ ]+)( ; [^\\]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)")


def locked(file: str) -> dict[str, str]:
    """Each package of a file of hashes, with its version."""
    text = re.sub(r"^#.*\n", "", (ROOT / file).read_text(), flags=re.MULTILINE)
    found = PIN.findall(text)
    assert PIN.sub("", text) == "", "something in it is no package with hashes"
    return {name: version for name, version, *_ in found}


@pytest.mark.parametrize("name", LOCKS)
def test_what_is_used_directly_is_locked_at_that_version(name: str) -> None:
    listed = re.findall(
        r"^([A-Za-z0-9-]+)(?:\[\w+\])?==(\S+)$", (ROOT / f"requirements/{name}.in").read_text(), re.MULTILINE
    )
    assert listed
    packages = locked(LOCKS[name])
    assert {each: packages.get(each.lower()) for each, _ in listed} == dict(listed)


def test_the_files_are_of_one_resolution() -> None:
    for smaller, larger in pairwise(LOCKS.values()):
        assert locked(smaller).items() < locked(larger).items()


def test_the_resolution_is_for_every_python_that_slipway_runs_on() -> None:
    for file in LOCKS.values():
        command = (ROOT / file).read_text().splitlines()[1]
        assert {"--universal", "--generate-hashes", "--python-version=3.11"} <= set(command.split())
