"""What the words of a load test mean, which cluster is looked at, and how it ends; nothing is sent anywhere."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ops import loadtest_command
from ops.load_steps import LoadPlan, Row
from ops.load_tool import Served
from ops.loadtest_command import main
from ops.refusal import Refusal
from tests.says import Says

pytestmark = pytest.mark.unit

HERE = [(2, 1, 6, "", ("127.0.0.1", 80))]
ROW = Row(5.0, 1, Served(10, 0, 5.0, 1.0, 2.0, 3.0, 4.0), None, None)


class Connection:
    """A site that answers, or does not."""

    def __init__(self, site: Site, kind: str) -> None:
        self._site, self._kind = site, kind

    def __call__(self, host: str, port: int | None, *, timeout: float) -> Connection:
        assert timeout == 10
        self._site.connected.append((self._kind, host, port))
        return self

    def request(self, verb: str, target: str, *, headers: dict[str, str]) -> None:
        self._site.asked.append((verb, target, headers))
        if self._site.trouble is not None:
            raise self._site.trouble

    def getresponse(self) -> io.BytesIO:
        return io.BytesIO()

    def close(self) -> None:
        self._site.closed += 1


class Site:
    """All that the command does outside of itself, and what it was asked."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory, self.monkeypatch = directory, monkeypatch
        self.connected: list[tuple[str, str, int | None]] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.closed = 0
        self.trouble: Exception | None = None
        self.loads: list[LoadPlan] = []
        self.clusters: list[tuple[str, str, str, int]] = []
        self.ends: Callable[[], None] = lambda: None
        folder = directory / "bin"
        folder.mkdir()
        (folder / "ab").touch(0o755)
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.chdir(directory)
        monkeypatch.setattr(loadtest_command.http.client, "HTTPConnection", Connection(self, "http"))
        monkeypatch.setattr(loadtest_command.http.client, "HTTPSConnection", Connection(self, "https"))
        monkeypatch.setattr(loadtest_command.socket, "getaddrinfo", lambda *_, **__: HERE)
        monkeypatch.setattr(loadtest_command, "load", self._load)

        def read(cluster: Any) -> None:
            file = cluster.kubeconfig
            mode = file.stat().st_mode & 0o777
            self.clusters.append((file.read_text(), cluster.namespace, cluster.deployment, mode))

        monkeypatch.setattr(loadtest_command.Cluster, "read", read)

    def run(self, *words: str) -> tuple[int, str]:
        shown = io.StringIO()
        return main(words, Console(file=shown, width=60)), shown.getvalue()

    def _load(self, plan: LoadPlan, tool: Any, cluster: Any, seen: Callable[[Row], None]) -> None:
        assert tool.name == "ab"
        assert (cluster is not None) == bool(self.clusters)
        self.loads.append(plan)
        seen(ROW)
        self.ends()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch)


def refused(site: Site, *words: str) -> str:
    with pytest.raises(Refusal) as refusal:
        site.run(*words)
    assert site.loads == []
    return str(refusal.value)


@pytest.mark.parametrize(
    ("url", "target", "asked", "connected"),
    [
        ("http://localhost", "http://localhost/load", "/load", ("http", "localhost", None)),
        ("http://localhost:81/a?b=c#d", "http://localhost:81/a?b=c", "/a?b=c", ("http", "localhost", 81)),
        ("https://shop.example.com/", "https://shop.example.com/", "/", ("https", "shop.example.com", None)),
    ],
)
def test_the_site_is_asked_once_before_the_load(
    site: Site, url: str, target: str, asked: str, connected: tuple[str, str, int | None]
) -> None:
    code, shown = site.run(url)
    assert code == 0
    assert (site.connected, site.asked, site.closed) == ([connected], [("GET", asked, {})], 1)
    assert (site.loads, site.clusters) == ([LoadPlan(target, None, (1, 2, 4, 8), 60, 0)], [])
    assert shown.splitlines()[0] == Says("ab", target, "240 s", "8 visitors")
    assert max(map(len, shown.splitlines())) > 60, "tables are wide where nobody looks"


def test_every_word_of_the_plan(site: Site) -> None:
    words = ("--steps", "1, 20,3", "--seconds", "7", "--after", "9", "--host", "shop.example.com")
    _, shown = site.run("http://localhost/a", *words)
    assert site.loads == [LoadPlan("http://localhost/a", "shop.example.com", (1, 20, 3), 7, 9)]
    assert site.asked == [("GET", "/a", {"Host": "shop.example.com"})]
    assert shown.splitlines()[0] == Says("21 s", "20 visitors")


@pytest.mark.parametrize(
    ("words", "goes_on"),
    [
        (("--steps", ",".join(["1"] * 20)), True),
        (("--steps", ",".join(["1"] * 21)), False),
        (("--steps", "1000"), True),
        (("--steps", "1001"), False),
        (("--steps", "0"), False),
        (("--steps", "1,,2"), False),
        (("--steps", "1,x"), False),
        (("--seconds", "1800"), True),
        (("--seconds", "1801"), False),
        (("--seconds", "0"), False),
        (("--seconds", "1.5"), False),
        (("--after", "0"), True),
        (("--after", "3600"), True),
        (("--after", "3601"), False),
    ],
)
def test_limits_of_the_figures(
    site: Site, capsys: pytest.CaptureFixture[str], words: tuple[str, str], goes_on: bool
) -> None:
    if goes_on:
        assert site.run("http://localhost/", *words)[0] == 0
    else:
        with pytest.raises(SystemExit):
            site.run("http://localhost/", *words)
        assert capsys.readouterr().err.splitlines()[-1] == Says(f"argument {words[0]}", repr(words[1]), "expected")
    assert len(site.loads) == goes_on


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (loadtest_command.ssl.SSLError("handshake failed"), "handshake failed"),
        (loadtest_command.http.client.IncompleteRead(b""), "IncompleteRead"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_a_site_that_does_not_answer(site: Site, trouble: Exception, reason: str) -> None:
    site.trouble = trouble
    said = refused(site, "http://localhost/a")
    assert said.startswith("http://localhost/a cannot be reached: ")
    assert reason in said
    assert site.closed == 1


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        (("ftp://127.0.0.1/",), ("ftp://127.0.0.1/", "site", "https://frontend.prod.example.com/load")),
        (("frontend",), ("frontend", "site")),
        (("http://127.0.0.1:99999/",), ("http://127.0.0.1:99999/", "port", "1 to 65535")),
        (("http://localhost/", "--csv", "none/seen"), ("none/seen", "none")),
        (("http://localhost/", "--plot", "none/seen"), ("none/seen", "none")),
        (("http://localhost/", "--kubeconfig", "none"), ("--kubeconfig none",)),
        (("http://localhost/", "--kubeconfig", "bin/ab"), ("kubectl is not installed",)),
        (("http://localhost/", "--stack", "dev", "--kubeconfig", "x"), ("--stack", "--kubeconfig", "one")),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_site_is_asked(
    site: Site, words: tuple[str, ...], facts: tuple[str, ...]
) -> None:
    assert refused(site, *words) == Says(*facts)
    assert site.asked == []


def test_a_host_that_there_is_not(site: Site) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise OSError(-2, "Name or service not known")

    site.monkeypatch.setattr(loadtest_command.socket, "getaddrinfo", unknown)
    said = refused(site, "http://no-such-host.invalid/load")
    assert said == "http://no-such-host.invalid/load cannot be reached: Name or service not known"


def test_another_machine_is_asked_for_only_when_somebody_says_so(site: Site) -> None:
    both = [*HERE, (2, 1, 6, "", ("203.0.113.9", 80))]
    site.monkeypatch.setattr(loadtest_command.socket, "getaddrinfo", lambda *_, **__: both)
    site.monkeypatch.setattr("sys.stdin", io.StringIO())
    assert refused(site, "http://shop.example.com/") == Says("--yes")
    assert site.run("http://shop.example.com/", "--yes")[0] == 0


def interrupted() -> None:
    raise KeyboardInterrupt


def given_up() -> None:
    raise Refusal("ab does not end")


@pytest.mark.parametrize(
    ("ends", "code", "said"),
    [
        (interrupted, 130, "interrupted; nothing goes on"),
        (given_up, 1, "ended: ab does not end"),
        (lambda: None, 0, ""),
    ],
)
def test_however_it_ends_what_was_seen_is_kept(site: Site, ends: Callable[[], None], code: int, said: str) -> None:
    site.ends = ends
    found, shown = site.run("http://localhost/", "--csv", "seen.csv", "--plot", "seen.svg")
    assert (found, said in shown) == (code, True)
    assert ("interrupted" in shown) == (code == 130)
    (row,) = csv.DictReader((site.directory / "seen.csv").open())
    assert (row["seconds"], row["requests"]) == ("5.0", "10")
    assert (site.directory / "seen.svg").read_text().startswith("<svg")


def test_without_a_row_there_is_no_picture(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loadtest_command, "load", lambda *_: interrupted())
    assert site.run("http://localhost/", "--csv", "seen.csv", "--plot", "seen.svg")[0] == 130
    assert len((site.directory / "seen.csv").read_text().splitlines()) == 1
    assert not (site.directory / "seen.svg").exists()


@pytest.fixture
def kubectl(site: Site) -> None:
    (site.directory / "bin" / "kubectl").touch(0o755)


def stack(site: Site) -> None:
    """A project with a stack prod, whose kubeconfig is a secret."""
    (site.directory / "Pulumi.yaml").write_text("name: slipway\n")
    (site.directory / "Pulumi.prod.yaml").write_text("config:\n  slipway:namespace: shop\n")
    script = site.directory / "bin" / "pulumi"
    script.write_text(
        '#!/bin/sh\n[ "$*" = "stack output kubeconfig --show-secrets --stack prod" ] && printf "the secret"\n'
    )
    script.chmod(0o755)


@pytest.mark.usefixtures("kubectl")
@pytest.mark.parametrize(
    ("words", "namespace", "service"),
    [((), "shop", "frontend"), (("--namespace", "other", "--service", "users"), "other", "users")],
)
def test_the_cluster_of_a_stack_is_reached_by_a_file_that_is_gone_afterwards(
    site: Site, words: tuple[str, ...], namespace: str, service: str
) -> None:
    stack(site)
    site.monkeypatch.setenv("TMPDIR", str(site.directory))
    site.monkeypatch.setattr(loadtest_command.tempfile, "tempdir", None)
    left = sorted(os.scandir(site.directory), key=lambda each: each.name)
    code, shown = site.run("http://localhost/", "--stack", "prod", *words)
    assert code == 0
    assert site.clusters == [("the secret", namespace, service, 0o600)]
    assert "secret" not in shown
    names = [each.name for each in left]
    assert sorted(each.name for each in site.directory.iterdir()) == names


@pytest.mark.usefixtures("kubectl")
@pytest.mark.parametrize(("words", "namespace"), [((), "example"), (("--namespace", "other"), "other")])
def test_the_cluster_of_a_file(site: Site, words: tuple[str, ...], namespace: str) -> None:
    file = site.directory / "kubeconfig"
    file.write_text("mine")
    file.chmod(0o640)
    assert site.run("http://localhost/", "--kubeconfig", str(file), *words)[0] == 0
    assert site.clusters == [("mine", namespace, "frontend", 0o640)]
