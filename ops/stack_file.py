"""Changes to `Pulumi.<stack>.yaml` that keep its comments, its order and everything else as it is."""

import io
import os
import subprocess
import tempfile
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ops.refusal import Refusal


class StackFile:
    """One stack's settings as they stand in its file."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            Refusal: it cannot be read, or is no mapping with `config`.
        """
        self.path = path
        self._yaml = YAML()
        self._yaml.preserve_quotes = True
        self._yaml.width = 4096  # else long lines would be broken
        self._yaml.indent(mapping=2, sequence=4, offset=2)
        try:
            self._before = path.read_text()
            document: Any = self._yaml.load(self._before)
        except (OSError, YAMLError, UnicodeDecodeError) as error:
            raise Refusal(f"{path.name} cannot be read: {' '.join(str(error).split())}") from None
        config = cast(dict[str, Any], document).get("config") if isinstance(document, Mapping) else None
        if not isinstance(config, MutableMapping):
            raise Refusal(f"{path.name} has no config; expected a mapping of settings")
        self._document, self._config = document, cast(MutableMapping[str, Any], config)

    def get(self, key: str, *path: str) -> Any:
        """The value at a path below a key such as `slipway:images`; None where there is none."""
        value: Any = self._config.get(key)
        for name in path:
            if not isinstance(value, Mapping):
                return None
            value = cast(Mapping[str, Any], value).get(name)
        return value

    def set(self, value: Any, key: str, *path: str) -> None:
        """Set the value at a path; what leads there is made where it is missing.

        Raises:
            Refusal: something on the way is no mapping.
        """
        *parents, last = (key, *path)
        place: MutableMapping[str, Any] = self._config
        for index, name in enumerate(parents):
            child: Any = place.get(name)
            if child is None:
                child = place[name] = {}
            if not isinstance(child, MutableMapping):
                raise Refusal(f"{self.path.name}: {'.'.join(parents[: index + 1])} is no mapping")
            place = cast(MutableMapping[str, Any], child)
        place[last] = value

    def remove(self, key: str, *path: str) -> None:
        """Take the value at a path out, where there is one."""
        *parents, last = (key, *path)
        place: Any = self._config
        for name in parents:
            place = cast(Mapping[str, Any], place).get(name) if isinstance(place, Mapping) else None
        if isinstance(place, MutableMapping):
            cast(MutableMapping[str, Any], place).pop(last, None)

    def text(self) -> str:
        """The whole file as it would be written."""
        stream = io.StringIO()
        self._yaml.dump(self._document, stream)
        return stream.getvalue()

    def write(self) -> bool:
        """Write the file, all of it or nothing; gives back whether it changed.

        Raises:
            Refusal: it cannot be written, or was changed by somebody else since it was read.
        """
        text = self.text()
        if text == self._before:
            return False
        try:
            if self.path.read_text() != self._before:
                raise Refusal(f"{self.path.name} was changed by somebody else meanwhile; nothing was written")
            replace(self.path, text)
        except OSError as error:
            raise Refusal(f"{self.path.name} cannot be written: {error.strerror}") from None
        self._before = text
        return True


def replace(path: Path, text: str) -> None:
    """Put `text` into the file in one step, so that whoever reads it sees the old or the new one.

    Raises:
        OSError: it cannot be written; the file is as it was.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def has_uncommitted_changes(path: Path) -> bool:
    """Whether the file differs from what was committed; never, where there is no repository."""
    words: Sequence[str] = ("git", "status", "--porcelain", "--", path.name)
    done = subprocess.run(words, cwd=path.parent, capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() != ""
