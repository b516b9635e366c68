"""How far the copying of images is: each, and all of them."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

_ALL = "all"
_SAY_EVERY_SECONDS = 30.0


class ImageProgress:
    """Bars on a terminal; elsewhere, as in a pipeline's log, a line when an image begins, every half minute, and ends.

    Args:
        sizes: the bytes of each image that is copied, by name, in the order they are
        console: where to say it
    """

    def __init__(self, sizes: Mapping[str, int], console: Console) -> None:
        self._sizes, self._console = sizes, console
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        self._bars = Progress(*columns, TransferSpeedColumn(), TimeRemainingColumn(), console=console)
        self._tasks: dict[str, TaskID] = {}
        self._before = 0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            names = [*self._sizes, *([_ALL] if len(self._sizes) > 1 else [])]
            for name in names:
                total = self._sizes[name] if name in self._sizes else sum(self._sizes.values())
                self._tasks[name] = self._bars.add_task(name, total=total)
            self._bars.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._bars.stop()

    @contextmanager
    def image(self, name: str) -> Generator[Callable[[int], None]]:
        """While one image is copied: what to call with the bytes that are there."""
        number = f"{list(self._sizes).index(name) + 1} of {len(self._sizes)}"
        size = self._sizes[name]
        say = self._say
        say(f"{name} ({number}): copying {megabytes(size)}")
        began = last = time.monotonic()

        def copied(count: int) -> None:
            nonlocal last
            self._show(name, count)
            if time.monotonic() - last >= _SAY_EVERY_SECONDS:
                last = time.monotonic()
                say(f"{name} ({number}): {megabytes(count)} of {megabytes(size)}")

        yield copied
        self._show(name, size)
        self._before += size
        total = sum(self._sizes.values())
        seconds = time.monotonic() - began
        say(f"{name} ({number}): done in {seconds:.0f} s; {megabytes(self._before)} of {megabytes(total)} in all")

    def _show(self, name: str, count: int) -> None:
        if name in self._tasks:
            self._bars.update(self._tasks[name], completed=count)
        if _ALL in self._tasks:
            self._bars.update(self._tasks[_ALL], completed=self._before + count)

    def _say(self, text: str) -> None:
        if not self._console.is_terminal:
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)


def megabytes(count: int) -> str:
    """An amount of bytes for people: MB are millions, as registries count."""
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.2f} GB"  # noqa: PLR2004  # the unit's own size
