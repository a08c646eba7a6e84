"""The forward pass turns images into logits: relu(X W1 + b1) W2 + b2.

Measures: the logits for several sizes, for a single image, for two classes and in float32; that the same question gets
the same answer; that an image's logits do not depend on the images beside it; that params and X are left as they were.

Matters: prediction, loss and gradient all start here. A softmax on top is harmless for the largest class and fatal for
the loss, which applies its own; statistics of the batch make a prediction depend on its neighbours.

Fix: compute one image with two inputs, two hidden units and two classes by hand, one of the hidden units switched off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.observation import Answer
from graders.foundation.verdict import Check, Verdict, verdict
from graders.measure import truth
from graders.measure.batch import draw
from graders.measure.compare import Wrong, array, check, same
from graders.measure.manners import inputs_untouched

WHAT = "forward(params, X)"
RANDOM = "At inference nothing is dropped and nothing is drawn."
NEIGHBOURS = "Which of your lines takes a mean, a maximum or a shape over the images?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward(Grader):
    """Grades `forward(params, X)`.

    Args:
        rtol: allowed gap relative to the largest logit; it lets float32 through.
    """

    title: ClassVar[str] = "Forward pass"
    about: ClassVar[str] = "forward"

    rtol: float = 1e-4

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for a batch, the same again, one image of it alone, and other sizes."""
        batch = draw(exam.rng("forward", "batch"), N=7, D=13, H=11, K=5)
        two = draw(exam.rng("forward", "two classes"), N=9, D=4, H=8, K=2)
        wide = draw(exam.rng("forward", "wide"), N=3, D=6, H=17, K=10)
        single = draw(exam.rng("forward", "float32"), N=8, D=12, H=10, K=4, dtype=np.float32)
        questions = {
            "batch": (batch.params, batch.X),
            "one image": (batch.params, batch.X[:1]),
            "two classes": (two.params, two.X),
            "wide": (wide.params, wide.X),
            "float32": (single.params, single.X),
        }
        calls = [Call(name=name, target="forward", args=args) for name, args in questions.items()]
        return [*calls, Call(name="again", target="forward", args=questions["batch"], repeat=1)]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the logits, then what they may not depend on."""
        del exam
        return verdict(
            self._right("gives the right logits", [seen["batch"]], weight=3),
            self._right("gives the right logits for other sizes", [seen["two classes"], seen["wide"]]),
            self._right("works for a single image", [seen["one image"]], weight=0.5),
            self._right("works in float32", [seen["float32"]], weight=0.5),
            check(
                "gives the same answer when asked again",
                [seen["batch"], seen["again"]],
                self._same_again,
                weight=0.5,
                fix=RANDOM,
            ),
            check(
                "an image's logits do not depend on the images beside it",
                [seen["batch"], seen["again"], seen["one image"]],
                self._alone_as_in_company,
                weight=0.5,
                fix=NEIGHBOURS,
            ),
            inputs_untouched(seen, main="batch", names=("params", "X")),
        )

    def _right(self, title: str, answers: Sequence[Answer], *, weight: float = 1.0) -> Check:
        def test(*values: Value) -> str:
            return "; ".join(self._logits(a, v) for a, v in zip(answers, values, strict=True))

        return check(title, answers, test, weight=weight)

    def _logits(self, answer: Answer, value: Value) -> str:
        params, X = answer.call.args
        assert isinstance(params, Params)
        assert isinstance(X, np.ndarray)
        params, X = truth.in_float64(params), np.asarray(X, dtype=np.float64)
        want = truth.forward(params, X)
        got = array(value, what=WHAT, shape=want.shape)
        return same(got, want, what=WHAT, rtol=self.rtol)

    def _same_again(self, first: Value, second: Value) -> str:
        a = array(first, what=WHAT)
        b = array(second, what=WHAT, shape=a.shape)
        try:
            return same(b, a, what=WHAT, rtol=self.rtol)
        except Wrong as wrong:
            largest = float(np.abs(a - b).max())
            msg = f"Two calls with the same arguments differ by up to {largest:.3g}."
            raise Wrong(msg, got=wrong.got, expected=wrong.expected) from wrong

    def _alone_as_in_company(self, batch: Value, again: Value, alone: Value) -> str:
        self._same_again(batch, again)  # where answers are random, nothing can be said of neighbours
        a = array(batch, what=WHAT)
        b = array(alone, what=WHAT)
        if a.ndim != 2 or b.size != a.shape[1]:
            raise Wrong(f"{WHAT} has shapes {a.shape} and {b.shape} for 7 images and for 1.")
        try:
            return same(b.ravel(), a[0], what=WHAT, rtol=self.rtol)
        except Wrong as wrong:
            msg = f"Image 0 alone gets {b.ravel()[0]:.6g} for class 0, among 7 images {a[0, 0]:.6g}."
            raise Wrong(msg, got=wrong.got, expected=wrong.expected) from wrong
