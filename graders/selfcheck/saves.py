"""Tells when something of a submission was saved."""

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from watchfiles import Change, DefaultFilter, watch

from graders.submission.entries import is_junk


class Relevant(DefaultFilter):
    """Lets a student's own files through: nothing hidden, cached or installed, and no editor's swap file."""

    def __init__(self, root: Path, only: Path | None) -> None:
        super().__init__()
        self._root = root
        self._only = only

    def __call__(self, change: Change, path: str) -> bool:
        """Tell whether a change may concern the submission."""
        if self._only is not None:
            return Path(path) == self._only
        try:
            parts = Path(path).relative_to(self._root).parts
        except ValueError:
            return False
        return super().__call__(change, path) and not any(is_junk(part) for part in parts)


class Saves:
    """Watches a folder, or a single file, in a thread of its own.

    Args:
        submission: what is watched.
        saved: is called in that thread after each save.
    """

    def __init__(self, submission: Path, saved: Callable[[], None]) -> None:
        real = submission.resolve()
        # A single file is watched through its folder: many editors write a new file and put it in the old one's place.
        self._folder = real if real.is_dir() else real.parent
        self._relevant = Relevant(self._folder, None if real.is_dir() else real)
        self._saved = saved
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="saves", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join(timeout=5.0)

    def _watch(self) -> None:
        changes = watch(
            self._folder,
            watch_filter=self._relevant,
            debounce=300,
            step=50,
            rust_timeout=500,
            stop_event=self._stopping,
            raise_interrupt=False,
        )
        for _ in changes:
            self._saved()
