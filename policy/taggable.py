"""Which AWS types take tags, read from the installed SDK's classes rather than from a list that ages."""

import importlib
import warnings
from functools import cache


@cache
def takes_tags(type_token: str) -> bool:
    """Whether an `aws:*` type has tags that its provider's default tags are merged into; False for any other type."""
    package, _, rest = type_token.partition(":")
    module_path, _, class_name = rest.partition(":")
    if package != "aws" or not class_name:
        return False
    # `aws:ec2/vpc:Vpc` is `pulumi_aws.ec2.Vpc`.
    module = module_path.partition("/")[0].replace("-", "_").lower()
    name = {"index": "pulumi_aws", "lambda": "pulumi_aws.lambda_"}.get(module, f"pulumi_aws.{module}")
    try:
        with warnings.catch_warnings():
            # A module warns of every deprecated class in it, wanted or not.
            warnings.simplefilter("ignore", DeprecationWarning)
            found = getattr(importlib.import_module(name), class_name)
    except (ImportError, AttributeError):
        return False  # of another version of the provider, which a component may bring
    return hasattr(found, "tags") and hasattr(found, "tags_all")
