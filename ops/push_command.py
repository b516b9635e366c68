"""`python -m ops push`: put an image that was just built into the registry of the stack where it is tried first."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ops.image_outputs import StackImages
from ops.image_parts import ImageParts, parts_of, revision_of
from ops.image_progress import ImageProgress
from ops.image_promotion import require_complete
from ops.image_reference import Repository
from ops.image_registries import Registries
from ops.image_settings import declare
from ops.image_sources import Kind, SourceImage, kind_of, opened
from ops.image_tool import RegistryTool
from ops.image_trouble import RegistryTrouble
from ops.pulumi_command import DEFAULT_WORDS, PulumiCommand
from ops.refusal import Refusal
from ops.stack_file import StackFile

_FAILED = 1
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_SHOWN_COMMIT = 12


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops push",
        description="Copy an image into a stack's repository under the tag git-<commit>, and print its digest.",
        allow_abbrev=False,
    )
    parser.add_argument("image", metavar="IMAGE", help="a service, or an image as named under slipway:images")
    parser.add_argument(
        "source", metavar="SOURCE", help="a local engine's image, an OCI archive or layout, or a registry's image"
    )
    parser.add_argument("--stack", default="dev", help="whose repository (default: dev)")
    parser.add_argument("--commit", metavar="HASH", help="what it was built from (default: what its label says)")
    parser.add_argument("--from", dest="kind", choices=tuple(Kind), help="what SOURCE is, where it is not seen right")
    parser.add_argument("--name", help="which image, of an archive with several")
    parser.add_argument("--write", action="store_true", help="also write the digest into the stack file")
    parser.add_argument("--profile", metavar="NAME", help="which of the AWS CLI's profiles to be")
    parser.add_argument("--pulumi", default=DEFAULT_WORDS, metavar="WORDS", help="how Pulumi is called")
    return parser


def main(words: Sequence[str]) -> int:
    """Run the command; gives back the exit code."""
    parsed = _parser().parse_args(words)
    registries = Registries(RegistryTool.find(), parsed.profile)
    pulumi = PulumiCommand.of(parsed.pulumi, Path.cwd())
    file = StackFile(pulumi.stack_file(parsed.stack))
    if file.get("slipway:protect") is True:
        raise Refusal(f"{parsed.stack} is protected: images come there by `python -m ops promote`, not by push")
    image, target = StackImages.of(pulumi, parsed.stack).repository(parsed.image)
    kind = Kind(parsed.kind) if parsed.kind else kind_of(parsed.source)
    began = False
    try:
        with opened(parsed.source, kind, parsed.name, registries) as source:
            parts = parts_of(source.digest, lambda digest: registries.tool.manifest(source.at(digest)))
            tag = f"git-{_commit(parsed, source, parts, registries)[:_SHOWN_COMMIT]}"
            registries.log_in(target.registry)
            known = registries.tool.digest(target.tagged(tag))
            if known is not None and known != source.digest:
                raise Refusal(f"{target.tagged(tag)} exists already and is {known}; this is {source.digest}")
            if known is None:
                began = True
                _push(image, source, parts, target, registries)
                registries.tool.tag(target, source.digest, tag)
            digest = source.digest
    except RegistryTrouble as trouble:
        if not began:
            raise Refusal(str(trouble)) from None
        print(f"ops push: {trouble}", file=sys.stderr)
        return _FAILED
    if parsed.write:
        declare(file, image, digest)
        file.write()
    print(f"{target.tagged(tag)}{' was there already' if known else ''}", file=sys.stderr)
    print(digest)
    return 0


def _commit(parsed: argparse.Namespace, source: SourceImage, parts: ImageParts, registries: Registries) -> str:
    commit: str | None = parsed.commit
    where = "--commit"
    if commit is None:
        platform = next(iter(parts.platforms.values()))
        commit = revision_of(parts.annotations, registries.tool.configuration(source.at(platform)))
        where = "its label org.opencontainers.image.revision"
    if commit is None:
        raise Refusal(
            f"{parsed.source} does not say which commit it was built from; say it with --commit, or build it with "
            "the label org.opencontainers.image.revision"
        )
    if _COMMIT.fullmatch(commit) is None:
        raise Refusal(f"{where} is {commit!r}; expected a commit, 7 or more hexadecimal digits")
    return commit


def _push(image: str, source: SourceImage, parts: ImageParts, target: Repository, registries: Registries) -> None:
    with (
        ImageProgress({image: parts.bytes}, Console(stderr=True)) as progress,
        progress.image(image) as copied,
    ):
        registries.tool.copy(
            source.at(source.digest), target.at(source.digest), signatures=source.has_tags, copied=copied
        )
    require_complete(registries, target, source.digest, parts)
