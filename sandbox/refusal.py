"""The error for what a person asked and the sandbox does not do."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818  # it is an answer, not a fault
    """Something the sandbox refuses; its text is one clear message, shown without a traceback."""
