"""`python -m sandbox pulumi …`: the real `pulumi`, with an emulated AWS around it."""

from __future__ import annotations

import fcntl
import json
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from ruamel.yaml import YAML

from sandbox.provider_process import ProviderProcess
from sandbox.pulumi_arguments import PulumiArguments, parse
from sandbox.pulumi_environment import environment, link_plugins, write_commands
from sandbox.refusal import Refusal
from sandbox.stack_files import (
    Plan,
    Project,
    Vault,
    account_of,
    find_project,
    missing_ciphertexts,
    plan,
    write_work_copy,
)
from sandbox.state import State
from sandbox.toolchain import find_pulumi

SERVED = ("aws", "eks", "kubernetes")
"""The packages that the sandbox stands in for."""

_NOTICE = "sandbox: AWS is emulated, nothing here is real; state in {}"

_LOCKED = (
    "sandbox: another run holds the stack, or was killed and left its lock; if none is going on, "
    "remove it with: python -m sandbox pulumi cancel --stack {}; what a killed run had begun may exist: docs/faults.md"
)

# These talk to no provider, so none is started for them.
_WITHOUT_PROVIDERS = frozenset(
    ("cancel", "stack", "config", "version", "whoami", "history", "state", "plugin", "about")
)


@dataclass(frozen=True)
class Options:
    """What stood before the word `pulumi`.

    Attributes:
        state: where everything is kept
        real: packages left to Pulumi's own providers
        time_scale: 0 answers at once, 1 takes as long as AWS does
        faults: what to let fail
        overlay: `key=value` for this one command
    """

    state: State
    real: tuple[str, ...] = ()
    time_scale: float = 0.0
    faults: tuple[str, ...] = ()
    overlay: tuple[str, ...] = ()


def run(words: Sequence[str], options: Options) -> int:
    """Run `pulumi` with `words` in the sandbox and give back its exit code.

    Raises:
        Refusal: it cannot be run like that.
    """
    arguments = parse(words, Path.cwd())
    pulumi = find_pulumi()
    if pulumi is None:
        raise Refusal("`pulumi` is neither installed nor built yet; run `make setup` first")
    options.state.prepare()
    write_commands(options.state, pulumi)
    if options.real:
        link_plugins(options.state)
    if arguments.asks_for_help or not arguments.needs_project:
        return _run_pulumi([str(pulumi), *words], environment_of(options, pulumi, arguments, ""))
    print(_NOTICE.format(options.state.directory), file=sys.stderr, flush=True)
    if arguments.command.partition(" ")[0] in _WITHOUT_PROVIDERS:
        return _run_in_project(pulumi, arguments, options, None, "")
    packages = [package for package in SERVED if package not in options.real]
    project = find_project(arguments.directory)
    planned = plan(project, arguments.stack, options.overlay)
    control_plane = options.state.control_plane(project.name, arguments.stack)
    with ProviderProcess(
        packages,
        state=options.state,
        account_id=account_of(planned),
        control_plane=control_plane if control_plane.exists() else None,
        time_scale=options.time_scale,
        faults=options.faults,
    ) as providers:
        return _run_in_project(pulumi, arguments, options, planned, providers)


def environment_of(options: Options, pulumi: Path, arguments: PulumiArguments, providers: str) -> dict[str, str]:
    """The environment of one command; see `sandbox.pulumi_environment`."""
    return environment(options.state, pulumi, stack=arguments.stack, providers=providers, real=options.real)


def _run_in_project(
    pulumi: Path, arguments: PulumiArguments, options: Options, planned: Plan | None, providers: ProviderProcess | str
) -> int:
    project = find_project(arguments.directory)
    extra: list[str] = []
    if planned is not None and arguments.needs_configuration:
        offline = environment_of(options, pulumi, arguments, "")
        copy = _work_copy(pulumi, offline, project, arguments.stack, options.state, planned)
        extra = ["--config-file", str(copy)]
    elif options.overlay:
        raise Refusal(f"`pulumi {arguments.command}` reads no configuration, so --set has no meaning")
    if arguments.command == "stack rm":
        # Without this `pulumi` deletes the checkout's stack file.
        extra = ["--preserve-config"]
    addresses = providers if isinstance(providers, str) else providers.addresses()
    code = _run_pulumi(
        [str(pulumi), *_with(arguments.words, extra)], environment_of(options, pulumi, arguments, addresses)
    )
    if code != 0 and arguments.needs_configuration and _is_locked(options.state, project, arguments.stack):
        print(_LOCKED.format(arguments.stack), file=sys.stderr)
    if arguments.command == "stack rm" and not options.state.checkpoint(project.name, arguments.stack).exists():
        # Its salt and secrets go with it; a new stack of that name makes its own.
        for file in options.state.stack_files(project.name).glob(f"{arguments.stack}.*"):
            file.unlink()
    return code


def _is_locked(state: State, project: Project, stack: str) -> bool:
    locks = state.backend / ".pulumi" / "locks" / "organization" / project.name / stack
    return locks.is_dir() and any(locks.iterdir())


def _with(words: Sequence[str], extra: Sequence[str]) -> list[str]:
    end = words.index("--") if "--" in words else len(words)
    return [*words[:end], *extra, *words[end:]]


def _run_pulumi(command: list[str], variables: dict[str, str]) -> int:
    # Ctrl-C goes from the terminal to `pulumi` itself, which cancels in order; this process only has to
    # stay and wait. A handler, unlike SIG_IGN, is not inherited by the child.
    before = signal.signal(signal.SIGINT, _wait_on)
    try:
        process = subprocess.Popen(command, env=variables)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda received, _: process.send_signal(received))
        code = process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
    return code if code >= 0 else 128 - code  # as a shell reports an end by signal


def _wait_on(_number: int, _frame: FrameType | None) -> None:
    """Leave Ctrl-C to `pulumi`."""


def _work_copy(
    pulumi: Path, variables: dict[str, str], project: Project, stack: str, state: State, planned: Plan
) -> Path:
    directory = state.stack_files(project.name)
    directory.mkdir(parents=True, exist_ok=True)
    copy = directory / f"{stack}.Pulumi.yaml"
    with (directory / f"{stack}.lock").open("w") as lock:
        # Two first commands at once would both make the stack, each with a salt of its own.
        fcntl.flock(lock, fcntl.LOCK_EX)
        vault = Vault.load(directory / f"{stack}.vault.json")
        exists = state.checkpoint(project.name, stack).exists()
        if not exists:
            vault.salt, vault.secrets = "", {}
        missing = missing_ciphertexts(planned, vault)
        if missing or not exists:
            _encrypt(pulumi, variables, project.name, stack, vault=vault, names=missing)
            vault.save()
        write_work_copy(planned, vault, copy)
    return copy


def _encrypt(
    pulumi: Path, variables: dict[str, str], project: str, stack: str, *, vault: Vault, names: Sequence[str]
) -> None:
    """Make the stack if need be, and throw-away secrets for `names`, with `pulumi` itself.

    It works in a directory of its own with a project of the same name, where it may write what it likes.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-stack-") as name:
        directory = Path(name)
        (directory / "Pulumi.yaml").write_text(json.dumps({"name": project, "runtime": "python"}))
        file = directory / f"Pulumi.{stack}.yaml"
        if vault.salt:
            file.write_text(json.dumps({"encryptionsalt": vault.salt}))
        else:
            _quietly([str(pulumi), "stack", "init", stack, "--non-interactive"], directory, variables)
        if names:
            pairs = [f"secret{i}={secrets.token_urlsafe(24)}" for i in range(len(names))]
            words = [word for pair in pairs for word in ("--secret", pair)]
            _quietly([str(pulumi), "config", "set-all", "--stack", stack, *words], directory, variables)
        written: dict[str, Any] = YAML(typ="safe").load(file)
    vault.salt = written["encryptionsalt"]
    for i, wanted in enumerate(names):
        vault.secrets[wanted] = written["config"][f"{project}:secret{i}"]["secure"]


def _quietly(command: list[str], directory: Path, variables: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=directory, env=variables, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refusal(f"`pulumi {' '.join(command[1:3])}` failed: {done.stderr.strip()}")
