"""The names of target groups."""

import hashlib

TARGET_GROUP_PREFIX = 23
"""How many characters of the logical name a target group's name begins with; the controller's role relies on it."""


def target_group_name(name: str, *identity: int | str) -> str:
    """A name of at most 32 characters, which differs where AWS would have to replace the group.

    Given here, because Pulumi's own suffix leaves only 24 and refuses a longer name
    (https://github.com/pulumi/pulumi-aws/issues/1317); with what a group cannot change (its port, its protocol) in it,
    a new group can stand beside the one it replaces.
    """
    fingerprint = hashlib.sha256("|".join([name, *map(str, identity)]).encode()).hexdigest()[:8]
    return f"{name[:TARGET_GROUP_PREFIX].rstrip('-')}-{fingerprint}"
