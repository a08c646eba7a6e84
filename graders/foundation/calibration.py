"""What the reference reaches over many seeds, and the thresholds that follow from it at a stated risk."""

import math
import statistics
from dataclasses import dataclass, replace
from typing import Self

from scipy.special import stdtrit

MOST_RUNS = 6  # thresholds are written down for the mean of up to so many runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The reference's test accuracies over many seeds, with what they were measured on.

    Args:
        data: digest of the data set.
        options: the options of the full training runs, as text.
        numpy: version of NumPy.
        torch: version of PyTorch.
        risk: the chance that a right submission misses the threshold.
        numpy_accuracy: test accuracy of the NumPy reference, one fraction a seed.
        torch_accuracy: test accuracy of the PyTorch reference with the same seeds.
        thresholds: from which mean accuracy of 1, 2, 3, ... runs there is full credit; follows from all above.
        gap_sd: standard deviation of one seed's accuracy gap, in points; follows from all above.
    """

    data: str
    options: str
    numpy: str
    torch: str
    risk: float
    numpy_accuracy: tuple[float, ...]
    torch_accuracy: tuple[float, ...]
    thresholds: tuple[float, ...] = ()
    gap_sd: float = 0.0

    def complete(self) -> Self:
        """Return the calibration with all numbers that follow from what was measured."""
        thresholds = tuple(round(self.threshold(runs), 6) for runs in range(1, MOST_RUNS + 1))
        return replace(self, thresholds=thresholds, gap_sd=round(self.gap_sd_points, 6))

    @property
    def consistent(self) -> bool:
        """Whether the numbers that follow from the measurements are those that stand there, or are left out."""
        derived = self.complete()
        pairs = [
            *zip(self.thresholds, derived.thresholds, strict=False),
            *([(self.gap_sd, derived.gap_sd)] * bool(self.gap_sd)),
        ]
        return all(abs(written - right) <= 2e-6 for written, right in pairs)

    def threshold(self, runs: int) -> float:
        """Return the mean accuracy of `runs` seeds that a right submission misses with chance `risk`.

        The one-sided prediction limit of a normal distribution whose mean and deviation were themselves
        estimated (Hahn and Meeker 1991): mean - t(1 - risk, n - 1) sd sqrt(1/runs + 1/n).
        """
        n = len(self.numpy_accuracy)
        scatter = statistics.stdev(self.numpy_accuracy) * math.sqrt(1 / runs + 1 / n)
        return statistics.fmean(self.numpy_accuracy) - float(stdtrit(n - 1, 1 - self.risk)) * scatter

    @property
    def gap_sd_points(self) -> float:
        """Return the standard deviation of one seed's accuracy gap between the implementations, in points."""
        pairs = zip(self.numpy_accuracy, self.torch_accuracy, strict=True)
        return 100 * statistics.stdev(a - b for a, b in pairs)

    def stale(self, *, data: str, options: str, numpy: str, torch: str) -> tuple[str, ...]:
        """Return what has changed since it was measured, as sentences; nothing while it holds.

        Versions are compared up to the minor number: a patch release does not change how training scatters.
        """
        then_now = {
            "the data set": (self.data, data),
            "the training options": (self.options, options),
            "NumPy": (minor(self.numpy), minor(numpy)),
            "PyTorch": (minor(self.torch), minor(torch)),
        }
        told = {"the data set": "the data set is another one"}
        return tuple(
            told.get(what, f"{what} changed from {then} to {now}")
            for what, (then, now) in then_now.items()
            if then != now
        )


def minor(version: str) -> str:
    """Return a version's first two numbers."""
    return ".".join(version.split("+", maxsplit=1)[0].split(".")[:2])
