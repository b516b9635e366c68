"""The settings of bootstrap: few, and checked like the program's."""

import json
import re
from dataclasses import dataclass
from typing import Any, cast

import pulumi

_PRINCIPAL = re.compile(r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+$")
_DOMAIN = re.compile(r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")


@dataclass(frozen=True)
class Settings:
    """What one environment is."""

    environment: str
    account: str
    region: str
    domain: str
    deployers: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the stack's resources begin with, and so what its deploy role may touch."""
        return f"slipway-{self.environment}"


def read_settings() -> Settings:
    """The settings of this environment.

    Raises:
        pulumi.RunError: with all problems of the stack file. Nothing was created.
    """
    ours, aws = pulumi.Config(), pulumi.Config("aws")
    domain = ours.get("domain")
    deployers = _list(ours.get("deployers"))
    accounts = _list(aws.get("allowedAccountIds"))
    region = aws.get("region")
    problems: list[str] = []
    if not domain or not _DOMAIN.match(domain):
        problems.append(f"slipway-bootstrap:domain: is {json.dumps(domain)}; expected such as dev.example.com")
    if not deployers or not all(_PRINCIPAL.match(arn) for arn in deployers):
        problems.append(
            f"slipway-bootstrap:deployers: is {json.dumps(deployers)}; expected the ARNs of IAM roles or users"
        )
    if len(accounts) != 1:
        problems.append(f"aws:allowedAccountIds: is {json.dumps(accounts)}; expected exactly one account")
    if not region:
        problems.append("aws:region: is required; expected such as us-west-2")
    if problems or not domain or not region:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise pulumi.RunError(
            f"bootstrap/Pulumi.{pulumi.get_stack()}.yaml cannot be used; nothing was changed.\n{listed}"
        )
    return Settings(pulumi.get_stack(), accounts[0], region, domain, tuple(deployers))


def _list(text: str | None) -> list[str]:
    """A list as Pulumi hands it over, in JSON; anything else stands alone, for the message to show."""
    try:
        value: Any = json.loads(text) if text else []
    except ValueError:
        value = text
    return [str(entry) for entry in cast(list[Any], value)] if isinstance(value, list) else [str(value)]
