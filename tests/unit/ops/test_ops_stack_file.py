"""Stack files are changed in one place and nowhere else."""

from __future__ import annotations

import difflib
import subprocess
from pathlib import Path

import pytest

from ops.refusal import Refusal
from ops.stack_file import StackFile, has_uncommitted_changes, replace

pytestmark = pytest.mark.unit

CHECKOUT = Path(__file__).resolve().parents[3]
SHIPPED = sorted(CHECKOUT.glob("Pulumi.*.yaml"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text((CHECKOUT / "Pulumi.prod.yaml").read_text())
    return path


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.name)
def test_a_file_that_is_not_changed_is_written_as_it_was(shipped: Path) -> None:
    assert StackFile(shipped).text() == shipped.read_text()


def test_only_the_line_of_the_value_changes(file: Path) -> None:
    before = file.read_text()
    stack_file = StackFile(file)
    digest = "sha256:" + "a" * 64
    stack_file.set(digest, "slipway:images", "frontend", "digest")
    assert stack_file.write()
    changed = [line for line in difflib.ndiff(before.splitlines(), file.read_text().splitlines()) if line[0] in "+-"]
    assert [line[0] for line in changed] == ["-", "+"]
    assert f'frontend: {{digest: "{digest}"}}' in changed[1] or f"frontend: {{digest: {digest}}}" in changed[1]
    assert StackFile(file).get("slipway:images", "frontend", "digest") == digest
    assert not StackFile(file).write()


def test_what_leads_to_a_value_is_made(file: Path) -> None:
    stack_file = StackFile(file)
    stack_file.set(5, "slipway:migration", "services", "frontend", "newPercent")
    stack_file.write()
    assert StackFile(file).get("slipway:migration", "services", "frontend", "newPercent") == 5
    assert StackFile(file).get("slipway:migration", "services", "users", "newPercent") is None


def test_a_value_is_taken_out(file: Path) -> None:
    stack_file = StackFile(file)
    stack_file.remove("slipway:images", "frontend", "digest")
    stack_file.remove("slipway:nowhere", "at", "all")
    assert stack_file.get("slipway:images", "frontend") == {}


def test_a_value_is_not_a_way(file: Path) -> None:
    with pytest.raises(Refusal, match=r"slipway:domain .*mapping"):
        StackFile(file).set(1, "slipway:domain", "frontend")


def test_another_persons_change_meanwhile_is_not_lost(file: Path) -> None:
    stack_file = StackFile(file)
    stack_file.set("other.example.com", "slipway:domain")
    file.write_text(file.read_text() + "# theirs\n")
    with pytest.raises(Refusal, match="somebody else"):
        stack_file.write()
    assert file.read_text().endswith("# theirs\n")
    assert "other.example.com" not in file.read_text()


@pytest.mark.parametrize("text", ["", "config:\n", "- 1\n", "config: [\n", "config: {a: 1\n"])
def test_what_is_no_stack_file_is_refused_in_one_line(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(Refusal, match=r"^Pulumi\.prod\.yaml .*") as refusal:
        StackFile(file)
    assert "\n" not in str(refusal.value)


def test_a_write_that_fails_leaves_the_file_and_nothing_beside_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_text()

    def full(_: Path, __: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        replace(file, "half")
    assert file.read_text() == before
    assert list(file.parent.iterdir()) == [file]


def test_uncommitted_changes_are_seen(file: Path) -> None:
    assert not has_uncommitted_changes(file)
    for words in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "t"),
    ):
        subprocess.run(["git", *words], cwd=file.parent, check=True)
    assert not has_uncommitted_changes(file)
    file.write_text(file.read_text() + "\n")
    assert has_uncommitted_changes(file)
