"""What a progress that writes into a log has in common with no progress at all: there is nothing to clear up."""

from types import TracebackType
from typing import Self


class NothingToClose:
    """A context manager that opens and closes nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
