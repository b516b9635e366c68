"""Promotions that are stopped half-way: nothing points at something incomplete, and the next one goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.edge.image_project import ImageProject, refused
from tests.edge.made_images import MadeImage, make_image
from tests.edge.registry_server import RegistryServer
from tests.ops_command import own_process
from tests.says import Says

pytestmark = pytest.mark.edge

PROMOTE = ("promote", "--from", "staging", "--to", "prod")
SERVICES = ("frontend", "users_backend")


def staged(images: ImageProject, directory: Path, layer_bytes: int) -> dict[str, MadeImage]:
    """A front end and a back end of two layers each, which staging runs."""
    made: dict[str, MadeImage] = {}
    for seed, (service, image) in enumerate((("frontend", "frontend"), ("users", "users_backend"))):
        made[image] = make_image(directory / image, seed, layer_bytes, platforms=("linux/amd64",))
        images.push("staging", service, made[image])
    images.runs("staging", {"frontend": f"@{made['frontend'].digest}", "users": f"@{made['users_backend'].digest}"})
    return made


def require_sound(images: ImageProject, before: str, after: str) -> None:
    """No tag of prod's points at something incomplete, and its stack file is the old or the new one."""
    prod = images.registries["prod"]
    for image in SERVICES:
        repository = images.repository("prod", image)
        for tag in prod.tags(repository):
            assert prod.missing_parts(repository, tag) == []
    assert images.stack_file("prod").read_text() in {before, after}
    assert list(images.directory.glob(".Pulumi.*")) == []


def wait_for_bytes(registry: RegistryServer, count: int, command: subprocess.Popen[str]) -> None:
    while registry.content_bytes() < count:
        assert command.poll() is None, "it was over before it could be stopped"
        time.sleep(0.005)


def require_promoted(images: ImageProject, made: dict[str, MadeImage]) -> None:
    done = images.ops(*PROMOTE)
    assert done.returncode == 0, done.stderr
    for image in SERVICES:
        assert list(images.registries["prod"].tags(images.repository("prod", image)).values()) == [made[image].digest]
        assert made[image].digest in images.stack_file("prod").read_text()


def expected_file(images: ImageProject, made: dict[str, MadeImage]) -> tuple[str, str]:
    before = after = images.stack_file("prod").read_text()
    for image in SERVICES:
        after = after.replace("sha256:" + "0" * 64, made[image].digest, 1)
    return before, after


def test_the_target_stops_in_the_middle(images: ImageProject, tmp_path: Path) -> None:
    made = staged(images, tmp_path, layer_bytes=1 << 27)
    before, after = expected_file(images, made)
    prod = images.registries["prod"]
    command = images.start(*PROMOTE)
    wait_for_bytes(prod, 1 << 25, command)
    prod.kill()
    output, _ = command.communicate(timeout=240)
    assert command.returncode == 1, output
    assert "Traceback" not in output
    *_, what, how = output.splitlines()
    assert what == Says("reached", at="ops promote")
    assert how == Says("Pulumi.prod.yaml", "not written", "again", at="ops promote")
    prod.start()
    assert images.stack_file("prod").read_text() == before
    require_sound(images, before, after)
    require_promoted(images, made)
    assert images.stack_file("prod").read_text() == after


def test_kill_9_in_the_middle_of_each_image(images: ImageProject, tmp_path: Path) -> None:
    made = staged(images, tmp_path, layer_bytes=1 << 27)
    before, after = expected_file(images, made)
    for reached in (1 << 20, 1 << 25, (1 << 28) + (1 << 25)):
        command = images.start(*PROMOTE)
        wait_for_bytes(images.registries["prod"], reached, command)
        os.killpg(command.pid, signal.SIGKILL)
        command.communicate()
        assert images.stack_file("prod").read_text() == before
        require_sound(images, before, after)
    require_promoted(images, made)
    assert images.stack_file("prod").read_text() == after


def test_kill_9_again_and_again_at_any_moment(images: ImageProject, tmp_path: Path) -> None:
    made = staged(images, tmp_path, layer_bytes=1 << 22)
    before, after = expected_file(images, made)
    drawn = random.Random(7)
    killed = 0
    for _ in range(12):
        command = images.start(*PROMOTE)
        time.sleep(drawn.uniform(0.1, 1.2))
        killed += command.poll() is None
        os.killpg(command.pid, signal.SIGKILL) if command.poll() is None else None
        command.communicate()
        require_sound(images, before, after)
    assert killed > 3
    require_promoted(images, made)
    assert images.stack_file("prod").read_text() == after


def test_ctrl_c_leaves_nothing_behind(images: ImageProject, tmp_path: Path) -> None:
    made = staged(images, tmp_path, layer_bytes=1 << 27)
    before, after = expected_file(images, made)
    command = images.start(*PROMOTE)
    wait_for_bytes(images.registries["prod"], 1 << 24, command)
    os.killpg(command.pid, signal.SIGINT)
    output, _ = command.communicate(timeout=60)
    assert command.returncode == 130, output
    assert output.splitlines()[-1] == Says("interrupted", at="ops promote")
    require_sound(images, before, after)
    assert images.registries["prod"].tags(images.repository("prod", "frontend")) == {}


def test_a_disk_that_is_full_at_the_target(tmp_path: Path, dev_registry: RegistryServer) -> None:
    with RegistryServer(tmp_path / "small", "releaser", "thrown-away", disk_is_full=True) as small:
        images = ImageProject(tmp_path / "project", dev_registry, small)
        made = staged(images, tmp_path, layer_bytes=60_000)
        before, after = expected_file(images, made)
        done = images.ops(*PROMOTE)
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr
        what, how = [line for line in done.stderr.splitlines() if line.startswith("ops promote: ")]
        assert what == Says(f"/frontend@{made['frontend'].digest}", "disk is full")
        assert how == Says("Pulumi.prod.yaml", "not written", "again")
        require_sound(images, before, after)
        assert images.stack_file("prod").read_text() == before


def test_a_disk_that_is_full_here(images: ImageProject, tmp_path: Path) -> None:
    made = make_image(tmp_path / "made", 1, layer_bytes=6_000_000)
    archive = made.archive(tmp_path / "made.tar")
    small = tmp_path / "disk"
    small.mkdir()
    unshare = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]
    mount = 'mount -t tmpfs -o size=8000000 tmpfs "$1" && shift && exec "$@"'
    push = own_process("push", "frontend", str(archive), "--commit", "3f2c1ab")
    done = subprocess.run(
        [*unshare, "sh", "-c", mount, "sh", str(small), *push],
        cwd=images.directory,
        env={**images.environment, "TMPDIR": str(small)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert refused(done) == Says("disk is full", at="ops push")
    assert images.registries["dev"].tags(images.repository("dev", "frontend")) == {}
