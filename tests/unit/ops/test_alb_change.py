"""What a change is to a stack file whose migration the stack's own balancer makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.alb_change import Edit, edits, nobody_left, paths_that_stay, write
from ops.haproxy_change import Change
from ops.refusal import Refusal
from ops.stack_file import StackFile
from tests.says import Says

pytestmark = pytest.mark.unit

TEXT = """\
config:
  slipway:migration:
    kind: alb # the stack's own balancer
    services:
      frontend:
        newPercent: 5 # the first visitors
        stickySeconds: 3600
        paths: {new: ["/static/*"], old: [/admin, /admin/*]}
      users:
        newPercent: 0
"""
BOTH = ["frontend", "users"]


@pytest.fixture
def file(tmp_path: Path) -> StackFile:
    path = tmp_path / "Pulumi.test.yaml"
    path.write_text(TEXT)
    return StackFile(path)


@pytest.mark.parametrize(
    ("change", "after", "removed"),
    [
        (Change("weight", percent=20), 20, None),
        (Change("drain", "new"), 0, None),
        (Change("drain", "old"), 100, None),
        (Change("maint", "new"), 0, 3600),
        (Change("maint", "old"), 100, 3600),
        (Change("switch", "new"), 100, 3600),
        (Change("switch", "old"), 0, 3600),
        (Change("ready", "new", 5), 5, None),
        (Change("ready", "old", 5), 95, None),
    ],
    ids=str,
)
def test_edits(file: StackFile, change: Change, after: int, removed: int | None) -> None:
    assert edits(file, change, BOTH) == [Edit("frontend", 5, after, removed), Edit("users", 0, after, None)]


def test_only_these_lines_change(file: StackFile) -> None:
    assert write(file, edits(file, Change("switch", "new"), ["frontend"]))
    wanted = TEXT.replace("newPercent: 5 #", "newPercent: 100 #").replace("        stickySeconds: 3600\n", "")
    assert file.path.read_text().replace("  #", " #") == wanted


def test_ready_needs_a_share(file: StackFile) -> None:
    with pytest.raises(Refusal, match=r"^ready: .* ready old --percent 5$"):
        edits(file, Change("ready", "old"), BOTH)


def test_a_file_that_is_not_that_of_the_stack_is_refused(file: StackFile) -> None:
    with pytest.raises(Refusal, match=r"^Pulumi\.test\.yaml: slipway:migration\.services\.thoughts .*bring it up"):
        edits(file, Change("weight", percent=5), ["thoughts"])


@pytest.mark.parametrize(("before", "after", "lacks"), [(5, 20, True), (20, 5, False), (0, 0, False), (100, 100, True)])
def test_who_gets_anything_that_does_not_shrink_has_a_healthy_target(before: int, after: int, lacks: bool) -> None:
    healthy = {("frontend", "new"): 0, ("frontend", "old"): 2}
    told = list(nobody_left([Edit("frontend", before, after, None)], healthy))  # type: ignore[arg-type]
    assert told == [Says("new", f"{after} %", "healthy", at="frontend")] * lacks


def test_paths_of_the_side_that_is_left_are_told(file: StackFile) -> None:
    def told(change: Change) -> list[str]:
        return list(paths_that_stay(file, edits(file, change, BOTH)))

    assert told(Change("switch", "new")) == [Says("paths.old", "/admin, /admin/*", at="frontend")]
    assert told(Change("drain", "new")) == [Says("paths.new", "/static/*", at="frontend")]
    assert told(Change("weight", percent=50)) == []
