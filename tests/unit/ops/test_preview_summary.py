"""A preview in the engine's JSON becomes a text that people can act on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.__main__ import main
from ops.preview_markdown import LONGEST, code, summary
from ops.preview_summary import Change, Operation, Preview, PropertyChange, read_preview
from ops.refusal import Refusal
from tests.says import Says

pytestmark = pytest.mark.unit

BUCKET, RULE, DEPLOYMENT = "aws:s3/bucket:Bucket", "aws:lb/listenerRule:ListenerRule", "kubernetes:apps/v1:Deployment"


def step(operation: str, type_: str, name: str, **more: Any) -> dict[str, Any]:
    """One step as the engine writes it; `before` and `after` are its inputs."""
    before, after = more.pop("before", None), more.pop("after", None)
    custom = more.pop("custom", True)
    states = {
        "oldState": {"custom": custom, "inputs": before} if operation != "create" else None,
        "newState": {"custom": custom, "inputs": after} if operation != "delete" else None,
    }
    urn = f"urn:pulumi:prod::slipway::slipway:infra:Network${type_}::{name}"
    return {"op": operation, "urn": urn, **{key: value for key, value in states.items() if value is not None}, **more}


def preview(*steps: dict[str, Any], **more: Any) -> Preview:
    return read_preview("prod", json.dumps({"steps": steps, "changeSummary": {"same": 7}, **more}))


def test_a_replacement_is_one_change_with_its_reason_however_many_steps_it_has() -> None:
    steps = [
        step("create-replacement", BUCKET, "logs"),
        step(
            "replace",
            BUCKET,
            "logs",
            before={"bucket": "a"},
            after={"bucket": "b"},
            detailedDiff={"bucket": {"kind": "update-replace"}},
            replaceReasons=["bucket"],
        ),
        step("delete-replaced", BUCKET, "logs"),
    ]
    wanted = (Change(Operation.REPLACE, BUCKET, "logs", (PropertyChange("bucket", "a", "b", replaces=True),)),)
    for order in (steps, steps[::-1], [steps[1], step("delete", BUCKET, "logs")]):
        assert preview(*order).changes == wanted


def test_what_cannot_be_taken_back_comes_first() -> None:
    found = preview(
        step("create", RULE, "new"),
        step("update", RULE, "rule"),
        step("delete", RULE, "old"),
        step("same", RULE, "kept"),
        step("replace", RULE, "other"),
    )
    assert [change.operation for change in found.changes] == [
        Operation.DELETE,
        Operation.REPLACE,
        Operation.UPDATE,
        Operation.CREATE,
    ]
    assert found.unchanged == 7


def test_components_and_providers_are_not_counted() -> None:
    found = preview(
        step("create", "slipway:infra:Network", "network", custom=False), step("update", "pulumi:providers:aws", "aws")
    )
    assert found.changes == ()


@pytest.mark.parametrize(
    ("path", "before", "after", "shown"),
    [
        ("weight", {"weight": 5}, {"weight": 0}, ("5", "0")),
        ("spec.replicas", {"spec": {"replicas": 4}}, {"spec": {"replicas": 6}}, ("4", "6")),
        ("ports[1].port", {"ports": [{}, {"port": 80}]}, {"ports": [{}, {"port": 81}]}, ("80", "81")),
        ('tags["a.b"]', {"tags": {"a.b": "x"}}, {"tags": {"a.b": "y"}}, ("x", "y")),
        ("enabled", {"enabled": False}, {"enabled": True}, ("false", "true")),
        ("added", {}, {"added": "x"}, ("none", "x")),
        ("ports[3]", {"ports": []}, {"ports": []}, (None, None)),
        ("password", {"password": "[secret]"}, {"password": "[secret]"}, (None, None)),
        ("password", {"password": "plain"}, {"password": "[secret]"}, (None, None)),
        ("policy", {"policy": "x" * 61}, {"policy": "y"}, (None, None)),
        ("nested", {"nested": {"a": 1}}, {"nested": {"a": 2}}, (None, None)),
        ("text", {"text": "two\nlines"}, {"text": "one"}, (None, None)),
    ],
)
def test_values_are_shown_where_both_are_short_and_no_secret(
    path: str, before: dict[str, Any], after: dict[str, Any], shown: tuple[str | None, str | None]
) -> None:
    (change,) = preview(step("update", RULE, "rule", before=before, after=after, detailedDiff={path: {}})).changes
    (found,) = change.properties
    assert (found.before, found.after) == shown


@pytest.mark.parametrize(
    ("operation", "type_", "alarming"),
    [
        ("delete", BUCKET, True),
        ("replace", BUCKET, True),
        ("update", BUCKET, False),
        ("create", BUCKET, False),
        ("delete", RULE, False),
        ("delete", "aws:s3/bucketPolicy:BucketPolicy", False),
        ("replace", "aws:rds/instance:Instance", True),
        ("delete", "kubernetes:core/v1:Namespace", True),
        ("delete", DEPLOYMENT, False),
    ],
)
def test_losing_a_state_is_shouted(operation: str, type_: str, alarming: bool) -> None:
    text = summary([preview(step(operation, type_, "thing"))], "Preview")
    assert ("[!CAUTION]" in text) is alarming
    if alarming:
        done = {"delete": "deleted", "replace": "replaced"}[operation]
        assert f"prod: `thing` is {done}" in text
        assert text.index("[!CAUTION]") < text.index("| stack |")


def test_a_preview_that_failed_says_so_with_its_words_and_no_counts() -> None:
    message = {"severity": "error", "message": "\x1b[31merror:\x1b[0m Pulumi.prod.yaml has 1 problem\n  slipway:domain"}
    text = summary([preview(step("create", RULE, "new"), diagnostics=[message])], "Preview")
    assert "**prod: the preview failed.**" in text
    assert "| prod | failed |" in text
    assert "- `error: Pulumi.prod.yaml has 1 problem`\n- `slipway:domain`" in text
    assert "\x1b" not in text


def test_stacks_stand_below_each_other_and_those_without_changes_in_the_table_only() -> None:
    text = summary([preview(), read_preview("dev", json.dumps({"steps": [step("create", RULE, "new")]}))], "Preview")
    assert text.index("| prod | 0 | 0 | 0 | 0 | 7 |") < text.index("| dev | 1 | 0 | 0 | 0 | 0 |")
    assert "<summary>dev: 1 to create</summary>" in text
    assert "<summary>prod" not in text


@pytest.mark.parametrize(
    "hostile", ["@everyone", "a|b", "`x`", "``", "</details>", "[a](http://x)", "line\nbreak", "`"]
)
def test_foreign_text_stays_inside_its_code_span(hostile: str) -> None:
    shown = code(hostile)
    fence = shown[: len(shown) - len(shown.lstrip("`"))]
    inner = shown[len(fence) : -len(fence)]
    assert shown.endswith(fence)
    assert fence not in inner
    assert "\n" not in shown
    assert "|" not in shown


def test_a_text_that_would_be_too_long_keeps_its_head() -> None:
    steps = [
        step("update", RULE, f"rule-{n}", detailedDiff={f"property-{n}-{'x' * 90}-{m}": {} for m in range(12)})
        for n in range(400)
    ]
    found = [preview(step("delete", BUCKET, "logs"), *steps)]
    text = summary(found, "Preview")
    assert len(text) <= LONGEST
    assert "prod: `logs` is deleted" in text
    assert "| prod | 0 | 400 | 0 | **1** | 7 |" in text
    assert text == Says("Too long")


@pytest.mark.parametrize("text", ["", "[]", "null", "error: no stack", '{"steps": [{}]}', '{"steps": 1}'])
def test_what_is_no_preview_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_preview("prod", text)
    assert Says("pulumi preview --json", repr(text), at="prod") == str(refused.value)


def test_the_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "prod.json"
    file.write_text(json.dumps({"steps": [step("delete", BUCKET, "logs")]}))
    assert main(["summarize", f"prod={file}", "--title", "What would change"]) == 0
    assert capsys.readouterr().out.startswith("## What would change\n\n> [!CAUTION]\n")


@pytest.mark.parametrize(
    ("document", "code_then"),
    [
        ({"steps": [step("same", BUCKET, "logs")]}, 0),
        ({"steps": [step("update", "pulumi:providers:aws", "prod")]}, 0),
        ({"steps": [step("update", RULE, "rule")]}, 1),
        ({"steps": [step("refresh", RULE, "rule"), step("same", RULE, "rule")]}, 0),
        ({"steps": [step("refresh", RULE, "rule"), step("update", RULE, "rule")]}, 1),
        ({"steps": [], "diagnostics": [{"severity": "error", "message": "no"}]}, 1),
    ],
)
def test_what_was_not_expected_is_told_by_the_exit_code(
    document: dict[str, Any], code_then: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "prod.json"
    file.write_text(json.dumps(document))
    assert main(["summarize", "--expect-no-changes", str(file)]) == code_then
    assert main(["summarize", str(file)]) == 0
    assert "| prod |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "facts"),
    [("=", ("STACK=FILE", "STACK.json")), ("prod=no.json", ("no.json", "read")), ("no.json", ("no.json", "read"))],
)
def test_the_command_refuses_in_one_line(
    words: str, facts: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["summarize", words]) == 2
    assert capsys.readouterr().err.splitlines() == [Says(*facts, at="ops summarize")]


def test_the_example_in_the_documents_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    captured = Path(__file__).parent / "captured/prod-preview.json"
    reports = "https://github.com/acme/site/actions/runs/42#artifacts"
    assert main(["summarize", "--title", "What this would change", "--reports", reports, f"prod={captured}"]) == 0
    _, example = (Path(__file__).parents[3] / "docs/preview-comment.md").read_text().split("-->\n\n")
    assert example == capsys.readouterr().out
