"""The role that every `up` of an environment runs as, from a laptop as from CI."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from deploy_policies import deploy_policies


@dataclass(frozen=True)
class DeployRoleArgs:
    """Whose environment, and who may deploy it."""

    account: str
    region: str
    deployers: Sequence[str]
    zone_id: pulumi.Input[str]


class DeployRole(pulumi.ComponentResource):
    """`<name>-deploy`, with one policy for each part of a stack."""

    def __init__(self, name: str, args: DeployRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:bootstrap:DeployRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-deploy",
            # A fixed name: stack files name the role by its ARN.
            name=f"{name}-deploy",
            description=f"Deploys {name}; taken by the people and pipelines of that environment",
            max_session_duration=2 * 3600,
            assume_role_policy=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"AWS": list(args.deployers)},
                            "Action": ["sts:AssumeRole", "sts:TagSession"],
                        }
                    ],
                }
            ),
            opts=child,
        )
        for part in deploy_policies(name, args.account, args.region, "zone"):
            policy = aws.iam.Policy(
                f"{name}-deploy-{part}",
                description=f"What the deployment of {name} needs: {part}",
                policy=pulumi.Output.from_input(args.zone_id).apply(
                    lambda zone_id, part=part: json.dumps(
                        deploy_policies(name, args.account, args.region, zone_id)[part], separators=(",", ":")
                    )
                ),
                opts=child,
            )
            aws.iam.RolePolicyAttachment(f"{name}-deploy-{part}", role=role.name, policy_arn=policy.arn, opts=child)
        self.arn = role.arn

        self.register_outputs({"arn": self.arn})
