"""The file is the registration: `softmax` in a rubric means the one Grader in graders/softmax.py."""

import functools
import importlib
import inspect
from pathlib import Path
from types import ModuleType

from graders.foundation.errors import OurFault
from graders.foundation.grader import Grader

FOLDER = Path(__file__).resolve().parents[1]


@functools.cache
def criterion_names() -> tuple[str, ...]:
    """Return the names of all criterion modules, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__"))


def criterion_module(name: str) -> ModuleType:
    """Import a criterion module by its name."""
    return importlib.import_module(f"graders.{name}")


def grader_class(name: str) -> type[Grader]:
    """Return the grader of a criterion module.

    Raises:
        OurFault: the module does not hold exactly one.
    """
    module = criterion_module(name)
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Grader) and member.__module__ == module.__name__
    ]
    graders = [kind for kind in found if "__dataclass_fields__" in vars(kind)]
    if len(graders) != 1:
        message = f"graders/{name}.py must hold exactly one Grader dataclass, it holds {len(graders)}"
        raise OurFault(message)
    return graders[0]
