"""Step decay multiplies the learning rate by a factor after every few epochs.

Measures: the rate of the epochs 0 to 25 for two settings and for the defaults, asked in no particular order, so that
a rate can depend on its arguments alone.

Matters: a rate that falls an epoch early, or on every epoch, ends the training before it has converged, and
nothing but the curve shows it.

Fix: write down the rates of the first ten epochs for every=4 by hand. Epochs count from 0, so the epochs 0 to 3 share
the full rate, and the factor acts first in epoch 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Check, Verdict, verdict
from graders.measure import truth
from graders.measure.compare import check, number, same
from graders.measure.schedule import questions, rates_right

EPOCHS = 26
DEFAULTS = (0.1, 10)
COUNT = "How many whole stages of `every` epochs lie behind epoch 0, behind the last epoch of a stage, behind the next?"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDecay(Grader):
    """Grades `step_decay(epoch, lr, drop=0.1, every=10)`.

    Args:
        rtol: allowed gap, relative to the largest rate.
    """

    title: ClassVar[str] = "Step decay"
    about: ClassVar[str] = "step_decay"

    rtol: float = 1e-6

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for every epoch of three settings."""
        rng = exam.rng("step decay")
        calls = []
        for name, settings in SETTINGS.items():
            calls += questions(name, "step_decay", settings, epochs=EPOCHS, rng=rng)
        return calls

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the series, and the first epoch by itself."""
        del exam
        return verdict(
            self._series("multiplies by drop after every 4 epochs", seen, "stages of 4", weight=2),
            self._series("multiplies by drop after every 7 epochs", seen, "stages of 7", weight=1),
            self._series("drops to a tenth every 10 epochs by default", seen, "defaults", weight=1),
            check("the first epoch has the full rate", seen["stages of 4 0"], self._first, weight=0.5, fix=COUNT),
        )

    def _series(self, title: str, seen: Seen, name: str, *, weight: float) -> Check:
        lr, drop, every = SETTINGS[name] if len(SETTINGS[name]) == 3 else (*SETTINGS[name], *DEFAULTS)
        right = np.array([truth.step_decay(epoch, lr, drop, int(every)) for epoch in range(EPOCHS)])
        return rates_right(title, seen, name, right=[right], rtol=self.rtol, weight=weight, fix=COUNT)

    def _first(self, value: Value) -> str:
        lr = SETTINGS["stages of 4"][0]
        rate = number(value, what="step_decay(0, …)")
        return same(np.array(rate), np.array(lr), what="step_decay(0, …)", rtol=self.rtol)


SETTINGS: dict[str, tuple[float, ...]] = {
    "stages of 4": (0.37, 0.3, 4),
    "stages of 7": (0.05, 0.6, 7),
    "defaults": (0.2,),
}
