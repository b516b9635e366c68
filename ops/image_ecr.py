"""Amazon ECR's own API: login tokens, what a scan found, when an image was pushed."""

import base64
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops.image_reference import Repository
from ops.image_scan import Scan
from ops.image_trouble import RegistryTrouble

# Private registries with their FIPS and dual-stack names, in every partition.
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html
_HOST = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)"
    r"\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)"
)


@dataclass(frozen=True)
class EcrAddress:
    """Whose registry, and where."""

    account: str
    region: str

    @classmethod
    def of(cls, registry: str) -> Self | None:
        """What the host of a registry says; None where it is not ECR's."""
        found = _HOST.fullmatch(registry)
        return cls(found["account"], found["region"]) if found else None


@dataclass(frozen=True)
class Pushed:
    """What ECR knows of an image."""

    tags: tuple[str, ...]
    at: datetime


class Ecr:
    """The API of one registry, asked as one of the AWS CLI's profiles.

    Where AWS says no, every method raises `RegistryTrouble`.
    """

    def __init__(self, address: EcrAddress, profile: str | None) -> None:
        self._account = address.account
        with _in_one_line(f"AWS as profile {profile}" if profile else "AWS"):
            session = boto3.Session(profile_name=profile)
            self._client: Any = session.client("ecr", region_name=address.region)

    def credentials(self) -> tuple[str, str]:
        """User and password for 12 hours, good for every registry that the caller may use.

        https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
        """
        with _in_one_line("a login token of ECR"):
            answer = self._client.get_authorization_token()
        token: str = answer["authorizationData"][0]["authorizationToken"]
        user, _, password = base64.b64decode(token).decode().partition(":")
        return user, password

    def problem(self, repository: Repository) -> str | None:
        """Why a repository cannot take promoted images, if it cannot: it is not there, or its tags can be moved.

        https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
        """
        names = {"registryId": self._account, "repositoryNames": [repository.name]}
        try:
            with _in_one_line(str(repository), let_through="RepositoryNotFoundException"):
                answer = self._client.describe_repositories(**names)
        except ClientError:
            return "there is no such repository; bring its stack up first"
        if answer["repositories"][0]["imageTagMutability"] != "IMMUTABLE":
            return "its tags can be moved, so that one would prove nothing; set slipway:immutableImages to true"
        return None

    def pushed(self, repository: Repository, digest: str) -> Pushed | None:
        """Tags and age of an image; None where there is none with this digest."""
        names = {"registryId": self._account, "repositoryName": repository.name}
        try:
            with _in_one_line(str(repository), let_through="ImageNotFoundException"):
                answer = self._client.describe_images(**names, imageIds=[{"imageDigest": digest}])
        except ClientError:
            return None
        detail: Mapping[str, Any] = answer["imageDetails"][0]
        tags: Sequence[str] = detail.get("imageTags", ())
        return Pushed(tuple(tags), detail["imagePushedAt"])

    def scan(self, repository: Repository, digest: str) -> Scan:
        """What the last scan of the image of one platform found; an index is not scanned itself.

        https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
        """
        names = {"registryId": self._account, "repositoryName": repository.name}
        try:
            with _in_one_line(repository.at(digest), let_through="ScanNotFoundException"):
                answer = self._client.describe_image_scan_findings(**names, imageId={"imageDigest": digest})
        except ClientError:
            return Scan("NOT_SCANNED", {})
        findings: Mapping[str, Any] = answer.get("imageScanFindings", {})
        status: str = answer["imageScanStatus"]["status"]
        # Enhanced scanning is ACTIVE from the push on, with no findings until the first scan is through.
        if status == "ACTIVE" and "imageScanCompletedAt" not in findings:
            status = "PENDING"
        return Scan(status, findings.get("findingSeverityCounts", {}))


@contextmanager
def _in_one_line(about: str, let_through: str = "") -> Generator[None]:
    try:
        yield
    except ClientError as error:
        answer = cast(Mapping[str, str], error.response.get("Error", {}))
        if let_through and answer.get("Code") == let_through:
            raise
        raise RegistryTrouble(f"{about}: {answer.get('Code')}: {answer.get('Message')}") from None
    except BotoCoreError as error:  # no credentials, no such profile, no way to AWS
        raise RegistryTrouble(f"{about}: {' '.join(str(error).split())}") from None
