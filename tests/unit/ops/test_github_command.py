"""What a pipeline says on GitHub: one comment, one issue, one pull request, however often it runs."""

from __future__ import annotations

import io
from collections.abc import Generator
from pathlib import Path

import pytest

from ops.__main__ import main
from tests.github_server import TOKEN, GitHubServer, github_server
from tests.says import Says

pytestmark = pytest.mark.unit


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Generator[GitHubServer]:
    with github_server() as made:
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("GITHUB_REPOSITORY", "acme/site")
        monkeypatch.setenv("GITHUB_API_URL", made.url)
        yield made


def say(monkeypatch: pytest.MonkeyPatch, text: str, *words: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return main(["github", *words, "-"])


def test_a_pull_request_has_one_comment_that_is_kept_up_to_date(
    server: GitHubServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = server.add_issue("Please merge", pull={"head": "change"})["number"]
    server.add_comment(number, "Looks good, see <!-- slipway: preview -->")
    for text in ("first", "second"):
        assert say(monkeypatch, text, "comment", "--pull-request", str(number), "--key", "preview") == 0
    bodies = [comment["body"] for comment in server.comments.values()]
    assert bodies == ["Looks good, see <!-- slipway: preview -->", "<!-- slipway: preview -->\nsecond"]
    assert capsys.readouterr().out.count("#issuecomment-101") == 2


def test_comments_about_other_things_are_others(server: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    number = server.add_issue("", pull={"head": "change"})["number"]
    for key in ("preview", "cost"):
        assert say(monkeypatch, key, "comment", "--pull-request", str(number), "--key", key) == 0
    assert len(server.comments) == 2


def test_an_issue_is_opened_once_updated_and_closed(
    server: GitHubServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.add_issue(None)
    server.add_issue("<!-- slipway: drift-prod -->\nlast month's", state="closed")
    server.add_issue("<!-- slipway: drift-prod -->", pull={"head": "x"})
    words = ("issue", "--key", "drift-prod", "--title", "prod has drifted")
    assert say(monkeypatch, "a rule", *words) == 0
    assert say(monkeypatch, "two rules", *words) == 0
    opened = [issue for issue in server.issues.values() if issue.get("title") == "prod has drifted"]
    assert [issue["body"] for issue in opened] == ["<!-- slipway: drift-prod -->\ntwo rules"]
    assert say(monkeypatch, "It is gone.", *words, "--close") == 0
    assert opened[0]["state"] == "closed"
    assert [comment["body"] for comment in server.comments.values()] == ["It is gone."]
    capsys.readouterr()
    assert say(monkeypatch, "It is gone.", *words, "--close") == 0
    assert [Says("open", "drift-prod")] == capsys.readouterr().out.splitlines()


def test_a_branch_has_one_pull_request(server: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("pull-request", "--branch", "promote-prod", "--title", "Promote to prod")
    for text in ("one image", "two images"):
        assert say(monkeypatch, text, *words) == 0
    (made,) = server.issues.values()
    assert (made["title"], made["body"], made["head"]) == ("Promote to prod", "two images", "promote-prod")


def test_what_github_refuses_is_told_in_one_line(
    server: GitHubServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.refuses = (403, "Resource not accessible by integration")
    assert say(monkeypatch, "text", "comment", "--pull-request", "1", "--key", "preview") == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert Says("403", server.refuses[1], at="ops github") == last


def test_without_a_runners_variables_it_refuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("GITHUB_TOKEN", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    assert say(monkeypatch, "text", "comment", "--pull-request", "1", "--key", "preview") == 2
    assert Says("GITHUB_TOKEN", "GITHUB_REPOSITORY", at="ops github") == capsys.readouterr().err.strip()
    assert main(["github", "comment", "--pull-request", "1", "--key", "preview", str(tmp_path / "no.md")]) == 2
    assert Says(f"{tmp_path}/no.md", "read", at="ops github") == capsys.readouterr().err.strip()
