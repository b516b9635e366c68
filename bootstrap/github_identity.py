"""What lets the account believe GitHub when it says which job of which workflow is asking."""

import pulumi
import pulumi_aws as aws

from bootstrap.trust import AUDIENCE, GITHUB


class GithubIdentity(pulumi.ComponentResource):
    """GitHub's identity provider. It gives nobody anything; the roles that trust it do."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:bootstrap:GithubIdentity", name, None, opts)
        provider = aws.iam.OpenIdConnectProvider(
            f"{name}-github",
            url=f"https://{GITHUB}",
            client_id_lists=[AUDIENCE],
            # No thumbprint: AWS trusts GitHub by its own library of certificate authorities.
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = provider.arn

        self.register_outputs({"arn": self.arn})
