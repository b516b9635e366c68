"""Draws a stack as its state has it.

pulumi stack export | python -m tools.graph_picture --output picture.svg
python -m tools.graph_picture state.json --output picture.svg
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ops.graph_components import read_graph
from ops.graph_picture import draw


def main(words: Sequence[str] | None = None) -> int:
    """Draw one picture; gives back the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.graph_picture", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("state", nargs="?", type=Path, help="the JSON of `pulumi stack export` (default: stdin)")
    parser.add_argument("--output", type=Path, help="the SVG file (default: stdout)")
    parsed = parser.parse_args(words)
    try:
        text = parsed.state.read_text(encoding="utf-8") if parsed.state else sys.stdin.read()
        picture = draw(read_graph(json.loads(text)))
    except json.JSONDecodeError:
        print("graph_picture: the state is not JSON; is the stack up?", file=sys.stderr)
        return 2
    except (OSError, ValueError) as error:
        print(f"graph_picture: {error}", file=sys.stderr)
        return 2
    if parsed.output:
        parsed.output.write_text(picture, encoding="utf-8")
    else:
        print(picture, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
