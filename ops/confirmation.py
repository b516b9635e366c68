"""Asking a person before anything is changed."""

import sys

from ops.refusal import Refusal


def confirm(*, yes: bool) -> None:
    """Go on only when a person says so, or said so before with `--yes`.

    Raises:
        Refusal: they say something else, or nobody is there to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refusal("nobody is there to ask; say --yes to go on without. Nothing was changed.")
    try:
        answer = input("Go on? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in {"y", "yes"}:
        raise Refusal("nothing was changed")
