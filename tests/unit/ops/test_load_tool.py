"""The reports of ab and hey, as these programs wrote them, and how they are called."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ops.load_tool import Served, find_tool, read_ab, read_hey
from ops.refusal import Refusal

pytestmark = pytest.mark.unit

CAPTURED = Path(__file__).parent / "captured"


@pytest.mark.parametrize(
    ("file", "served"),
    [
        ("ab-served", Served(546, 0, 1.001, 3, 7, 19, 61)),
        ("ab-not-found", Served(665, 665, 1.014, 1, 10, 23, 60)),
        ("ab-refused", Served(14896, 14896, 1.019, None, None, None, None)),
        ("hey-served", Served(589, 0, 1.0024, 3.0, 6.4, 11.7, 14.3)),
        ("hey-not-found", Served(882, 882, 1.0028, 1.7, 4.5, 15.1, 63.1)),
        ("hey-refused", Served(5368, 5368, 1.0008, None, None, None, None)),
    ],
)
def test_what_a_report_says(file: str, served: Served) -> None:
    read = read_ab if file.startswith("ab") else read_hey
    found = read((CAPTURED / f"{file}.txt").read_text())
    assert (found.requests, found.failed, found.seconds) == (served.requests, served.failed, served.seconds)
    for name in ("median_ms", "p95_ms", "p99_ms", "longest_ms"):
        assert getattr(found, name) == pytest.approx(getattr(served, name)), name


def test_requests_per_second() -> None:
    assert Served(500, 0, 2.0, None, None, None, None).per_second == 250
    assert Served(0, 0, 0.0, None, None, None, None).per_second == 0


def program(directory: Path, name: str, script: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_without_a_program_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal, match=r"\bab\b.*\bhey\b.*apt-get install apache2-utils"):
        find_tool()


def test_ab_comes_before_hey_and_is_given_host_time_and_visitors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "said"
    for name in ("ab", "hey"):
        program(tmp_path, name, f'echo {name} "$@" > {said}')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    tool = find_tool()
    with pytest.raises(Refusal, match=r"^ab .*nothing$"):
        tool.finish(tool.start("http://127.0.0.1:1/load", 8, 5, "shop.example.com"), 5)
    words = said.read_text().split()
    assert words[0] == "ab"
    assert words[words.index("-t") + 1] == "5"
    assert words.index("-n") > words.index("-t")  # else the time would bring its own limit
    assert words[words.index("-c") + 1] == "8"
    assert words[-4:] == ["-H", "Host:", "shop.example.com", "http://127.0.0.1:1/load"]


def test_a_program_that_fails_is_told_with_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "hey", "echo no such host >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("shutil.which", lambda name: str(tmp_path / "hey") if name == "hey" else None)
    tool = find_tool()
    with pytest.raises(Refusal, match=r"^hey [^:]*: no such host$"):
        tool.finish(tool.start("http://127.0.0.1:1/", 1, 1, None), 1)
