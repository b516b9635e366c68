"""What the outputs of a stack say of images: which run, and where its repositories are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from apps.declarations import declaration_of
from ops.image_reference import Reference, Repository
from ops.pulumi_command import PulumiCommand
from ops.refusal import Refusal


@dataclass(frozen=True)
class RunningImage:
    """One image that a service of a stack runs.

    Attributes:
        service: the service
        image: the name that the image has under `slipway:images`
        reference: what the pods name
    """

    service: str
    image: str
    reference: Reference


@dataclass(frozen=True)
class StackImages:
    """The images of one stack as it was last brought up.

    Attributes:
        stack: its name
        repositories: by the name under `slipway:images`
        running: what runs
        waiting: why each service that does not run does not, in words
    """

    stack: str
    repositories: Mapping[str, Repository]
    running: Sequence[RunningImage]
    waiting: Mapping[str, str]

    @classmethod
    def of(cls, pulumi: PulumiCommand, stack: str) -> Self:
        """What a stack exports.

        Raises:
            Refusal: it is not deployed, or exports something else.
        """
        pulumi.stack_file(stack)
        return cls.read(stack, pulumi.outputs(stack))

    @classmethod
    def read(cls, stack: str, outputs: Mapping[str, Any]) -> Self:
        """What these outputs say.

        Raises:
            Refusal: the stack is not deployed, or exports something else.
        """
        missing = [name for name in ("registryUrls", "runningImages", "notDeployed") if name not in outputs]
        if missing:
            raise Refusal(f"stack {stack} is not deployed: it has no output {' and no '.join(missing)}")
        repositories = {name: Repository.parse(url) for name, url in outputs["registryUrls"].items()}
        names = {repository: name for name, repository in repositories.items()}
        running: list[RunningImage] = []
        for output in ("runningImages", "runningDatabaseImages"):
            for service, text in outputs.get(output, {}).items():
                reference = Reference.parse(text)
                if reference.repository not in names:
                    raise Refusal(f"stack {stack}: {service} runs {text}, which is in none of its repositories")
                running.append(RunningImage(service, names[reference.repository], reference))
        return cls(stack, repositories, running, outputs["notDeployed"])

    def repository(self, name: str) -> tuple[str, Repository]:
        """The repository of an image, or of a service, with the name it has under `slipway:images`.

        Raises:
            Refusal: there is none.
        """
        image = name if name in self.repositories else declaration_of(name).repository
        if image not in self.repositories:
            known = ", ".join(sorted(self.repositories))
            raise Refusal(f"stack {self.stack} has no repository for {name}; expected one of {known}")
        return image, self.repositories[image]
