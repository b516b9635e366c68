"""What those may do who bring images: push them to one environment, or copy what was proven from one to the next.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
"""

from bootstrap.environment_names import EnvironmentNames
from bootstrap.statements import Document, actions, allow, document


def push_policy(names: EnvironmentNames) -> Document:
    """Push into this environment's repositories, and see what is there. Nothing is deleted, no repository changed."""
    return document(_LOGIN, allow("Push", [*_LOOK, *_PUSH], [_repositories(names)]))


def promotion_policy(source: EnvironmentNames, target: EnvironmentNames) -> Document:
    """Pull from the source environment's repositories, and push into the target's."""
    return document(
        _LOGIN,
        allow("PullProven", [*_LOOK, *_PULL], [_repositories(source)]),
        # A copy is read again before it counts, and a layer that is there already is not sent again.
        allow("PushPromoted", [*_LOOK, *_PULL, *_PUSH], [_repositories(target)]),
    )


def _repositories(names: EnvironmentNames) -> str:
    return names.arn("ecr", f"repository/{names.name}/*")


# A login is for a whole registry; what may be done with it is told by the other statements.
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
_LOGIN = allow("LogIn", ["ecr:GetAuthorizationToken"], ["*"])
_LOOK = actions(
    "ecr",
    "BatchCheckLayerAvailability BatchGetImage DescribeImages DescribeImageScanFindings DescribeRepositories "
    "ListImages",
)
"""Which images there are, with their manifests and what the registry's scan found in them."""
_PULL = actions("ecr", "GetDownloadUrlForLayer")
_PUSH = actions("ecr", "InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage")
