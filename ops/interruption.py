"""Ctrl-C while another program works."""

import signal
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def left_to_the_child() -> Generator[None]:
    """Let Ctrl-C reach the program that is waited for, and it alone: Pulumi then ends in order and frees its lock.

    `subprocess` would kill it a quarter of a second later. A handler of ours is no handler of the child, as an
    ignored signal would be.
    """
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
