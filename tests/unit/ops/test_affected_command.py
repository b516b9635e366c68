"""Which stacks a change can change."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ops.__main__ import main
from ops.affected_command import affected_stacks
from tests.says import Says

pytestmark = pytest.mark.unit

STACKS = ["dev", "prod", "staging"]


@pytest.mark.parametrize(
    ("changed", "affected"),
    [
        ([], []),
        (["README.md", "docs/migration.md", "tests/unit/test_x.py", "sandbox/server.py"], []),
        (["Pulumi.prod.yaml"], ["prod"]),
        (["Pulumi.prod.yaml", "Pulumi.dev.yaml", "README.md"], ["dev", "prod"]),
        (["Pulumi.gone.yaml"], []),
        (["bootstrap/Pulumi.prod.yaml"], []),
        (["docs/infra/notes.md"], []),
        *(
            ([name], STACKS)
            for name in ("__main__.py", "Pulumi.yaml", "requirements.txt", "infra/edge.py", "apps/x.py")
        ),
    ],
)
def test_a_stack_file_is_one_stacks_and_the_program_everybodys(changed: list[str], affected: list[str]) -> None:
    assert affected_stacks(changed, STACKS) == affected


def git(directory: Path, *words: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *words], cwd=directory, check=True, capture_output=True)


def test_the_command_asks_git_what_the_branch_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for stack in STACKS:
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "base")
    git(tmp_path, "checkout", "-qb", "change")
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {a: 1}\n")
    git(tmp_path, "commit", "-qam", "change")
    git(tmp_path, "checkout", "-q", "main")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {b: 1}\n")
    git(tmp_path, "commit", "-qam", "the base goes on")
    git(tmp_path, "checkout", "-q", "change")
    monkeypatch.chdir(tmp_path)
    assert main(["affected", "--base", "main"]) == 0
    assert json.loads(capsys.readouterr().out) == ["prod"]
    assert main(["affected", "--base", "nowhere"]) == 2
    assert Says("git", "fatal", at="ops affected: --base nowhere") == capsys.readouterr().err.strip()
