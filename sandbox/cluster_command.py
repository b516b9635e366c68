"""`python -m sandbox cluster …`: the local control plane of a stack's cluster."""

from __future__ import annotations

import argparse
import functools
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from sandbox.cluster_model_command import VERBS, Target, Verb, perform
from sandbox.control_plane.layout import PACES
from sandbox.control_plane.running import find, require, start, stop
from sandbox.go_tools import control_plane_binaries
from sandbox.pulumi_arguments import DEFAULT_STACK
from sandbox.refusal import Refusal
from sandbox.stack_files import Project, find_project
from sandbox.state import State
from sandbox.toolchain import ToolMissing
from sandbox.values import as_list, as_map, at_path

_CLUSTER_TYPE = "aws:eks/cluster:Cluster"
_OWN_VERBS = ("up", "down", "kubeconfig")


def run_cluster(words: Sequence[str], state: State) -> int:
    """Run one command; gives back the exit code.

    Raises:
        Refusal: it cannot be done.
    """
    options = _parser().parse_args(words)
    project = find_project(Path.cwd())
    return options.run(options, project, state)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox cluster", allow_abbrev=False)
    verbs = parser.add_subparsers(required=True, metavar="|".join((*_OWN_VERBS, *(each.name for each in VERBS))))
    for name, text, run in (
        ("up", "start the control plane that the stack's cluster will have", _up),
        ("down", "end it", _down),
        ("kubeconfig", "write the stack's exported kubeconfig to a file and print its path", _kubeconfig),
    ):
        verb = verbs.add_parser(name, help=text, allow_abbrev=False)
        verb.add_argument("--stack", default=DEFAULT_STACK)
        verb.set_defaults(run=run)
        if name == "up":
            verb.add_argument("--pace", choices=sorted(PACES), default="real", help="`fast` runs its clocks faster")
    for each in VERBS:
        verb = verbs.add_parser(each.name, help=each.help, allow_abbrev=False)
        each.declare(verb)
        verb.add_argument("--stack", default=DEFAULT_STACK)
        verb.set_defaults(run=functools.partial(_change, each))
    return parser


def _change(verb: Verb, options: argparse.Namespace, project: Project, state: State) -> int:
    running = require(state.control_plane(project.name, options.stack), options.stack)
    _say(perform(verb, options, Target.of(running, state.account)))
    return 0


def _up(options: argparse.Namespace, project: Project, state: State) -> int:
    if not project.stack_file(options.stack).exists():
        raise Refusal(f"no stack {options.stack!r}: there are {', '.join(project.stacks())}")
    path = state.control_plane(project.name, options.stack)
    running = find(path)
    if running is not None:
        _say(f"the control plane of {options.stack} runs already at {running.endpoint}")
        return 0
    endpoint = _endpoint_of(state, project, options.stack)
    if endpoint is not None:
        raise Refusal(
            f"stack {options.stack} is up with a cluster at {endpoint}, which cannot move to another control plane; "
            f"destroy it first: {_way_out(endpoint, options.stack)}"
        )
    try:
        control_plane_binaries()
    except ToolMissing as missing:
        raise Refusal(str(missing)) from missing
    started = start(path, state.account, state.token, options.pace, _say)
    _say(f"ready at {started.endpoint}")
    return 0


def _down(options: argparse.Namespace, project: Project, state: State) -> int:
    endpoint = _endpoint_of(state, project, options.stack)
    ended = stop(state.control_plane(project.name, options.stack))
    kubeconfig = _kubeconfig_file(state, options.stack)
    kubeconfig.unlink(missing_ok=True)
    _say("ended" if ended else f"no control plane of {options.stack} runs")
    if endpoint is not None:
        _say(f"stack {options.stack} still stands in the emulated account; {_way_out(endpoint, options.stack)}")
    return 0


def _way_out(endpoint: str, stack: str) -> str:
    # https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/ (deleteUnreachable)
    unreachable = "" if endpoint.endswith(".amazonaws.com") else "PULUMI_K8S_DELETE_UNREACHABLE=true "
    return f"{unreachable}make destroy STACK={stack}"


def _kubeconfig(options: argparse.Namespace, project: Project, state: State) -> int:
    require(state.control_plane(project.name, options.stack), options.stack)
    content = _exported_kubeconfig(state, options.stack)
    # Elsewhere `aws` is found on the PATH; a person's own would ask the real AWS.
    content["users"][0]["user"]["exec"]["command"] = str(state.commands / "aws")
    file = _kubeconfig_file(state, options.stack)
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    print(file)
    return 0


def _exported_kubeconfig(state: State, stack: str) -> dict[str, Any]:
    words = [
        sys.executable,
        "-m",
        "sandbox",
        "--state",
        str(state.directory),
        "pulumi",
        "stack",
        "output",
        "kubeconfig",
    ]
    done = subprocess.run([*words, "--show-secrets", "--stack", stack], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refusal(f"stack {stack} exports no kubeconfig yet: {done.stderr.strip()}")
    return json.loads(done.stdout)


def _kubeconfig_file(state: State, stack: str) -> Path:
    return state.directory / f"kubeconfig-{stack}.yaml"


def _endpoint_of(state: State, project: Project, stack: str) -> str | None:
    """Where Pulumi's state of the stack says that its cluster is."""
    try:
        checkpoint = json.loads(state.checkpoint(project.name, stack).read_text())
    except FileNotFoundError:
        return None
    # Both are absent or null in a stack without resources.
    resources = as_list(as_map(checkpoint["checkpoint"].get("latest")).get("resources"))
    endpoints = (at_path(each, "outputs.endpoint") for each in resources if each["type"] == _CLUSTER_TYPE)
    return next((str(endpoint) for endpoint in endpoints if endpoint is not None), None)


def _say(text: str) -> None:
    print(f"sandbox: {text}", file=sys.stderr, flush=True)
