"""Whose things a policy is about: one environment's, told by their names or by their tags."""

from dataclasses import dataclass
from typing import Any

from bootstrap.settings import PROGRAM


@dataclass(frozen=True)
class EnvironmentNames:
    """One environment, in one account and region.

    Attributes:
        environment: its name, such as `dev`
        account: the AWS account, twelve digits
        region: the AWS region
    """

    environment: str
    account: str
    region: str

    @property
    def name(self) -> str:
        """What its things begin with, such as `slipway-dev`."""
        return f"{PROGRAM}-{self.environment}"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something that is in the region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def role(self, purpose: str) -> str:
        """The ARN of one of the roles that bootstrap makes for the environment, such as that to `deploy`."""
        return f"arn:aws:iam::{self.account}:role/{self.name}-{purpose}"

    def iam(self, resource: str) -> str:
        """The ARN of something in IAM, which knows no regions."""
        return f"arn:aws:iam::{self.account}:{resource}"

    @property
    def not_anothers(self) -> dict[str, Any]:
        """A condition: what carries no tags yet, or this environment's, but nothing that carries another's.

        What AWS makes by itself, such as a VPC's default security group, carries none, and neither does anything in
        the moment in which it is made. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
        """
        return {
            "StringEqualsIfExists": {
                "aws:ResourceTag/project": PROGRAM,
                "aws:ResourceTag/stack": self.environment,
            }
        }

    def tagged(self, key: str = "aws:ResourceTag") -> dict[str, Any]:
        """A condition: only what carries this environment's tags."""
        return {"StringEquals": {f"{key}/project": PROGRAM, f"{key}/stack": self.environment}}


ROLES = ("deploy", "preview", "image-push", "image-promotion")
"""The roles that bootstrap makes for an environment, by purpose: `<name>-<purpose>`."""
