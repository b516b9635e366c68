"""What a stack finds in its account before it makes anything: who it is, and its hosted zone."""

import pulumi
import pulumi_aws as aws

from infra.settings import Settings


def role_name(arn: str) -> str:
    """The role's name, in its own ARN or in that of a session of it; of anybody else, what they are.

    `arn:aws:iam::111122223333:role/path/name` and `arn:aws:sts::111122223333:assumed-role/name/session`.
    """
    who = arn.split(":", 5)[5]
    match who.split("/"):
        case ["assumed-role", name, *_]:
            return name
        case ["role", *_, name]:
            return name
        case _:
            return who


def stack_provider(settings: Settings) -> aws.Provider:
    """AWS as the environment's role, in the stack's account and region only.

    https://www.pulumi.com/registry/packages/aws/api-docs/provider/

    Raises:
        pulumi.RunError: the role cannot be taken, the caller is somebody else, or a preview role would change things.
    """
    provider = aws.Provider(
        settings.name,
        region=settings.region,
        allowed_account_ids=[settings.account],
        assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=settings.role_arn, session_name=settings.name)],
        default_tags=aws.ProviderDefaultTagsArgs(tags=settings.all_tags),
    )
    _require_role(settings, provider)
    return provider


def _require_role(settings: Settings, provider: aws.Provider) -> None:
    """Go on only as the environment's deploy role, or, in a preview that says so, as its preview role.

    Whoever creates the cluster is its first administrator; a cluster made by a person by chance locks out the next
    one (pulumi-eks #918).
    """
    if settings.read_only and not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(
            "slipway:readOnly: is true; expected false in everything but a preview. Nothing was changed."
        )
    try:
        arn = aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=provider)).arn
    except Exception as error:  # the SDK raises a bare Exception for a failed call
        raise pulumi.RunError(
            f"slipway:account: {settings.role_arn} could not be taken ({_reason(error)}). Run bootstrap for "
            "this environment first, and be one of its deployers. Nothing was changed."
        ) from None
    if role_name(arn) != role_name(settings.role_arn):
        done = "previewed" if settings.read_only else "deployed"
        raise pulumi.RunError(
            f"slipway:account: this stack is {done} as {settings.role_arn}, "
            f"but the caller is {arn}. Nothing was changed."
        )


def find_zone_id(domain: str, provider: aws.Provider) -> str:
    """The hosted zone of the stack's domain, which bootstrap made.

    Raises:
        pulumi.RunError: there is none.
    """
    try:
        options = pulumi.InvokeOptions(provider=provider)
        return aws.route53.get_zone(name=domain, private_zone=False, opts=options).zone_id
    except Exception as error:  # the SDK raises a bare Exception for a failed call
        raise pulumi.RunError(
            f"slipway:domain: no hosted zone for {domain} was found ({_reason(error)}). "
            "Run bootstrap for this environment first. Nothing was changed."
        ) from None


def _reason(error: Exception) -> str:
    """What AWS said, without what Pulumi says around it."""
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
