"""Putting measured figures into the README, between the markers that carry their name."""

import re
from collections.abc import Sequence
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def publish(name: str, lines: Sequence[str]) -> None:
    """Replace what stands between the README's markers of this name."""
    text = README.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    body = "".join(f"{line}\n" for line in lines)
    README.write_text(pattern.sub(lambda _: begin + body + end, text), encoding="utf-8")
