"""The catalogue of mistakes: one module for each criterion, whose entries say what each mistake would produce.

The file is the registration: graders/catalogue/softmax.py holds the mistakes of the criterion graders/softmax.py.
Entries that would make a file too long stand beside it, under its name and a word: training_options.py.
"""

import functools
import importlib
from pathlib import Path

from graders.naming.mistake import Catalogue, Mistake

FOLDER = Path(__file__).resolve().parent


@functools.cache
def catalogue_of(criterion: str) -> Catalogue | None:
    """Return a criterion's catalogue, or None where it has none."""
    if not ((FOLDER / f"{criterion}.py").is_file() and (FOLDER.parent / f"{criterion}.py").is_file()):
        return None
    catalogue = importlib.import_module(f"graders.catalogue.{criterion}").CATALOGUE
    assert isinstance(catalogue, Catalogue)
    return catalogue


def all_mistakes() -> tuple[Mistake, ...]:
    """Return every entry, by criterion."""
    names = sorted(path.stem for path in FOLDER.glob("[!_]*.py"))
    return tuple(m for name in names if (found := catalogue_of(name)) is not None for m in found.mistakes)
