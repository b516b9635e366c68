"""Which Pulumi packages the sandbox stands in for, and how each provider is made.

Providers are imported only when they are served: with `--real` some never are.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pulumi.provider import Provider as ComponentProvider
from pulumi.provider.experimental.provider import Provider

from sandbox.refusal import Refusal

if TYPE_CHECKING:
    from sandbox.faults import Faults


@dataclass(frozen=True)
class Settings:
    """How the pretended account behaves during one command.

    Attributes:
        account: the SQLite file of what exists
        time_scale: 0 answers at once; 1 takes as long as AWS does; 0.01 a hundredth of that
        faults: what to let fail, in the syntax of `sandbox.faults`
        control_plane: the directory of the control plane that the stack's cluster has, if one runs
    """

    account: Path
    time_scale: float
    faults: tuple[str, ...]
    control_plane: Path | None = None


Factory = Callable[[], Provider | ComponentProvider]


@dataclass(frozen=True)
class Package:
    """A package that the sandbox serves.

    Attributes:
        distribution: the Python SDK whose version the stand-in speaks
        factory: gives what builds a provider; all that it builds share one account and one count of faults
    """

    distribution: str
    factory: Callable[[Settings], Factory]

    def version(self) -> str:
        """The version of the installed SDK, which is what programs ask for."""
        return importlib.metadata.version(self.distribution)


@cache
def _faults(settings: Settings) -> Faults:
    """One count for all packages: what is late in one may wait for a call to another."""
    from sandbox.faults import parse_faults

    return parse_faults(settings.faults)


def _aws(settings: Settings) -> Factory:
    from sandbox.aws.outputs import ControlPlane
    from sandbox.aws.provider import AwsProvider
    from sandbox.control_plane.running import find
    from sandbox.inventory import Inventory
    from sandbox.latency import scaled

    running = find(settings.control_plane) if settings.control_plane is not None else None
    return partial(
        AwsProvider,
        Inventory(settings.account),
        latencies=scaled(settings.time_scale),
        faults=_faults(settings),
        control_plane=ControlPlane(running.endpoint, running.certificate_authority) if running else None,
    )


def _eks(_: Settings) -> Factory:
    from sandbox.eks.provider import EksProvider

    return EksProvider


def _kubernetes(settings: Settings) -> Factory:
    from sandbox.inventory import Inventory
    from sandbox.kubernetes.provider import KubernetesProvider
    from sandbox.latency import scaled

    return partial(
        KubernetesProvider,
        Inventory(settings.account),
        latencies=scaled(settings.time_scale),
        faults=_faults(settings),
    )


PACKAGES: dict[str, Package] = {
    "aws": Package("pulumi-aws", _aws),
    "eks": Package("pulumi-eks", _eks),
    "kubernetes": Package("pulumi-kubernetes", _kubernetes),
}


def provider_factory(package: str, settings: Settings) -> Factory:
    """What builds the stand-ins for `package`, on the account that `settings` names."""
    return PACKAGES[package].factory(settings)


def is_known_error(error: BaseException) -> bool:
    """Whether `error` was raised on purpose, so that its message alone is what a person needs."""
    from sandbox.aws.errors import AwsError, KubernetesError

    return isinstance(error, Refusal | AwsError | KubernetesError)
