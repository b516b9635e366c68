"""An environment's part: its zone, its key, and who may do what in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from bootstrap.deploy_policies import deploy_policies
from bootstrap.environment_names import EnvironmentNames
from bootstrap.hosted_zone import HostedZone
from bootstrap.image_policies import promotion_policy, push_policy
from bootstrap.preview_policies import preview_policies
from bootstrap.role import EnvironmentRole, EnvironmentRoleArgs
from bootstrap.secrets_key import SecretsKey, SecretsKeyArgs
from bootstrap.settings import PROGRAM, EnvironmentSettings, state_bucket_name
from bootstrap.state_policies import state_policy
from bootstrap.statements import Document
from bootstrap.trust import subject, trust


@dataclass(frozen=True)
class RolePlan:
    """One role as it will be: who takes it, and what it may do, by part."""

    description: str
    trust: Document
    policies: Mapping[str, Document]


def role_plans(settings: EnvironmentSettings, zone_id: str, key_arn: str) -> dict[str, RolePlan]:
    """The environment's roles, by purpose. Images are pushed to it or promoted into it, never both."""
    names = EnvironmentNames(settings.stack, settings.account, settings.region)
    bucket = state_bucket_name(settings.account, settings.region)
    deployers = settings.deployers
    plans = {
        "deploy": RolePlan(
            f"Deploys {settings.name}",
            _trust(settings, deployers, (settings.stack,), itself=names.role("deploy")),
            {
                **deploy_policies(names, zone_id),
                "state": state_policy(bucket, PROGRAM, settings.stack, key_arn, writes=True),
            },
        ),
        "preview": RolePlan(
            f"Previews {settings.name} and changes nothing",
            _trust(
                settings,
                (*deployers, *settings.readers),
                # Of pull requests, after a reviewer's consent, and of the look for drift each night.
                (f"{settings.stack}-preview", f"{settings.stack}-drift"),
                itself=names.role("preview"),
            ),
            {
                **preview_policies(names, zone_id),
                "state": state_policy(bucket, PROGRAM, settings.stack, key_arn, writes=False),
            },
        ),
    }
    source = settings.promotes_from
    if source is None:
        plans["image-push"] = RolePlan(
            f"Pushes images to {settings.name}",
            _trust(settings, deployers, (f"{settings.stack}-images",), images=True),
            {"images": push_policy(names)},
        )
    else:
        proven = EnvironmentNames(
            source.environment,
            settings.account if source.account is None else source.account,
            settings.region if source.region is None else source.region,
        )
        plans["image-promotion"] = RolePlan(
            f"Promotes images from {proven.name} to {settings.name}",
            _trust(settings, deployers, (f"{settings.stack}-promotion",)),
            {"images": promotion_policy(proven, names)},
        )
    return plans


def _trust(
    settings: EnvironmentSettings,
    people: tuple[str, ...],
    environments: tuple[str, ...],
    *,
    images: bool = False,
    itself: str | None = None,
) -> Document:
    github = settings.github
    repositories: tuple[str, ...] = ()
    if github is not None:
        repositories = (github.repository, *(github.image_repositories if images else ()))
    subjects = [subject(each, environment) for each in dict.fromkeys(repositories) for environment in environments]
    return trust(settings.account, tuple(dict.fromkeys(people)), subjects, itself)


def make_environment(settings: EnvironmentSettings, opts: pulumi.ResourceOptions) -> dict[str, pulumi.Output[Any]]:
    """Declare what is made once for an environment; gives back the stack's exports."""
    name = settings.name
    zone = HostedZone(name, settings.domain, opts)
    names = EnvironmentNames(settings.stack, settings.account, settings.region)
    users = [names.role("deploy"), names.role("preview")]
    key = SecretsKey(name, SecretsKeyArgs(settings.account, users), opts)
    exports: dict[str, pulumi.Output[Any]] = {
        "zoneId": zone.zone_id,
        # To be set at the registrar, or as NS records in the zone of the domain above this one.
        "nameServers": zone.name_servers,
        "secretsProvider": key.alias.apply(lambda alias: f"awskms://{alias}?region={settings.region}"),
    }
    made = pulumi.Output.all(zone.zone_id, key.arn)
    # Which roles there are, and which parts, does not hang on what the zone and the key are called in AWS.
    for purpose, plan in role_plans(settings, "", "").items():
        policies = {
            part: made.apply(
                lambda found, purpose=purpose, part=part: role_plans(settings, *found)[purpose].policies[part]
            )
            for part in plan.policies
        }
        role = EnvironmentRole(f"{name}-{purpose}", EnvironmentRoleArgs(plan.description, plan.trust, policies), opts)
        exports[f"{_camel(purpose)}RoleArn"] = role.arn
    return exports


def _camel(purpose: str) -> str:
    first, *others = purpose.split("-")
    return first + "".join(other.capitalize() for other in others)
