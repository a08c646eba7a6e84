"""The cosine schedule lowers the learning rate along half a cosine wave.

Measures: the rate of every epoch for trainings of 7, 10 and 25 epochs, asked in no particular order. The wave may
reach zero just after the last epoch (epoch / epochs, as the task prints it) or in it (epoch / (epochs - 1)):
both are in use and both keep full marks. A wave that runs one epoch ahead, so that the first epoch never has the full
rate, keeps half.

Matters: a slow end lets the parameters settle; a wave of the wrong length restarts the rate or never brings it down.

Fix: look at three epochs by hand: the first has the full rate, the middle one half of it, the end nearly none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Check, Verdict, verdict
from graders.measure import truth
from graders.measure.schedule import questions, rates_right

SETTINGS: dict[str, tuple[float, int]] = {"7 epochs": (0.37, 7), "10 epochs": (0.05, 10), "25 epochs": (0.8, 25)}
THREE = "Put epoch = 0, the middle and the end into your formula: what should the cosine be there?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosine(Grader):
    """Grades `cosine(epoch, lr, epochs)`.

    Args:
        rtol: allowed gap, relative to the largest rate.
    """

    title: ClassVar[str] = "Cosine schedule"
    about: ClassVar[str] = "cosine"

    rtol: float = 1e-6

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for every epoch of three trainings."""
        rng = exam.rng("cosine")
        calls = []
        for name, settings in SETTINGS.items():
            calls += questions(name, "cosine", settings, epochs=settings[1], rng=rng)
        return calls

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the three series."""
        del exam
        return verdict(*(self._series(f"follows half a cosine wave over {name}", seen, name) for name in SETTINGS))

    def _series(self, title: str, seen: Seen, name: str) -> Check:
        lr, epochs = SETTINGS[name]
        after, within = (
            np.array([truth.cosine(epoch, lr, length) for epoch in range(epochs + 1)])
            for length in (epochs, epochs - 1)
        )
        right, ahead = [after[:-1], within[:-1]], after[1:]
        return rates_right(title, seen, name, right=right, half=ahead, rtol=self.rtol, weight=1.0, fix=THREE)
