"""The gradient of the loss, by backpropagation: dW1, db1, dW2 and db2, and the loss itself.

Measures: every entry of each of the four gradients and the loss, on batches of several sizes, against the exact
derivative of the true loss and against its central differences; loss and gradient are judged apart.

Matters: training follows the gradient and nothing else. A gradient that is wrong by a factor trains at another learning
rate, one that is wrong in one array trains half of the network, and both still lower the loss.

Fix: compare each array, in float64, with (L(θ + h) − L(θ − h)) / 2h at h = 1e-5, one entry after the other. The first
array that differs, counted from the output, holds the mistake: db2, dW2, db1, dW1.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Check, ErrorMap, Verdict, verdict
from graders.measure import truth
from graders.measure.batch import Solution, draw, of_call, one_of_four, solution
from graders.measure.compare import Wrong, check, number, pair, same
from graders.measure.manners import inputs_untouched

PARTS = ("loss", *truth.NAMES)
WEIGHTS: Mapping[str, float] = {"loss": 1.5, "W1": 3.0, "b1": 2.0, "W2": 3.0, "b2": 2.0}
SIZES: Mapping[str, tuple[int, int, int, int]] = {  # N, D, H, K: all different within a batch
    "batch": (7, 13, 11, 5),
    "two classes": (12, 5, 8, 2),
    "wide": (9, 3, 4, 6),
}
CALL = "loss_and_grads(params, X, y)"
CHAIN = "Write the shapes at the end of each line, and derive this array alone on paper for a batch of two images."
SINGLE_IMAGE_CREDIT = 0.5  # what remains of an array that is right for batches, but not for one image


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradients(Grader):
    """Grades `loss_and_grads(params, X, y)`.

    Args:
        rtol: allowed gap relative to an array's largest entry; it lets float32 through.
    """

    title: ClassVar[str] = "Gradients"
    about: ClassVar[str] = "loss_and_grads"

    rtol: float = 1e-4

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for batches of several sizes, one image, a batch without the last class, and float32."""
        batches = {name: draw(exam.rng("gradients", name), N=N, D=D, H=H, K=K) for name, (N, D, H, K) in SIZES.items()}
        batches["one image"] = draw(exam.rng("gradients", "one image"), N=1, D=6, H=9, K=4)
        batches["no last class"] = draw(exam.rng("gradients", "no last class"), N=10, D=8, H=7, K=4, last_class=False)
        batches["float32"] = draw(exam.rng("gradients", "float32"), N=6, D=9, H=5, K=3, dtype=np.float32)
        return [batch.call(name) for name, batch in batches.items()]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge each array on every batch, then the edges for those arrays that are right."""
        del exam
        solutions = {name: solution(of_call(answer.call)) for name, answer in seen.items()}
        judged = {part: self._part(part, seen, solutions) for part in PARTS}
        sound = [part for part, checked in judged.items() if checked.credit > 0]
        return verdict(
            *judged.values(),
            self._edge("works where no image has the last class", "no last class", seen, solutions, sound),
            self._edge("works in float32", "float32", seen, solutions, sound),
            inputs_untouched(seen, main="batch", names=("params", "X", "y")),
        )

    def _part(self, part: str, seen: Seen, solutions: Mapping[str, Solution]) -> Check:
        """Judge the loss or one gradient over all batches; a slip that only one image shows costs half."""
        title = "the loss is right" if part == "loss" else f"d{part} is right"

        def test(names: Sequence[str]) -> Callable[..., str]:
            return lambda *values: "; ".join(
                self._same(part, value, solutions[name]) for name, value in zip(names, values, strict=True)
            )

        batches = check(
            title,
            [seen[name] for name in SIZES],
            test(list(SIZES)),
            weight=WEIGHTS[part],
            fix=CHAIN,
            asked=f"{CALL} for batches of {', '.join(str(size[0]) for size in SIZES.values())} images",
        )
        single = check(title, seen["one image"], test(["one image"]), weight=WEIGHTS[part], fix=CHAIN)
        if batches.credit < 1.0 or single.credit == 1.0:
            return batches
        reason = f"Right for batches, but not for a single image: {single.reason}"
        return dataclasses.replace(single, credit=SINGLE_IMAGE_CREDIT, reason=reason)

    def _edge(
        self, title: str, name: str, seen: Seen, solutions: Mapping[str, Solution], sound: Sequence[str]
    ) -> Check:
        """Judge an unusual batch for the parts that are right on ordinary ones: nothing is charged twice."""

        def test(value: Value) -> None:
            if not set(sound) & set(truth.NAMES):
                raise Wrong("Nothing to judge here before one of the gradients is right on an ordinary batch.")
            for part in sound:
                self._same(part, value, solutions[name])

        return check(title, seen[name], test, weight=0.5)

    def _same(self, part: str, value: Value, right: Solution) -> str:
        loss, grads = pair(value, what=CALL, parts="loss, (dW1, db1, dW2, db2)")
        try:
            return self._loss(loss, right) if part == "loss" else self._gradient(grads, part, right)
        except Wrong as wrong:
            (N, D), (H, K) = right.batch.X.shape, right.batch.params.W2.shape
            wrong.reason += f" (N = {N}, D = {D}, H = {H}, K = {K})"
            raise

    def _loss(self, loss: Value, right: Solution) -> str:
        got = np.asarray(number(loss, what="The loss"))
        return same(got, np.asarray(right.loss), what="The loss", rtol=self.rtol)

    def _gradient(self, grads: Value, name: str, right: Solution) -> str:
        want: np.ndarray = getattr(right.grads, name)
        got = _shaped(one_of_four(grads, name, prefix="d"), want, name)
        try:
            return same(got, want, what=f"d{name}", rtol=self.rtol)
        except Wrong as wrong:
            exhibit = ErrorMap(
                title=f"d{name}: absolute error of every entry",
                errors=np.atleast_2d(np.abs(got - want)),
                allowed=self.rtol * float(np.abs(want).max()),
            )
            wrong.exhibits = (exhibit,)
            raise


def _shaped(got: np.ndarray, want: np.ndarray, name: str) -> np.ndarray:
    """Return the gradient in the parameter's shape; a row or a column passes for a bias."""
    if got.shape == want.shape:
        return got
    if want.ndim == 1 and got.ndim == 2 and got.size == want.size and 1 in got.shape:
        return got.reshape(want.shape)
    told = f"d{name} has shape {got.shape}, expected {want.shape}, the shape of {name}."
    raise Wrong(told, got=f"shape {got.shape}", expected=f"shape {want.shape}")
