"""`python -m sandbox.demo_pictures docs`: the pictures of `docs/migration.md`, taken of real HAProxys under load.

`migrate-status.svg` is what `python -m ops migrate status` shows of two of them; `haproxy-statistics.png` is the
statistics page of one, in a headless Chromium.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import io
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from ipaddress import IPv4Network
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from infra.haproxy_configuration import OLD_SERVER, PASSWORD_VARIABLE, Place, back_end, haproxy_configuration
from infra.shutdown import ShutdownTimes
from ops.migrate_command import main as migrate
from sandbox.demo_process import DemoProcess
from sandbox.local_haproxy import Files, LocalHaproxy, haproxy_program, has_prometheus_exporter
from sandbox.loopback_ports import LOOPBACK, free_port
from sandbox.migrate_demo import USER, demo_settings
from sandbox.refusal import Refusal

_PASSWORD: Final = "picture"  # noqa: S105  # of a page that is gone in seconds
_REQUESTS: Final = 400
_NEW_PERCENT: Final = 20
_COLUMNS: Final = 146
_WINDOW: Final = "1500,530"
_LIMIT: Final = 60


def _ask(port: int, requests: int) -> None:
    for _ in range(requests):
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
        connection.request("GET", "/", headers={"Host": "localhost"})
        connection.getresponse().read()
        connection.close()


def _haproxy(program: str, new: DemoProcess, old: DemoProcess, site: int, statistics: int) -> LocalHaproxy:
    def configuration(files: Files) -> str:
        place = Place(
            front_cidrs=(IPv4Network(f"{LOOPBACK}/32"),),
            socket=str(files.socket),
            state_file=str(files.state),
            site=f"{LOOPBACK}:{site}",
            statistics_port=statistics,
            user=None,
            prometheus=has_prometheus_exporter(program),
        )
        return haproxy_configuration(demo_settings(new.port, old.port, _NEW_PERCENT), ShutdownTimes(30), place)

    return LocalHaproxy(program, configuration, {PASSWORD_VARIABLE: _PASSWORD})


def _chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise Refusal("no Chromium is installed; on Debian: apt-get install chromium")


def _picture_of_page(browser: str, port: int, file: Path) -> None:
    with tempfile.TemporaryDirectory() as profile:
        words = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        words += [f"--user-data-dir={profile}", f"--window-size={_WINDOW}", f"--screenshot={file}"]
        # Credentials in the address are sent at the first request already.
        done = subprocess.run(
            [*words, f"http://{USER}:{_PASSWORD}@{LOOPBACK}:{port}/"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_LIMIT,
        )
    if done.returncode != 0 or not file.is_file():
        raise Refusal(f"the browser made no picture: {done.stderr.strip()[-500:]}")


def _picture_of_command(sockets: list[Path], file: Path) -> None:
    """In a folder where the sockets have short names."""
    names = [f"haproxy-{number}.sock" for number in range(1, len(sockets) + 1)]
    words = [word for name in names for word in ("--socket", name)] + ["status"]
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True, highlight=False)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, socket in zip(names, sockets, strict=True):
            Path(name).symlink_to(socket)
        console.print(f"[bold]$ python -m ops migrate {' '.join(words)}[/]\n", soft_wrap=True)
        migrate(words, console)
    picture = console.export_svg(title="python -m ops migrate", theme=DIMMED_MONOKAI)
    # Whoever looks at it fetches no font from anywhere.
    file.write_text(re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL))


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise Refusal("the sides did not pass their health checks")
        time.sleep(0.1)


def take(folder: Path) -> None:
    """Take both pictures.

    Raises:
        Refusal: there is no HAProxy or no browser, or it made no picture.
    """
    program, browser = haproxy_program(), _chromium()
    with ExitStack() as stack:
        new, old = (stack.enter_context(DemoProcess(name)) for name in ("new", "old"))
        sites, pages = [free_port(), free_port()], [free_port(), free_port()]
        both = [
            stack.enter_context(_haproxy(program, new, old, site, page))
            for site, page in zip(sites, pages, strict=True)
        ]
        _wait_until(
            lambda: all(
                row["check_status"] == "L7OK"
                for haproxy in both
                for (_, server), row in haproxy.servers().items()
                if server in {"aws", "old"}
            )
        )
        for site in sites:
            _ask(site, _REQUESTS)
        # Somebody has touched one of them by hand, so that there is something to shout about.
        both[1].tell(f"set server {back_end('demo')}/{OLD_SERVER} state drain")
        sockets = [haproxy.files.socket for haproxy in both]
        _picture_of_command(sockets, folder.resolve() / "migrate-status.svg")
        _picture_of_page(browser, pages[0], folder / "haproxy-statistics.png")


def main() -> int:
    """The command: 0 when both pictures are there."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo_pictures", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to")
    try:
        take(parser.parse_args().folder)
    except Refusal as refusal:
        print(f"demo_pictures: {refusal}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
