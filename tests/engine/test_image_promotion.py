"""From a built image to production: the real engine, a real registry, and ECR's API by moto.

The emulated account's registry has a host name of ECR's; regctl is told where that is here, as it would be of a mirror.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
import requests
from moto import mock_aws

from ops.__main__ import main as ops
from ops.image_tool import RegistryTool
from ops.stack_file import StackFile
from tests.edge.made_images import MadeImage, make_image
from tests.edge.registry_server import RegistryServer
from tests.engine.edited_program import program_with
from tests.engine.sandbox_stack import CHECKOUT, SandboxStack, bootstrapped, succeeded
from tests.says import Says

pytestmark = pytest.mark.engine

ACCOUNT, REGION = "123456789012", "us-west-2"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
SERVICES = ("frontend", "thoughts", "users")
COMMIT = "3f2c1ab9d0e4c5b6a798897a6b5c4d3e2f1a0b9c"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_FINDINGS = "http://motoapi.amazonaws.com/moto-api/static/ecr/scan-finding-results"


@pytest.fixture
def registry(tmp_path: Path) -> Generator[RegistryServer]:
    """The registry of the account: it takes what moto gives out as a login token."""
    with RegistryServer(tmp_path / "registry", "AWS", f"{ACCOUNT}-auth-token") as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, registry: RegistryServer, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """The program in a repository of its own, which is where the commands are run."""
    copy = program_with(tmp_path)
    monkeypatch.chdir(copy)
    for name, value in (
        ("PYTHONPATH", str(CHECKOUT)),
        ("REGCTL_CONFIG", str(tmp_path / "regctl.json")),
        ("DOCKER_CONFIG", str(tmp_path / "docker")),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("MOTO_ACCOUNT_ID", ACCOUNT),
    ):
        monkeypatch.setenv(name, value)
    where = ["--hostname", registry.address, "--tls", "disabled", "--skip-check"]
    subprocess.run([RegistryTool.find().path, "registry", "set", HOST, *where], check=True)
    (copy / ".gitignore").write_text(".venv\n__pycache__\n")
    subprocess.run(["git", "init", "-q"], check=True)
    commit()
    with mock_aws():
        yield copy


def commit() -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", "add", "-A"], check=True)
    subprocess.run(["git", *who, "commit", "-q", "--allow-empty", "-m", "t"], check=True)


def know_repositories(stack: SandboxStack) -> None:
    """Let ECR's API have the repositories that the stack made in the emulated account."""
    client = cast(Any, boto3.client("ecr", region_name=REGION))
    for each in stack.resources():
        if each["type"] == "aws:ecr/repository:Repository":
            inputs = each["inputs"]
            client.create_repository(repositoryName=inputs["name"], imageTagMutability=inputs["imageTagMutability"])


def scan(repository: str, image: MadeImage, counts: dict[str, int]) -> None:
    """Let ECR have scanned each platform of an image."""
    client = cast(Any, boto3.client("ecr", region_name=REGION))
    for digest in image.platforms.values():
        content = (image.directory / "blobs" / "sha256" / digest.removeprefix("sha256:")).read_bytes()
        assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
        # moto takes two images without a tag for one.
        tag = digest.removeprefix("sha256:")[:12]
        client.put_image(repositoryName=repository, imageManifest=content.decode(), imageDigest=digest, imageTag=tag)
        client.start_image_scan(repositoryName=repository, imageId={"imageDigest": digest})
        answer = {
            "imageId": {"imageDigest": digest, "imageTag": tag},
            "repositoryName": repository,
            "registryId": ACCOUNT,
            "imageScanFindings": {"findingSeverityCounts": counts},
            "imageScanStatus": {"status": "COMPLETE"},
        }
        requests.post(_FINDINGS, json={"results": [answer], "account_id": ACCOUNT, "region": REGION}, timeout=10)


def deployments_changed(outcome: Any) -> list[str]:
    """The Deployments of which a command changed the image, in place; nothing else may have changed."""
    assert outcome.exit_code == 0, outcome.output
    image = ("spec", "spec.template.spec.containers[0].image")
    assert {(step.op, step.type, step.changed) for step in outcome.changes} == {("update", DEPLOYMENT, image)}
    return sorted(step.name for step in outcome.changes)


def test_an_image_goes_from_its_build_to_production(
    project: Path, registry: RegistryServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "sandbox"
    dev, staging, prod = (SandboxStack(state, project, name) for name in ("dev", "staging", "prod"))
    pulumi = shlex.join([sys.executable, "-m", "sandbox", "--state", str(state), "pulumi", "-C", str(project)])

    def run(*words: str) -> str:
        assert ops([*words, "--pulumi", pulumi]) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    # The first `up` of dev, with no images.
    file = StackFile(project / "Pulumi.dev.yaml")
    file.remove("slipway:images")
    file.write()
    for stack in (dev, staging, prod):
        bootstrapped(stack)
        succeeded(stack.up())
        know_repositories(stack)
    assert dev.outputs()["notDeployed"].keys() == set(SERVICES)

    # Push; dev runs what was pushed.
    made = {
        image: make_image(tmp_path / image, seed, revision=COMMIT)
        for seed, image in enumerate(dev.outputs()["registryUrls"])
    }
    assert len(made) == 5
    for image, each in made.items():
        assert run("push", image, str(each.directory), "--write") == f"{each.digest}\n"
    outcome = succeeded(dev.up())
    assert {step.op for step in outcome.changes} == {"create"}
    running = dev.outputs()["runningImages"]
    assert running["frontend"] == f"{HOST}/slipway-dev/frontend@{made['frontend'].digest}"
    commit()

    # To staging: refused while a scan says no, and of the scan's own findings.
    images = ("frontend", "thoughts_backend", "users_backend")
    for image in images:
        scan(f"slipway-dev/{image}", made[image], {"HIGH": 1} if image == "frontend" else {"LOW": 3})
    assert ops(["promote", "--from", "dev", "--to", "staging", "--pulumi", pulumi]) == 2
    refusal = capsys.readouterr().err
    assert (refusal.count("1 HIGH"), refusal.count("MEDIUM"), refusal.count("users_backend")) == (2, 2, 0)
    run("promote", "--from", "dev", "--to", "staging", "--highest-severity", "HIGH")
    assert deployments_changed(staging.up()) == [f"slipway-staging-{name}-deployment" for name in SERVICES]
    commit()

    # To prod: one service first, which is all that its preview shows; then the others.
    for image in images:
        scan(f"slipway-staging/{image}", made[image], {})
    run("promote", "--from", "staging", "--to", "prod", "users")
    assert deployments_changed(prod.preview()) == ["slipway-prod-users-deployment"]
    commit()
    run("promote", "--from", "staging", "--to", "prod")
    preview = prod.preview()
    assert deployments_changed(preview) == [f"slipway-prod-{name}-deployment" for name in SERVICES]
    assert deployments_changed(prod.up()) == [f"slipway-prod-{name}-deployment" for name in SERVICES]
    assert prod.outputs()["runningImages"] == {
        "frontend": f"{HOST}/slipway-prod/frontend@{made['frontend'].digest}",
        "thoughts": f"{HOST}/slipway-prod/thoughts_backend@{made['thoughts_backend'].digest}",
        "users": f"{HOST}/slipway-prod/users_backend@{made['users_backend'].digest}",
    }

    # Again: nothing to do, in the registry, in the file, in the stack.
    assert Says("prod", "already") == run("promote", "--from", "staging", "--to", "prod")
    assert prod.preview(arguments=["--expect-no-changes"]).exit_code == 0
    for image in images:
        (tag,) = registry.tags(f"slipway-prod/{image}")
        assert tag.startswith("promoted-")
        assert registry.missing_parts(f"slipway-prod/{image}", tag) == []
    rows = json.loads(run("images", "--json"))
    assert {(row["stack"], row["image"]) for row in rows if row["promoted"]} == {
        (stack, image) for stack in ("staging", "prod") for image in images
    }
    assert {row["drift"] for row in rows} == {""}
