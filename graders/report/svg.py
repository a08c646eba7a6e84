"""A figure as inline SVG that takes the page's colours and fonts, and whose ids no other figure on the page shares.

Importing it takes Matplotlib's half a second; import it only where something is to be drawn.
"""

import functools
import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal
from xml.sax.saxutils import escape

import matplotlib as mpl
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

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
_SALT, _WORDS = "\ue000salt", "\ue000words"  # of private use: no font draws them


@functools.lru_cache(maxsize=4096)
def text_size(text: str, size: float) -> tuple[float, float, float]:
    """Return width, height and descent of a line of text in SVG units."""
    width, height, descent = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)
    return width, height, descent


class _Renderer(RendererSVG):
    """Matplotlib's, which remembers how large a text is: all are plain words in one font, and many come again."""

    def get_text_width_height_descent(
        self,
        s: str,
        prop: FontProperties,
        ismath: bool | Literal["TeX"],  # noqa: FBT001 - Matplotlib's call
    ) -> tuple[float, float, float]:
        """Return a text's size."""
        return text_size(s, prop.get_size_in_points())


def rendered(paint: Callable[[Figure], None], *, size: tuple[float, float], sheet: Figure | None = None) -> str:
    """Return what `paint` draws as Matplotlib writes it; the same drawing gives the same text.

    Args:
        paint: draws in this module's stand-in colours.
        sheet: what it draws on; by default an empty figure.
        size: width and height in SVG units; 12 of them are the text's size.
    """
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the measuring font lacks: the reader's browser has it
        if not dict.__eq__(mpl.rcParams, mpl.rcParamsDefault):  # setting three hundred names takes a millisecond
            mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        figure = Figure() if sheet is None else sheet
        figure.set_dpi(72)
        figure.set_size_inches(size[0] / 72, size[1] / 72)
        paint(figure)
        figure.patch.set_visible(False)
        for axes in figure.axes:
            axes.patch.set_visible(False)
        buffer = io.StringIO()
        # Not savefig: it draws everything twice, once only to find out how large it is.
        kind: Any = _Renderer  # Matplotlib's is untyped
        renderer = kind(*size, buffer, image_dpi=72, metadata={"Date": None, "Creator": None})
        figure.draw(renderer)
        renderer.finalize()
    return buffer.getvalue()


def named_svg(drawing: str, *, salt: str, title: str, description: str) -> str:
    """Return a themed drawing as one `<svg>` element of a page.

    Args:
        drawing: what `themed` returned.
        salt: sets this figure's ids apart from all others on the page; letters, digits, hyphens.
        title: the figure's name, for screen readers.
        description: what a person who cannot see it should know.
    """
    told = f'<title id="{salt}-title">{escape(title)}</title><desc id="{salt}-desc">{escape(description)}</desc>'
    return drawing.replace(_SALT, salt).replace(_WORDS, told, 1)


def themed(drawing: str) -> str:
    """Return what `rendered` returned without width, height, style sheets or colours of its own.

    Stand-ins mark where the salt of its ids and the words about it go.
    """
    root = ET.fromstring(drawing)  # noqa: S314  # what our own renderer wrote
    _strip_namespaces(root)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    _drop_style_sheets(root)
    for element in root.iter():
        _styles_to_attributes(element)
        for name in ("d", "x", "y", "width", "height", "transform"):
            if name in element.attrib:
                element.set(name, _LONG_DECIMAL.sub(_rounded, " ".join(element.get(name, "").split())))
    _own_ids(root)
    _leave_room_for_words(root)
    return ET.tostring(root, encoding="unicode")


_RC: dict[Any, object] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "figure",  # ids that do not change; the page sets them apart
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


def _own_ids(root: ET.Element) -> None:
    # Matplotlib numbers its groups (axes_1, ...) alike in every figure; only what is referred to keeps an id.
    referred: set[str] = set()
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name == "href" and value.startswith("#"):
                referred.add(value[1:])
                element.set(name, f"#{_SALT}-{value[1:]}")
            elif value.startswith("url(#"):
                referred.update(_REFERENCE.findall(value))
                element.set(name, _REFERENCE.sub(rf"url(#{_SALT}-\1)", value))
    for element in root.iter():
        name = element.attrib.pop("id", "")
        if name in referred:
            element.set("id", f"{_SALT}-{name}")


def _leave_room_for_words(root: ET.Element) -> None:
    root.text = _WORDS + (root.text or "")
    root.set("xmlns", "http://www.w3.org/2000/svg")
    root.set("class", "plot")
    root.set("role", "img")
    root.set("aria-labelledby", f"{_SALT}-title")
    root.set("aria-describedby", f"{_SALT}-desc")
