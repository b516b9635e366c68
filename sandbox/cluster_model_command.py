"""The verbs of `python -m sandbox cluster` that change how a running cluster's pods and nodes behave.

What they set goes with the control plane, but for failed zones, which belong to the pretended account.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.aws.errors import AwsError
from sandbox.control_plane.running import RunningControlPlane
from sandbox.inventory import Inventory
from sandbox.kwok import commands
from sandbox.kwok.model import ModelError
from sandbox.nodes import outages
from sandbox.nodes.groups import cluster_at, node_groups_of
from sandbox.nodes.instances import Instance, State, instances_of
from sandbox.refusal import Refusal


@dataclass(frozen=True)
class Target:
    """The running cluster that a verb is about.

    Attributes:
        model: the file that says how its pods behave
        endpoint: its control plane's address
        account: the SQLite file of the pretended account
    """

    model: Path
    endpoint: str
    account: Path

    @classmethod
    def of(cls, running: RunningControlPlane, account: Path) -> Target:
        """The cluster of a control plane."""
        return cls(running.directory.model, running.endpoint, account)


@dataclass(frozen=True)
class Verb:
    """One verb.

    Attributes:
        name: the word
        help: what it does
        declare: adds its own words to a parser
        run: does it, and gives back a sentence about what was done
    """

    name: str
    help: str
    declare: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Target], str]


def perform(verb: Verb, options: argparse.Namespace, target: Target) -> str:
    """Do what a verb says; gives back a sentence about what was done.

    Raises:
        Refusal: it cannot be done.
    """
    try:
        return verb.run(options, target)
    except (AwsError, ModelError) as error:
        raise Refusal(str(error)) from error


def _app(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("app", metavar="APP", help="the service: its pods' label `app`")


def _declare_load(parser: argparse.ArgumentParser) -> None:
    _app(parser)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--per-pod", type=float, metavar="MILLICORES", help="on each ready pod")
    kind.add_argument("--total", type=float, metavar="MILLICORES", help="shared by all ready pods")


def _load(options: argparse.Namespace, target: Target) -> str:
    per_pod = 0.0 if options.per_pod is None else options.per_pod
    total = 0.0 if options.total is None else options.total
    commands.set_load(target.model, options.app, per_pod=per_pod, total=total)
    if per_pod:
        return f"each ready pod of {options.app} uses {per_pod:g} millicores more than idle"
    if total:
        return f"the ready pods of {options.app} share a load of {total:g} millicores"
    return f"{options.app} has no load any more"


def _declare_startup(parser: argparse.ArgumentParser) -> None:
    _app(parser)
    parser.add_argument("seconds", type=float, metavar="SECONDS", help="from a pod's start until it is ready")


def _startup(options: argparse.Namespace, target: Target) -> str:
    commands.set_startup(target.model, options.app, options.seconds)
    return f"pods of {options.app} are ready {options.seconds:g} s after their start"


def _declare_ready(parser: argparse.ArgumentParser) -> None:
    _app(parser)
    parser.add_argument("ready", choices=("yes", "no"), help="whether its readiness probes succeed")


def _ready(options: argparse.Namespace, target: Target) -> str:
    ready = options.ready == "yes"
    commands.set_ready(target.model, options.app, ready=ready)
    return f"the readiness probes of {options.app} {'succeed' if ready else 'fail'}"


def _declare_bad_image(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", help="part of an image reference, such as a tag")


def _bad_image(options: argparse.Namespace, target: Target) -> str:
    commands.add_bad_image(target.model, options.text)
    return f"no image whose reference contains {options.text!r} can be pulled; `calm` without APP ends it"


def _declare_calm(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("app", metavar="APP", nargs="?", help="the service; without it all services, Jobs and images")


def _calm(options: argparse.Namespace, target: Target) -> str:
    commands.clear(target.model, options.app)
    return f"{'every service' if options.app is None else options.app} behaves as at first"


def _declare_kill(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("node", metavar="NODE", help="the node's name, or its instance's id")


def _kill(options: argparse.Namespace, target: Target) -> str:
    inventory = Inventory(target.account)
    nodes = _nodes_of(inventory, target.endpoint)
    found = next((each for each in nodes if options.node in {each.name, each.id}), None)
    if found is None:
        known = ", ".join(each.name for each in nodes) or "none"
        raise Refusal(f"the cluster has no node {options.node}; there are: {known}")
    before = outages.kill_instance(inventory, found.id)
    if before.state is State.TERMINATED:
        return f"{before.name} ({before.id}) was dead already"
    return f"{before.name} ({before.id} in {before.zone}) is dead; its node will be found not ready"


def _nodes_of(inventory: Inventory, endpoint: str) -> list[Instance]:
    cluster = cluster_at(inventory, endpoint)
    groups = [] if cluster is None else list(node_groups_of(inventory, cluster))
    return [instance for group in groups for instance in instances_of(inventory, group.scaling_group)]


def _declare_zone(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("zone", metavar="ZONE", help="the availability zone, such as us-west-2a")


def _fail_zone(options: argparse.Namespace, target: Target) -> str:
    died = outages.fail_zone(Inventory(target.account), options.zone)
    return f"{options.zone} has failed; what died with it: {', '.join(each.name for each in died) or 'nothing'}"


def _restore_zone(options: argparse.Namespace, target: Target) -> str:
    inventory = Inventory(target.account)
    failed = outages.failed_zones(inventory)
    if options.zone not in failed:
        raise Refusal(f"{options.zone} has not failed; failed zones: {', '.join(sorted(failed)) or 'none'}")
    outages.restore_zone(inventory, options.zone)
    return f"{options.zone} works again"


VERBS: Final = (
    Verb("load", "put a service under load; with neither option end it", _declare_load, _load),
    Verb("startup", "say how long a service's pods take to become ready", _declare_startup, _startup),
    Verb("ready", "let a service's readiness probes succeed or fail", _declare_ready, _ready),
    Verb("bad-image", "let the pulls of an image fail", _declare_bad_image, _bad_image),
    Verb("calm", "take back what was set of one service, or everything", _declare_calm, _calm),
    Verb("kill", "let a node's instance die", _declare_kill, _kill),
    Verb("fail-zone", "let an availability zone fail, for all clusters of the account", _declare_zone, _fail_zone),
    Verb("restore-zone", "let it work again", _declare_zone, _restore_zone),
)
