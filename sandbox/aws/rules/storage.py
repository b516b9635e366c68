"""Rules about registries, keys, buckets and logs."""

import json
import re
from typing import Any, Final

from sandbox.aws.effects import IMAGE_TYPE
from sandbox.aws.rules import Call, rule
from sandbox.values import as_list, as_map, objects

REPOSITORY_TYPE: Final = "aws:ecr/repository:Repository"
_ECR: Final = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/"
_RETENTION_DAYS: Final = frozenset({
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
})  # fmt: skip


@rule(
    "create",
    on=(REPOSITORY_TYPE,),
    page="https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html",
)
def _repository_name(call: Call) -> None:
    """A repository's name is lower case."""
    form = r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*"
    if not re.fullmatch(form, str(call.inputs["name"])):
        call.refuse("InvalidParameterException", f"repository name {call.inputs['name']!r} must satisfy {form}")


@rule("delete", on=(REPOSITORY_TYPE,), page=f"{_ECR}repository-delete.html")
def _repository_is_empty(call: Call) -> None:
    """A repository with images cannot be deleted without force."""
    if call.existing.inputs.get("forceDelete") is True:
        return
    images = [each for each in call.inventory.list(type=IMAGE_TYPE) if each.inputs["repository"] == call.existing.id]
    if images:
        call.refuse(
            "RepositoryNotEmptyException",
            f"The repository with name '{call.existing.id}' cannot be deleted because it still"
            f" contains images ({len(images)})",
        )


@rule(
    "create", "update", on=("aws:ecr/lifecyclePolicy:LifecyclePolicy",), page=f"{_ECR}lifecycle_policy_parameters.html"
)
def _lifecycle_rules(call: Call) -> None:
    """Rules have priorities of their own; a rule for tagged images names them; one for any tag comes last."""
    policy = call.inputs["policy"]
    try:
        document = as_map(json.loads(policy) if isinstance(policy, str) else policy)
    except ValueError as error:
        call.refuse("InvalidParameterException", f"Invalid parameter at 'LifecyclePolicyText': {error}")
    rules = objects(document.get("rules"))
    priorities = [int(each.get("rulePriority", 0)) for each in rules]
    if not rules or 0 in priorities or len(set(priorities)) != len(priorities):
        call.refuse("InvalidParameterException", f"Lifecycle policy validation failure: rule priorities {priorities}")
    for each in rules:
        selection = as_map(each.get("selection"))
        named = as_list(selection.get("tagPrefixList")) or as_list(selection.get("tagPatternList"))
        if selection.get("tagStatus") == "tagged" and not named:
            call.refuse("InvalidParameterException", "a rule for tagged images needs tagPrefixList or tagPatternList")
        if selection.get("tagStatus") == "any" and each.get("rulePriority") != max(priorities):
            call.refuse("InvalidParameterException", "a rule for any tag must have the highest rulePriority")


@rule(
    "create",
    on=("aws:s3/bucket:Bucket",),
    page="https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html",
)
def _bucket_name(call: Call) -> None:
    """A bucket's name is 3 to 63 lower-case letters, digits, dots and hyphens."""
    name = str(call.inputs.get("bucket"))
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name) or ".." in name:
        call.refuse("InvalidBucketName", f"The specified bucket is not valid: {name}")


@rule(
    "delete",
    on=("aws:s3/bucket:Bucket",),
    page="https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html",
)
def _bucket_is_empty(call: Call) -> None:
    """A bucket with objects cannot be deleted without force."""
    if call.existing.inputs.get("forceDestroy") is True:
        return
    for type_token in ("aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject"):
        if any(each.inputs.get("bucket") == call.existing.id for each in call.inventory.list(type=type_token)):
            call.refuse("BucketNotEmpty", "The bucket you tried to delete is not empty")


@rule(
    "create",
    "update",
    on=("aws:cloudwatch/logGroup:LogGroup",),
    page="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
)
def _retention(call: Call) -> None:
    """Logs are kept for one of certain numbers of days."""
    days: Any = call.inputs.get("retentionInDays", 0)
    if int(days) not in _RETENTION_DAYS:
        call.refuse("InvalidParameterException", f"retentionInDays {days}: one of {sorted(_RETENTION_DAYS)}")


@rule(
    "create",
    "update",
    on=("aws:kms/key:Key",),
    page="https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html",
)
def _deletion_window(call: Call) -> None:
    """A key waits 7 to 30 days for its deletion."""
    days = call.inputs.get("deletionWindowInDays")
    if days is not None and not 7 <= int(days) <= 30:  # noqa: PLR2004 - as stated
        call.refuse("ValidationException", f"deletionWindowInDays {days}: from 7 to 30")


@rule(
    "create",
    on=("aws:kms/alias:Alias",),
    page="https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html",
)
def _alias_target(call: Call) -> None:
    """An alias starts with alias/, is not one of AWS's own, and names a key that exists."""
    name, target = str(call.inputs["name"]), str(call.inputs["targetKeyId"])
    if not name.startswith("alias/") or name.startswith("alias/aws/"):
        call.refuse("InvalidAliasNameException", f"{name!r} must start with alias/ and not with alias/aws/")
    if call.inventory.by_arn(target) is None and call.inventory.get("aws:kms/key:Key", target) is None:
        call.refuse("NotFoundException", f"Key '{target}' does not exist")
