"""The pipelines, step by step: what a pull request, a merge and a night would run, on the sandbox instead of AWS.

One clone goes through it all: dev is deployed, a pull request changes it, somebody changes a rule behind Pulumi's back.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from policy.rules import RULES
from sandbox.fork_client import SOCKET_VARIABLE
from tests.engine.sandbox_stack import BOOTSTRAP, CHECKOUT, SandboxStack, succeeded
from tests.github_server import TOKEN, GitHubServer, github_server
from tests.says import Says
from tests.workflow_runner import Ran, WorkflowRunner

pytestmark = pytest.mark.engine

LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"
DEV = {
    "matrix.stack": "dev",
    "inputs.stack": "dev",
    "github.token": TOKEN,
    "github.server_url": "https://github.com",
    "github.repository": "acme/site",
    "github.run_id": "42",
    "vars.PULUMI_BACKEND_URL": "s3://slipway-state",
    "vars.AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/slipway-dev-deploy",
    "vars.AWS_REGION": "us-west-2",
}


@dataclass
class Pipeline:
    """The clone, its runner, the account that its stacks are in, and GitHub."""

    clone: Path
    runner: WorkflowRunner
    account: SandboxStack
    github: GitHubServer

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        return subprocess.run(
            ["git", *identity, *words], cwd=self.clone, check=True, capture_output=True, text=True
        ).stdout.strip()

    @contextmanager
    def without_account(self) -> Generator[None]:
        """`pulumi` is what it is on this machine, and leads to no account."""
        path = self.runner.variables["PATH"]
        self.runner.variables["PATH"] = path.partition(os.pathsep)[2]
        yield
        self.runner.variables["PATH"] = path

    def run(self, workflow: str, job: str, **context: str) -> Ran:
        """Run a job; two underscores in a name of the context stand for a dot."""
        return self.runner.run(
            workflow, job, {**DEV, **{key.replace("__", "."): each for key, each in context.items()}}
        )


# After a checkout: an environment that finds the packages of this one, so that `pip install` has nothing to bring.
# What `make setup` installs on a new machine is what these tests themselves run with.
LEND_PACKAGES = """#!/bin/sh -e
test -e .venv || {{
    {python} -m venv --without-pip .venv
    echo {packages} > "$(echo .venv/lib/python*/site-packages)/lent.pth"
}}
"""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Generator[Pipeline]:
    directory = tmp_path_factory.mktemp("pipeline")
    clone, commands = directory / "clone", directory / "commands"
    subprocess.run(["git", "clone", "--quiet", str(CHECKOUT), str(clone)], check=True)
    hook = clone / ".git" / "hooks" / "post-checkout"
    packages = shlex.quote(sysconfig.get_path("purelib"))
    hook.write_text(LEND_PACKAGES.format(python=shlex.quote(sys.executable), packages=packages))
    hook.chmod(0o755)
    subprocess.run([str(hook)], cwd=clone, check=True)
    account = SandboxStack(directory / "account", clone, "dev")
    succeeded(SandboxStack(directory / "account", BOOTSTRAP, "dev").up())
    commands.mkdir()
    # Where GitHub's runner has the official command line, with an account behind it; the sandbox must not find itself.
    path = f"PATH={shlex.quote(os.environ['PATH'])}"
    shim = f'#!/bin/sh\n{path} exec {sys.executable} -m sandbox --state {account.state} pulumi "$@"\n'
    (commands / "with-account").mkdir()
    # An environment's own pip, which takes seconds to install, would be the one that is lent already.
    own_python = f'#!/bin/sh\n[ "$1 $2" != "-m venv" ] || set -- "$@" --without-pip\nexec {sys.executable} "$@"\n'
    for command, text in {commands / "with-account/pulumi": shim, commands / "python": own_python}.items():
        command.write_text(text)
        command.chmod(0o755)
    with github_server() as github:
        variables = {
            "PATH": os.pathsep.join([str(commands / "with-account"), str(commands), os.environ["PATH"]]),
            "HOME": os.environ["HOME"],
            "PYTHONPATH": str(clone),
            SOCKET_VARIABLE: os.environ[SOCKET_VARIABLE],
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": "acme/site",
            "GITHUB_REF_NAME": "main",
        }
        yield Pipeline(clone, WorkflowRunner(clone, directory / "runner", variables), account, github)


def require_done(ran: Ran) -> Ran:
    assert ran.failed is None, ran.output
    return ran


def test_a_merge_a_pull_request_and_a_night(pipeline: Pipeline) -> None:
    merged = require_done(pipeline.run("up.yml", "up"))
    assert merged.steps == ["Install the packages", "Preview", "Up"]
    assert "## What is being done" in merged.summary
    assert "| dev | 1" in merged.summary, "well over a hundred are created"

    # The pull request: one more host, and a longer drain.
    base = pipeline.git("rev-parse", "HEAD")
    pipeline.git("switch", "--quiet", "--create", "change")
    stack_file = pipeline.clone / "Pulumi.dev.yaml"
    changed = stack_file.read_text().replace("hosts: [frontend]", "hosts: [frontend, shop]")
    assert changed != stack_file.read_text()
    stack_file.write_text(changed)
    pipeline.git("commit", "--quiet", "--all", "--message", "A shop")
    number = str(pipeline.github.add_issue("A shop", pull={"head": "change"})["number"])
    event = {"github__event__pull_request__base__sha": base, "github__event__pull_request__number": number}

    affected = require_done(pipeline.run("preview.yml", "affected", **event))
    assert json.loads(affected.outputs["find.outputs.stacks"]) == ["dev"]

    with pipeline.without_account():
        sandbox = require_done(pipeline.run("preview.yml", "sandbox", **event))
    assert "| dev | 1 | 1 | 0 | 0 |" in sandbox.summary
    assert f"all {len(RULES)} hold" in (pipeline.runner.artifacts / "report-sandbox-dev/dev.html").read_text()
    require_done(pipeline.run("preview.yml", "comment-sandbox", **event))
    (comment,) = pipeline.github.comments.values()
    assert "(https://github.com/acme/site/actions/runs/42#artifacts)" in comment["body"]
    assert "## What this would change (in the sandbox, against the base)" in comment["body"]
    assert "`slipway-dev-frontend-shop.dev.example.com` `aws:route53/record:Record`" in comment["body"]

    require_done(pipeline.run("preview.yml", "account", **event))
    assert f"all {len(RULES)} hold" in (pipeline.runner.artifacts / "report-account-dev/dev.html").read_text()
    require_done(pipeline.run("preview.yml", "comment-account", **event))
    (comment,) = pipeline.github.comments.values()
    assert "## What this would change\n" in comment["body"]
    assert "| dev | 1 | 1 | 0 | 0 |" in comment["body"]

    # The night: nothing differs; then somebody has changed a rule by hand; then it is put right.
    pipeline.git("switch", "--quiet", "--detach", base)
    quiet = require_done(pipeline.run("drift.yml", "drift"))
    assert Says("no", "issue", "drift-dev") in quiet.output.splitlines()
    account = pipeline.account.account()
    rule = account.list(type=LISTENER_RULE)[0]
    account.set_property(LISTENER_RULE, rule.id, "priority", 4711)
    account.close()
    noisy = pipeline.run("drift.yml", "drift")
    assert noisy.failed == "Summarize", noisy.output
    (issue,) = [each for each in pipeline.github.issues.values() if each["title"] == "dev is not what was declared"]
    assert "aws:lb/listenerRule:ListenerRule" in issue["body"]
    assert "4711" in issue["body"]
    require_done(pipeline.run("up.yml", "up"))
