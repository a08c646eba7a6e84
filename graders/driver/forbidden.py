"""The one rule, kept at run time: in the NumPy room, machine-learning libraries can be imported but not used.

Importing PyTorch in a notebook that holds both halves of the task costs nothing; computing with it in the
NumPy half does. So the libraries are replaced by stand-ins that accept every use at import time (as a base
class, a decorator, a device) and refuse to compute once a question is being answered.
"""

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Iterable, Sequence
from typing import Any

HARMLESS = frozenset(
    {"manual_seed", "is_available", "device", "set_num_threads", "no_grad", "inference_mode", "set_printoptions"}
    | {"use_deterministic_algorithms", "set_default_dtype", "seed", "is_tensor", "get_num_threads", "device_count"}
)


class Tripwire:
    """Remembers which forbidden libraries were used while a question was being answered."""

    def __init__(self) -> None:
        self.armed = False
        self.used: list[str] = []

    def touch(self, path: str) -> None:
        """Record a use, and refuse it while a question is being answered."""
        if self.armed and path.rpartition(".")[2] not in HARMLESS:
            library = path.partition(".")[0]
            if library not in self.used:
                self.used.append(library)
            msg = f"{path} was called in the NumPy half, where only NumPy and the standard library may compute"
            raise ForbiddenLibraryError(msg)


class ForbiddenLibraryError(ImportError):
    """A machine-learning library was asked to compute in the NumPy room."""


class StandIn:
    """Stands for any object of a forbidden library."""

    _path: str
    _tripwire: Tripwire

    def __init__(self, path: str, tripwire: Tripwire) -> None:
        self.__dict__["_path"] = path
        self.__dict__["_tripwire"] = tripwire

    def __getattr__(self, name: str) -> "StandIn":
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self._path}.{name}", self._tripwire)

    def __setattr__(self, name: str, value: object) -> None: ...

    def __call__(self, *args: Any, **_kwargs: Any) -> Any:
        """Decorate as if it were not there, or touch the tripwire."""
        decorated = args[0] if len(args) == 1 else None
        if isinstance(decorated, types.FunctionType | type):
            return decorated
        self._tripwire.touch(self._path)
        return StandIn(self._path, self._tripwire)

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return (object,) if bases.count(object) == 0 else ()

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __subclasscheck__(self, subclass: type) -> bool:
        return False

    def __bool__(self) -> bool:
        return False

    def __getitem__(self, key: object) -> "StandIn":
        return StandIn(f"{self._path}[…]", self._tripwire)

    def __or__(self, other: object) -> "StandIn":
        return self

    __ror__ = __or__

    def __enter__(self) -> "StandIn":
        return self

    def __exit__(self, *_exc: object) -> None: ...


class _Module(types.ModuleType):
    def __init__(self, name: str, tripwire: Tripwire) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__version__ = "0"
        self._tripwire = tripwire

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self.__name__}.{name}", self.__dict__["_tripwire"])


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, libraries: Iterable[str], tripwire: Tripwire) -> None:
        self.libraries = frozenset(libraries)
        self.tripwire = tripwire

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname.partition(".")[0] not in self.libraries:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Module(spec.name, self.tripwire)

    def exec_module(self, module: types.ModuleType) -> None: ...


def forbid(libraries: Iterable[str]) -> Tripwire:
    """Put stand-ins in the place of these top-level packages; must run before any of them is imported."""
    tripwire = Tripwire()
    sys.meta_path.insert(0, _Finder(libraries, tripwire))
    return tripwire
