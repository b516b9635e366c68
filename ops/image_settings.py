"""What a stack file says of images."""

from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from ops.stack_file import StackFile

_IMAGES = "slipway:images"


def declared(file: StackFile, image: str) -> str | None:
    """The digest or tag of an image; None where the stack has none yet."""
    digest: str | None = file.get(_IMAGES, image, "digest")
    tag: str | None = file.get(_IMAGES, image, "tag")
    return digest if digest is not None else tag


def declare(file: StackFile, image: str, digest: str) -> None:
    """Set an image's digest, in the place of a tag where it has one."""
    if file.get(_IMAGES, image, "digest") != digest:
        file.set(DoubleQuotedScalarString(digest), _IMAGES, image, "digest")
    file.remove(_IMAGES, image, "tag")
