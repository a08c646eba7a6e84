"""The seam of the batch: work done in this process at once, and a view that says nothing."""

import concurrent.futures
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class WorkersHere:
    """Runs what it is given at once, or another function in its place.

    Args:
        stand_ins: function of ours -> what is run instead of it.
    """

    def __init__(self, stand_ins: dict[Callable[..., Any], Callable[..., Any]] | None = None) -> None:
        self._stand_ins = stand_ins or {}

    @property
    def count(self) -> int:
        """How many pieces of work are done at a time."""
        return 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind."""

    def submit(self, function: Callable[..., T], *arguments: Any) -> "concurrent.futures.Future[T]":
        """Run it now."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        run: Callable[..., T] = self._stand_ins.get(function, function)
        future.set_result(run(*arguments))
        return future

    def result(self, future: "concurrent.futures.Future[T]") -> T:
        """Return what came of it."""
        return future.result()


class QuietView:
    """A view that says nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind."""

    def started(self, name: str) -> None:
        """Say nothing."""

    def finished(self, name: str, *, told: str, failed: bool, kept: bool = False) -> None:
        """Say nothing."""

    def tick(self) -> None:
        """Say nothing."""
