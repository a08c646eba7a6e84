"""Cross-entropy is the loss: the mean of -log P of the right class, computed from logits.

Measures: the value in float64 and float32, as a mean over any number of images; that it stays finite and right where
P of the right class is too small for a float; batches of one image and batches without the last class.

Matters: a network that is confident and wrong makes P underflow to zero. log(0) then turns the loss, and in many
programs the weights, into infinity or NaN; a small number added to P hides that and reports a loss that stops growing.

Fix: write log P in terms of the logits before you compute anything: the logarithm undoes the exponential of the right
class, and what remains is the logarithm of a sum whose largest term can be taken out.
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
from graders.measure.compare import Wrong, check, number, same
from graders.measure.manners import inputs_untouched

WHAT = "cross_entropy(z, y)"
FROM_LOGITS = "Which exponential does the logarithm undo? Write log P with the logits alone, without computing P first."
DEFINITION = "Work out the loss of one image with three classes by hand, then the mean of two images."
HOPELESS = ("thousand", "ten thousand", "huge")
ONE_HOT = "How many classes there are shows in the logits, not in the labels of one batch."


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossEntropy(Grader):
    """Grades `cross_entropy(z, y)`.

    Args:
        rtol: allowed gap relative to the right loss, and the largest loss that counts as zero.
    """

    title: ClassVar[str] = "Cross-entropy"
    about: ClassVar[str] = "cross_entropy"

    rtol: float = 1e-4

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for ordinary logits, then for those at which P of the right class underflows."""
        rng = exam.rng("cross_entropy")
        z, y = rng.normal(size=(7, 5)), rng.permutation(np.arange(7) % 5)
        batch_of_12 = rng.normal(size=(12, 3)), rng.permutation(np.arange(12) % 3)
        # One row, so that a capped loss shows its cap; the right class is the unlikeliest, and the last.
        hopeless, last = np.array([[1.0, 0.5, 0.0]]), np.array([2])
        # Rows of very different size: a maximum taken over the whole batch underflows in the small rows.
        confident = np.eye(5)[y] * 60.0 - 30.0 + np.array([0.0, 1e3, -1e3, 0.0, 1e3, -1e3, 50.0])[:, None]
        questions = {
            "ordinary": (z, y),
            "other size": batch_of_12,
            "float32": (z.astype(np.float32), y),
            "confident": (confident, y),
            "thousand": (hopeless * 1e3, last),
            "ten thousand": (hopeless * 1e4, last),
            "huge": (hopeless * 1e30, last),
            "float32 hundred": ((z + 100.0).astype(np.float32), y),
            "no last class": (z[:4], np.array([2, 0, 1, 0])),
            "one image": (z[:1], np.array([4])),
            "small labels": (z, y.astype(np.uint8)),
        }
        return [Call(name=name, target="cross_entropy", args=args) for name, args in questions.items()]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge ordinary values, then stability, then the edges."""
        del exam
        hopeless = [seen[name] for name in HOPELESS]
        return verdict(
            self._right("gives the right loss", seen, "ordinary", weight=2, fix=DEFINITION),
            self._right("is a mean, whatever the number of images", seen, "other size", fix=DEFINITION),
            self._right("works in float32", seen, "float32", weight=0.5, fix=DEFINITION),
            check("is zero where the right class is certain", seen["confident"], self._is_zero, weight=0.5),
            check("stays finite where P of the right class underflows", hopeless, _finite, fix=FROM_LOGITS),
            self._right("a logit that lags by 1e3 costs 1e3", seen, "thousand", weight=0.75, fix=FROM_LOGITS),
            self._right("a logit that lags by 1e4 costs 1e4", seen, "ten thousand", weight=0.5, fix=FROM_LOGITS),
            self._right("a logit that lags by 1e30 costs 1e30", seen, "huge", weight=0.5, fix=FROM_LOGITS),
            self._right("float32 logits around 100 stay finite", seen, "float32 hundred", weight=0.5, fix=FROM_LOGITS),
            self._right("works where no image has the last class", seen, "no last class", weight=0.5, fix=ONE_HOT),
            self._right("works for a single image", seen, "one image", weight=0.5),
            self._right("takes labels of any integer type", seen, "small labels", weight=0.25),
            inputs_untouched(seen, main="ordinary", names=("z", "y")),
        )

    def _right(self, title: str, seen: Seen, name: str, *, weight: float = 1.0, fix: str = "") -> Check:
        z, y = seen[name].call.args
        assert isinstance(z, np.ndarray)
        assert isinstance(y, np.ndarray)

        def test(value: Value) -> str:
            want = np.asarray(truth.cross_entropy(z, y))
            _one_number(value, len(y))
            return same(np.asarray(number(value, what=WHAT)), want, what=WHAT, rtol=self.rtol)

        return check(title, seen[name], test, weight=weight, fix=fix)

    def _is_zero(self, value: Value) -> str:
        loss = number(value, what=WHAT)
        if abs(loss) <= self.rtol:
            return f"it is {loss:.1e}"
        raise Wrong(
            f"Every right class leads by 60, so the loss is 0; you returned {loss:.6g} (allowed {self.rtol:g}).",
            got=f"{loss:.6g}",
            expected="0",
            fix=DEFINITION,
        )


def _one_number(value: Value, images: int) -> None:
    """Refuse the commonest wrong shape: one loss for each image."""
    if isinstance(value, np.ndarray) and value.size == images > 1:
        raise Wrong(
            f"{WHAT} returned {images} numbers, one for each image, expected one number.",
            got=f"shape {value.shape}",
            expected="one number",
        )


def _finite(*values: Value) -> str:
    losses = [number(value, what=WHAT) for value in values]
    return "losses " + ", ".join(f"{loss:.3g}" for loss in losses)
