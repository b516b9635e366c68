"""Which services of the configuration run, and with which images."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from apps.declaration import Declaration
from apps.declarations import declaration_of
from apps.pod import Image
from infra.service_settings import ImageSettings, ServiceSettings
from infra.settings import Settings


@dataclass(frozen=True)
class SystemService:
    """A service with its fixed part, its settings, and the images it still lacks."""

    name: str
    declaration: Declaration
    settings: ServiceSettings
    missing_images: tuple[str, ...]

    @property
    def runs(self) -> bool:
        """Whether all its images are set; one that lacks an image has only its repositories."""
        return not self.missing_images


def services_of(settings: Settings) -> tuple[SystemService, ...]:
    """All services, in the order of the stack file."""
    services: list[SystemService] = []
    for name, service in settings.services.items():
        declaration = declaration_of(name)
        missing = tuple(image for image in declaration.repositories(service) if image not in settings.images)
        services.append(SystemService(name, declaration, service, missing))
    return tuple(services)


def repositories_of(services: tuple[SystemService, ...]) -> tuple[str, ...]:
    """Every image repository of the stack, each once."""
    return tuple(
        dict.fromkeys(name for service in services for name in service.declaration.repositories(service.settings))
    )


def image_of(
    repository: str, images: Mapping[str, ImageSettings], urls: Mapping[str, pulumi.Output[str]]
) -> Image | None:
    """The configured image of a repository by its full registry URL, if there is one.

    A tag can be pushed again, so its image is pulled on every start; a digest always names the same image.
    """
    if repository not in images:
        return None
    image = images[repository]
    pull_policy = "IfNotPresent" if image.digest else "Always"
    return Image(urls[repository].apply(image.reference), pull_policy, image.fingerprint)
