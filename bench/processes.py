"""How much CPU time each process of a measurement takes, read from `/proc`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from bench.sandboxed import session

# What a command line contains, and what its process is called in tables; the first that fits counts.
_NAMES = (
    ("/kube-apiserver ", "kube-apiserver"),
    ("/kube-controller-manager ", "kube-controller-manager"),
    ("/kube-scheduler ", "kube-scheduler"),
    ("/etcd ", "etcd"),
    ("/metrics-server ", "metrics-server"),
    ("/kwok ", "kwok"),
    ("sandbox.agents", "agents: nodes, registrar, kwok's model"),
    ("sandbox.control_plane", "control plane's supervisor"),
    ("guardian.py", "control plane's supervisor"),
    ("language_host.py", "program"),
    ("sandbox.server", "providers"),
    ("/pulumi ", "engine"),
    ("kubectl", "kubectl"),
)


def name_of(command_line: str) -> str:
    """What a process is called in tables."""
    return next((name for part, name in _NAMES if part in f"{command_line} "), "other")


class ProcessTimes:
    """CPU seconds of the processes of some sessions, by name, from the first look to the last.

    What a process takes after the last look at it is missed, and so is one that lives shorter than two looks are apart.
    """

    def __init__(self) -> None:
        self._first: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self._names: dict[int, str] = {}

    def look(self, leaders: Iterable[int], *, new: bool = True) -> None:
        """Look at all processes of these sessions; `new` ones count from their start, else from now."""
        for leader in leaders:
            for pid in session(leader):
                with suppress(OSError):  # it ended in between
                    self.note(pid, _command_line(pid), _cpu_seconds(pid), new=new)

    def note(self, pid: int, command_line: str, seconds: float, *, new: bool) -> None:
        """Take down one process's time so far."""
        self._first.setdefault(pid, 0.0 if new else seconds)
        self._last[pid] = seconds
        # Between fork and exec a process still has its parent's command line, and at its end it has none.
        if command_line or pid not in self._names:
            self._names[pid] = name_of(command_line)

    def by_name(self) -> Mapping[str, float]:
        """The sums, greatest first."""
        sums: dict[str, float] = {}
        for pid, seconds in self._last.items():
            name = self._names[pid]
            sums[name] = sums.get(name, 0.0) + seconds - self._first[pid]
        return dict(sorted(sums.items(), key=lambda pair: -pair[1]))


def _command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def _cpu_seconds(pid: int) -> float:
    # After the command in parentheses come state, parent and so on; user and system time are the 12th and 13th.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
