"""What is the same for a service in every environment: its names, and the neighbours it calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.database_settings import SidecarDatabaseSettings
from infra.service_settings import ServiceSettings


@dataclass(frozen=True)
class Declaration:
    """The fixed part of a service; what differs by environment is its entry under `slipway:services`."""

    app: str
    """The label `app`, by which the Deployment selects its pods: fixed for ever, since a selector cannot change."""
    service: str
    """The name of the Kubernetes Service, which is also its host name inside the namespace."""
    repository: str
    """The image repository."""
    database_repository: str
    """The image repository of the demonstration database; made only where a stack uses one."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Environment variables of the container that do not differ by environment."""

    def repositories(self, service: ServiceSettings) -> tuple[str, ...]:
        """The repositories whose images this service runs with these settings."""
        if isinstance(service.database, SidecarDatabaseSettings):
            return (self.repository, self.database_repository)
        return (self.repository,)


def default_declaration(name: str) -> Declaration:
    """The declaration of a service that is configuration alone: every name follows from its key."""
    return Declaration(app=name, service=f"{name}-service", repository=name, database_repository=f"{name}_db")
