"""A criterion's page, read from its module's docstring, so that what a student reads stands beside the code."""

import inspect
import re
from dataclasses import dataclass
from types import ModuleType

PARTS = ("Measures", "Matters", "Fix")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CriterionPage:
    """What a criterion measures, why it matters, how to fix it."""

    measures: str
    matters: str
    fix: str


def page_of(module: ModuleType) -> CriterionPage:
    """Return the page of a criterion module.

    Raises:
        ValueError: the docstring lacks one of the paragraphs "Measures:", "Matters:", "Fix:".
    """
    text = inspect.cleandoc(module.__doc__ or "")
    found = {}
    for part in PARTS:
        match = re.search(rf"^{part}: (.*?)(?=\n\n(?:{'|'.join(PARTS)}): |\Z)", text, re.DOTALL | re.MULTILINE)
        if match is None:
            msg = f"{module.__name__}: the docstring has no paragraph '{part}:'"
            raise ValueError(msg)
        paragraphs = re.split(r"\n\s*\n", match[1])
        text_of = "\n\n".join(" ".join(p.split()) for p in paragraphs)
        found[part.lower()] = text_of[:1].upper() + text_of[1:]
    return CriterionPage(**found)
