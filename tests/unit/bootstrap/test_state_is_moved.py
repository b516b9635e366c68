"""A state moves from one backend to another whole, or stays where it is. A small `pulumi` of the test's own keeps it.

`tests/engine/test_state_move.py` moves states with the real one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bootstrap import move_state
from tests.says import Says

pytestmark = pytest.mark.unit

PULUMI = """
import json, os, pathlib, sys
backend = pathlib.Path(os.environ["PULUMI_BACKEND_URL"].removeprefix("file://"))
words = sys.argv[1:]
stack = backend / (words[words.index("--stack") + 1] + ".json")
with (backend.parent / "asked").open("a") as asked:
    print(backend.name, *words[2:words.index("--stack")], file=asked)
broken = backend / ("no-" + words[3])
if broken.exists():
    sys.exit("error: " + broken.read_text())
if words[3] == "init":
    stack.write_text('{"deployment": {}}')
elif not stack.exists():
    sys.exit("error: no stack named 'account' found")
elif words[3] == "export":
    print(stack.read_text())
elif words[3] == "import":
    stack.write_text(sys.stdin.read())
elif words[3] == "rm":
    stack.unlink()
"""
RESOURCES = [{"urn": "urn:a"}, {"urn": "urn:b"}]


@pytest.fixture
def backends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two backends, the first with a state; `pulumi` on PATH."""
    pulumi = tmp_path / "bin" / "pulumi"
    pulumi.parent.mkdir()
    pulumi.write_text(f"#!{sys.executable}\n{PULUMI}")
    pulumi.chmod(0o755)
    monkeypatch.setenv("PATH", str(pulumi.parent))
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    write(old, {"resources": RESOURCES})
    return old, new


def write(backend: Path, deployment: dict[str, Any]) -> None:
    (backend / "account.json").write_text(json.dumps({"deployment": deployment}))


def moved(old: Path, new: Path) -> int:
    project = old.parent / "project"
    project.mkdir(exist_ok=True)
    words = ["--stack", "account", "--from", f"file://{old}", "--to", f"file://{new}", "--project", str(project)]
    return move_state.main(words)


def test_a_state_is_read_back_before_it_goes_from_where_it_was(
    backends: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = backends
    assert moved(old, new) == 0
    assert not (old / "account.json").exists()
    assert json.loads((new / "account.json").read_text()) == {"deployment": {"resources": RESOURCES}}
    assert capsys.readouterr().out.splitlines() == [
        Says("account", "2 resources", f"file://{new}"),
        Says(f"pulumi login 'file://{new}'"),
    ]
    asked = (old.parent / "asked").read_text().splitlines()
    assert asked[-2:] == ["new stack export --show-secrets", "old stack rm --yes --force --preserve-config"]


@pytest.mark.parametrize(
    ("secrets", "provider"),
    [
        ({}, ""),
        ({"type": "passphrase", "state": {"salt": "x"}}, ""),
        ({"type": "cloud", "state": {"url": "awskms://alias/a"}}, " --secrets-provider awskms://alias/a"),
    ],
)
def test_the_new_stack_has_the_secrets_provider_of_the_old(
    backends: tuple[Path, Path], secrets: dict[str, Any], provider: str
) -> None:
    old, new = backends
    write(old, {"resources": RESOURCES, "secrets_providers": secrets})
    assert moved(old, new) == 0
    assert f"new stack init --no-select --non-interactive{provider}" in (old.parent / "asked").read_text().splitlines()


def test_a_move_that_was_broken_off_goes_on(backends: tuple[Path, Path]) -> None:
    old, new = backends
    write(new, {"resources": RESOURCES})
    assert moved(old, new) == 0
    assert not (old / "account.json").exists()
    assert "import" not in (old.parent / "asked").read_text()


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ({"old/account.json": None}, ("account", "old")),
        (
            {"old/account.json": {"resources": RESOURCES, "pending_operations": [1]}},
            ("account", "pulumi refresh", "old"),
        ),
        ({"new/account.json": {"resources": RESOURCES[:1]}}, ("account", "new", "another state")),
        ({"old/no-export": "disk on fire"}, ("old", "disk on fire")),
        ({"new/no-init": "no room"}, ("new", "no room")),
        ({"new/no-import": "denied"}, ("new", "denied")),
        ({"old/no-rm": "locked"}, ("new", "old", "locked")),
    ],
)
def test_what_goes_wrong_is_told_and_the_state_is_still_there(
    backends: tuple[Path, Path], capsys: pytest.CaptureFixture[str], trouble: dict[str, Any], said: tuple[str, ...]
) -> None:
    old, new = backends
    for file, content in trouble.items():
        path = old.parent / file
        if content is None:
            path.unlink()
        elif isinstance(content, str):
            path.write_text(content)
        else:
            write(path.parent, content)
    before = (old / "account.json").read_text() if (old / "account.json").exists() else None
    assert moved(old, new) == 1
    assert Says(*said, at="move_state") == capsys.readouterr().err
    assert ((old / "account.json").read_text() if before else None) == before


def test_a_stack_file_keeps_its_own_key(backends: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    old, new = backends
    file = old.parent / "project" / "Pulumi.account.yaml"
    file.parent.mkdir()
    file.write_text("encryptionsalt: mine\n")
    pulumi = old.parent / "bin" / "pulumi"
    pulumi.write_text(
        pulumi.read_text().replace(
            'if words[3] == "init":', f"if words[3] == 'init':\n    pathlib.Path({str(file)!r}).write_text('another')"
        )
    )
    assert moved(old, new) == 1
    assert Says("Pulumi.account.yaml", "key", at="move_state") == capsys.readouterr().err
    assert file.read_text() == "encryptionsalt: mine\n"
    assert (old / "account.json").exists()


def test_it_needs_pulumi_and_two_backends(
    backends: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = backends
    assert moved(old, old) == 1
    assert Says("--from", "--to", at="move_state") == capsys.readouterr().err
    monkeypatch.setenv("PATH", str(new))
    assert moved(old, new) == 1
    assert Says("pulumi", "PATH", at="move_state") == capsys.readouterr().err
