"""The types of single values in a stack file: names, ARNs, users, amounts of days."""

from typing import Annotated, Literal

from pydantic import Field

DnsLabel = Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$")]
"""A name for Kubernetes and Pulumi alike; 40 characters, so that the names made from it fit in 63."""
NodeGroupName = Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]{0,22}[a-z0-9])?$")]
"""24 characters: EKS takes 63, of which the stack's name and Pulumi's suffix have their part."""
HostName = Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", max_length=253)]
Host = Annotated[
    str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$", max_length=253)
]
"""A name in full, or a single label below the stack's domain."""
AvailabilityZone = Annotated[str, Field(pattern=r"^([a-z]{2}(-[a-z]+)+-\d)?[a-z]$")]
"""A zone in full, or its letter in the stack's region."""
AccountId = Annotated[str, Field(pattern=r"^\d{12}$")]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
# https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
TagKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9 _.:/=+@-]+$", max_length=128)]
TagValue = Annotated[str, Field(pattern=r"^[A-Za-z0-9 _.:/=+@-]+$", max_length=256)]
PrincipalArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+$")]
UserId = Annotated[int, Field(ge=1, le=65535)]
"""A numeric user: Kubernetes cannot tell whether a user given by name is root."""
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]  # fmt: skip
