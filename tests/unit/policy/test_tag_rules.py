from dataclasses import replace
from typing import Any

import pytest

from policy.graph import UNKNOWN, Resource
from policy.rules_tags import owner_tags
from policy.taggable import takes_tags
from sandbox.aws.schema import schema_of
from tests.says import Says
from tests.unit.policy.rule_answers import answers, aws, kubernetes

pytestmark = pytest.mark.unit

TAGS = {"project": "slipway", "stack": "dev", "owner": "platform"}
GROUP = "autoscaling/group:Group"


def vpc(default_tags: dict[str, Any] | None = None, **inputs: Any) -> Resource:
    return replace(aws("ec2/vpc:Vpc", **inputs), takes_tags=True, default_tags=default_tags or {})


@pytest.mark.parametrize(
    "resource",
    [
        vpc(tags=TAGS),
        vpc(tagsAll=TAGS),
        vpc(TAGS),
        vpc({"project": "slipway", "stack": "dev"}, tags={"owner": "platform"}),
        vpc(tags=UNKNOWN),
        vpc(tags={**TAGS, "owner": UNKNOWN}),
        replace(vpc(), takes_tags=False),
    ],
)
def test_tags_from_anywhere_will_do(resource: Resource) -> None:
    assert answers(owner_tags, resource) == []


@pytest.mark.parametrize(
    ("tags", "missing"),
    [
        (None, "project, stack, owner"),
        ({"Name": "x"}, "project, stack, owner"),
        ({"project": "slipway", "stack": "dev"}, "owner"),
        ({**TAGS, "owner": ""}, "owner"),  # which also hides a default tag
        ({"Project": "slipway", "stack": "dev", "owner": "platform"}, "project"),  # AWS tells case apart
    ],
)
def test_tags_that_are_missing(tags: dict[str, str] | None, missing: str) -> None:
    assert answers(owner_tags, vpc(tags=tags)) == [Says("tags", f"without {missing}", "project, stack, owner")]


def test_an_empty_tag_hides_the_default() -> None:
    assert answers(owner_tags, vpc(TAGS, tags={"owner": ""})) == [Says("tags", "owner")]


def test_what_is_launched_has_tags_of_its_own() -> None:
    def template(**tags: Any) -> Resource:
        specifications = [{"resourceType": kind, "tags": each} for kind, each in tags.items()]
        sound = aws("ec2/launchTemplate:LaunchTemplate", tags=TAGS, tagSpecifications=specifications)
        return replace(sound, takes_tags=True)

    assert answers(owner_tags, template(instance=TAGS, volume=TAGS)) == []
    assert answers(owner_tags, template(instance=TAGS, volume=UNKNOWN)) == []
    assert answers(owner_tags, template(instance=TAGS)) == [
        Says("tagSpecifications[volume].tags", "without project, stack, owner")
    ]


def test_an_auto_scaling_group_has_a_list_of_tags() -> None:
    tags = [{"key": key, "value": value, "propagateAtLaunch": True} for key, value in TAGS.items()]
    assert answers(owner_tags, aws(GROUP, tags=tags)) == []
    # Its provider's default tags do not reach it.
    assert answers(owner_tags, replace(aws(GROUP, tags=tags[:2]), default_tags=TAGS)) == [Says("tags", "without owner")]


def test_kubernetes_objects_need_none() -> None:
    assert answers(owner_tags, kubernetes("core/v1:Service")) == []


@pytest.mark.parametrize(
    "type_",
    [
        "aws:ec2/vpc:Vpc",
        "aws:ec2/route:Route",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:eks/cluster:Cluster",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:s3/bucket:Bucket",
        "aws:lambda/function:Function",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "aws:acm/certificateValidation:CertificateValidation",
        f"aws:{GROUP}",
    ],
)
def test_which_types_take_tags_is_read_from_the_sdk(type_: str) -> None:
    assert takes_tags(type_) is schema_of(type_).has_tags


@pytest.mark.parametrize(
    "type_", ["kubernetes:core/v1:Service", "aws:ec2/nothing:Nothing", "pulumi:providers:aws", "x"]
)
def test_other_types_take_none(type_: str) -> None:
    assert not takes_tags(type_)
