"""Asking again until an answer will do."""

import time
from collections.abc import Callable
from typing import TypeVar

_POLL_SECONDS = 0.5
_Answer = TypeVar("_Answer")


def wait_until(ask: Callable[[], _Answer], will_do: Callable[[_Answer], bool], seconds: float) -> _Answer:
    """The first answer that will do, or the last one after so many seconds."""
    deadline = time.monotonic() + seconds
    while not will_do(answer := ask()) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return answer
