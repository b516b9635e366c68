"""Who may take a role: people by name, and the jobs of one GitHub environment. Nobody holds a key that lasts."""

from collections.abc import Sequence

from bootstrap.statements import Document

GITHUB = "token.actions.githubusercontent.com"
"""Who vouches for a workflow's job.

https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
"""
AUDIENCE = "sts.amazonaws.com"


def trust(account: str, people: Sequence[str], subjects: Sequence[str], itself: str | None = None) -> Document:
    """The trust policy of a role.

    Args:
        account: where the role is
        people: the ARNs of the roles and users that may take it
        subjects: what a GitHub token may say of itself, see `subject`
        itself: the role's own ARN, where it may also be taken by whoever has taken it
    """
    statements: list[dict[str, object]] = [
        {
            "Sid": "People",
            "Effect": "Allow",
            "Principal": {"AWS": list(people)},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    ]
    if subjects:
        statements.append(
            {
                "Sid": "Workflows",
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{GITHUB}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                # Both are equal to the letter: a pattern would take in repositories that others may make.
                "Condition": {"StringEquals": {f"{GITHUB}:aud": AUDIENCE, f"{GITHUB}:sub": list(subjects)}},
            }
        )
    if itself is not None:
        statements.append(
            {
                "Sid": "Itself",
                "Effect": "Allow",
                # A role cannot be named in its own trust policy before it exists. A role that takes itself has to be
                # allowed to. https://aws.amazon.com/blogs/security/announcing-an-update-to-iam-role-trust-policy-behavior/
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": {"ArnEquals": {"aws:PrincipalArn": itself}},
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}


def subject(repository: str, environment: str) -> str:
    """What the token of a job says of itself that runs in an environment of a GitHub repository.

    From which branches, and after whose consent, is said by the rules of that environment in GitHub.
    https://docs.github.com/en/actions/reference/security/oidc#filtering-for-a-specific-environment
    """
    return f"repo:{repository}:environment:{environment}"
