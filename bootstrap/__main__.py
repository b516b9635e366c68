"""What comes before any stack of the program, made by an administrator: an account's part, or an environment's."""

import sys
from pathlib import Path

import pulumi
import pulumi_aws as aws

# Pulumi runs a program with its own directory alone on the path; the repository's packages are one above.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from bootstrap.account import make_account
from bootstrap.environment import make_environment
from bootstrap.settings import AccountSettings
from bootstrap.stack_file import read_settings

settings = read_settings()
provider = aws.Provider(
    pulumi.get_stack(),
    region=settings.region,
    allowed_account_ids=[settings.account],
    default_tags=aws.ProviderDefaultTagsArgs(tags=settings.all_tags),
)
in_aws = pulumi.ResourceOptions(providers=[provider])
if isinstance(settings, AccountSettings):
    exports = make_account(settings, in_aws)
else:
    exports = make_environment(settings, in_aws)
for name, value in exports.items():
    pulumi.export(name, value)
