"""The steps of a restore, as they stand in the stack file; and what is refused before anything is written."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.refusal import Refusal
from ops.restore_command import main
from ops.stack_file import StackFile
from tests.says import Says

pytestmark = pytest.mark.unit

CHECKOUT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for file in CHECKOUT.glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def restored(project: Path) -> object:
    found = StackFile(project / "Pulumi.prod.yaml").get("slipway:database", "restored")
    return dict(found) if found is not None else None


def test_step_by_step_and_back(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    time = "2026-11-26T08:00:00Z"
    assert main(["begin", "thursday", "--time", time, "--stack", "prod"], NOW) == 0
    assert restored(project) == {"name": "thursday", "pointInTime": time, "serves": False}
    assert "Next: pulumi up --stack prod" in capsys.readouterr().out
    for step, serves in (("switch", True), ("back", False)):
        assert main([step, "--stack", "prod"], NOW) == 0
        assert restored(project) == {"name": "thursday", "pointInTime": time, "serves": serves}
    assert main(["back", "--stack", "prod"], NOW) == 0
    assert Says("Pulumi.prod.yaml", "already") in capsys.readouterr().out.splitlines()


def test_from_a_snapshot(project: Path) -> None:
    assert main(["begin", "again", "--snapshot", "slipway-prod-database-final", "--stack", "prod"], NOW) == 0
    assert restored(project) == {"name": "again", "snapshot": "slipway-prod-database-final", "serves": False}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["begin", "x", "--time", "yesterday", "--stack", "prod"], Says("UTC", "2026-11-26T08:00:00Z")),
        *(
            (
                ["begin", "x", "--time", time, "--stack", "prod"],
                Says("2026-11-13T12:00:00Z", "2026-11-27T11:55:00Z", at=f"--time {time}"),
            )
            for time in ("2026-11-01T08:00:00Z", "2026-11-27T11:58:00Z")
        ),
        (["begin", "x", "--snapshot", "s", "--stack", "dev"], Says("dev", "slipway:database", "server")),
        (["switch", "--stack", "prod"], Says("slipway:database.restored", "python -m ops restore begin")),
    ],
)
def test_refused_before_anything_is_written(project: Path, words: list[str], says: Says) -> None:
    before = (project / "Pulumi.prod.yaml").read_text()
    with pytest.raises(Refusal) as caught:
        main(words, NOW)
    assert says == str(caught.value)
    assert (project / "Pulumi.prod.yaml").read_text() == before


def test_one_restore_at_a_time(project: Path) -> None:
    words = ["begin", "one", "--snapshot", "s", "--stack", "prod"]
    assert main(words, NOW) == 0
    with pytest.raises(Refusal, match=r"^slipway:database\.restored .*\balready, to one;"):
        main(words, NOW)
    assert restored(project) == {"name": "one", "snapshot": "s", "serves": False}
