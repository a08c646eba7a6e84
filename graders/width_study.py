"""The width study trains one network for each hidden width, with everything else equal.

Measures: that the answer has an entry for each width that was asked, and none besides; that each entry is a history
or finite numbers; that options such as the number of epochs reach the training.

Matters: a comparison says something about the width only when nothing else differs between the runs.

Fix: call the study with two widths and one epoch and print what it returns: its keys are the widths.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Room, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Verdict, verdict
from graders.measure.compare import Wrong, array, check, mapping
from graders.measure.describe import type_of

WIDTHS = (5, 12)
EPOCHS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WidthStudy(Grader):
    """Grades `width_study(X, y, X_val, y_val, widths, **train_options)`.

    Args:
        images: training images of the study.
        images_val: validation images of the study.
    """

    title: ClassVar[str] = "Width study"
    about: ClassVar[str] = "width_study"

    images: int = 200
    images_val: int = 100

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for two widths with two epochs each."""
        data = exam.data
        X, y = data.train_subset(min(self.images, len(data.y_train)), exam.rng("width_study"))
        widths: list[Value] = [*WIDTHS]
        study = (X, y, data.X_val[: self.images_val], data.y_val[: self.images_val], widths)
        return [
            Call(
                name="study",
                target="width_study",
                args=study,
                kwargs={"epochs": EPOCHS, "batch": 50, "seed": 3},
                room=Room.TORCH,
            )
        ]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the keys, then the entries."""
        del exam
        study = seen["study"]
        return verdict(
            check("covers the widths asked", study, lambda value: _covered(_by_width(value)), weight=2),
            check("every width has finite results", study, _finite),
            check("passes its options on to the training", study, _epochs_passed_on),
        )


def _by_width(value: Value) -> dict[int, Value]:
    """Return width -> entry, or raise `Wrong`."""
    entries: dict[int, Value] = {}
    for key, entry in mapping(value, what="width_study").items():
        if not (isinstance(key, int) or key.strip().isdigit()):
            raise Wrong(f"The study has the key {key!r:.40}; its keys are the widths.", expected=str(list(WIDTHS)))
        entries[int(key)] = entry
    return entries


def _covered(entries: Mapping[int, Value]) -> str:
    if set(entries) == set(WIDTHS):
        return f"widths {sorted(entries)}"
    got = str(sorted(entries))
    raise Wrong(f"The study has the widths {got}, asked were {list(WIDTHS)}.", got=got, expected=str(list(WIDTHS)))


def _finite(value: Value) -> str:
    entries = _by_width(value)
    if not entries:
        raise Wrong("The study is empty.", got="{}", expected=f"an entry for each of {list(WIDTHS)}")
    for width, entry in entries.items():
        if not _numbers(entry, f"the entry of width {width}"):
            raise Wrong(f"The entry of width {width} holds no number.", got=type_of(entry), expected="a history")
    return f"{len(entries)} entries"


def _numbers(entry: Value, what: str) -> int:
    """Count the finite numbers of a history, of nested accuracies or of a pair; anything else is `Wrong`."""
    if isinstance(entry, Mapping):
        return sum(_numbers(part, f"{what}, {name!r}") for name, part in entry.items())
    if isinstance(entry, tuple | list) and any(isinstance(part, Mapping | tuple | list) for part in entry):
        return sum(_numbers(part, what) for part in entry)
    if isinstance(entry, tuple | list) and not entry:
        return 0
    return int(array(entry, what=what).size)


def _epochs_passed_on(value: Value) -> str:
    """A history shows how many epochs were run; plain accuracies cannot, and are believed."""
    for width, entry in _by_width(value).items():
        series = entry.get("val_loss") if isinstance(entry, Mapping) else None
        if series is None:
            continue
        epochs = int(np.size(array(series, what=f"val_loss of width {width}")))
        if epochs != EPOCHS:
            raise Wrong(
                f"The history of width {width} has {epochs} epochs, asked were {EPOCHS}.",
                got=f"{epochs} epochs",
                expected=f"{EPOCHS} epochs",
                fix="Which of the options that width_study receives reach train?",
            )
    return f"{EPOCHS} epochs each"
