"""The study of the hidden width gives a result for every width that was asked for.

Measures: that width_study returns a mapping with one entry for each width; that every number in it is finite; that
histories are as long as the epochs asked for and the learning rate matters, so that the options reach the training;
that the widths differ in their results, so that each network has its own; and that the validation labels matter.

Matters: a comparison says something only when the one thing that shall differ does, and nothing else.

Fix: call it with two widths and two epochs, and print what comes back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Params, Room, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Verdict, verdict
from graders.measure.compare import Wrong, array, check, mapping
from graders.measure.training import SERIES

OPTIONS = "What happens to the keyword arguments that your width_study does not name?"


@dataclass(frozen=True, slots=True, kw_only=True)
class WidthStudy(Grader):
    """Grades `width_study(X, y, X_val, y_val, widths, **train_options)`.

    Args:
        widths: the widths asked for.
        epochs: the epochs asked for; unlike the default of train.
        images: training images.
    """

    title: ClassVar[str] = "Hidden width"
    about: ClassVar[str] = "width_study"

    widths: tuple[int, ...] = (4, 16)
    epochs: int = 2
    images: int = 200

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for a small study, for the same with other validation labels, and with a learning rate of zero."""
        rng = exam.rng("width study")
        X, y = exam.data.train_subset(min(self.images, len(exam.data.y_train)), rng)
        widths: list[Value] = list(self.widths)
        X_val, y_val = exam.data.X_val[:200], exam.data.y_val[:200]
        options: dict[str, Value] = {"epochs": self.epochs, "lr": 0.05, "batch": 50, "seed": 3}

        def study(name: str, labels: np.ndarray, **changes: Value) -> Call:
            args = (X, y, X_val, labels, widths)
            return Call(name=name, target="width_study", args=args, kwargs={**options, **changes}, room=Room.TORCH)

        others = (y_val + 1) % exam.data.classes
        return [study("study", y_val), study("other labels", others), study("no rate", y_val, lr=0.0)]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the keys, then the numbers, then whether widths and options had an effect."""
        del exam
        study = seen["study"]
        asked = f"width_study(X, y, X_val, y_val, {list(self.widths)}, epochs={self.epochs}, ...)"
        return verdict(
            check("there is a result for every width", study, self._complete, asked=asked),
            check("results are histories or accuracies, all finite", study, self._finite, asked=asked),
            check(
                "the options reach the training",
                [study, seen["no rate"]],
                self._passed_on,
                fix=OPTIONS,
                asked=f"{asked}, and again with lr=0",
            ),
            check("each width has its own result", study, self._different, asked=asked),
            check(
                "the validation images are used",
                [study, seen["other labels"]],
                self._validated,
                weight=0.5,
                fix="Which images does your width_study hand on as validation images?",
                asked=f"{asked}, and again with other validation labels",
            ),
        )

    def _complete(self, value: Value) -> str:
        results = self._results(value)
        return f"results for {', '.join(map(str, results))}"

    def _results(self, value: Value) -> dict[int, Value]:
        """Return the result of each width, or raise `Wrong`; keys may be integers or their text."""
        found = mapping(value, what="width_study")
        by_width = {width: result for key, result in found.items() if (width := width_of(key)) is not None}
        missing = [width for width in self.widths if by_width.get(width) is None]
        if missing:
            keys = ", ".join(repr(key) for key in list(found)[:8]) or "nothing"
            raise Wrong(
                f"width_study has no result for width {' and '.join(map(str, missing))}; its keys are {keys}.",
                got=keys,
                expected=", ".join(map(str, self.widths)),
            )
        return {width: by_width[width] for width in self.widths}

    def _finite(self, value: Value) -> str:
        count = 0
        for width, result in self._results(value).items():
            for numbers in numbers_of(result):
                if not np.isfinite(numbers).all():
                    bad = numbers[~np.isfinite(numbers)][0]
                    raise Wrong(f"The result of width {width} holds {bad}.", got=str(bad), expected="finite numbers")
                count += numbers.size
            if not any(numbers.size for numbers in numbers_of(result)):
                raise Wrong(f"The result of width {width} holds no number.", expected="a history or accuracies")
            if not any(histories_of(result)) and any(numbers.ndim > 1 for numbers in numbers_of(result)):
                raise Wrong(
                    f"The result of width {width} holds matrices and no history, as if it were the parameters.",
                    got="matrices",
                    expected="a history or accuracies",
                )
        return f"{count} numbers"

    def _passed_on(self, value: Value, without_rate: Value) -> str:
        lengths = {len(numbers) for result in self._results(value).values() for numbers in _series(result)}
        if lengths - {self.epochs}:
            told = ", ".join(str(n) for n in sorted(lengths))
            raise Wrong(
                f"With epochs={self.epochs} the histories have {told} numbers.",
                got=f"{told} epochs",
                expected=f"{self.epochs} epochs",
            )
        if self._alike(value, without_rate):
            raise Wrong("With lr=0, all results stay the same to the last digit.")
        return f"histories of {self.epochs} epochs" if lengths else "with lr=0 the results are others"

    def _alike(self, one: Value, other: Value) -> bool:
        """Tell whether all numbers of two studies are the same."""
        a, b = ([n for result in self._results(v).values() for n in numbers_of(result)] for v in (one, other))
        return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))

    def _validated(self, value: Value, relabelled: Value) -> str:
        if self._alike(value, relabelled):
            raise Wrong("With other validation labels, all results stay the same to the last digit.")
        return "other validation labels give other results"

    def _different(self, value: Value) -> str:
        losses = [
            next((n for n in _series(r, ("train_loss", "val_loss"))), None) for r in self._results(value).values()
        ]
        known = [numbers for numbers in losses if numbers is not None]
        if len(known) < 2:
            return "there are no losses, and accuracies of two widths may well be equal"
        if any(np.array_equal(a, b) for i, a in enumerate(known) for b in known[:i]):
            raise Wrong(
                "Two widths have the same losses to the last digit, as if they had the same network.",
                fix="Under which name does train take the number of hidden units?",
            )
        return "the losses differ"


def width_of(key: str | int) -> int | None:
    """Return the width that a key stands for, or None."""
    if isinstance(key, int):
        return int(key)
    digits = "".join(c for c in key.split(".")[0] if c.isdigit())
    return int(digits) if digits and len(digits) < 9 else None


def histories_of(result: Value, depth: int = 0) -> Iterator[Mapping[str | int, Value]]:
    """Yield the histories in a result: itself, or parts of a pair such as (params, history)."""
    if isinstance(result, Mapping):
        if any(name in result for name in SERIES):
            yield result
        elif depth < 3:
            for part in result.values():
                yield from histories_of(part, depth + 1)
    elif isinstance(result, tuple | list) and depth < 3:
        for part in result:
            yield from histories_of(part, depth + 1)


def _series(result: Value, names: Sequence[str] = SERIES) -> Iterator[np.ndarray]:
    """Yield the series of a result's histories that hold a number an epoch; single numbers are no series."""
    for history in histories_of(result):
        for name in names:
            value = history.get(name)
            if isinstance(value, list | tuple | np.ndarray) and np.ndim(_plain(value)) == 1:
                yield _plain(value)


def numbers_of(result: Value, depth: int = 0) -> Iterator[np.ndarray]:
    """Yield all numbers in a result, whatever holds them."""
    if isinstance(result, Params):
        for weights in result.arrays():
            yield _plain(weights)
    elif isinstance(result, Mapping) and depth < 5:
        for part in result.values():
            yield from numbers_of(part, depth + 1)
    elif isinstance(result, tuple | list) and depth < 5 and any(not isinstance(p, int | float) for p in result):
        for part in result:
            yield from numbers_of(part, depth + 1)
    else:
        yield _plain(result)


def _plain(value: Value) -> np.ndarray:
    """Return the value's numbers, an empty array where there are none."""
    try:
        return array(value, what="a result", finite=False)
    except Wrong:
        return np.empty(0)
