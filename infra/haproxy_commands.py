"""What a fleet is told through Systems Manager: to take a new configuration, one machine after the other."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.haproxy_documents import apply_document, runtime_document

FLEET_TAG = "slipway-haproxy-fleet"
"""On every machine of a fleet, the stack's name: how Systems Manager finds them."""


@dataclass(frozen=True)
class HaproxyCommandsArgs:
    """Whom to tell, and what."""

    stack_name: str
    configuration_sha256: pulumi.Input[str]
    waits_for: Sequence[pulumi.Resource]
    """The configuration in its bucket, and the machines."""


class HaproxyCommands(pulumi.ComponentResource):
    """Two command documents, and the standing order to run the first with the SHA-256 of the hour.

    Another sum is a changed association, and that runs at once. `pulumi up` does not wait for it to end: on an update
    the provider has no such option. How it went is in the association's history.
    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateAssociation.html
    """

    def __init__(self, name: str, args: HaproxyCommandsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:HaproxyCommands", name, None, opts)
        apply = self._document(f"{name}-haproxy-apply", apply_document())
        self.runtime_document = self._document(f"{name}-haproxy-runtime", runtime_document()).name
        aws.ssm.Association(
            f"{name}-haproxy-apply",
            association_name=f"{name}-haproxy-apply",
            name=apply.name,
            targets=[aws.ssm.AssociationTargetArgs(key=f"tag:{FLEET_TAG}", values=[args.stack_name])],
            parameters={"sha256": args.configuration_sha256},
            # One that fails stops the others: they go on with what they have.
            # https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-associations-targets-and-rate-controls.html
            max_concurrency="1",
            max_errors="0",
            compliance_severity="HIGH",
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.waits_for)),
        )

        self.register_outputs({"runtime_document": self.runtime_document})

    def _document(self, name: str, content: dict[str, Any]) -> aws.ssm.Document:
        return aws.ssm.Document(
            name,
            # Without a suffix: people give commands by this name.
            name=name,
            document_type="Command",
            document_format="JSON",
            target_type="/AWS::EC2::Instance",
            content=json.dumps(content),
            opts=pulumi.ResourceOptions(parent=self),
        )
