"""AWS as the environment's deploy role, and its refusals in one line.

Credentials are found as by every program of AWS's SDK
(https://docs.aws.amazon.com/boto3/latest/guide/credentials.html); `AWS_ENDPOINT_URL` points it elsewhere.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError
from ruamel.yaml import YAML

from infra.settings import Settings
from ops.pulumi_command import PulumiCommand
from ops.refusal import Refusal
from ops.stack_file import StackFile

# A call that is not answered is made again twice; then it is told.
CLIENT = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
_LOGIN = "log in to AWS (such as `aws sso login`), or set AWS_PROFILE"


@contextmanager
def aws_asked(what: str) -> Generator[None]:
    """Ask AWS within it; `what` is asked for, in words.

    Raises:
        Refusal: it does not answer, or refuses; with its own reason.
    """
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise Refusal(f"no credentials to ask AWS for {what} ({error}); {_LOGIN}") from None
    except (BotoCoreError, ClientError) as error:
        raise Refusal(f"AWS did not tell {what}: {aws_reason(error)}") from None


def aws_reason(error: Exception) -> str:
    """What AWS or its SDK says, in one line."""
    if isinstance(error, ClientError):
        response = cast(dict[str, dict[str, str]], error.response)  # the SDK's own type leaves open what is in it
        told = response.get("Error", {})
        return " ".join(f"{told.get('Code', 'an error')}: {told.get('Message', 'it gives no reason')}".split())
    return " ".join(str(error).split())


def deploy_session(pulumi: PulumiCommand, stack: str, file: StackFile) -> Any:
    """A session as the role that the stack is deployed as, in its account and region.

    Raises:
        Refusal: the stack file names no account or region, or the role cannot be taken.
    """
    role = _deploy_role(pulumi, stack, file)
    region = file.get("aws:region")
    if not isinstance(region, str):
        raise Refusal(f"{file.path.name}: aws:region is required; expected such as us-west-2")
    with aws_asked("who is asking"):
        person: Any = boto3.Session(region_name=region)
        sts = person.client("sts", config=CLIENT)
        who = sts.get_caller_identity()["Arn"]
    if f"assumed-role/{role.rpartition('/')[2]}/" in who and role.split(":")[4] == who.split(":")[4]:
        return person
    with aws_asked(f"the role {role} for {who}"):
        taken = sts.assume_role(RoleArn=role, RoleSessionName="slipway-migrate")["Credentials"]
    return boto3.Session(
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
        region_name=region,
    )


def _deploy_role(pulumi: PulumiCommand, stack: str, file: StackFile) -> str:
    project: Any = YAML(typ="safe").load((pulumi.project / "Pulumi.yaml").read_text())
    account = file.get(f"{project['name']}:account")
    if not isinstance(account, str):
        raise Refusal(f"{file.path.name}: {project['name']}:account is required; expected 12 digits in quotes")
    return Settings.model_construct(project=project["name"], stack=stack, account=account).deploy_role_arn
