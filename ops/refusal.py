"""The error for what a person asked and a command does not do."""


class Refusal(Exception):  # noqa: N818  # it is an answer, not a fault
    """Something a command refuses; its text is one clear message, shown without a traceback."""
