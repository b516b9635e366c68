"""The stand-in for the AWS command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sandbox.aws_command import answer, main

pytestmark = pytest.mark.unit

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_token_is_answered_as_kubectl_expects_it() -> None:
    words = [
        "--region",
        "us-west-2",
        "eks",
        "get-token",
        "--cluster-name",
        "main",
        "--output",
        "json",
        "--role",
        "arn:x",
    ]
    credential = json.loads(answer(words, NOW) or "")
    assert credential["kind"] == "ExecCredential"
    assert credential["apiVersion"] == "client.authentication.k8s.io/v1beta1"
    assert credential["status"]["expirationTimestamp"] == "2026-01-02T03:18:05Z"
    assert credential["status"]["token"].startswith("k8s-aws-v1.")


def test_its_version_satisfies_the_eks_provider() -> None:
    assert (answer(["--version"], NOW) or "").startswith("aws-cli/2.")


@pytest.mark.parametrize("words", ["s3 ls", "eks get-token", "eks update-kubeconfig --name main", ""])
def test_anything_else_is_an_error(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 252
    assert "stand-in" in capsys.readouterr().err
