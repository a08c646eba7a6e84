"""The seam of the batch: work done in this process at once, and a view that says nothing."""

import concurrent.futures
import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from graders.batch.grade_class import matched_class
from graders.batch.publish import Publisher
from graders.batch.run import Batch
from graders.batch.students import rows_for
from graders.intake import HandIn, take_in
from graders.ledger import HandInRow, Ledger
from tests.batch.classroom import small_assignment

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


@contextlib.contextmanager
def batch_here(
    folder: Path, stand_ins: dict[Callable[..., Any], Callable[..., Any]]
) -> Iterator[tuple[Batch, Sequence[tuple[HandInRow, HandIn]]]]:
    """Give the real coordinator of the class in `folder/work`, with results in `folder/out`, and what was handed in.

    Args:
        folder: of the class.
        stand_ins: function of the workers -> what is run instead of it.
    """
    assignment, out = small_assignment(), folder / "out"
    out.mkdir(exist_ok=True)
    rubric = assignment.rubric
    with take_in(folder / "work") as intake, Ledger(out, create=True) as ledger:
        members = matched_class(intake, None).members
        rows = rows_for(members)
        ledger.keep_class(rows)
        ledger.keep_rubric(rubric.digest, assignment.rubric_path, rubric.title, assignment.rubric_text)
        handed_in = [(row, member.hand_in) for row, member in zip(rows, members, strict=True) if member.hand_in]
        workers, publisher = WorkersHere(stand_ins), Publisher(ledger, out)
        yield Batch(ledger, assignment, workers, publisher, QuietView(), keep_observations=True), handed_in
