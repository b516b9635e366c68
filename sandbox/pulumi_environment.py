"""The environment that `pulumi` runs in: a file backend, a throw-away passphrase, and no real account."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.fork_client import SOCKET_VARIABLE
from sandbox.state import State
from sandbox.toolchain import COMMANDS, cached_pulumi, has_language_host, write_command

PASSPHRASE = "sandbox"  # noqa: S105  # of throw-away stacks only; it keeps plain text out of their state
REGION = "us-west-2"

# Of the person's own variables none that leads to a real account, stack or cluster gets through.
_REMOVED_PREFIXES = ("AWS_", "PULUMI_", "KUBE", "ARM_", "AZURE_", "GOOGLE_", "OTEL_")
# These change how things are shown or traced, but for the last two.
_KEPT = frozenset(
    (
        *("PULUMI_DEBUG_COMMANDS", "PULUMI_DEBUG_GRPC", "PULUMI_PARALLEL", "PULUMI_OPTION_COLOR"),
        # Writes the state once in the end, not after every step: https://github.com/pulumi/pulumi/issues/10668
        "PULUMI_SKIP_CHECKPOINTS",
        # For a cluster that is gone, with Pulumi's own Kubernetes provider too.
        "PULUMI_K8S_DELETE_UNREACHABLE",
    )
)

_EMPTY_FILE = os.devnull


def environment(
    state: State,
    pulumi: Path,
    *,
    stack: str,
    providers: str,
    real: Sequence[str] = (),
    inherited: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """The variables for one `pulumi` command.

    Args:
        state: the sandbox it works in
        pulumi: the command line that will run
        stack: the stack it is about, for commands that are not told
        providers: `aws:PORT,...`, or an empty string when no provider is needed
        real: the packages left to Pulumi
        inherited: the variables of the calling process
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if name in _KEPT or not name.upper().startswith(_REMOVED_PREFIXES)
    }
    # An official language host runs a project without a `virtualenv` option with the `python` on PATH.
    python = Path(sys.executable).parent
    path = [str(state.commands), str(pulumi.parent), str(python), kept.get("PATH", os.defpath)]
    beside = Path(__file__)
    return {
        **kept,
        "PATH": os.pathsep.join(path),
        "PULUMI_BACKEND_URL": f"file://{state.backend}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_HOME": str(state.pulumi_home),
        "PULUMI_STACK": stack,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
        # Nothing is fetched behind the person's back, except for what was asked for with `--real`.
        **({} if real else {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}),
        **({"PULUMI_DEBUG_PROVIDERS": providers} if providers else {}),
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": _EMPTY_FILE,
        "AWS_SHARED_CREDENTIALS_FILE": _EMPTY_FILE,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SLIPWAY_PYTHON": sys.executable,
        "SLIPWAY_LANGUAGE_HOST": str(beside.with_name("language_host.py")),
        "SLIPWAY_POLICY_HOST": str(beside.with_name("policy_host.py")),
        # Tests let them be forked from one that has imported the SDKs: `sandbox.fork_server`.
        **({"SLIPWAY_FORK_CLIENT": str(beside.with_name("fork_client.py"))} if SOCKET_VARIABLE in inherited else {}),
    }


def link_plugins(state: State, inherited: Mapping[str, str] = os.environ) -> None:
    """Let the sandbox use the provider plugins that the person has installed, for `--real`."""
    home = inherited.get("PULUMI_HOME")
    plugins = (Path(home) if home else Path.home() / ".pulumi") / "plugins"
    link = state.pulumi_home / "plugins"
    if plugins.is_dir() and not link.exists() and not link.is_symlink():
        link.symlink_to(plugins, target_is_directory=True)


def write_commands(state: State, pulumi: Path) -> None:
    """Put the stand-ins for commands that `pulumi` starts on its PATH, where they are needed."""
    if pulumi == cached_pulumi():
        # Beside a built `pulumi` they count as belonging to it; found on PATH, each use of them is a warning.
        for name, text in COMMANDS.items():
            write_command(pulumi.parent / name, text)
    wanted = {} if has_language_host(pulumi) else dict(COMMANDS)
    # An exported kubeconfig asks for its token, as Pulumi's own EKS provider does for a version.
    stand_in = Path(__file__).with_name("aws_command.py")
    words = " ".join(shlex.quote(str(word)) for word in (sys.executable, "-P", stand_in, state.token))
    wanted["aws"] = f'#!/bin/sh\nexec {words} "$@"\n'
    for name in (*COMMANDS, "aws"):
        if name in wanted:
            write_command(state.commands / name, wanted[name])
        else:
            (state.commands / name).unlink(missing_ok=True)
