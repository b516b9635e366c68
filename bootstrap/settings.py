"""What a stack file of bootstrap may say, checked as strictly as the program's: every problem at once."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from infra.setting_types import AccountId, DnsLabel, HostName, PrincipalArn, Region, TagKey, TagValue, text
from infra.strict_model import StrictModel

PROGRAM = "slipway"
"""The project that runs in what bootstrap makes."""

_OWNER, _REPOSITORY, _ID = r"[A-Za-z0-9]([A-Za-z0-9-]{0,38})", r"[A-Za-z0-9._-]{1,100}", r"(@\d{1,20})?"
GithubRepository = Annotated[
    str,
    text(
        rf"^{_OWNER}{_ID}/{_REPOSITORY}{_ID}$",
        "a repository as GitHub's tokens name it, such as example/shop, or example@1234/shop@5678 where they carry ids",
    ),
]
"""Owner and name, each with its number where the repository has immutable subject claims.

Repositories made since 15 July 2026 have them; any other can be switched over.
https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
"""


EnvironmentName = Annotated[
    str,
    text(r"^[a-z][a-z0-9]{0,18}$", "a name of at most 19 lower-case letters and digits that begins with a letter"),
]
"""No hyphen: what a role may touch is told by names that begin with the environment's and a hyphen, so `dev` would
reach into `dev-eu`. 19: with `slipway-` before it, what `infra.settings_rules.LONGEST_STACK_NAME` has room for."""


def is_account(stack: str) -> bool:
    """Whether a stack of bootstrap is an account's; any other is an environment's.

    `account` is the only one where one account holds all environments; else each has its own, such as `account-prod`.
    """
    return stack == "account" or stack.startswith("account-")


class AccountSettings(StrictModel):
    """What is made once for an account, whichever environments are in it."""

    stack: DnsLabel
    region: Region
    account: AccountId
    tags: Mapping[TagKey, TagValue]
    github_provider: bool

    @property
    def all_tags(self) -> dict[str, str]:
        """What every resource is tagged with."""
        return all_tags(self.tags, self.stack)


class GithubSettings(StrictModel):
    """Whose workflows may take the environment's roles."""

    repository: GithubRepository
    image_repositories: tuple[GithubRepository, ...] = ()
    """Others whose workflows push images: those of the services' own code."""


class PromotionSource(StrictModel):
    """The environment whose proven images come into this one, which then takes no others."""

    environment: EnvironmentName
    account: AccountId | None = None
    region: Region | None = None


class EnvironmentSettings(StrictModel):
    """What is made for one environment, before its first stack."""

    stack: EnvironmentName
    region: Region
    account: AccountId
    tags: Mapping[TagKey, TagValue]
    domain: HostName
    deployers: Annotated[tuple[PrincipalArn, ...], Field(min_length=1)]
    readers: tuple[PrincipalArn, ...] = ()
    github: GithubSettings | None = None
    promotes_from: PromotionSource | None = None

    @property
    def name(self) -> str:
        """What everything of the environment begins with, such as `slipway-dev`; its roles reach as far as that."""
        return f"{PROGRAM}-{self.stack}"

    @property
    def all_tags(self) -> dict[str, str]:
        """What every resource is tagged with."""
        return all_tags(self.tags, self.stack)


def all_tags(tags: Mapping[str, str], stack: str) -> dict[str, str]:
    """The stack file's tags, with the project's and the stack's.

    The project is bootstrap, not the program: what a deployment may change is told by the program's tag.
    """
    return {**tags, "project": f"{PROGRAM}-bootstrap", "stack": stack}


def state_bucket_name(account: str, region: str) -> str:
    """Where Pulumi's state of all stacks of an account is kept. Bucket names are unique in all of AWS.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    return f"{PROGRAM}-state-{account}-{region}"
