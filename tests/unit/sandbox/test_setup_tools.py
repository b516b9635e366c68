"""Finding and making the tools."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from sandbox import setup, toolchain
from sandbox.toolchain import ToolMissing
from tests.says import Says

pytestmark = pytest.mark.unit


def _script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/bin:/usr/bin")
    monkeypatch.setattr(toolchain.shutil, "which", _which(tmp_path / "path"))


def _which(directory: Path) -> object:
    def which(name: str) -> str | None:
        path = directory / name
        return str(path) if os.access(path, os.X_OK) else None

    return which


def test_a_new_enough_pulumi_on_path_is_used(tmp_path: Path) -> None:
    mine = _script(tmp_path / "path" / "pulumi", "echo v3.210.1")
    assert toolchain.find_pulumi() == mine


@pytest.mark.parametrize("says", ["echo v3.199.9", "echo nonsense", "exit 1"])
def test_an_old_or_broken_one_is_not(tmp_path: Path, says: str) -> None:
    _script(tmp_path / "path" / "pulumi", says)
    assert toolchain.find_pulumi() is None
    cached = _script(toolchain.cached_pulumi(), "echo v3.220.0")
    assert toolchain.find_pulumi() == cached


def test_with_no_way_to_get_it_one_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "_CHECKSUMS", "https://127.0.0.1:1/{version}")
    with pytest.raises(ToolMissing) as caught:
        toolchain.ensure_pulumi()
    assert "Install Pulumi" in str(caught.value)
    assert "Go 1.21" in str(caught.value)


def test_a_download_with_another_sum_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(url: str) -> bytes:
        return b"" if url.endswith("txt") else b"something else"

    monkeypatch.setattr(toolchain, "fetch", fetch)
    with pytest.raises(ToolMissing, match="SHA-256"):
        toolchain.ensure_pulumi()
    assert not toolchain.cached_pulumi().exists()


def test_a_build_is_moved_into_the_cache_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "_CHECKSUMS", "https://127.0.0.1:1/{version}")
    _script(
        tmp_path / "path" / "go",
        'while [ "$1" != -o ]; do shift; done; printf "#!/bin/sh\\n" >"$2/pulumi"; chmod +x "$2/pulumi"',
    )
    made = toolchain.ensure_pulumi()
    assert made == toolchain.cached_pulumi()
    assert sorted(each.name for each in made.parent.iterdir()) == [
        "pulumi",
        "pulumi-analyzer-policy-python",
        "pulumi-language-python",
    ]
    assert [each.name for each in made.parent.parent.iterdir()] == [toolchain.PULUMI_VERSION]


def test_a_failed_build_shows_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "_CHECKSUMS", "https://127.0.0.1:1/{version}")
    _script(tmp_path / "path" / "go", "echo no space left; exit 1")
    with pytest.raises(ToolMissing, match="no space left"):
        toolchain.ensure_pulumi()


def test_one_set_up_does_not_disturb_another_that_came_first(tmp_path: Path) -> None:
    target = _script(tmp_path / "tool" / "1" / "pulumi", "echo theirs")
    _script(tmp_path / "tool" / "made" / "pulumi", "echo mine")
    toolchain._move(tmp_path / "tool" / "made", target)
    assert "theirs" in target.read_text()


def test_a_written_command_can_be_run(tmp_path: Path) -> None:
    toolchain.write_command(tmp_path / "it", "#!/bin/sh\n")
    assert stat.S_IMODE((tmp_path / "it").stat().st_mode) == 0o755


def test_the_environment_is_made_anew_when_a_requirement_changes(tmp_path: Path) -> None:
    files = (setup._SANDBOX, setup._TESTS)
    (tmp_path / "requirements").mkdir()
    for each in files:
        (tmp_path / each).write_text("a==1\n")
    before = [setup.environment_stamp(tmp_path, each) for each in files]
    (tmp_path / setup._TESTS).write_text("a==2\n")
    after = [setup.environment_stamp(tmp_path, each) for each in files]
    assert after[0] == before[0], "what only tests need is not installed for the sandbox"
    assert after[1] != before[1]


def test_the_pinned_versions_agree() -> None:
    go = (Path(toolchain.__file__).parents[1] / "tools" / "pulumi" / "go.mod").read_text()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{toolchain.PULUMI_VERSION}" in go


_NO_PIP = f'#!/bin/sh\n[ "$1" = -c ] && echo {sys.version_info.major} {sys.version_info.minor}\n'


@pytest.mark.parametrize(
    "broken", ["", "\x7fELF of another machine", "#!/bin/sh\nexit 1\n", pytest.param(_NO_PIP, id="without pip")]
)
def test_an_environment_that_does_not_run_or_lacks_pip_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(broken)
    python.chmod(0o755)
    ran: list[str] = []
    monkeypatch.setattr(setup, "run_with_progress", lambda words, title, where: ran.append(" ".join(words)))  # noqa: ARG005
    (tmp_path / "requirements").mkdir()
    (tmp_path / setup._SANDBOX).write_text("a==1\n")
    setup.ensure_environment(tmp_path, for_tests=False)
    assert "-m venv --clear" in ran[0]
    assert "--require-hashes -r requirements/sandbox.txt" in ran[1]


def test_whoever_interrupts_set_up_is_told_that_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "ensure_environment", interrupted)
    assert setup.main([]) == 130
    assert Says("interrupted", at="setup") == capsys.readouterr().err
