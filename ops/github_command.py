"""`python -m ops github comment|issue|pull-request`: what a pipeline says to people, once, and kept up to date.

Who it is and which repository it works in are told by the variables of a runner: `GITHUB_TOKEN`, `GITHUB_REPOSITORY`
and `GITHUB_API_URL` (https://docs.github.com/en/actions/reference/workflows-and-actions/variables).
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from github import Auth, Github, GithubException
from github.Issue import Issue
from github.Repository import Repository
from requests.exceptions import RequestException

from ops.refusal import Refusal


def main(words: Sequence[str]) -> int:
    """Say it; gives back the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ops github", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    comment = verbs.add_parser("comment", help="make or update one comment of a pull request")
    comment.add_argument("--pull-request", type=int, required=True, metavar="NUMBER")
    issue = verbs.add_parser("issue", help="open, update or close one issue")
    issue.add_argument("--title", required=True)
    issue.add_argument("--close", action="store_true", help="there is nothing to say any more")
    request = verbs.add_parser("pull-request", help="open or update the pull request of a branch that was pushed")
    request.add_argument("--branch", required=True)
    request.add_argument("--base", default="main")
    request.add_argument("--title", required=True)
    for verb in (comment, issue):
        verb.add_argument("--key", required=True, help="what this is about: one comment or open issue for each")
    for verb in (comment, issue, request):
        verb.add_argument("text", metavar="FILE", help="what to say, in Markdown; - is the standard input")
    parsed = parser.parse_args(words)
    text = _read(parsed.text)
    try:
        repository = _repository(os.environ)
        if parsed.verb == "comment":
            print(say_in_pull_request(repository, parsed.pull_request, parsed.key, text))
        elif parsed.verb == "issue":
            print(
                close_issue(repository, parsed.key, text)
                if parsed.close
                else say_in_issue(repository, parsed.key, parsed.title, text)
            )
        else:
            print(open_pull_request(repository, parsed.branch, parsed.base, parsed.title, text))
    except GithubException as error:
        raise Refusal(f"GitHub answers {error.status}: {error.message or 'it says nothing'}") from None
    except RequestException as error:
        raise Refusal(f"GitHub cannot be reached: {error}") from None
    return 0


def marker(key: str) -> str:
    """What a comment or an issue begins with, unseen by people, so that the next run finds it."""
    return f"<!-- slipway: {key} -->"


def say_in_pull_request(repository: Repository, number: int, key: str, text: str) -> str:
    """Make the comment of this key, or put the new text into the one there is; gives back its address."""
    pull_request = repository.get_issue(number)
    body = f"{marker(key)}\n{text}"
    for comment in pull_request.get_comments():
        if comment.body.startswith(marker(key)):
            comment.edit(body)
            return comment.html_url
    return pull_request.create_comment(body).html_url


def say_in_issue(repository: Repository, key: str, title: str, text: str) -> str:
    """Open the issue of this key, or put the new text into the open one; gives back its address."""
    body = f"{marker(key)}\n{text}"
    issue = _open_issue(repository, key)
    if issue is None:
        return repository.create_issue(title, body).html_url
    issue.edit(title=title, body=body)
    return issue.html_url


def close_issue(repository: Repository, key: str, text: str) -> str:
    """Close the open issue of this key with a last word; gives back its address, or says that there is none."""
    issue = _open_issue(repository, key)
    if issue is None:
        return f"no open issue about {key}"
    issue.create_comment(text)
    issue.edit(state="closed")
    return issue.html_url


def _open_issue(repository: Repository, key: str) -> Issue | None:
    for issue in repository.get_issues(state="open"):
        # GitHub lists pull requests among the issues, and says None for an empty text.
        if issue.pull_request is None and str(issue.body).startswith(marker(key)):
            return issue
    return None


def open_pull_request(repository: Repository, branch: str, base: str, title: str, text: str) -> str:
    """Open a pull request for the branch, or put the new text into the open one; gives back its address."""
    owner = repository.full_name.split("/")[0]
    for request in repository.get_pulls(state="open", head=f"{owner}:{branch}", base=base):
        request.edit(title=title, body=text)
        return request.html_url
    return repository.create_pull(base=base, head=branch, title=title, body=text).html_url


def _repository(environment: Mapping[str, str]) -> Repository:
    if missing := [name for name in ("GITHUB_TOKEN", "GITHUB_REPOSITORY") if not environment.get(name)]:
        raise Refusal(f"{' and '.join(missing)} not set; a GitHub runner sets them, GITHUB_TOKEN in the step's env")
    url = environment.get("GITHUB_API_URL", "https://api.github.com")
    # Lazy: the token of a runner may not look at everything that the library would ask for first.
    github = Github(auth=Auth.Token(environment["GITHUB_TOKEN"]), base_url=url, lazy=True)
    return github.get_repo(environment["GITHUB_REPOSITORY"])


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"{name} cannot be read: {error}") from None
