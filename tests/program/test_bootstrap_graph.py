"""What an administrator makes first: of an account, and of an environment in it."""

from __future__ import annotations

from functools import cache

import pytest

from tests.program.recorded_graph import ACCOUNT, Graph, record_project
from tests.stack_values import ROOT
from tests.unit.bootstrap.bootstrapped import ENVIRONMENTS, PROJECT, roles_of, stack_config

pytestmark = pytest.mark.program

BUCKET = f"slipway-state-{ACCOUNT}-us-west-2"


@cache
def bootstrap(stack: str) -> Graph:
    return record_project(ROOT / "bootstrap", PROJECT, stack, stack_config(stack))


def types(graph: Graph) -> list[str]:
    """The AWS types that are declared, without the provider and components."""
    return sorted(each.type for each in graph.resources if each.type.startswith("aws:"))


def test_an_account_gets_a_bucket_for_states_that_is_private_versioned_and_encrypted() -> None:
    account = bootstrap("account")
    (bucket,) = account.of("aws:s3/bucket:Bucket")
    assert (bucket.inputs["bucket"], bucket.protect) == (BUCKET, True)
    (closed,) = account.of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert {name: closed.inputs[name] for name in switches} == dict.fromkeys(switches, True)
    (versions,) = account.of("aws:s3/bucketVersioning:BucketVersioning")
    assert versions.inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert (
        len(account.of("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")) == 1
    )
    assert account.exports["stateUrl"] == f"s3://{BUCKET}?region=us-west-2"


def test_an_account_believes_github_only_where_it_is_to() -> None:
    github = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    (provider,) = bootstrap("account").of(github)
    assert provider.inputs["url"] == "https://token.actions.githubusercontent.com"
    assert provider.inputs["clientIdLists"] == ["sts.amazonaws.com"]
    config = {**stack_config("account"), f"{PROJECT}:githubProvider": False}
    without = record_project(ROOT / "bootstrap", PROJECT, "account", config)
    assert without.of(github) == []
    assert without.exports.keys() == {"stateUrl"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_gets_a_zone_a_key_and_its_roles(environment: str) -> None:
    graph = bootstrap(environment)
    (zone,) = graph.of("aws:route53/zone:Zone")
    assert zone.inputs["name"] == f"{environment}.example.com"
    (key,) = graph.of("aws:kms/key:Key")
    assert key.inputs["enableKeyRotation"] is True
    assert graph.exports["nameServers"] == ["ns-1.example.net", "ns-2.example.org"]
    assert graph.exports["secretsProvider"] == f"awskms://alias/slipway-{environment}-secrets?region=us-west-2"
    roles = {role.inputs["name"]: role for role in graph.of("aws:iam/role:Role")}
    assert roles.keys() == {f"slipway-{environment}-{purpose}" for purpose in roles_of(environment)}
    policies = graph.of("aws:iam/policy:Policy") + graph.of("aws:iam/rolePolicy:RolePolicy")
    assert len(policies) == sum(len(plan.policies) for plan in roles_of(environment).values())


@pytest.mark.parametrize("stack", ["account", *ENVIRONMENTS])
def test_everything_is_made_in_that_account_and_tagged(stack: str) -> None:
    graph = bootstrap(stack)
    (provider,) = graph.of("pulumi:providers:aws")
    assert ACCOUNT in str(provider.inputs["allowedAccountIds"])
    assert "platform" in str(provider.inputs["defaultTags"])
    assert all(each.provider.startswith(provider.urn) for each in graph.resources if each.type.startswith("aws:"))
    assert types(graph)
