"""ECR's own API, as moto answers it: login tokens, repositories, tags and ages, what scans found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
import requests
from moto import mock_aws

from ops.image_ecr import Ecr, EcrAddress
from ops.image_reference import Repository
from ops.image_trouble import RegistryTrouble
from tests.says import Says

pytestmark = pytest.mark.unit

ACCOUNT, REGION = "123456789012", "us-west-2"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
REPOSITORY = Repository(HOST, "slipway-staging/frontend")
_FINDINGS = "http://motoapi.amazonaws.com/moto-api/static/ecr/scan-finding-results"


@pytest.fixture(autouse=True)
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Any]:
    """An account with one repository."""
    for name, value in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing")):
        monkeypatch.setenv(name, value)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    with mock_aws():
        made = cast(Any, boto3.client("ecr", region_name=REGION))
        made.create_repository(repositoryName=REPOSITORY.name, imageTagMutability="IMMUTABLE")
        yield made


@pytest.fixture
def ecr() -> Ecr:
    return Ecr(EcrAddress(ACCOUNT, REGION), None)


def put(client: Any, tag: str, content: str = "a") -> str:
    """Put an image that is nothing but a manifest; gives back its digest."""
    kind = "application/vnd.oci.image.manifest.v1+json"
    text = json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": [], "annotations": {"content": content}})
    digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    client.put_image(repositoryName=REPOSITORY.name, imageManifest=text, imageTag=tag, imageDigest=digest)
    return digest


def scanned(client: Any, digest: str, status: str = "COMPLETE", **findings: Any) -> None:
    """Let the next answer about a scan be this one."""
    client.start_image_scan(repositoryName=REPOSITORY.name, imageId={"imageDigest": digest})
    answer = {
        "imageId": {"imageDigest": digest},
        "repositoryName": REPOSITORY.name,
        "registryId": ACCOUNT,
        "imageScanFindings": findings,
        "imageScanStatus": {"status": status},
    }
    requests.post(_FINDINGS, json={"results": [answer], "account_id": ACCOUNT, "region": REGION}, timeout=10)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        (HOST, EcrAddress(ACCOUNT, REGION)),
        (f"{ACCOUNT}.dkr.ecr-fips.us-gov-west-1.amazonaws.com", EcrAddress(ACCOUNT, "us-gov-west-1")),
        (f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn", EcrAddress(ACCOUNT, "cn-north-1")),
        (f"{ACCOUNT}.dkr-ecr.{REGION}.on.aws", EcrAddress(ACCOUNT, REGION)),
        ("registry.example.com", None),
        (f"{HOST}.example.com", None),
        (f"12345.dkr.ecr.{REGION}.amazonaws.com", None),
    ],
)
def test_the_host_of_a_registry_says_whose_it_is(host: str, address: EcrAddress | None) -> None:
    assert EcrAddress.of(host) == address


def test_a_token_is_a_user_and_a_password(ecr: Ecr) -> None:
    assert ecr.credentials() == ("AWS", f"{ACCOUNT}-auth-token")


def test_a_profile_that_there_is_not_is_told_in_one_line() -> None:
    with pytest.raises(RegistryTrouble, match=r"^AWS as profile nobody: .*\(nobody\)"):
        Ecr(EcrAddress(ACCOUNT, REGION), "nobody")


def test_no_credentials_are_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(RegistryTrouble, match=r"^[^:\n]*ECR: .*credentials$"):
        Ecr(EcrAddress(ACCOUNT, REGION), None).credentials()


def test_a_repository_for_promoted_images_is_there_and_keeps_its_tags(ecr: Ecr, client: Any) -> None:
    client.create_repository(repositoryName="slipway-dev/frontend", imageTagMutability="MUTABLE")
    assert ecr.problem(REPOSITORY) is None
    assert ecr.problem(Repository(HOST, "shop")) == Says("no such repository", "bring")
    assert ecr.problem(Repository(HOST, "slipway-dev/frontend")) == Says("tags", "slipway:immutableImages to true")


def test_tags_and_age_of_an_image(ecr: Ecr, client: Any) -> None:
    digest = put(client, "git-3f2c1ab")
    put(client, "git-aaaaaaa", "another")
    pushed = ecr.pushed(REPOSITORY, digest)
    assert pushed is not None
    assert pushed.tags == ("git-3f2c1ab",)
    assert abs(datetime.now(UTC) - pushed.at) < timedelta(minutes=10)
    assert ecr.pushed(REPOSITORY, "sha256:" + "0" * 64) is None


def test_another_refusal_of_aws_is_told_in_one_line(ecr: Ecr) -> None:
    with pytest.raises(RegistryTrouble, match=r"/shop: RepositoryNotFoundException: .*'shop'"):
        ecr.pushed(Repository(HOST, "shop"), "sha256:" + "0" * 64)


def test_findings_of_a_basic_scan(ecr: Ecr, client: Any) -> None:
    digest = put(client, "git-3f2c1ab")
    assert ecr.scan(REPOSITORY, digest).status == "NOT_SCANNED"
    scanned(client, digest, findingSeverityCounts={"HIGH": 2})
    scan = ecr.scan(REPOSITORY, digest)
    assert (scan.status, scan.counts) == ("COMPLETE", {"HIGH": 2})


def test_an_enhanced_scan_counts_once_it_has_been_through(ecr: Ecr, client: Any) -> None:
    digest = put(client, "git-3f2c1ab")
    scanned(client, digest, "ACTIVE", findings=[])
    assert ecr.scan(REPOSITORY, digest).problem("MEDIUM") == Says("not finished", "again")
    finished = put(client, "git-aaaaaaa", "another")
    scanned(client, finished, "ACTIVE", imageScanCompletedAt=1_795_000_000, findingSeverityCounts={"CRITICAL": 1})
    assert ecr.scan(REPOSITORY, finished).counts == {"CRITICAL": 1}
    assert ecr.scan(REPOSITORY, finished).problem("CRITICAL") is None
