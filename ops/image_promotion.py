"""What a promotion consists of: which images, from where to where, under which tag."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ops.image_outputs import StackImages
from ops.image_parts import ImageParts, parts_of
from ops.image_reference import Reference, Repository
from ops.image_registries import Registries
from ops.image_trouble import RegistryTrouble
from ops.refusal import Refusal

PREFIX = "promoted-"
"""What the tags of promoted images begin with; the repositories' own rule never expires them."""

_TAG = re.compile(rf"{PREFIX}(\d{{4}}-\d{{2}}-\d{{2}})-(\d+)")


@dataclass(frozen=True)
class Move:
    """One image that the source runs and the target has a repository for."""

    service: str
    image: str
    source: Reference
    target: Repository


@dataclass(frozen=True)
class Promotion:
    """One image, looked at in both registries.

    Attributes:
        move: which, from where to where
        digest: the image's, the same in both
        parts: what it consists of
        is_there: whether the target has it already
        tag: the tag that says at the target that it was promoted; None while it has none
    """

    move: Move
    digest: str
    parts: ImageParts
    is_there: bool
    tag: str | None

    @property
    def is_done(self) -> bool:
        """Whether the registries are as they should be; what has the tag was complete before it got it."""
        return self.is_there and self.tag is not None


def moves_between(source: StackImages, target: StackImages, services: Sequence[str]) -> tuple[Move, ...]:
    """The images to promote.

    Args:
        source: the stack whose images were proven
        target: the stack that shall run them
        services: which; all that the target has a repository for where none is named

    Raises:
        Refusal: a service is not known, does not run, or the target has no repository for it; all of that at once.
    """
    problems: list[str] = []
    running = {each.service for each in source.running}
    for service in services:
        if service in source.waiting:
            problems.append(f"{source.stack} does not run {service}: {source.waiting[service]}")
        elif service not in running:
            known = ", ".join(sorted(running | source.waiting.keys()))
            problems.append(f"{source.stack} has no service {service}; expected one of {known}")
    moves: list[Move] = []
    reached: set[str] = set()
    for each in source.running:
        if each.image in target.repositories and (not services or each.service in services):
            moves.append(Move(each.service, each.image, each.reference, target.repositories[each.image]))
            reached.add(each.service)
    problems += [
        f"{target.stack} has no repository for {service}; bring it up with this service first"
        for service in services
        if service in running and service not in reached
    ]
    if not problems and not moves:
        problems.append(f"{source.stack} runs nothing that {target.stack} has a repository for")
    if problems:
        raise Refusal("; ".join(problems))
    return tuple(moves)


def next_tag(tags: Iterable[str], today: date) -> str:
    """The tag for one more promotion today: `promoted-<date>-<n>`, where n counts up from 1.

    Args:
        tags: those that the repository has
        today: the date in UTC
    """
    found = (_TAG.fullmatch(tag) for tag in tags)
    used = [int(each[2]) for each in found if each is not None and each[1] == today.isoformat()]
    return f"{PREFIX}{today.isoformat()}-{max(used, default=0) + 1}"


def newest_first(tags: Iterable[str]) -> list[str]:
    """The tags of promotions, the latest first; other tags are left out."""
    found = [each for tag in tags if (each := _TAG.fullmatch(tag)) is not None]
    return [each[0] for each in sorted(found, key=lambda each: (each[1], int(each[2])), reverse=True)]


def promoted_tag(registries: Registries, repository: Repository, digest: str) -> str | None:
    """The latest promotion's tag that points to an image, if one does.

    Raises:
        RegistryTrouble: the registry does not answer.
    """
    for tag in newest_first(registries.tool.tags(repository)):
        if registries.tool.digest(repository.tagged(tag)) == digest:
            return tag
    return None


def look_at(move: Move, source: Registries, target: Registries) -> Promotion:
    """Look at an image in both registries.

    Raises:
        RegistryTrouble: the source has no such image, the target no fit repository, or one does not answer.
    """
    tool = source.tool
    digest = tool.digest(str(move.source))
    if digest is None:
        raise RegistryTrouble(f"{move.source}: the stack runs it, but its registry no longer has it")
    ecr = target.ecr(move.target.registry)
    problem = None if ecr is None else ecr.problem(move.target)
    if problem is not None:
        raise RegistryTrouble(f"{move.target}: {problem}")
    parts = parts_of(digest, lambda each: tool.manifest(move.source.repository.at(each)))
    is_there = target.tool.digest(move.target.at(digest)) == digest
    tag = promoted_tag(target, move.target, digest) if is_there else None
    return Promotion(move, digest, parts, is_there, tag)


def scan_problems(promotion: Promotion, source: Registries, highest: str) -> list[str]:
    """Why the source's registry says that an image should not be promoted; nothing where it is not ECR.

    Raises:
        RegistryTrouble: the registry does not answer.
    """
    repository = promotion.move.source.repository
    ecr = source.ecr(repository.registry)
    if ecr is None:
        return []
    problems: list[str] = []
    for platform, digest in promotion.parts.platforms.items():
        problem = ecr.scan(repository, digest).problem(highest)
        if problem is not None:
            problems.append(f"{promotion.move.image}{f' for {platform}' if platform else ''}: {problem}")
    return problems


def carry_out(promotion: Promotion, registries: Registries, today: date, copied: Callable[[int], None]) -> str:
    """Copy, verify, tag; gives back the tag.

    The tag comes last: whatever stops this, no tag points at something incomplete, and the next run goes on from
    there.

    Args:
        promotion: what
        registries: the way to both
        today: the date in UTC
        copied: is told how many bytes are there

    Raises:
        RegistryTrouble: a registry refuses, the target ends up with something else, or somebody else took the tag.
    """
    if promotion.tag is not None:
        return promotion.tag
    tool, move, digest = registries.tool, promotion.move, promotion.digest
    source = move.source.repository
    signatures = bool(tool.tags(source))
    tool.copy(source.at(digest), move.target.at(digest), signatures=signatures, copied=copied)
    require_complete(registries, move.target, digest, promotion.parts)
    tag = next_tag(tool.tags(move.target), today)
    tool.tag(move.target, digest, tag)
    return tag


def require_complete(registries: Registries, target: Repository, digest: str, parts: ImageParts) -> None:
    """Make sure that a registry has an image with all its platforms and attestations.

    Raises:
        RegistryTrouble: it has not.
    """
    if parts_of(digest, lambda each: registries.tool.manifest(target.at(each))) != parts:
        raise RegistryTrouble(f"{target.at(digest)}: what was copied is not what the source has; it gets no tag")
