"""A stand-in for GitHub's REST API: the issues, comments and pull requests of one repository.

https://docs.github.com/en/rest/issues/comments
"""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "t0ken"
REPOSITORY = "/repos/acme/site"


class GitHubServer:
    """The repository acme/site, on a free port of this machine."""

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
                assert self.headers["Authorization"] == f"token {TOKEN}"
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


@contextmanager
def github_server() -> Generator[GitHubServer]:
    """A server that answers until the end of the block."""
    made = GitHubServer()
    thread = threading.Thread(target=made.http.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        made.http.shutdown()
        thread.join()
        made.http.server_close()
