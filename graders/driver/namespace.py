"""The submission's own functions: imports its modules, finds a function of the contract, tells what is missing."""

import importlib
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from graders.driver.plain import Container, container_like
from graders.wire.contract import MODULE_OF

EXAMPLE_SECONDS = 1.0


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError inside a Python loop that goes on for longer, where the system has such alarms."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


class NotDefinedError(LookupError):
    """The submission does not define the function that is asked for."""


class Namespace:
    """Finds the functions of the contract.

    Args:
        modules: contract module -> importable name, for the files that the submission has.
        notebook: name of the module made from the notebook, or None.
    """

    def __init__(self, modules: Mapping[str, str], notebook: str | None) -> None:
        self._modules = modules
        self._notebook = notebook
        self._containers: dict[str, Container] = {}

    def load(self, function: str) -> None:
        """Import what is needed to find a function; the submission's own exceptions pass through."""
        self.find(function)

    def find(self, function: str) -> Callable[..., Any]:
        """Return the submission's function.

        Raises:
            NotDefinedError: no module of the submission defines it.
        """
        own = MODULE_OF.get(function, "")
        expected = [name for name in (self._modules.get(own), self._notebook) if name]
        for name in [*expected, *(n for n in self._modules.values() if n not in expected)]:
            found = self._attribute(name, function, must_import=name in expected)
            if found is not None:
                return found
        there = f"{own}.py" if own in self._modules or not self._notebook else "the notebook"
        msg = f"{there} defines no function {function}{self._cell_errors()}"
        raise NotDefinedError(msg)

    def _cell_errors(self) -> str:
        """Return what the notebook's cells raised while its module was made, for it may be why a name is missing."""
        module = sys.modules.get(self._notebook or "")
        errors = getattr(module, "__cell_errors__", None)
        if not isinstance(errors, list):
            return ""
        return "".join(f"; {place} raised {error}" for place, error in errors[:3])

    def _attribute(self, module: str, function: str, *, must_import: bool) -> Callable[..., Any] | None:
        """Return a module's function; a module in which it need not be may also fail to import."""
        try:
            return getattr(importlib.import_module(module), function, None)
        except Exception:
            if must_import:
                raise
            return None

    def container(self, kind: str) -> Container:
        """Return how this submission packs four arrays: "params" as its `init` returns them, "grads" as its gradients.

        Where the function fails, the contract's tuple is used.
        """
        if kind not in self._containers:
            self._containers[kind] = container_like(self._example(kind))
        return self._containers[kind]

    def _example(self, kind: str) -> Any:
        try:
            with at_most(EXAMPLE_SECONDS):
                params = self.find("init")(3, 5, 2, seed=0)
                if kind == "params":
                    return params
                X = np.linspace(-1.0, 1.0, 12).reshape(4, 3)
                return self.find("loss_and_grads")(params, X, np.array([0, 1, 1, 0]))[1]
        except Exception:  # noqa: BLE001 - whatever the student's code raises, the contract's tuple is the answer
            return () if kind == "params" else self._example("params")


def submission_modules(root: str) -> list[str]:
    """Return the names of loaded modules whose file lies in the submission's folder."""
    return [name for name, module in list(sys.modules.items()) if str(getattr(module, "__file__", "")).startswith(root)]
