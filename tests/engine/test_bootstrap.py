"""Bootstrap with the real engine: an account's part and an environment's, their mistakes, their protection."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.sandbox_stack import BOOTSTRAP, SandboxStack, succeeded
from tests.says import Says

pytestmark = pytest.mark.engine

ROLE = "arn:aws:iam::123456789012:role/slipway"


def one(stack: SandboxStack, type_token: str) -> dict[str, Any]:
    (found,) = [each for each in stack.inventory() if each["type"] == type_token]
    return found["inputs"]


def test_the_accounts_part_is_made_once(upped_stack: Callable[..., SandboxStack]) -> None:
    account = upped_stack(BOOTSTRAP, "account")
    assert account.outputs() == {
        "stateUrl": "s3://slipway-state-123456789012-us-west-2?region=us-west-2",
        "githubProviderArn": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    }
    assert account.up().changes == ()
    refreshed = succeeded(account.refresh())
    assert [step for step in refreshed.steps if step.changed] == []


def test_the_bucket_of_states_is_versioned_encrypted_private_and_reached_by_tls_only(
    upped_stack: Callable[..., SandboxStack],
) -> None:
    account = upped_stack(BOOTSTRAP, "account")
    bucket = "slipway-state-123456789012-us-west-2"
    companions = [each["inputs"] for each in account.inventory() if each["type"].startswith("aws:s3/bucket")]
    assert {each["bucket"] for each in companions} == {bucket}
    assert one(account, "aws:s3/bucketVersioning:BucketVersioning")["versioningConfiguration"] == {"status": "Enabled"}
    (rule,) = one(
        account,
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    )["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256"
    blocked = one(account, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert [value for name, value in blocked.items() if name not in {"bucket", "__defaults"}] == [True] * 4
    assert "aws:SecureTransport" in one(account, "aws:s3/bucketPolicy:BucketPolicy")["policy"]


def test_an_environments_zone_key_and_roles(upped_stack: Callable[..., SandboxStack]) -> None:
    dev = upped_stack(BOOTSTRAP, "dev")
    outputs = dev.outputs()
    assert len(outputs.pop("nameServers")) == 4
    assert outputs.pop("zoneId").startswith("Z")
    assert outputs == {
        "secretsProvider": "awskms://alias/slipway-dev-secrets?region=us-west-2",
        "deployRoleArn": f"{ROLE}-dev-deploy",
        "previewRoleArn": f"{ROLE}-dev-preview",
        "imagePushRoleArn": f"{ROLE}-dev-image-push",
    }
    assert one(dev, "aws:kms/key:Key")["enableKeyRotation"] is True
    assert dev.up().changes == ()


def test_images_come_into_prod_by_promotion_only(upped_stack: Callable[..., SandboxStack]) -> None:
    outputs = upped_stack(BOOTSTRAP, "prod").outputs()
    assert outputs["imagePromotionRoleArn"] == f"{ROLE}-prod-image-promotion"
    assert "imagePushRoleArn" not in outputs


def test_mistakes_are_told_at_once_and_nothing_is_made(new_stack: Callable[..., SandboxStack]) -> None:
    bootstrap = new_stack(BOOTSTRAP, "dev")
    outcome = bootstrap.up(
        set={"slipway-bootstrap:domain": "Not a domain", "slipway-bootstrap:deployers": ["me"], "aws:region": ""}
    )
    assert outcome.exit_code != 0
    for says in (
        Says('"Not a domain"', "lower case", at="slipway-bootstrap:domain"),
        Says('"me"', "ARN", at="slipway-bootstrap:deployers[0]"),
        Says("required", at="aws:region"),
    ):
        assert says in outcome.lines
    assert "Traceback" not in outcome.output
    assert bootstrap.inventory() == []


def test_another_domain_than_the_programs_is_told(new_stack: Callable[..., SandboxStack]) -> None:
    bootstrap = new_stack(BOOTSTRAP, "dev")
    outcome = bootstrap.up(set={"slipway-bootstrap:domain": "dev.example.org"})
    assert outcome.exit_code != 0
    facts = ('"dev.example.org"', '"dev.example.com"', "Pulumi.dev.yaml", "slipway:domain")
    assert Says(*facts, at="slipway-bootstrap:domain") in outcome.lines
    assert bootstrap.inventory() == []


@pytest.mark.parametrize(
    ("stack", "kept"),
    [
        ("account", {"aws:s3/bucket:Bucket"}),
        ("dev", {"aws:route53/zone:Zone", "aws:kms/key:Key"}),
    ],
)
def test_what_cannot_be_made_again_is_protected(
    upped_stack: Callable[..., SandboxStack], stack: str, kept: set[str]
) -> None:
    bootstrap = upped_stack(BOOTSTRAP, stack)
    protected = {each["type"] for each in bootstrap.resources() if each.get("protect")}
    assert protected == kept
    refused = bootstrap.run("destroy", "--yes")
    assert refused.exit_code != 0
    assert "protect" in refused.output
    assert kept <= {each["type"] for each in bootstrap.inventory()}
