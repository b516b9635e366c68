"""Where a control plane keeps its files, on which ports it listens, and how fast its clocks run."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from sandbox.loopback_ports import free_ports


@dataclass(frozen=True)
class Directory:
    """The directory of one control plane; it holds keys, so only its owner may read it, and goes with the processes."""

    path: Path

    @property
    def lock(self) -> Path:
        """Held by the supervisor for as long as it runs; the text in it is its process id."""
        return self.path / "lock"

    @property
    def description(self) -> Path:
        """What `sandbox.control_plane.running` reads; written once all is ready."""
        return self.path / "control-plane.json"

    @property
    def admin_kubeconfig(self) -> Path:
        """For the sandbox itself: a client certificate that may do everything."""
        return self.path / "admin.kubeconfig"

    @property
    def certificates(self) -> Path:
        """Certificates and keys."""
        return self.path / "certificates"

    @property
    def logs(self) -> Path:
        """What each process wrote, and the API server's audit log."""
        return self.path / "logs"

    @property
    def model(self) -> Path:
        """How the services' pods behave; see `sandbox.kwok.model`."""
        return self.path / "model.json"

    def prepare(self) -> None:
        """Make it, empty.

        Raises:
            FileExistsError: it is there already.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.mkdir(mode=0o700)
        for each in (self.certificates, self.logs, self.path / "etcd"):
            each.mkdir()


@dataclass(frozen=True)
class Ports:
    """Loopback ports, one for each listener."""

    etcd: int
    etcd_peer: int
    api_server: int
    controller_manager: int
    scheduler: int
    metrics_server: int
    kubelets: int


def choose_ports() -> Ports:
    """Ports that nothing listens on now."""
    return Ports(*free_ports(len(fields(Ports))))


@dataclass(frozen=True)
class Pace:
    """How fast the control plane's own clocks run, in seconds.

    Attributes:
        autoscaler_period: how often the HPA looks
        autoscaler_readiness_delay: until a new pod's readiness counts for it
        autoscaler_initialization: during which a new pod's CPU counts only once it is ready
        metrics_period: how often metrics-server asks the kubelets; at least 10
        node_grace: without a heartbeat a node is not ready after this time
        node_period: how often nodes are looked at
        time_scale: what the AWS side's times are multiplied with: health checks, draining of targets
    """

    autoscaler_period: int
    autoscaler_readiness_delay: int
    autoscaler_initialization: int
    metrics_period: int
    node_grace: int
    node_period: int
    time_scale: float


PACES: Final = {
    # Kubernetes' own defaults, which EKS keeps:
    # https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/
    # https://github.com/kubernetes-sigs/metrics-server#configuration
    "real": Pace(15, 30, 300, 15, 50, 5, 1.0),
    # For tests and the impatient: nothing is left out, it only comes sooner.
    "fast": Pace(2, 1, 1, 10, 8, 1, 0.1),
    # The autoscaler's clocks in Kubernetes' own proportions, all faster by 7.5: for comparisons with its simulation.
    "autoscaler": Pace(2, 4, 40, 10, 8, 1, 0.1),
}
