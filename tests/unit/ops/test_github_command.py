"""What a pipeline says on GitHub: one comment, one issue, one pull request, however often it runs.

The server here keeps what GitHub's REST API keeps of issues, comments and pull requests, and answers in its form:
https://docs.github.com/en/rest/issues/comments
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ops.__main__ import main

pytestmark = pytest.mark.unit

REPOSITORY = "/repos/acme/site"


class Server:
    """The repository acme/site."""

    def __init__(self) -> None:
        self.issues: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, dict[str, Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self.refuses: tuple[int, str] | None = None
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def add_issue(self, body: str | None, *, state: str = "open", pull: dict[str, Any] | None = None) -> dict[str, Any]:
        number = len(self.issues) + 1
        made = {
            "number": number,
            "title": "",
            "body": body,
            "state": state,
            "url": f"{self.url}{REPOSITORY}/issues/{number}",
            "html_url": f"https://github.example/acme/site/{'pull' if pull else 'issues'}/{number}",
        }
        self.issues[number] = made | ({"pull_request": {"url": ""}, **pull} if pull else {})
        return self.issues[number]

    def add_comment(self, number: int, body: str) -> dict[str, Any]:
        key = 100 + len(self.comments)
        self.comments[key] = {
            "id": key,
            "body": body,
            "issue": number,
            "url": f"{self.url}{REPOSITORY}/issues/comments/{key}",
            "html_url": f"https://github.example/acme/site/pull/{number}#issuecomment-{key}",
        }
        return self.comments[key]

    def answer(self, method: str, path: str, query: str, sent: dict[str, Any]) -> Any:  # noqa: PLR0911
        match [method, *path.removeprefix(f"{REPOSITORY}/").split("/")]:
            case ["GET", "issues"]:
                return [issue for issue in self.issues.values() if issue["state"] == "open"]
            case ["POST", "issues"]:
                made = self.add_issue(None)
                made.update(sent)
                return made
            case ["PATCH", "issues", "comments", key]:
                self.comments[int(key)].update(sent)
                return self.comments[int(key)]
            case ["PATCH", "issues", number]:
                self.issues[int(number)].update(sent)
                return self.issues[int(number)]
            case ["GET", "issues", number, "comments"]:
                return [comment for comment in self.comments.values() if comment["issue"] == int(number)]
            case ["POST", "issues", number, "comments"]:
                return self.add_comment(int(number), sent["body"])
            case ["GET", "issues", number]:
                return self.issues[int(number)]
            case ["GET", "pulls"]:
                head = dict(part.split("=") for part in query.split("&"))["head"].replace("%3A", ":")
                return [each for each in self.issues.values() if f"acme:{each.get('head')}" == head]
            case ["POST", "pulls"]:
                return self.add_issue(sent["body"], pull={"title": sent["title"], "head": sent["head"]})
            case ["PATCH", "pulls", number]:
                self.issues[int(number)].update(sent)
                return self.issues[int(number)]
            case _:
                raise AssertionError(f"{method} {path}")

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def _all(self) -> None:
                path, _, query = self.path.partition("?")
                sent = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
                assert self.headers["Authorization"] == "token t0ken"
                server.requests.append((self.command, path))
                status, answer = (200, None) if server.refuses is None else (server.refuses[0], {})
                answer = server.answer(self.command, path, query, sent) if answer is None else answer
                if server.refuses is not None:
                    answer = {"message": server.refuses[1]}
                body = json.dumps(answer).encode()
                self.send_response(201 if status == 200 and self.command == "POST" else status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PATCH = _all  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                del format, args

        return Handler


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Generator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, args=(0.05,))
    thread.start()
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/site")
    monkeypatch.setenv("GITHUB_API_URL", made.url)
    yield made
    made.http.shutdown()
    thread.join()
    made.http.server_close()


def say(monkeypatch: pytest.MonkeyPatch, text: str, *words: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return main(["github", *words, "-"])


def test_a_pull_request_has_one_comment_that_is_kept_up_to_date(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = server.add_issue("Please merge", pull={"head": "change"})["number"]
    server.add_comment(number, "Looks good, see <!-- slipway: preview -->")
    for text in ("first", "second"):
        assert say(monkeypatch, text, "comment", "--pull-request", str(number), "--key", "preview") == 0
    bodies = [comment["body"] for comment in server.comments.values()]
    assert bodies == ["Looks good, see <!-- slipway: preview -->", "<!-- slipway: preview -->\nsecond"]
    assert capsys.readouterr().out.count("#issuecomment-101") == 2


def test_comments_about_other_things_are_others(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    number = server.add_issue("", pull={"head": "change"})["number"]
    for key in ("preview", "cost"):
        assert say(monkeypatch, key, "comment", "--pull-request", str(number), "--key", key) == 0
    assert len(server.comments) == 2


def test_an_issue_is_opened_once_updated_and_closed(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
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
    assert capsys.readouterr().out == "no open issue about drift-prod\n"


def test_a_branch_has_one_pull_request(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("pull-request", "--branch", "promote-prod", "--title", "Promote to prod")
    for text in ("one image", "two images"):
        assert say(monkeypatch, text, *words) == 0
    (made,) = server.issues.values()
    assert (made["title"], made["body"], made["head"]) == ("Promote to prod", "two images", "promote-prod")


def test_what_github_refuses_is_told_in_one_line(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.refuses = (403, "Resource not accessible by integration")
    assert say(monkeypatch, "text", "comment", "--pull-request", "1", "--key", "preview") == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "ops github: GitHub answers 403: Resource not accessible by integration"


def test_without_a_runners_variables_it_refuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("GITHUB_TOKEN", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    assert say(monkeypatch, "text", "comment", "--pull-request", "1", "--key", "preview") == 2
    assert "GITHUB_TOKEN and GITHUB_REPOSITORY not set" in capsys.readouterr().err
    assert main(["github", "comment", "--pull-request", "1", "--key", "preview", str(tmp_path / "no.md")]) == 2
    assert "no.md cannot be read" in capsys.readouterr().err
