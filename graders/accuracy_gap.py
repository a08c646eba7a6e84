"""The PyTorch port is as accurate as the NumPy network, within half a point.

Measures: the difference of their test accuracies with the same data, options and seed, averaged over seeds. Both are
computed outside, from the weights that training returned: no test image enters a room. How far the difference
scatters from seed to seed for two right networks is known, so seeds are added until the mean gap is certainly
inside or certainly outside of what is allowed. It is a group-sequential test: at each look the mean's one-sided
normal bound is compared with the allowed gap, and the risk of each error is shared equally among the looks
(Bonferroni), which holds whatever the looks have in common. Stopping when the evidence suffices is Wald's idea
(Sequential Tests of Statistical Hypotheses, Annals of Mathematical Statistics 16, 1945). When the last seed leaves
the question open, the answer is for the student.

Matters: the same mathematics learns the same thing. A gap that stays when chance is averaged out means that the
port differs in initialisation, loss, step or data.

Fix: compare with your NumPy version where nothing is random: the same weights must give the same logits, and one
step from the same state must give the same state. Then compare the initialisation; PyTorch's default is not He's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.calibration import Calibration
from graders.foundation.call import Call, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import GapOverSeeds, Verdict, verdict
from graders.measure.compare import Wrong, check
from graders.measure.runs import (
    disguised_torch_run,
    in_disguise,
    learnt_by_heart,
    numpy_accuracy,
    numpy_run,
    torch_accuracy,
    torch_run,
)
from graders.measure.statistics import z_of
from graders.measure.training import history_curves

UNCALIBRATED = 0.4
LEARNT_BY_HEART = "accuracy-gap-learnt-by-heart"  # a finding for the instructor, under this name in the record
STEP_BY_STEP = "Compare both networks where nothing is random: same weights, same logits; one step, same state."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is known of the mean gap after some seeds, in points.

    Args:
        mean: of the gaps seen.
        certain: half-width of the bound that must lie outside for a loss.
        likely: half-width of the bound that must lie inside for an early pass.
        allowed: the largest mean gap.
    """

    mean: float
    certain: float
    likely: float
    allowed: float

    @property
    def too_large(self) -> bool:
        """Whether the true mean gap is larger than allowed, for certain."""
        return abs(self.mean) - self.certain > self.allowed

    @property
    def settled(self) -> bool:
        """Whether more seeds are needless: the gap is certainly too large, or very likely allowed."""
        return self.too_large or abs(self.mean) + self.likely <= self.allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyGap(Grader):
    """Grades `train_torch` against `train` by their test accuracies.

    Args:
        allowed: the largest mean gap, in percentage points.
        first_seeds: seeds before the first look.
        max_seeds: seeds after which the answer is for the student unless the gap is certainly too large.
        sd_points: standard deviation of one seed's gap between two right networks; left out, the rubric's
            calibration gives it (without a calibration it is 0.4, for mnist_10k).
        risk_fail: of failing a port whose true mean gap is allowed, over all looks.
        risk_pass: of passing early a port whose true mean gap is not allowed, over all looks.
        floor: mean accuracy that both must exceed; two networks that guess agree for the wrong reason.
        disguise_points: how many points the port may lose when pixels and class numbers are shuffled before the
            instructor is told.
    """

    title: ClassVar[str] = "PyTorch within half a point of NumPy"
    about: ClassVar[str] = "train_torch"
    outcome: ClassVar[bool] = True

    allowed: float = 0.5
    first_seeds: int = 3
    max_seeds: int = 6
    sd_points: float | None = None
    risk_fail: float = 0.001
    risk_pass: float = 0.05
    floor: float = 0.5
    disguise_points: float = 5.0

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for the full runs of the first seeds, and for one of the port on disguised data."""
        runs = [call for k in range(self.first_seeds) for call in (numpy_run(exam, k), torch_run(exam, k))]
        return [*runs, disguised_torch_run(exam)]

    def ask_again(self, exam: Exam, seen: Seen) -> Sequence[Call]:
        """Ask for one more seed while the question is open."""
        n = _seeds(seen)
        try:
            pairs = [self._accuracies(exam, seen, k) for k in range(n)]
        except Wrong:
            return ()
        if n >= self.max_seeds or self.bounds(_gaps(pairs), exam.calibration).settled:
            return ()
        return [numpy_run(exam, n), torch_run(exam, n)]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the mean gap with the bounds of the last look."""
        n = _seeds(seen)

        def test(*_values: Value) -> str:
            return self._measure([self._accuracies(exam, seen, k) for k in range(n)], exam.calibration)

        answers = [seen[f"{kind} run {k}"] for k in range(n) for kind in ("numpy", "torch")]
        title = f"mean test accuracies differ by at most {self.allowed:g} points"
        asked = f"train(...) and train_torch(...) with the same options, {n} seeds"
        judged = check(title, answers, test, fix=STEP_BY_STEP, asked=asked)
        curves = history_curves(seen["torch run 0"], of="of the PyTorch port, first seed", what="train_torch")
        remarks = self._learnt_by_heart(exam, seen)
        return verdict(judged, exhibits=(*self._exhibit(exam, seen, n), *curves), remarks=remarks)

    def bounds(self, gaps: np.ndarray, calibration: Calibration | None = None) -> Bounds:
        """Return the mean of the gaps (n,) in points, and its bounds at this look."""
        known = UNCALIBRATED if calibration is None else calibration.gap_sd_points
        known = known if self.sd_points is None else self.sd_points
        sd = max(known, float(gaps.std(ddof=1))) if len(gaps) >= 4 else known
        error = sd / math.sqrt(len(gaps))
        looks = max(self.max_seeds - self.first_seeds + 1, 1)
        # z_of is two-sided: twice the risk puts all of it on one side, for only one bound can err.
        certain, likely = (z_of(2 * risk / looks) * error for risk in (self.risk_fail, self.risk_pass))
        return Bounds(mean=float(gaps.mean()), certain=certain, likely=likely, allowed=self.allowed)

    def _accuracies(self, exam: Exam, seen: Seen, k: int) -> tuple[float, float]:
        """Return the test accuracies of the k-th seed's NumPy and PyTorch networks, or raise `Wrong`."""
        ours, port = (seen[f"{kind} run {k}"].value for kind in ("numpy", "torch"))
        test = exam.data.X_test, exam.data.y_test
        return numpy_accuracy(ours, exam, *test), torch_accuracy(port, exam, *test)

    def _measure(self, pairs: Sequence[tuple[float, float]], calibration: Calibration | None) -> str:
        means = np.array(pairs).mean(axis=0)
        if not (means > self.floor).all():
            raise Wrong(
                f"The mean test accuracies are {means[0]:.2%} (NumPy) and {means[1]:.2%} (PyTorch); a comparison says "
                f"something only when both exceed {self.floor:.0%}."
            )
        seen = self.bounds(_gaps(pairs), calibration)
        told = (
            f"mean gap (NumPy minus PyTorch) {seen.mean:+.2f} points over {len(pairs)} seeds "
            f"({means[0]:.2%} and {means[1]:.2%}), allowed ±{self.allowed:g}"
        )
        if seen.too_large:
            better = "NumPy" if seen.mean > 0 else "PyTorch"
            raise Wrong(
                f"{told[0].upper()}{told[1:]}: the {better} network is better, and chance explains a mean of at most "
                f"{self.allowed + seen.certain:.2f} (risk {self.risk_fail:g}).",
                got=f"{seen.mean:+.2f} points",
                expected=f"within ±{self.allowed:g} points",
            )
        if seen.settled:
            return told
        return f"{told}; {len(pairs)} seeds cannot tell it from an allowed one, so it counts as allowed"

    def _learnt_by_heart(self, exam: Exam, seen: Seen) -> tuple[str, ...]:
        """Tell the instructor when the port does well only on images that it could know beforehand."""
        data = exam.data
        try:
            known = torch_accuracy(seen["torch run 0"].value, exam, data.X_test, data.y_test)
            unknown = torch_accuracy(seen["disguised torch run"].value, exam, *in_disguise(exam).test)
        except Wrong:
            return ()
        # A slow learner spreads widely; a port that knew its images comes near the NumPy network at least.
        margin = self.disguise_points / 100
        if known < _first_numpy_accuracy(exam, seen) - margin or known - unknown <= margin:
            return ()
        return (learnt_by_heart(LEARNT_BY_HEART, "port", known=known, unknown=unknown),)

    def _exhibit(self, exam: Exam, seen: Seen, n: int) -> tuple[GapOverSeeds, ...]:
        try:
            gaps = _gaps([self._accuracies(exam, seen, k) for k in range(n)])
        except Wrong:
            return ()
        known = self.bounds(gaps, exam.calibration)
        return (
            GapOverSeeds(
                title="Accuracy gap, NumPy minus PyTorch, in points",
                seeds=tuple(exam.run_seeds(n)),
                gaps=tuple(float(gap) for gap in gaps),
                low=known.mean - known.likely,
                high=known.mean + known.likely,
                allowed=self.allowed,
            ),
        )


def _gaps(pairs: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return the gaps in percentage points, (n,)."""
    accuracies = np.array(pairs)
    gaps: np.ndarray = 100 * (accuracies[:, 0] - accuracies[:, 1])
    return gaps


def _seeds(seen: Seen) -> int:
    """Return on how many seeds both were trained."""
    return sum(name.startswith("torch run") for name in seen)


def _first_numpy_accuracy(exam: Exam, seen: Seen) -> float:
    """Return the share of test images that the first NumPy network labels rightly, 0 where there is none."""
    try:
        return numpy_accuracy(seen["numpy run 0"].value, exam, exam.data.X_test, exam.data.y_test)
    except Wrong:
        return 0.0
