"""Who calls the emulated AWS, from where: what a provider's configuration says about it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.aws.errors import AwsError
from sandbox.aws.identifiers import ACCOUNT
from sandbox.inventory import Inventory
from sandbox.values import UNKNOWN, is_list, is_map, objects, revealed

LAPTOP_USER: Final = f"arn:aws:iam::{ACCOUNT}:user/laptop"
"""Who calls where no role is assumed: the person at the laptop, an administrator."""

ROLE_TYPE: Final = "aws:iam/role:Role"


@dataclass(frozen=True)
class Caller:
    """The configuration of one provider.

    Attributes:
        region: where regional resources are made.
        role_arn: the role it assumes, or an empty string for the person at the laptop.
        default_tags: tags given to everything that takes tags.
        allowed_accounts: the accounts it may work in; empty for any.
    """

    region: str = "us-west-2"
    role_arn: str = ""
    default_tags: dict[str, str] = field(default_factory=dict[str, str])
    allowed_accounts: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        """The caller's ARN, as `sts:GetCallerIdentity` gives it."""
        if not self.role_arn:
            return LAPTOP_USER
        return f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.role_arn.rsplit('/', 1)[-1]}/pulumi"

    @property
    def principal(self) -> str:
        """The ARN an EKS access entry names: the role itself, not the session."""
        return self.role_arn or LAPTOP_USER

    def authorise(self, inventory: Inventory) -> None:
        """Check that the role can be assumed and the account is an allowed one.

        https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

        Raises:
            AwsError: it cannot, or is not.
        """
        if self.allowed_accounts and ACCOUNT not in self.allowed_accounts:
            raise AwsError(
                "configuring provider",
                "AWS account ID not allowed",
                f"{ACCOUNT} (the emulated account) is not one of {', '.join(self.allowed_accounts)}",
                "https://registry.terraform.io/providers/hashicorp/aws/latest/docs#allowed_account_ids",
            )
        if self.role_arn and inventory.by_arn(self.role_arn) is None:
            raise AwsError(
                "configuring provider: assuming role",
                "AccessDenied",
                f"User: {LAPTOP_USER} is not authorized to perform: sts:AssumeRole on resource: {self.role_arn}"
                " (no such role exists in the emulated account; `bootstrap` makes it)",
                "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html",
            )


def caller_from(configuration: Mapping[str, Any]) -> Caller:
    """Read a provider's configuration, whose structured values arrive as JSON text or as they are.

    Raises:
        AwsError: a role's ARN has not the form of one.
    """
    region = _value(configuration.get("region"))
    roles = _value(configuration.get("assumeRoles"))
    role = next((each.get("roleArn") for each in objects(roles)), None)
    if isinstance(role, str) and not re.fullmatch(r"arn:aws[\w-]*:iam::\d{12}:role/.+", role):
        raise AwsError("configuring provider: assuming role", "ValidationError", f"{role!r} is no role's ARN")
    tags = _value(configuration.get("defaultTags"))
    wanted = tags.get("tags") if is_map(tags) else None
    accounts = _value(configuration.get("allowedAccountIds"))
    return Caller(
        region=region if isinstance(region, str) and region else "us-west-2",
        role_arn=role if isinstance(role, str) else "",
        default_tags={key: str(value) for key, value in wanted.items()} if is_map(wanted) else {},
        allowed_accounts=tuple(str(account) for account in accounts) if is_list(accounts) else (),
    )


def _value(raw: Any) -> Any:
    """Read one configuration value: JSON text, or plain text, or a value already."""
    value = revealed(raw)
    if value is UNKNOWN:
        return None
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        return json.loads(value)
    return value
