"""The file is the registration: graders/catalogue/softmax.py holds the mistakes of the criterion graders/softmax.py."""

import functools
import importlib
from pathlib import Path

from graders.catalogue.mistake import Catalogue, Mistake

FOLDER = Path(__file__).resolve().parent


@functools.cache
def catalogue_of(criterion: str) -> Catalogue | None:
    """Return a criterion's catalogue, or None where it has none."""
    if not (FOLDER / f"{criterion}.py").is_file() or criterion in MACHINERY:
        return None
    catalogue = importlib.import_module(f"graders.catalogue.{criterion}").CATALOGUE
    assert isinstance(catalogue, Catalogue)
    return catalogue


MACHINERY = (
    "torch_training_traits",
    "model_traits",
    "port_optimisers",
    "port_runs",
    "port_traits",
    "mistake",
    "match",
    "functions",
    "registry",
    "factors",
    "smallest",
    "styles",
    "wrong_losses",
    "wrong_networks",
    "wrong_rules",
    "wrong_passes",
    "repeated",
    "decayed",
    "initial",
    "dropping",
    "dropout_traits",
    "rates",
    "train_changes",
    "train_loops",
    "train_options",
    "train_plans",
    "train_repeated",
    "train_traits",
    "curve_runs",
    "stopping_rules",
    "whole_runs",
    "traces",
)


def all_mistakes() -> tuple[Mistake, ...]:
    """Return every entry, by criterion."""
    names = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in (*MACHINERY, "__init__"))
    return tuple(m for name in names if (found := catalogue_of(name)) is not None for m in found.mistakes)
