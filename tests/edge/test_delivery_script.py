"""The script by which a machine takes a new configuration, on a real HAProxy that carries load.

`aws` and `systemctl` are stood in for: the one copies a file, the other does what the machine's unit says of a reload.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.haproxy_script import apply_configuration_script
from sandbox.local_haproxy import USUAL_FOLDERS
from tests.edge.edge_system import NEW, OLD, EdgeHaproxy, EdgeSystem, edge_system, wait_until
from tests.edge.load import Load
from tests.says import Says

pytestmark = pytest.mark.edge

TIMES = 3
STEP = 300
AWS = """#!/bin/sh
# aws s3 cp s3://bucket/key FILE --region REGION --only-show-errors
[ "$1 $2 $3 $5 $6" = "s3 cp s3://a-bucket/a/key --region us-west-2" ] || { echo "aws $*" >&2; exit 64; }
cp "$OBJECT" "$4"
"""
SYSTEMCTL = """#!/bin/sh
echo "$*" >>"$CALLED"
case "$1" in
is-active) kill -0 "$MASTER" ;;
reload) [ -z "$RELOAD_FAILS" ] && haproxy -c -q -f "$SLIPWAY_HAPROXY_CONFIGURATION" && kill -USR2 "$MASTER" ;;
*) exit 64 ;;
esac
"""


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Machine:
    """A machine whose paths are those of one HAProxy of ours."""

    folder: Path
    system: EdgeSystem

    @property
    def haproxy(self) -> EdgeHaproxy:
        return self.system.haproxy

    def apply(self, text: str | None, asked: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        """Have the script take this object; without a checksum, that of the object is asked for."""
        files = self.haproxy.files
        target = self.folder / "object"
        target.unlink(missing_ok=True)
        if text is not None:
            target.write_text(text)
        environment = {
            **os.environ,
            "PATH": f"{self.folder}:{os.environ['PATH']}:{USUAL_FOLDERS}",
            "OBJECT": str(target),
            "CALLED": str(self.folder / "called"),
            "MASTER": str(self.haproxy.master()),
            "RELOAD_FAILS": "",
            "SLIPWAY_STATISTICS_PASSWORD": "thrown-away",
            "SLIPWAY_HAPROXY_CONFIGURATION": str(files.configuration),
            "SLIPWAY_HAPROXY_STATE": str(files.state),
            "SLIPWAY_HAPROXY_SOCKET": str(files.socket),
            "SLIPWAY_HAPROXY_MASTER_SOCKET": str(files.master_socket),
            "SLIPWAY_HAPROXY_LOCK": str(self.folder / "lock"),
            "SLIPWAY_HAPROXY_WAIT_SECONDS": "20",
            **variables,
        }
        words = [str(self.folder / "apply"), sha256(text or "") if asked is None else asked]
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=90)

    def rendered(self, percent: int) -> str:
        self.system.values["routes"]["shop"]["newPercent"] = percent
        return self.haproxy.rendered(self.system.values)

    def reloads(self) -> int:
        called = self.folder / "called"
        return called.read_text().count("reload haproxy") if called.exists() else 0


@contextmanager
def machine_in(folder: Path) -> Generator[Machine]:
    for name, text in (
        ("aws", AWS),
        ("systemctl", SYSTEMCTL),
        ("apply", apply_configuration_script("a-bucket", "a/key", "us-west-2")),
    ):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    with edge_system() as system:
        for server in (NEW, OLD):
            wait_until(lambda server=server: system.haproxy.state(server)["check_status"] == "L7OK")
        yield Machine(folder, system)


def test_a_new_weight_is_taken_by_a_reload_under_load(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with machine_in(tmp_path) as machine, Load(machine.haproxy.site) as load:
        load.more(STEP)
        for _ in range(TIMES):
            for percent in (10, 100, 50):
                before = machine.haproxy.worker()
                text = machine.rendered(percent)
                done = machine.apply(text)
                assert done.returncode == 0, done.stderr
                assert done.stdout.splitlines()[-1] == Says("goes on", sha256(text), at="slipway-haproxy-apply")
                assert machine.haproxy.worker() not in {before, None}
                assert machine.haproxy.files.configuration.read_text() == text
                sides = load.sides_of(2 * STEP)
                assert abs(100 * sides["new"] / sides.total() - percent) < 5
        load.more(STEP)
    record_property("figures", f"{load.figures.total} requests, failed: {dict(load.figures.reasons)}")
    print(f"{load.figures.total} requests, {3 * TIMES} reloads, failed: {dict(load.figures.reasons)}")
    assert not load.figures.failures
    assert machine.reloads() == 3 * TIMES


def test_what_an_operator_did_outlives_it(tmp_path: Path) -> None:
    with machine_in(tmp_path) as machine:
        machine.haproxy.set_state(NEW, "maint")
        machine.haproxy.set_state(OLD, "drain")
        assert machine.apply(machine.rendered(20)).returncode == 0
        assert machine.haproxy.state(NEW)["status"] == "MAINT"
        assert machine.haproxy.state(OLD)["status"] == "DRAIN"
        assert machine.haproxy.state(OLD)["weight"] == "80"


def test_the_same_configuration_is_not_loaded_again(tmp_path: Path) -> None:
    with machine_in(tmp_path) as machine:
        before = machine.haproxy.worker()
        done = machine.apply(machine.haproxy.files.configuration.read_text())
        assert done.returncode == 0
        assert "already" in done.stdout
        assert machine.reloads() == 0
        assert machine.haproxy.worker() == before


@pytest.mark.parametrize("wrong", ["broken", "checksum", "missing", "reload"])
def test_what_is_wrong_leaves_the_old_one_running(tmp_path: Path, wrong: str) -> None:
    with machine_in(tmp_path) as machine, Load(machine.haproxy.site, visitors=4) as load:
        load.more(STEP)
        before = machine.haproxy.worker(), machine.haproxy.files.configuration.read_text()
        good = machine.rendered(10)
        match wrong:
            case "broken":
                broken = good.replace("balance roundrobin", "balance nonsense")
                done = machine.apply(broken)
                facts = ("not take", sha256(broken))
            case "checksum":
                done = machine.apply(good, asked=sha256("another"))
                facts = ("SHA-256", sha256(good), sha256("another"))
            case "missing":
                done = machine.apply(None)
                facts = ("s3://a-bucket/a/key", "read")
            case _:
                done = machine.apply(good, RELOAD_FAILS="yes")
                facts = ("reload", "failed")
        assert done.returncode != 0
        assert done.stderr.splitlines()[-1] == Says(*facts, "as it was", at="slipway-haproxy-apply")
        assert (machine.haproxy.worker(), machine.haproxy.files.configuration.read_text()) == before
        load.more(STEP)
        sides = load.sides_of(2 * STEP)
        assert abs(100 * sides["new"] / sides.total() - 50) < 5
        leftovers = {each.name for each in machine.haproxy.files.configuration.parent.glob("haproxy.cfg*")}
        assert leftovers == {"haproxy.cfg"}
    assert not load.figures.failures


def test_after_a_failure_a_good_one_is_taken(tmp_path: Path) -> None:
    with machine_in(tmp_path) as machine:
        assert machine.apply("nonsense\n").returncode != 0
        assert machine.apply(machine.rendered(10)).returncode == 0
        assert machine.haproxy.state(NEW)["weight"] == "10"


def test_two_at_once_do_not_meet(tmp_path: Path) -> None:
    with machine_in(tmp_path) as machine:
        lock = subprocess.Popen(["flock", str(tmp_path / "lock"), "cat"], stdin=subprocess.PIPE)
        try:
            wait_until(
                lambda: subprocess.run(["flock", "-n", str(tmp_path / "lock"), "true"], check=False).returncode == 1
            )
            refused = machine.apply(machine.rendered(10), SLIPWAY_HAPROXY_WAIT_SECONDS="1")
            assert refused.returncode != 0
            assert refused.stderr.splitlines()[-1] == Says("another run", at="slipway-haproxy-apply")
        finally:
            lock.communicate(timeout=10)
        assert machine.haproxy.state(NEW)["weight"] == "50"
        assert machine.apply(machine.rendered(10)).returncode == 0
