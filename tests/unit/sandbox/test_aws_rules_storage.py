"""Rules about registries, keys, buckets and logs, both ways."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from emulated_account import Account

from sandbox.aws.effects import push_image
from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit

_REPOSITORY = "aws:ecr/repository:Repository"
_LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
_BUCKET = "aws:s3/bucket:Bucket"
_KEY = "aws:kms/key:Key"
_ALIAS = "aws:kms/alias:Alias"


def test_a_registry_with_images_stays_unless_forced(account: Account) -> None:
    kept, forced = (
        account.create(_REPOSITORY, name, {"name": name, "forceDelete": force})
        for name, force in (("kept", False), ("forced", True))
    )
    assert kept["repositoryUrl"] == "123456789012.dkr.ecr.us-west-2.amazonaws.com/kept"
    for repository in ("kept", "forced"):
        push_image(account.inventory, repository, "git-1", "sha256:1")
    with pytest.raises(AwsError, match=r"RepositoryNotEmptyException: .*'kept'.*\b1\b"):
        account.delete(kept)
    account.delete(forced)
    with pytest.raises(KeyError):
        push_image(account.inventory, "nowhere", "git-1", "sha256:1")


def test_registry_names(account: Account) -> None:
    account.create(_REPOSITORY, "web", {"name": "team/web_app"})
    with pytest.raises(AwsError, match=r"RepositoryAlreadyExistsException: .* team/web_app"):
        account.create(_REPOSITORY, "other", {"name": "team/web_app"})
    with pytest.raises(AwsError, match=r"'Web' .*\[a-z0-9\]"):
        account.create(_REPOSITORY, "other", {"name": "Web"})


def _rule(priority: int, **selection: Any) -> dict[str, Any]:
    counted = {"countType": "imageCountMoreThan", "countNumber": 5, **selection}
    return {"rulePriority": priority, "selection": counted, "action": {"type": "expire"}}


@pytest.mark.parametrize(
    ("rules", "facts"),
    [
        ([_rule(1, tagStatus="tagged", tagPrefixList=["git-"]), _rule(2, tagStatus="untagged")], []),
        ([], ["priorities", "[]"]),
        ([_rule(1, tagStatus="untagged"), _rule(1, tagStatus="any")], ["priorities", "[1, 1]"]),
        ([_rule(1, tagStatus="tagged")], ["tagged", "tagPrefixList", "tagPatternList"]),
        ([_rule(1, tagStatus="any"), _rule(2, tagStatus="untagged")], ["any", "rulePriority"]),
    ],
)
def test_lifecycle_rules(account: Account, rules: list[dict[str, Any]], facts: list[str]) -> None:
    account.create(_REPOSITORY, "web", {"name": "web"})
    inputs = {"repository": "web", "policy": json.dumps({"rules": rules})}
    if not facts:
        assert account.create(_LIFECYCLE, "policy", inputs).id == "web"
        return
    with pytest.raises(AwsError) as refused:
        account.create(_LIFECYCLE, "policy", inputs)
    assert Says("InvalidParameterException", *facts) == str(refused.value)


def test_a_lifecycle_policy_is_replaced_the_old_first(account: Account) -> None:
    account.create(_REPOSITORY, "web", {"name": "web"})
    policy = json.dumps({"rules": [_rule(1, tagStatus="untagged")]})
    made = account.create(_LIFECYCLE, "policy", {"repository": "web", "policy": policy})
    found = account.diff(made, {"repository": "web", "policy": json.dumps({"rules": [_rule(2, tagStatus="any")]})})
    assert (found.replaces, found.delete_before_replace) == (["policy"], True)


@pytest.mark.parametrize("name", ["ab", "Bucket", "a..b", "-ab-"])
def test_bucket_names(account: Account, name: str) -> None:
    with pytest.raises(AwsError, match=f"InvalidBucketName: .* {re.escape(name)}"):
        account.create(_BUCKET, "bucket", {"bucket": name})


def test_companions_of_a_bucket_need_it(account: Account) -> None:
    block = {"bucket": "state", "blockPublicAcls": True}
    with pytest.raises(AwsError, match="NoSuchBucket"):
        account.create("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "block", block)
    bucket = account.create(_BUCKET, "bucket", {"bucket": "state"})
    assert (bucket.id, bucket.arn) == ("state", "arn:aws:s3:::state")
    assert account.create("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "block", block).id == "state"


def test_a_bucket_with_objects_stays_unless_forced(account: Account) -> None:
    bucket = account.create(_BUCKET, "bucket", {"bucket": "state"})
    account.create("aws:s3/bucketObjectv2:BucketObjectv2", "object", {"bucket": "state", "key": "a", "content": "b"})
    with pytest.raises(AwsError, match="BucketNotEmpty"):
        account.delete(bucket)
    account.delete(account.update(bucket, forceDestroy=True))


def test_retention_is_one_of_a_list(account: Account) -> None:
    with pytest.raises(AwsError, match=r"retentionInDays 10\b.*\[0, 1, 3, 5, 7, 14, "):
        account.create("aws:cloudwatch/logGroup:LogGroup", "logs", {"retentionInDays": 10})
    assert account.create("aws:cloudwatch/logGroup:LogGroup", "logs", {"retentionInDays": 14})


def test_keys_and_aliases(account: Account) -> None:
    with pytest.raises(AwsError, match=r"deletionWindowInDays 5\b.*\b7 to 30\b"):
        account.create(_KEY, "key", {"deletionWindowInDays": 5})
    key = account.create(_KEY, "key", {"deletionWindowInDays": 7})
    assert account.create(_ALIAS, "alias", {"targetKeyId": key.id})["targetKeyArn"] == key.arn
    for name in ("main", "alias/aws/x"):
        with pytest.raises(AwsError) as refused:
            account.create(_ALIAS, "wrong", {"targetKeyId": key.id, "name": name})
        assert Says("InvalidAliasNameException", f"'{name}'", "alias/", "alias/aws/") == str(refused.value)
    with pytest.raises(AwsError, match="NotFoundException: Key '00000000-0000-4000-8000-000000000000'"):
        account.create(_ALIAS, "wrong", {"targetKeyId": "00000000-0000-4000-8000-000000000000"})
