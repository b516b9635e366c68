"""`python -m ops summarize STACK=FILE …`: previews as a text for a pull request, an issue or a log."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ops.preview_markdown import summary
from ops.preview_summary import read_preview
from ops.refusal import Refusal


def main(words: Sequence[str]) -> int:
    """Print the summary; gives back 0, whatever the previews say."""
    parser = argparse.ArgumentParser(prog="python -m ops summarize", description=__doc__)
    parser.add_argument("previews", nargs="+", metavar="STACK=FILE", help="what `pulumi preview --json` printed")
    parser.add_argument("--title", default="Pulumi preview", help="the heading (Pulumi preview)")
    parsed = parser.parse_args(words)
    print(summary([read_preview(*_read(each)) for each in parsed.previews], parsed.title))
    return 0


def _read(word: str) -> tuple[str, str]:
    stack, equals, name = word.partition("=")
    if not stack or not equals or not name:
        raise Refusal(f"{word}: expected STACK=FILE, such as prod=prod.json")
    try:
        return stack, Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"{name} cannot be read: {error}") from None
