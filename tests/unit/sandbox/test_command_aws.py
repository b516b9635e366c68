"""The stand-in for the AWS command line."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.aws_command import answer, main
from sandbox.control_plane.running import make_token

pytestmark = pytest.mark.unit

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_token_is_answered_as_kubectl_expects_it() -> None:
    asked = ["eks", "get-token", "--cluster-name", "main"]
    words = ["--region", "us-west-2", *asked, "--output", "json", "--role", "arn:x"]
    credential = json.loads(answer(words, NOW, "k8s-aws-v1.abc") or "")
    assert credential["kind"] == "ExecCredential"
    assert credential["apiVersion"] == "client.authentication.k8s.io/v1beta1"
    assert credential["status"] == {"expirationTimestamp": "2026-01-02T03:18:05Z", "token": "k8s-aws-v1.abc"}


def test_the_token_is_the_one_that_the_control_planes_let_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_token(tmp_path / "token")
    assert main([str(tmp_path / "token"), "eks", "get-token", "--cluster-name", "main"]) == 0
    token = json.loads(capsys.readouterr().out)["status"]["token"]
    assert token == (tmp_path / "token").read_text()
    assert token.startswith("k8s-aws-v1.")
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_its_version_satisfies_the_eks_provider() -> None:
    assert (answer(["--version"], NOW, "") or "").startswith("aws-cli/2.")


@pytest.mark.parametrize("words", ["s3 ls", "eks get-token", "eks update-kubeconfig --name main", ""])
def test_anything_else_is_an_error(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "token"), *words.split()]) == 252
    assert "stand-in" in capsys.readouterr().err
