"""Where the sandbox keeps what it remembers between commands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
"""The project's root: the directory that holds the `sandbox` package."""


@dataclass(frozen=True)
class State:
    """One pretended AWS account with the stacks that live in it, in one directory.

    Two states share nothing, so that tests can run side by side.
    """

    directory: Path

    @property
    def account(self) -> Path:
        """The SQLite file of what exists in the pretended account."""
        return self.directory / "account.sqlite"

    @property
    def backend(self) -> Path:
        """The directory of Pulumi's file backend: checkpoints, history, locks."""
        return self.directory / "backend"

    def checkpoint(self, project: str, stack: str) -> Path:
        """The file that holds Pulumi's state of a stack."""
        return self.backend / ".pulumi" / "stacks" / project / f"{stack}.json"

    @property
    def pulumi_home(self) -> Path:
        """`PULUMI_HOME`, so that the person's own login and workspaces stay untouched."""
        return self.directory / "home"

    @property
    def commands(self) -> Path:
        """What comes first on the PATH of `pulumi`: the stand-ins for commands it starts."""
        return self.directory / "bin"

    @property
    def token(self) -> Path:
        """What `aws eks get-token` answers in this account, once a control plane was started in it."""
        return self.directory / "cluster-token"

    @property
    def control_planes(self) -> Path:
        """The directory of the control planes that run."""
        return self.directory / "control-planes"

    def control_plane(self, project: str, stack: str) -> Path:
        """The directory of the control plane that a stack's cluster has, when one runs."""
        return self.control_planes / f"{project}-{stack}"

    def stack_files(self, project: str) -> Path:
        """The directory of the work copies of a project's stack files."""
        return self.directory / "stacks" / project

    def prepare(self) -> None:
        """Make the directories that every command needs."""
        for directory in (self.backend, self.pulumi_home, self.commands):
            directory.mkdir(parents=True, exist_ok=True)


def default_state() -> State:
    """The sandbox of this checkout: `.sandbox/`, which git ignores."""
    return State(CHECKOUT / ".sandbox")
