"""The pipeline of a promotion, on real registries: copied images, a pushed branch, a pull request that names them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from ops.image_reference import short
from tests.edge.image_project import CHECKOUT, ImageProject
from tests.edge.made_images import make_image
from tests.github_server import TOKEN, GitHubServer, github_server
from tests.says import Says
from tests.workflow_runner import Ran, WorkflowRunner

pytestmark = pytest.mark.edge

INPUTS = {
    "inputs.from": "staging",
    "inputs.to": "prod",
    "inputs.services": "",
    "github.token": TOKEN,
    "vars.PULUMI_BACKEND_URL": "s3://slipway-state",
    "vars.AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/slipway-prod-image-promotion",
    "vars.AWS_REGION": "us-west-2",
}


@pytest.fixture
def github() -> Generator[GitHubServer]:
    with github_server() as server:
        yield server


def set_up(images: ImageProject) -> None:
    """What the runner's set-up leaves: the tools of the checkout, and its `python` on PATH."""
    for name in ("Makefile", "tools", "sandbox", ".venv"):
        (images.directory / name).symlink_to(CHECKOUT / name)
    images.environment["PATH"] = os.pathsep.join([str(CHECKOUT / ".venv/bin"), images.environment["PATH"]])
    (images.directory / ".git/info/exclude").write_text("Makefile\ntools\nsandbox\n.venv\npromoted.*\n")


def run(images: ImageProject, github: GitHubServer, directory: Path, **inputs: str) -> Ran:
    variables = {
        **images.environment,
        "GITHUB_API_URL": github.url,
        "GITHUB_REPOSITORY": "acme/site",
        "GITHUB_REF_NAME": images.git("branch", "--show-current").strip(),
    }
    runner = WorkflowRunner(images.directory, directory, variables, CHECKOUT, done=["./.github/actions/setup"])
    return runner.run("promote.yml", "promote", {**INPUTS, **{f"inputs.{key}": each for key, each in inputs.items()}})


def test_a_promotion_becomes_one_pull_request(images: ImageProject, github: GitHubServer, tmp_path: Path) -> None:
    set_up(images)
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(remote)], check=True)
    images.git("remote", "add", "origin", str(remote))
    base = images.git("branch", "--show-current").strip()
    images.git("push", "--quiet", "origin", base)
    made = make_image(tmp_path / "frontend", seed=1)
    images.push("staging", "frontend", made)
    images.runs("staging", {"frontend": f"@{made.digest}"})

    first = run(images, github, tmp_path / "first", services="frontend")
    assert first.failed is None, first.output
    (request,) = github.issues.values()
    assert (request["title"], request["head"]) == ("Promote the images of staging to prod", "promote-to-prod")
    assert short(made.digest) in request["body"]
    pushed = images.git("show", "origin/promote-to-prod:Pulumi.prod.yaml")
    assert f'frontend: {{digest: "{made.digest}"}} # the front end' in pushed
    assert images.git("diff", "--name-only", f"origin/{base}", "origin/promote-to-prod").split() == ["Pulumi.prod.yaml"]

    # Merged; the same again has nothing to say.
    images.git("switch", "--quiet", base)
    images.git("merge", "--quiet", "origin/promote-to-prod")
    again = run(images, github, tmp_path / "again", services="frontend")
    assert again.failed is None, again.output
    assert Says("Pulumi.prod.yaml", "already") in again.output.splitlines()
    assert "Ask for it to be merged" not in again.steps
    assert len(github.issues) == 1


def test_an_unknown_service_ends_it_before_anything_is_pushed(
    images: ImageProject, github: GitHubServer, tmp_path: Path
) -> None:
    set_up(images)
    ran = run(images, github, tmp_path / "runner", services="$(touch owned) fronted")
    assert ran.failed == "Promote"
    assert not (images.directory / "owned").exists()
    assert github.requests == []
