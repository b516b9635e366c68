"""`python -m ops login`: passwords go to programs on their standard input, and nowhere else."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ops import login_command
from tests.says import Says
from tests.unit.ops.image_stacks import ECR, ImageStacks, MemoryAws

pytestmark = pytest.mark.unit

HOST, SECRET = "registry.example.com", "pa55 word "
Capsys = pytest.CaptureFixture[str]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def ecr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ImageStacks, MemoryAws]:
    images = ImageStacks(tmp_path, monkeypatch, {"dev": ECR["staging"], **ECR})
    return images, MemoryAws.of(images)


def engine(images: ImageStacks, name: str) -> Path:
    """A container engine; gives back the file with what it was told and given."""
    told = images.directory / "told"
    images.script(name, f"printf '%s|' \"$*\" >>'{told}'; cat >>'{told}'")
    return told


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nanother line\n"])
def test_a_password_is_read_from_standard_input(images: ImageStacks, capsys: Capsys, end: str) -> None:
    images.registries.accounts[HOST] = "me", SECRET
    images.given(SECRET + end)
    done = images.ops(capsys, "login", HOST, "--user", "me")
    assert (done.code, done.out, done.err) == (0, f"logged in to {HOST} as me\n", "")
    assert images.registries.logins == {HOST: ("me", SECRET)}
    assert images.registries.changed == [f"registry login {HOST} --user me --pass-stdin"]


def test_a_person_is_asked_for_it(images: ImageStacks, capsys: Capsys) -> None:
    asked: list[str] = []

    def getpass(prompt: str) -> str:
        asked.append(prompt)
        return SECRET

    images.monkeypatch.setattr("sys.stdin", Terminal("not this one\n"))
    images.monkeypatch.setattr(login_command.getpass, "getpass", getpass)
    assert images.ops(capsys, "login", HOST, "--user", "me").code == 0
    assert images.registries.logins == {HOST: ("me", SECRET)}
    assert asked == [Says("me", f"{HOST}: ")]


@pytest.mark.parametrize(
    ("words", "given", "facts"),
    [
        (("--user", "me"), "\n", (HOST, "standard input")),
        (("--user", "me"), "", (HOST, "standard input")),
        ((), "unread\n", (HOST, "--user")),
        (("--user", "me", "--engine", "podman"), SECRET, ("--engine podman",)),
    ],
)
def test_what_is_missing_is_told_and_nothing_kept(
    images: ImageStacks, capsys: Capsys, words: tuple[str, ...], given: str, facts: tuple[str, ...]
) -> None:
    images.given(given)
    assert images.ops(capsys, "login", HOST, *words).refusal == Says(*facts, at="ops login")
    assert images.registries.logins == {}


def test_a_wrong_password_is_neither_kept_nor_shown(images: ImageStacks, capsys: Capsys) -> None:
    images.registries.accounts[HOST] = "me", SECRET
    images.given("not-the-password")
    refused = images.ops(capsys, "login", HOST, "--user", "me").refusal
    assert refused == Says(HOST, "user or password", at="ops login")
    assert "not-the-password" not in refused
    assert images.registries.logins == {}
    assert images.registries.changed == [f"registry logout {HOST}"]


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_an_engine_gets_the_same_on_its_standard_input(images: ImageStacks, capsys: Capsys, name: str) -> None:
    told = engine(images, name)
    images.given(SECRET)
    done = images.ops(capsys, "login", HOST, "--user", "me", "--engine", name)
    assert (done.code, done.out) == (0, f"logged in to {HOST} as me\n")
    assert told.read_text() == f"login --username me --password-stdin {HOST}|{SECRET}"
    assert images.registries.logins == {HOST: ("me", SECRET)}


def test_an_engine_that_refuses_is_told_in_one_line(images: ImageStacks, capsys: Capsys) -> None:
    images.script("docker", "printf 'Error response:\\n  unauthorized\\n' >&2; exit 1")
    images.given(SECRET)
    refused = images.ops(capsys, "login", HOST, "--user", "me", "--engine", "docker").refusal
    assert refused == f"ops login: docker cannot log in to {HOST}: Error response: unauthorized"


def test_ecr_takes_the_credentials_of_aws(ecr: tuple[ImageStacks, MemoryAws], capsys: Capsys) -> None:
    images, aws = ecr
    told = engine(images, "docker")
    words = (ECR["prod"], "--profile", "keeper", "--engine", "docker", "--user", "not-asked")
    done = images.ops(capsys, "login", *words)
    assert (done.code, done.out, done.err) == (0, f"logged in to {ECR['prod']} as AWS\n", "")
    assert images.registries.logins == {ECR["prod"]: ("AWS", "token:of-keeper")}
    assert aws.sessions == [("keeper", "us-west-2")]
    assert told.read_text() == f"login --username AWS --password-stdin {ECR['prod']}|token:of-keeper"


@pytest.mark.parametrize(("words", "stack"), [((), "staging"), (("--stack", "prod"), "prod")])
def test_without_a_registry_those_of_the_stack_are_meant_each_once(
    ecr: tuple[ImageStacks, MemoryAws], capsys: Capsys, words: tuple[str, ...], stack: str
) -> None:
    images, _ = ecr
    done = images.ops(capsys, "login", *words)
    assert (done.code, done.out) == (0, f"logged in to {ECR[stack]} as AWS\n")


def test_several_registries_are_logged_in_to_in_their_order(ecr: tuple[ImageStacks, MemoryAws], capsys: Capsys) -> None:
    images, _ = ecr
    images.export("dev", registryUrls={"b": f"{ECR['staging']}/b", "a": f"{ECR['prod']}/a"})
    hosts = sorted(ECR.values())
    assert images.ops(capsys, "login").out == "".join(f"logged in to {host} as AWS\n" for host in hosts)
    given = hosts[::-1]
    assert images.ops(capsys, "login", *given).out == "".join(f"logged in to {host} as AWS\n" for host in given)


def test_a_profile_that_there_is_not(ecr: tuple[ImageStacks, MemoryAws], capsys: Capsys) -> None:
    images, _ = ecr
    assert images.ops(capsys, "login", "--profile", "nobody").refusal == Says("nobody", at="ops login")
