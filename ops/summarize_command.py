"""`python -m ops summarize FILE …`: previews as a text for a pull request, an issue or a log."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ops.preview_markdown import summary
from ops.preview_summary import read_preview
from ops.refusal import Refusal


def main(words: Sequence[str]) -> int:
    """Print the summary; gives back 0, or 1 where changes were not expected and there are some, or a preview failed."""
    parser = argparse.ArgumentParser(prog="python -m ops summarize", description=__doc__)
    parser.add_argument(
        "previews",
        nargs="+",
        metavar="[STACK=]FILE",
        help="what `pulumi preview --json` printed; without STACK, the file is called STACK.json",
    )
    parser.add_argument("--title", default="Pulumi preview", help="the heading (Pulumi preview)")
    parser.add_argument("--reports", metavar="URL", help="where each stack's page of `python -m ops report` is")
    # Pulumi's own --expect-no-changes also counts its providers, which differ where a preview works as another role.
    parser.add_argument("--expect-no-changes", action="store_true", help="exit with 1 where there are any")
    parsed = parser.parse_args(words)
    previews = [read_preview(*_read(each)) for each in parsed.previews]
    print(summary(previews, parsed.title, parsed.reports))
    as_expected = not any(preview.changes or preview.errors for preview in previews)
    return 0 if as_expected or not parsed.expect_no_changes else 1


def _read(word: str) -> tuple[str, str]:
    stack, equals, name = word.partition("=")
    if not equals:
        stack, name = Path(word).stem, word
    if not stack or not name:
        raise Refusal(f"{word}: expected STACK=FILE or STACK.json, such as prod.json")
    try:
        return stack, Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"{name} cannot be read: {error}") from None
