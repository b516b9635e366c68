"""Which Pulumi packages the sandbox stands in for, and how each provider is made.

Providers are imported only when they are served: with `--real` some never are.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pulumi.provider import Provider as ComponentProvider
from pulumi.provider.experimental.provider import Provider

from sandbox.refusal import Refusal


@dataclass(frozen=True)
class Settings:
    """How the pretended account behaves during one command.

    Attributes:
        account: the SQLite file of what exists
        time_scale: 0 answers at once; 1 takes as long as AWS does; 0.01 a hundredth of that
        faults: what to let fail, in the syntax of `sandbox.faults`
    """

    account: Path
    time_scale: float
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Package:
    """A package that the sandbox serves.

    Attributes:
        distribution: the Python SDK whose version the stand-in speaks
        make: builds its provider
    """

    distribution: str
    make: Callable[[Settings], Provider | ComponentProvider]

    def version(self) -> str:
        """The version of the installed SDK, which is what programs ask for."""
        return importlib.metadata.version(self.distribution)


def _aws(settings: Settings) -> Provider:
    from sandbox.aws_provider import AwsProvider
    from sandbox.faults import Faults
    from sandbox.inventory import Inventory
    from sandbox.latency import Latencies

    return AwsProvider(
        Inventory(settings.account),
        latencies=Latencies(settings.time_scale),
        faults=Faults.parse(settings.faults),
    )


def _eks(_: Settings) -> ComponentProvider:
    from sandbox.eks_provider import EksProvider

    return EksProvider()


def _kubernetes(settings: Settings) -> Provider:
    from sandbox.faults import Faults
    from sandbox.inventory import Inventory
    from sandbox.kubernetes_provider import KubernetesProvider
    from sandbox.latency import Latencies

    return KubernetesProvider(
        Inventory(settings.account),
        latencies=Latencies(settings.time_scale),
        faults=Faults.parse(settings.faults),
    )


PACKAGES: dict[str, Package] = {
    "aws": Package("pulumi-aws", _aws),
    "eks": Package("pulumi-eks", _eks),
    "kubernetes": Package("pulumi-kubernetes", _kubernetes),
}


def provider_for(package: str, settings: Settings) -> Provider | ComponentProvider:
    """The stand-in for `package`, on the account that `settings` names."""
    return PACKAGES[package].make(settings)


def is_known_error(error: BaseException) -> bool:
    """Whether `error` was raised on purpose, so that its message alone is what a person needs."""
    from sandbox.aws_errors import AwsError, KubernetesError

    return isinstance(error, Refusal | AwsError | KubernetesError)
