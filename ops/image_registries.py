"""The registries a command works with: logged in to, and asked for what only their own API tells."""

from dataclasses import dataclass, field

from ops.image_ecr import Ecr, EcrAddress
from ops.image_tool import RegistryTool


@dataclass(frozen=True)
class Registries:
    """The way to registries as one person.

    Attributes:
        tool: what talks to them
        profile: which of the AWS CLI's profiles ECR is asked as; None for the one in force
    """

    tool: RegistryTool
    profile: str | None
    _clients: dict[EcrAddress, Ecr] = field(default_factory=dict[EcrAddress, Ecr])

    def ecr(self, registry: str) -> Ecr | None:
        """ECR's own API; None where the registry is somebody else's.

        Raises:
            RegistryTrouble: there are no credentials for AWS.
        """
        address = EcrAddress.of(registry)
        if address is None:
            return None
        if address not in self._clients:
            self._clients[address] = Ecr(address, self.profile)
        return self._clients[address]

    def log_in(self, registry: str) -> bool:
        """Log in where that takes nothing but AWS's credentials; gives back whether it did.

        To another registry a person logs in once, with `python -m ops login` or with a container engine.

        Raises:
            RegistryTrouble: AWS or the registry refuses.
        """
        ecr = self.ecr(registry)
        if ecr is None:
            return False
        self.tool.login(registry, *ecr.credentials())
        return True
