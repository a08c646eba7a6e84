"""Hints in steps: from what to ask oneself, over what was seen, to how one finds such a mistake. Never the answer."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path

from graders.report.whole_file import write_whole
from graders.selfcheck.steps import State, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One hint.

    Args:
        number: which one, from 1.
        of: how many there are for this mistake.
        text: one or a few sentences.
    """

    number: int
    of: int
    text: str


def hints_for(step: Step) -> Sequence[str]:
    """Return all hints for a criterion, the smallest first; none where there is nothing to do."""
    page = step.criterion.page
    if step.state is State.NOT_ATTEMPTED:
        return [f"What will be looked at: {page.measures}", f"Why it is asked: {page.matters}", page.fix]
    if not step.lost:
        return []
    first = step.lost[0]
    evidence = (("Asked", first.asked), ("You returned", first.got), ("Expected", first.expected))
    seen = "\n".join(f"{what}:{_below(told)}" for what, told in evidence if told)
    return list(dict.fromkeys(text for text in (first.fix, seen, page.fix, page.matters) if text))


def _below(told: str) -> str:
    """Return what was seen, on the same line if it is one, else moved in below it."""
    return f" {told}" if "\n" not in told else "".join(f"\n  {line}" for line in told.splitlines())


class HintsGiven:
    """How many hints were given for each mistake of one submission, kept outside of what is handed in.

    Args:
        submission: its path; it is known again by it.
        folder: where the counts are kept; the user's state folder unless told otherwise.
    """

    def __init__(self, submission: Path, folder: Path | None = None) -> None:
        place = str(submission.resolve())
        name = hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:16]
        self._path = (folder or user_state_path("plumbline", appauthor=False) / "hints") / f"{name}.json"

    def next(self, step: Step) -> Hint | None:
        """Return the next hint for what is wrong with a criterion now, and count it; after the last the first again.

        Where the count cannot be kept, the first hint is given each time.
        """
        texts = hints_for(step)
        if not texts:
            return None
        about = f"{step.name}: {step.lost[0].title if step.lost else step.state}"
        given = self._read()
        index = given.get(about, 0) % len(texts)
        given[about] = index + 1
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(given, indent=1, sort_keys=True) + "\n")
        except OSError:
            pass
        return Hint(number=index + 1, of=len(texts), text=texts[index])

    def _read(self) -> dict[str, int]:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {k: v for k, v in kept.items() if isinstance(v, int) and v >= 0} if isinstance(kept, dict) else {}
