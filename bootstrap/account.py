"""An account's part: where state is kept, and whether GitHub is believed."""

import pulumi

from bootstrap.github_identity import GithubIdentity
from bootstrap.settings import PROGRAM, AccountSettings, state_bucket_name
from bootstrap.state_bucket import StateBucket, StateBucketArgs


def make_account(settings: AccountSettings, opts: pulumi.ResourceOptions) -> dict[str, pulumi.Output[str]]:
    """Declare what is made once for an account; gives back the stack's exports."""
    bucket = StateBucket(PROGRAM, StateBucketArgs(state_bucket_name(settings.account, settings.region)), opts)
    exports = {"stateUrl": bucket.bucket.apply(lambda name: f"s3://{name}?region={settings.region}")}
    if settings.github_provider:
        exports["githubProviderArn"] = GithubIdentity(PROGRAM, opts).arn
    return exports
