"""The programs that send requests: how each is called, and what its report says."""

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ops.refusal import Refusal

# Seconds: a request that took longer has failed.
_TIMEOUT: Final = 10
# `ab` stops at 50 000 requests where it is only given a time.
# https://httpd.apache.org/docs/2.4/programs/ab.html
_MOST_REQUESTS: Final = 10_000_000
_PATIENCE: Final = 15.0
"""How much longer than it was told to a program may run, in seconds."""


@dataclass(frozen=True)
class Served:
    """What came of a few seconds of requests.

    Attributes:
        requests: how many were answered or failed
        failed: how many of them found no answer, or one that is no success
        seconds: how long it took
        median_ms: within how many milliseconds half of them were answered; `None` where the tool does not say
        p95_ms: within how many 95 % were
        p99_ms: within how many 99 % were
        longest_ms: the longest
    """

    requests: int
    failed: int
    seconds: float
    median_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    longest_ms: float | None

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class LoadTool:
    """One program.

    Attributes:
        name: as it is called
        path: where it is
        words: from the URL, the number of visitors and the seconds to what follows the path
        read: its report
    """

    name: str
    path: str
    words: Callable[[str, int, int, str | None], Sequence[str]]
    read: Callable[[str], Served]

    def start(self, url: str, visitors: int, seconds: int, host: str | None) -> subprocess.Popen[str]:
        """Send requests for so many seconds; nothing comes from the terminal's Ctrl-C, which is for who started it."""
        return subprocess.Popen(
            [self.path, *self.words(url, visitors, seconds, host)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def finish(self, process: subprocess.Popen[str], seconds: int) -> Served:
        """Wait until it is done, and read its report.

        Raises:
            Refusal: it does not end, or says nothing of use.
        """
        try:
            report, _ = process.communicate(timeout=seconds + _PATIENCE)
        except subprocess.TimeoutExpired:
            raise Refusal(f"{self.name} does not end after {seconds + _PATIENCE:.0f} s") from None
        finally:
            process.kill()
            process.wait()
        try:
            return self.read(report)
        except (KeyError, ValueError):
            last = [line.strip() for line in report.splitlines() if line.strip()][-1:]
            raise Refusal(f"{self.name} reports nothing: {last[0] if last else 'it says nothing'}") from None


def find_tool() -> LoadTool:
    """The first program there is.

    Raises:
        Refusal: there is none.
    """
    for name, words, read in (("ab", _ab_words, read_ab), ("hey", _hey_words, read_hey)):
        if path := shutil.which(name):
            return LoadTool(name, path, words, read)
    raise Refusal("neither ab nor hey is installed; on Debian and Ubuntu: apt-get install apache2-utils")


def _ab_words(url: str, visitors: int, seconds: int, host: str | None) -> Sequence[str]:
    # -l: answers may differ in length; -r: a connection that is closed is one failure and not the end.
    named = ["-H", f"Host: {host}"] if host else []
    limits = ["-t", str(seconds), "-n", str(_MOST_REQUESTS), "-s", str(_TIMEOUT)]
    return ["-q", "-l", "-r", *limits, "-c", str(visitors), *named, url]


def _hey_words(url: str, visitors: int, seconds: int, host: str | None) -> Sequence[str]:
    named = ["-host", host] if host else []
    return ["-z", f"{seconds}s", "-t", str(_TIMEOUT), "-c", str(visitors), *named, url]


def read_ab(report: str) -> Served:
    """The report of `ab`.

    Raises:
        KeyError: it is none.
    """
    found = dict(re.findall(r"^(Complete requests|Failed requests|Non-2xx responses|Time taken for tests): +([\d.]+)",
                            report, re.MULTILINE))  # fmt: skip
    within = {int(share): float(time) for share, time in re.findall(r"^ +(\d+)% +(\d+)", report, re.MULTILINE)}
    requests = int(found["Complete requests"])
    # A connection that is refused is counted as two or three failures.
    failed = min(int(found["Failed requests"]) + int(found.get("Non-2xx responses", 0)), requests)
    times = _times(within) if failed < requests or "Non-2xx responses" in found else (None,) * 4
    return Served(requests, failed, float(found["Time taken for tests"]), *times)


def _times(within: dict[int, float]) -> tuple[float | None, float | None, float | None, float | None]:
    return within.get(50), within.get(95), within.get(99), within.get(100)


def read_hey(report: str) -> Served:
    """The report of `hey`. https://github.com/rakyll/hey

    Raises:
        KeyError: it is none.
    """
    found = dict(re.findall(r"^ +(Total|Slowest):\s+([\d.]+) secs", report, re.MULTILINE))
    codes = {int(code): int(count) for code, count in re.findall(r"^ +\[(\d{3})\]\t(\d+) responses", report, re.M)}
    lost = sum(int(count) for count in re.findall(r"^ +\[(\d+)\]\t(?!\d+ responses$)", report, re.MULTILINE))
    within = {
        int(share): float(time) * 1000
        for share, time in re.findall(r"^ +(\d+)%+ in ([\d.]+) secs", report, re.MULTILINE)
    }
    if codes:
        within[100] = float(found["Slowest"]) * 1000
    answered = sum(codes.values())
    good = sum(count for code, count in codes.items() if code // 100 == 2)  # noqa: PLR2004 - 2xx
    return Served(answered + lost, answered - good + lost, float(found["Total"]), *_times(within))
