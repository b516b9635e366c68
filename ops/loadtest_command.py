"""`python -m ops loadtest`: send a site more and more requests, and see what pods and nodes make of it.

Only ask for what is yours: `ab` is made to keep a server as busy as it can. A host that is not this machine is asked
for only after a question, or with --yes.
"""

import argparse
import http.client
import ipaddress
import os
import socket
import ssl
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from rich.console import Console

from ops.cluster_reading import Cluster
from ops.confirmation import confirm
from ops.load_report import LiveTable, drawn, write_csv
from ops.load_steps import LoadPlan, load
from ops.load_tool import find_tool
from ops.pulumi_command import DEFAULT_WORDS, PulumiCommand
from ops.refusal import Refusal
from ops.stack_file import StackFile

_NAMESPACE: Final = "example"  # as in every stack file that ships
_WIDE_ENOUGH: Final = 120
_MOST_VISITORS: Final = 1000
_MOST_STEPS: Final = 20
_LONGEST_STEP: Final = 1800
_LONGEST_AFTER: Final = 3600
_REACHED_WITHIN: Final = 10.0
_INTERRUPTED: Final = 130
_FAILED: Final = 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops loadtest", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", metavar="URL", help="what is asked for; its path is /load where it has none")
    parser.add_argument("--steps", type=_steps, default="1,2,4,8", metavar="N,N", help="visitors at once (1,2,4,8)")
    parser.add_argument("--seconds", type=_seconds(1, _LONGEST_STEP), default=60, metavar="N", help="of a step (60)")
    parser.add_argument(
        "--after", type=_seconds(0, _LONGEST_AFTER), default=0, metavar="N", help="look on for so many seconds (0)"
    )
    parser.add_argument("--host", metavar="NAME", help="another name for the header Host")
    parser.add_argument("-s", "--stack", help="look at the cluster of this stack, such as prod")
    parser.add_argument("--pulumi", default=DEFAULT_WORDS, metavar="WORDS", help="how Pulumi is called here (pulumi)")
    parser.add_argument("--kubeconfig", type=Path, metavar="FILE", help="look at the cluster of this file")
    parser.add_argument("--namespace", metavar="NAME", help="where the service is (the stack's, else example)")
    parser.add_argument(
        "--service", default="frontend", metavar="NAME", help="its Deployment and autoscaler (frontend)"
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write what was seen")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw what was seen, as SVG")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def _steps(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.strip().isdecimal() for part in parts) or len(parts) > _MOST_STEPS:
        raise argparse.ArgumentTypeError(f"{text!r}: expected up to {_MOST_STEPS} whole numbers such as 1,2,4,8")
    steps = tuple(int(part) for part in parts)
    if not all(1 <= step <= _MOST_VISITORS for step in steps):
        raise argparse.ArgumentTypeError(f"{text!r}: expected numbers of visitors from 1 to {_MOST_VISITORS}")
    return steps


def _seconds(least: int, most: int) -> Callable[[str], int]:
    def seconds(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from {least} to {most}")
        return int(text)

    return seconds


def main(words: Sequence[str], console: Console | None = None) -> int:
    """Run the command; gives back the exit code.

    Raises:
        Refusal: before a load was sent.
    """
    given = _parser().parse_args(words)
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _WIDE_ENOUGH)
    tool = find_tool()
    url = _target(given.url)
    for path in (given.csv, given.plot):
        if path is not None and not path.absolute().parent.is_dir():
            raise Refusal(f"{path} cannot be written: there is no folder {path.parent}")
    with _cluster(given) as cluster:
        if cluster is not None:
            cluster.read()
        _require_answer(url, given.host)
        plan = LoadPlan(url.geturl(), given.host, given.steps, given.seconds, given.after)
        length = given.seconds * len(given.steps)
        console.print(f"{tool.name} asks for {plan.url} for {length} s, {max(given.steps)} visitors at once at most.")
        if not _is_this_machine(url):
            confirm(yes=given.yes)
        title = f"Load on {plan.url}"
        code = 0
        with LiveTable(console, title) as seen:
            try:
                load(plan, tool, cluster, seen.take)
            except KeyboardInterrupt:
                code = _INTERRUPTED
            except Refusal as refusal:
                console.print(f"ended: {refusal}", style="red")
                code = _FAILED
    if given.csv is not None:
        write_csv(given.csv, seen.rows)
    if given.plot is not None and seen.rows:
        given.plot.write_text(drawn(seen.rows, title))
    if code == _INTERRUPTED:
        console.print("interrupted; nothing goes on")
    return code


def _target(text: str) -> SplitResult:
    url = urlsplit(text)
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise Refusal(f"{text} is no address of a site; expected such as https://frontend.prod.example.com/load")
    try:
        _ = url.port
    except ValueError:
        raise Refusal(f"{text} has no port that there is; expected 1 to 65535") from None
    return url._replace(path=url.path or "/load", fragment="")


def _addresses(url: SplitResult) -> set[str]:
    try:
        found = socket.getaddrinfo(url.hostname, url.port or url.scheme, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Refusal(f"{url.geturl()} cannot be reached: {error.strerror or error}") from None
    return {str(each[4][0]) for each in found}


def _is_this_machine(url: SplitResult) -> bool:
    return all(ipaddress.ip_address(each).is_loopback for each in _addresses(url))


def _require_answer(url: SplitResult, host: str | None) -> None:
    """Ask once, and take any answer: what a service says under load is for the test to find out.

    Raises:
        Refusal: nobody answers.
    """
    _addresses(url)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(url.hostname), url.port, timeout=_REACHED_WITHIN)
    try:
        target = url._replace(scheme="", netloc="").geturl()
        connection.request("GET", target, headers={"Host": host} if host else {})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Refusal(f"{url.geturl()} cannot be reached: {reason}") from None
    finally:
        connection.close()


@contextmanager
def _cluster(given: argparse.Namespace) -> Generator[Cluster | None]:
    """The cluster that is looked at, if one is named."""
    if given.stack and given.kubeconfig:
        raise Refusal("--stack and --kubeconfig both name a cluster; expected one of them")
    if given.kubeconfig is not None:
        if not given.kubeconfig.is_file():
            raise Refusal(f"--kubeconfig {given.kubeconfig}: there is no such file")
        namespace = _NAMESPACE if given.namespace is None else given.namespace
        yield Cluster.of(given.kubeconfig, namespace, given.service)
    elif given.stack:
        pulumi = PulumiCommand.of(given.pulumi, Path.cwd())
        own = StackFile(pulumi.stack_file(given.stack)).get("slipway:namespace")
        namespace = own if given.namespace is None else given.namespace
        text = pulumi.secret_output(given.stack, "kubeconfig")
        with tempfile.TemporaryDirectory(prefix="slipway-loadtest-") as directory:
            file = Path(directory) / "kubeconfig"
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as opened:
                opened.write(text)
            yield Cluster.of(file, str(namespace), given.service)
    else:
        yield None
