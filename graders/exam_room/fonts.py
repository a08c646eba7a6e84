"""Matplotlib's list of fonts, lent to a room: to build it anew would cost each room up to seconds."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

SYSTEM_FONTS = "/usr/share/fonts/"


def font_lists() -> Sequence[Path]:
    """Return the lists that Matplotlib keeps for this user; found without importing it, which is slow."""
    home = Path.home()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "matplotlib"
    folders = [Path(os.environ["MPLCONFIGDIR"])] if "MPLCONFIGDIR" in os.environ else [cache, home / ".matplotlib"]
    return [path for folder in folders for path in sorted(folder.glob("fontlist-*.json"))]


def write_visible_fonts(folder: Path) -> None:
    """Write each list without the fonts that a sandboxed room cannot see, a user's own above all."""
    for path in font_lists():
        try:
            told = json.loads(path.read_text())
            for name in ("ttflist", "afmlist"):
                told[name] = [font for font in told[name] if _is_visible(font["fname"])]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a list in a form of another version; the room builds its own
        (folder / path.name).write_text(json.dumps(told))


def _is_visible(name: str) -> bool:
    return not Path(name).is_absolute() or name.startswith(SYSTEM_FONTS)
