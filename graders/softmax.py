"""Softmax turns logits into probabilities.

Measures: the values, along the class axis; that a row's shift changes nothing; that no finite logit, however
large, gives NaN or infinity, in float32 too; that the input is left as it was.

Matters: everything behind it (loss, gradients, training) inherits its mistakes, and an overflow shows only when
the network becomes confident, in the middle of a training run.

Fix: compare with the definition on one small row by hand. For large logits, recall that adding a constant to
all logits of a row leaves the probabilities as they are, and choose the constant so that no exponential overflows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.observation import Returned
from graders.foundation.verdict import Check, Verdict, verdict
from graders.measure import truth
from graders.measure.compare import Wrong, array, check, same

SHIFT = "What happens to a row's probabilities when the same number is added to all of its logits?"
AXIS = "Each row is one image: the probabilities of its classes must sum to one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax(Grader):
    """Grades `softmax(z)`.

    Args:
        rtol: allowed gap in float64, relative to the largest probability.
        rtol_float32: the same for float32 input.
    """

    title: ClassVar[str] = "Softmax"
    about: ClassVar[str] = "softmax"

    rtol: float = 1e-6
    rtol_float32: float = 1e-5

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for ordinary, shifted, huge, float32 and single rows."""
        rng = exam.rng("softmax")
        # Multiples of 1/64 are exact in float32 too, alone and beside 1e4: a student may compute in either.
        plain = np.round(rng.normal(size=(7, 5)) * 128) / 64
        # Rows of very different size: a maximum taken over the whole matrix underflows in the small rows.
        uneven = plain + np.array([0.0, 1e3, -1e3, 1e4, -1e4, 0.0, 50.0])[:, None]
        signs = np.array([[1.0, -1.0, 0.0], [-1.0, -1.0, 1.0], [1.0, 1.0, -1.0]])
        logits = {
            "plain": plain,
            "shifted": plain + rng.integers(-20, 20, size=(7, 1)),
            "uneven": uneven,
            "thousand": signs * 1e3,
            "ten thousand": signs * 1e4,
            "huge": signs * 1e30,
            "all very negative": np.full((2, 4), -1e30),
            "float32": plain.astype(np.float32),
            "float32 huge": (signs * 1e30).astype(np.float32),
            "float32 hundred": (plain + 100.0).astype(np.float32),
            "one row": plain[:1],
        }
        return [Call(name=name, target="softmax", args=(z,)) for name, z in logits.items()]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge values first, then stability, then manners."""
        del exam
        return verdict(
            self._right("gives the right probabilities along the class axis", seen, "plain", weight=2, fix=AXIS),
            check("rows sum to one", seen["plain"], _rows_sum_to_one, fix=AXIS),
            self._right("shifting a row changes nothing", seen, "shifted", fix=SHIFT),
            self._right("rows of very different size do not disturb each other", seen, "uneven", fix=SHIFT),
            self._right("logits of ±1e3 stay finite and right", seen, "thousand", fix=SHIFT),
            self._right("logits of ±1e4 stay finite and right", seen, "ten thousand", weight=0.5, fix=SHIFT),
            self._right("logits of ±1e30 stay finite and right", seen, "huge", weight=0.5, fix=SHIFT),
            self._right("a row of equal logits of -1e30 is uniform", seen, "all very negative", weight=0.5, fix=SHIFT),
            self._right("works in float32", seen, "float32", weight=0.5),
            self._right("float32 logits of ±1e30 stay finite", seen, "float32 huge", weight=0.5, fix=SHIFT),
            self._right("float32 logits around 100 stay finite", seen, "float32 hundred", weight=0.5, fix=SHIFT),
            self._right("works for a single row", seen, "one row", weight=0.5),
            _input_untouched(seen),
        )

    def _right(self, title: str, seen: Seen, name: str, *, weight: float = 1.0, fix: str = "") -> Check:
        z = seen[name].call.args[0]
        assert isinstance(z, np.ndarray)
        rtol = self.rtol_float32 if z.dtype == np.float32 else self.rtol

        def test(value: Value) -> str:
            return same(array(value, what="softmax(z)", shape=z.shape), truth.softmax(z), what="softmax(z)", rtol=rtol)

        return check(title, seen[name], test, weight=weight, fix=fix)


def _rows_sum_to_one(value: Value) -> str:
    p = array(value, what="softmax(z)", shape=(7, 5))
    off = np.abs(p.sum(axis=1) - 1.0)
    if (off <= 1e-6).all():
        return f"largest deviation {off.max():.1e}, allowed 1e-06"
    row = int(np.argmax(off))
    raise Wrong(f"Row {row} sums to {p[row].sum():.6g}, expected 1.", got=f"{p[row].sum():.6g}", expected="1")


def _input_untouched(seen: Seen) -> Check:
    changed = [n for n, a in seen.items() if isinstance(a.observation, Returned) and "0" in a.observation.changed]

    def test(_value: Value) -> None:
        if changed:
            raise Wrong("Your softmax changed the array z that it was given.", got="z modified", expected="z as it was")

    return check(
        "leaves its input as it was", seen["plain"], test, weight=0.5, fix="Which of your statements writes into z?"
    )
