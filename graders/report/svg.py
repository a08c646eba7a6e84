"""A figure as inline SVG that takes the page's colours and fonts, and whose ids no other figure on the page shares.

Importing it takes Matplotlib's half a second; import it only where something is to be drawn.
"""

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

# Matplotlib draws in these stand-ins, which nothing else uses; each becomes a colour that the page's theme defines.
INK, MUTED, FAINT, BAND, LIMIT, NEUTRAL, NOT_A_NUMBER, SHEET = (f"#0101{n:02x}" for n in range(8))
LINES = tuple(f"#0102{n:02x}" for n in range(6))
HEAT = tuple(f"#0103{n:02x}" for n in range(5))

_THEME: Mapping[str, str] = MappingProxyType(
    {
        INK: "currentColor",
        MUTED: "var(--muted)",
        FAINT: "var(--rule)",
        BAND: "var(--band)",
        LIMIT: "var(--bad)",
        NEUTRAL: "var(--neutral)",
        NOT_A_NUMBER: "var(--line-1)",
        SHEET: "var(--sheet)",
        **{colour: f"var(--line-{n})" for n, colour in enumerate(LINES, start=1)},
        **{colour: f"var(--heat-{n})" for n, colour in enumerate(HEAT, start=1)},
    }
)
# Fonts come from the page; what is left of a text's style is its size and its anchor.
_FONT_STYLES = frozenset({"font", "font-family", "font-weight", "font-style", "font-variant", "font-stretch"})
_LONG_DECIMAL = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def themed_svg(
    paint: Callable[[Figure], None], *, size: tuple[float, float], salt: str, title: str, description: str
) -> str:
    """Return what `paint` draws as an `<svg>` element without width, height, style sheets or colours of its own.

    Args:
        paint: draws on an empty figure, in this module's stand-in colours.
        size: width and height in SVG units; 12 of them are the text's size.
        salt: sets this figure's ids apart from all others on the page; letters, digits, hyphens.
        title: the figure's name, for screen readers.
        description: what a person who cannot see it should know.
    """
    root = ET.fromstring(_rendered(paint, size=size, salt=salt))  # noqa: S314  # what our own renderer just wrote
    _strip_namespaces(root)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    _drop_style_sheets(root)
    for element in root.iter():
        _styles_to_attributes(element)
        for name in ("d", "x", "y", "width", "height", "transform"):
            if name in element.attrib:
                element.set(name, _LONG_DECIMAL.sub(_rounded, " ".join(element.get(name, "").split())))
    _own_ids(root, salt)
    _name(root, salt=salt, title=title, description=description)
    return ET.tostring(root, encoding="unicode")


def _rendered(paint: Callable[[Figure], None], *, size: tuple[float, float], salt: str) -> bytes:
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the measuring font lacks: the reader's browser has it
        mpl.rcdefaults()
        mpl.rcParams.update(_RC | {"svg.hashsalt": salt})
        figure = Figure(figsize=(size[0] / 72, size[1] / 72), dpi=72)
        paint(figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


_RC: dict[Any, object] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 12,
    "axes.labelsize": 12,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 12,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "hatch.color": SHEET,
    "hatch.linewidth": 0.8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "path.simplify": False,
}


def _rounded(decimal: re.Match[str]) -> str:
    return f"{float(decimal[0]):.2f}".rstrip("0").rstrip(".")


def _strip_namespaces(root: ET.Element) -> None:
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for name in [n for n in element.attrib if n.startswith("{")]:
            element.set(name.rpartition("}")[2], element.attrib.pop(name))


def _drop_style_sheets(root: ET.Element) -> None:
    # Matplotlib's own sheet says `*{...}`, which would style the whole page.
    for parent in list(root.iter()):
        for child in [c for c in parent if c.tag in {"style", "metadata"}]:
            parent.remove(child)
    root.set("stroke-linejoin", "round")


def _styles_to_attributes(element: ET.Element) -> None:
    # The page's content security policy forbids style attributes; presentation attributes say the same.
    declared = dict(part.split(":", 1) for part in element.attrib.pop("style", "").split(";") if ":" in part)
    for name, value in ((n.strip(), v.strip()) for n, v in declared.items()):
        if name not in _FONT_STYLES:
            element.set(name, value)
    if element.get("fill") in {NEUTRAL, *HEAT}:
        element.set("shape-rendering", "crispEdges")  # cells that touch must show no seam
    for name in ("fill", "stroke"):
        colour = element.get(name, "")
        if colour in _THEME:
            element.set(name, _THEME[colour])


def _own_ids(root: ET.Element, salt: str) -> None:
    # Matplotlib numbers its groups (axes_1, ...) alike in every figure; only what is referred to keeps an id.
    referred: set[str] = set()
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name == "href" and value.startswith("#"):
                referred.add(value[1:])
                element.set(name, f"#{salt}-{value[1:]}")
            elif value.startswith("url(#"):
                referred.update(_REFERENCE.findall(value))
                element.set(name, _REFERENCE.sub(rf"url(#{salt}-\1)", value))
    for element in root.iter():
        name = element.attrib.pop("id", "")
        if name in referred:
            element.set("id", f"{salt}-{name}")


def _name(root: ET.Element, *, salt: str, title: str, description: str) -> None:
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        told = ET.Element(tag, {"id": f"{salt}-{tag}"})
        told.text = text
        root.insert(place, told)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    root.set("class", "plot")
    root.set("role", "img")
    root.set("aria-labelledby", f"{salt}-title")
    root.set("aria-describedby", f"{salt}-desc")
