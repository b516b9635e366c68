"""The programs behind registries and stacks: which one is taken, what it is told, and what its failure means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.image_reference import Repository
from ops.image_tool import VERSION, RegistryTool
from ops.image_trouble import RegistryTrouble
from ops.pulumi_command import PulumiCommand
from ops.refusal import Refusal
from ops.terminal_process import run_on_a_terminal
from sandbox.go_tools import IMAGE_TOOLS
from tests.says import Says
from tests.unit.ops.registry_in_memory import MemoryRegistries, make_image

pytestmark = pytest.mark.unit

IMAGE = make_image("image")


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryRegistries:
    return MemoryRegistries.on_path(tmp_path, monkeypatch)


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        *((f"#!/bin/sh\necho 'VCSTag:     {version}'\n", True) for version in ("v0.11.0", "v0.12.3", "v1.0.0")),
        *((f"#!/bin/sh\necho 'VCSTag:     {version}'\n", False) for version in ("v0.10.9", "unknown")),
        ("#!/bin/sh\necho 'VCSTag:     v9.0.0'; exit 1\n", False),
        ("#!/no/such/shell\n", False),
    ],
)
def test_one_on_the_path_counts_when_it_runs_and_is_new_enough(tmp_path: Path, text: str, fits: bool) -> None:
    on_path = script(tmp_path / "path" / "regctl", text)
    cached = script(tmp_path / "slipway" / "regctl" / VERSION / "regctl", "#!/bin/sh\n")
    environment = {"PATH": str(on_path.parent), "XDG_CACHE_HOME": str(tmp_path)}
    assert RegistryTool.find(environment) == RegistryTool(on_path if fits else cached)


def test_the_one_that_was_built_lies_in_the_cache_of_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    cached = script(tmp_path / ".cache" / "slipway" / "regctl" / VERSION / "regctl", "#!/bin/sh\n")
    assert RegistryTool.find({"PATH": str(tmp_path)}) == RegistryTool(cached)
    cached.chmod(0o644)
    with pytest.raises(Refusal) as refused:
        RegistryTool.find({"PATH": str(tmp_path), "XDG_CACHE_HOME": ""})
    assert str(refused.value) == Says(f"regctl {VERSION}", "make image-tools")


def test_an_empty_repository_has_no_tags_but_one_that_is_closed_is_trouble(memory: MemoryRegistries) -> None:
    tool = RegistryTool(memory.path)
    memory.put("registry.example.com/a", IMAGE, "v1", "v2")
    assert tool.tags(Repository("registry.example.com", "a")) == ("v1", "v2")
    assert tool.tags("registry.example.com/none") == ()
    memory.fails("tag ls", "denied [http 403]")
    with pytest.raises(RegistryTrouble) as trouble:
        tool.tags("registry.example.com/a")
    assert str(trouble.value) == Says("does not allow it", at="registry.example.com/a")


@pytest.mark.parametrize(
    "ask", [RegistryTool.manifest, RegistryTool.configuration], ids=["its manifest", "what it was built as"]
)
def test_an_image_that_is_not_there_cannot_be_looked_into(memory: MemoryRegistries, ask: object) -> None:
    reference = f"registry.example.com/a@{IMAGE.digest}"
    with pytest.raises(RegistryTrouble) as trouble:
        ask(RegistryTool(memory.path), reference)  # type: ignore[operator]
    assert str(trouble.value) == Says("[http 404]", at=reference)


def test_a_tag_that_stands_for_the_image_already_is_not_written_again(memory: MemoryRegistries) -> None:
    memory.put("registry.example.com/a", IMAGE, "v1")
    RegistryTool(memory.path).tag(Repository("registry.example.com", "a"), IMAGE.digest, "v1")
    assert memory.changed == []


def test_the_version_is_the_one_that_is_built() -> None:
    assert {tool.version for tool in IMAGE_TOOLS if tool.name == "regctl"} == {VERSION}


def test_bytes_are_read_from_what_regctl_shows_a_terminal(tmp_path: Path) -> None:
    regctl = script(
        tmp_path / "regctl",
        r"""#!/bin/sh
test -t 2 || exit 9
printf '\033[0JManifests: 1/3 | Blobs: 192.611MB copied, 0.000B skipped, 407.390MB queued | Elapsed: 0s\n' >&2
printf '\033[5F\033[0JManifests: 3/3 | Blobs: 1.500GB copied, 2.000kB skipped | Elapsed: 3s\n' >&2
""",
    )
    seen: list[int] = []
    RegistryTool(regctl).copy("a", "b", signatures=True, copied=seen.append)
    assert seen == [192_611_000, 1_500_002_000]


def test_a_command_sees_a_terminal_and_its_last_lines_are_kept() -> None:
    lines: list[str] = []
    code, said = run_on_a_terminal(["sh", "-c", "seq 200 >&2; printf end >&2; exit 7"], lines.append)
    assert code == 7
    assert lines == [str(number) for number in range(1, 201)]
    assert said.splitlines() == [*(str(number) for number in range(151, 201)), "end"]


def test_a_program_that_cannot_be_started_leaves_no_terminal_open() -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(FileNotFoundError):
        run_on_a_terminal(["/no/such/program"], print)
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_a_program_ends_when_what_reads_it_does(tmp_path: Path) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_on_a_terminal(["sh", "-c", f"echo $$ >'{tmp_path}/pid'; echo >&2; exec sleep 600"], interrupted)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def pulumi(tmp_path: Path, text: str) -> PulumiCommand:
    (tmp_path / "Pulumi.yaml").write_text("name: slipway\n")
    program = script(tmp_path / "a folder" / "pulumi", f'#!/bin/sh\nprintf "%s|" "$PWD" "$@" >>"$0.told"\n{text}\n')
    return PulumiCommand.of(f"'{program}' --non-interactive", tmp_path)


def told(tmp_path: Path) -> list[str]:
    """The folder it ran in, and what it was told after the words that a person gave."""
    where, given, *words = (tmp_path / "a folder" / "pulumi.told").read_text().split("|")[:-1]
    assert (where, given) == (str(tmp_path), "--non-interactive")
    return words


def test_outputs_are_read_without_their_secrets_and_one_of_them_with(tmp_path: Path) -> None:
    command = pulumi(tmp_path, """printf '{"a": 1}'""")
    assert command.outputs("prod") == {"a": 1}
    assert told(tmp_path) == ["stack", "output", "--json", "--stack", "prod"]
    (tmp_path / "a folder" / "pulumi.told").unlink()
    assert command.secret_output("prod", "kubeconfig") == '{"a": 1}'
    assert told(tmp_path) == ["stack", "output", "kubeconfig", "--show-secrets", "--stack", "prod"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("echo first >&2; echo ' last ' >&2; echo >&2", "last"), ("echo unread", "it says nothing")],
)
def test_what_pulumi_does_not_tell_is_refused_with_its_last_words(tmp_path: Path, text: str, reason: str) -> None:
    command = pulumi(tmp_path, f"{text}; exit 255")
    for ask in (lambda: command.outputs("prod"), lambda: command.secret_output("prod", "kubeconfig")):
        with pytest.raises(Refusal) as refusal:
            ask()
        assert str(refusal.value) == Says("prod", reason)
        assert "first" not in str(refusal.value)
    assert str(refusal.value) == Says("kubeconfig")


@pytest.mark.parametrize(("yes", "words"), [(True, ["--yes", "--skip-preview"]), (False, [])])
def test_a_stack_is_brought_up_on_the_persons_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], yes: bool, words: list[str]
) -> None:
    command = pulumi(tmp_path, "echo shown; exit 3")
    assert command.up("prod", yes=yes) == 3
    assert told(tmp_path) == ["up", "--stack", "prod", *words]
    assert capfd.readouterr().out == "shown\n"
