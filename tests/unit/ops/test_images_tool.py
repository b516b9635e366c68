"""How regctl is found and run, and how its progress is read and shown."""

from __future__ import annotations

import io
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from ops import image_progress
from ops.image_progress import ImageProgress, megabytes
from ops.image_reference import Repository
from ops.image_tool import VERSION, RegistryTool
from ops.image_trouble import RegistryTrouble
from ops.refusal import Refusal
from ops.terminal_process import run_on_a_terminal
from sandbox.go_tools import IMAGE_TOOLS
from tests.says import Says

pytestmark = pytest.mark.unit

DIGEST = "sha256:" + "1" * 64


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_version_is_the_one_that_is_built() -> None:
    assert {tool.version for tool in IMAGE_TOOLS if tool.name == "regctl"} == {VERSION}


@pytest.mark.parametrize(
    ("version", "fits"),
    [("v0.11.0", True), ("v0.12.3", True), ("v1.0.0", True), ("v0.10.9", False), ("unknown", False)],
)
def test_one_on_the_path_counts_when_it_is_new_enough(tmp_path: Path, version: str, fits: bool) -> None:
    on_path = script(tmp_path / "path" / "regctl", f"echo 'VCSTag:     {version}'")
    cached = script(tmp_path / "cache" / "slipway" / "regctl" / VERSION / "regctl", "true")
    environment = {"PATH": str(on_path.parent), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert RegistryTool.find(environment).path == (on_path if fits else cached)


def test_without_any_it_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        RegistryTool.find({"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)})
    assert Says(f"regctl {VERSION}", "make image-tools") == str(refused.value)


def test_an_image_that_is_not_there_has_no_digest_but_a_registry_that_fails_is_trouble(tmp_path: Path) -> None:
    regctl = script(
        tmp_path / "regctl", 'case $3 in *lost*) echo "x: not found [http 404]: " ;; *) echo boom ;; esac >&2; exit 1'
    )
    tool = RegistryTool(regctl)
    assert tool.digest("registry.example.com/a:lost") is None
    with pytest.raises(RegistryTrouble, match=r"^registry\.example\.com/a:v1: boom$"):
        tool.digest("registry.example.com/a:v1")


def test_a_tag_that_somebody_else_took_meanwhile_is_left_alone(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    regctl = script(tmp_path / "regctl", f'echo "$2" >>{asked}; echo {DIGEST}')
    with pytest.raises(RegistryTrouble, match=rf"/a:promoted-1 .*\b{DIGEST}\b.*\bsha256:2\b"):
        RegistryTool(regctl).tag(Repository("registry.example.com", "a"), "sha256:2", "promoted-1")
    assert asked.read_text().split() == ["digest", "digest"]


def test_a_login_that_is_refused_is_forgotten(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    regctl = script(tmp_path / "regctl", f'echo "$2" >>{asked}; cat >/dev/null; echo unauthorized >&2; exit 1')
    with pytest.raises(RegistryTrouble, match=r"^registry\.example\.com: .*\bpassword\b"):
        RegistryTool(regctl).login("registry.example.com", "me", "wrong")
    assert asked.read_text().split() == ["login", "logout"]


def test_bytes_are_read_from_what_regctl_shows_a_terminal(tmp_path: Path) -> None:
    regctl = script(
        tmp_path / "regctl",
        r"""test -t 2 || exit 9
printf '\033[0JManifests: 1/3 | Blobs: 192.611MB copied, 0.000B skipped, 407.390MB queued | Elapsed: 0s\n' >&2
printf '\033[5F\033[0JManifests: 3/3 | Blobs: 1.500GB copied, 2.000kB skipped | Elapsed: 3s\n' >&2""",
    )
    seen: list[int] = []
    RegistryTool(regctl).copy("a", "b", signatures=True, copied=seen.append)
    assert seen == [192_611_000, 1_500_002_000]


def test_what_regctl_says_after_its_progress_is_the_reason(tmp_path: Path) -> None:
    regctl = script(
        tmp_path / "regctl",
        "echo 'Manifests: 1/3 | Blobs: 1.0MB copied, 0.000B skipped | Elapsed: 12s' >&2; echo 'it broke' >&2; exit 1",
    )
    with pytest.raises(RegistryTrouble, match=r"^copying to b: it broke$"):
        RegistryTool(regctl).copy("a", "b", signatures=False, copied=lambda _: None)


def test_a_command_sees_a_terminal_and_its_last_lines_are_kept() -> None:
    lines: list[str] = []
    code, said = run_on_a_terminal(["sh", "-c", "seq 200 >&2; printf end >&2; exit 7"], lines.append)
    assert code == 7
    assert lines == [str(number) for number in range(1, 201)]
    assert said.splitlines() == [*(str(number) for number in range(151, 201)), "end"]


def test_a_command_ends_with_the_one_that_waits_for_it(tmp_path: Path) -> None:
    program = (
        "from ops.terminal_process import run_on_a_terminal\n"
        f"run_on_a_terminal(['sh', '-c', 'echo $$ >{tmp_path}/pid; exec sleep 600'], print)\n"
    )
    waiting = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 20
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    waiting.send_signal(signal.SIGINT)
    waiting.wait()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_log_gets_a_line_when_an_image_begins_every_half_minute_and_when_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = itertools.count(step=20)
    monkeypatch.setattr(image_progress.time, "monotonic", lambda: float(next(clock)))
    shown = io.StringIO()
    with ImageProgress({"one": 4_000_000, "two": 1_500_000_000}, Console(file=shown, width=200)) as progress:
        with progress.image("one"):
            pass
        with progress.image("two") as copied:
            copied(1_000_000)
            copied(2_000_000)
    assert shown.getvalue().splitlines() == [
        Says("4.0 MB", at="one (1 of 2)"),
        Says("20 s", "4.0 MB of 1.50 GB", at="one (1 of 2)"),
        Says("1.50 GB", at="two (2 of 2)"),
        Says("2.0 MB of 1.50 GB", at="two (2 of 2)"),
        Says("80 s", "1.50 GB of 1.50 GB", at="two (2 of 2)"),
    ]


def test_a_terminal_gets_a_bar_for_each_image_and_one_for_all() -> None:
    shown = io.StringIO()
    console = Console(file=shown, width=200, force_terminal=True)
    with ImageProgress({"one": 4_000_000, "two": 6_000_000}, console) as progress, progress.image("one") as copied:
        copied(1_000_000)
    last = shown.getvalue()
    for expected in ("one", "two", "all", "4.0/4.0 MB", "4.0/10.0 MB"):
        assert expected in last


@pytest.mark.parametrize(("count", "words"), [(0, "0.0 MB"), (12_345_678, "12.3 MB"), (1_073_741_824, "1.07 GB")])
def test_amounts_for_people(count: int, words: str) -> None:
    assert megabytes(count) == words
