"""What was computed before, kept from one submission to the next; what was used longest ago goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


class Kept(Generic[Key, Result]):
    """Results by what they follow from; for one thread.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._results: OrderedDict[Key, Result] = OrderedDict()

    def __len__(self) -> int:
        return len(self._results)

    def find(self, key: Key) -> Result | None:
        """Return what was kept under a key, which is then the one used last; None if nothing was."""
        if key not in self._results:
            return None
        self._results.move_to_end(key)
        return self._results[key]

    def keep(self, key: Key, result: Result) -> None:
        """Keep a result; where there are too many, the one used longest ago is dropped."""
        self._results[key] = result
        self._results.move_to_end(key)
        while len(self._results) > self._most:
            self._results.popitem(last=False)

    def drop(self, spent: Callable[[Result], bool]) -> None:
        """Drop every result that nobody can ask for again."""
        for key in [key for key, result in self._results.items() if spent(result)]:
            del self._results[key]

    def clear(self) -> None:
        """Drop all."""
        self._results.clear()
