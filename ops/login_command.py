"""`python -m ops login`: let regctl, and a container engine, use a registry."""

import argparse
import getpass
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ops.image_outputs import StackImages
from ops.image_registries import Registries
from ops.image_sources import ENGINES
from ops.image_tool import RegistryTool
from ops.image_trouble import RegistryTrouble
from ops.pulumi_command import DEFAULT_WORDS, PulumiCommand
from ops.refusal import Refusal


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops login",
        description="Log in to registries: to ECR with the credentials of AWS, for 12 hours; to another with a user "
        "and a password, which is asked for or read from standard input. Neither is ever shown.",
        allow_abbrev=False,
    )
    parser.add_argument("registries", nargs="*", metavar="REGISTRY", help="hosts; without, those of the stack")
    parser.add_argument("--stack", default="dev", help="whose registries (default: dev)")
    parser.add_argument("--user", help="for a registry that is not ECR")
    parser.add_argument("--engine", choices=ENGINES, help="also log this engine in, to pull or push by itself")
    parser.add_argument("--profile", metavar="NAME", help="which of the AWS CLI's profiles to be")
    parser.add_argument("--pulumi", default=DEFAULT_WORDS, metavar="WORDS", help="how Pulumi is called")
    return parser


def main(words: Sequence[str]) -> int:
    """Run the command; gives back the exit code."""
    parsed = _parser().parse_args(words)
    engine: str | None = parsed.engine
    if engine is not None and shutil.which(engine) is None:
        raise Refusal(f"--engine {engine}: there is no such program")
    registries = Registries(RegistryTool.find(), parsed.profile)
    hosts: list[str] = parsed.registries
    if not hosts:
        stack = StackImages.of(PulumiCommand.of(parsed.pulumi, Path.cwd()), parsed.stack)
        hosts = sorted({repository.registry for repository in stack.repositories.values()})
    try:
        for host in hosts:
            user, password = _credentials(host, parsed.user, registries)
            registries.tool.login(host, user, password)
            if engine is not None:
                _log_engine_in(engine, host, user, password)
            print(f"logged in to {host} as {user}")
    except RegistryTrouble as trouble:
        raise Refusal(str(trouble)) from None
    return 0


def _credentials(host: str, user: str | None, registries: Registries) -> tuple[str, str]:
    ecr = registries.ecr(host)
    if ecr is not None:
        return ecr.credentials()
    if user is None:
        raise Refusal(f"{host} is not ECR; say who you are there with --user")
    password = getpass.getpass(f"Password of {user} at {host}: ") if sys.stdin.isatty() else sys.stdin.readline()
    password = password.rstrip("\r\n")
    if not password:
        raise Refusal(f"{host}: the password is empty; expected it on standard input")
    return user, password


def _log_engine_in(engine: str, host: str, user: str, password: str) -> None:
    words = [engine, "login", "--username", user, "--password-stdin", host]
    done = subprocess.run(words, input=password, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refusal(f"{engine} cannot log in to {host}: {' '.join(done.stderr.split())}")
