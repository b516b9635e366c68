"""What a preview may do: look at everything that a deployment may look at, and change nothing."""

from collections.abc import Mapping

from bootstrap.deploy_policies import deploy_policies
from bootstrap.environment_names import EnvironmentNames
from bootstrap.statements import Document, Statement, document, looks


def preview_policies(names: EnvironmentNames, zone_id: str) -> dict[str, Document]:
    """The policies of the preview role, by part: those of the deploy role, without all that does not only look.

    So the two never drift apart: what a deployment has to see, a preview sees.
    """
    parts: Mapping[str, Document] = deploy_policies(names, zone_id)
    looking = {part: [_looking(each) for each in policy["Statement"]] for part, policy in parts.items()}
    return {
        part: document(*[each for each in statements if each["Action"]])
        for part, statements in looking.items()
        if any(each["Action"] for each in statements)
    }


def _looking(statement: Statement) -> Statement:
    if statement["Effect"] != "Allow":
        return {**statement, "Action": []}
    return {**statement, "Action": [action for action in statement["Action"] if looks(action)]}
