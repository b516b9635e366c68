"""A role of an environment, from a laptop as from CI."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bootstrap.statements import Document

# "An hour" is what a session lasts that was taken as another role; this is for one taken directly. A first `up` takes
# about 25 minutes. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html
_LONGEST_SESSION = 2 * 3600


@dataclass(frozen=True)
class EnvironmentRoleArgs:
    """Who may take the role, and what it may do, part by part."""

    description: str
    trust: Document
    policies: Mapping[str, pulumi.Input[Document]]


class EnvironmentRole(pulumi.ComponentResource):
    """A role of a fixed name, with one managed policy for each part of what it may do."""

    def __init__(self, name: str, args: EnvironmentRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:bootstrap:EnvironmentRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            # A fixed name: stack files and workflows name the role by its ARN.
            name=name,
            description=args.description,
            max_session_duration=_LONGEST_SESSION,
            assume_role_policy=json.dumps(args.trust),
            opts=child,
        )
        for part, document in args.policies.items():
            policy = aws.iam.Policy(
                f"{name}-{part}",
                description=f"{args.description}: {part}",
                policy=pulumi.Output.from_input(document).apply(_compact),
                opts=child,
            )
            aws.iam.RolePolicyAttachment(f"{name}-{part}", role=role.name, policy_arn=policy.arn, opts=child)
        self.arn = role.arn

        self.register_outputs({"arn": self.arn})


def _compact(document: Document) -> str:
    """Without white space, which would count towards the size of a policy."""
    return json.dumps(document, separators=(",", ":"))
