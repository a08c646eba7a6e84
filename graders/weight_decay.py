"""Weight decay pulls the weights towards zero: it adds lambda * W to dW1 and dW2, and nothing to db1 and db2.

Measures: how much each gradient changes when weight decay is switched on, against your own gradient without it, so that
a wrong gradient is not charged again; for two values of lambda. The loss may include the term ½·λ·‖W‖² or not.

Matters: decay that is doubled, divided by the batch size or missing in one layer trains without an error message, and
the lambda in a report then means something else than the lambda in the code.

Fix: differentiate ½·λ·‖W‖² with respect to one entry of W. Then look for all places in which lambda enters, and for the
arrays that each of them changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Verdict, verdict
from graders.measure.batch import draw, of_call, one_of_four
from graders.measure.compare import Wrong, check, number, pair, same

CALL = "loss_and_grads(params, X, y, weight_decay=...)"
DERIVE = "What is the derivative of ½·λ·w² with respect to w, and in how many places does your code add it?"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightDecay(Grader):
    """Grades the argument `weight_decay` of `loss_and_grads`.

    Args:
        rtol: allowed gap relative to the largest entry of lambda * W; it lets float32 through.
        decay: the first lambda.
        other_decay: the second lambda.
    """

    title: ClassVar[str] = "Weight decay"
    about: ClassVar[str] = "loss_and_grads"

    rtol: float = 1e-3
    decay: float = 0.09
    other_decay: float = 0.021

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for the same batch without decay and with two different ones."""
        batch = draw(exam.rng("weight_decay"), N=7, D=13, H=11, K=5)
        return [
            batch.call("without"),
            batch.call("with", weight_decay=self.decay),
            batch.call("other", weight_decay=self.other_decay),
        ]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the changes against the student's own gradient without decay."""
        del exam
        params = of_call(seen["without"].call).params
        two = [seen["without"], seen["with"]]
        asked = f"{CALL} with {self.decay:g} and with none"
        return verdict(
            check(
                "dW1 grows by λ·W1", two, lambda *v: self._weight("W1", params, *v), weight=2, fix=DERIVE, asked=asked
            ),
            check(
                "dW2 grows by λ·W2", two, lambda *v: self._weight("W2", params, *v), weight=2, fix=DERIVE, asked=asked
            ),
            check(
                "db1 and db2 stay as they were",
                two,
                lambda *v: self._biases(params, *v),
                weight=1.5,
                fix="Which of the four arrays are weights?",
                asked=asked,
            ),
            check(
                "the change is proportional to λ",
                [*two, seen["other"]],
                lambda *v: self._proportional(params, *v),
                fix=DERIVE,
                asked=f"{asked}, then with {self.other_decay:g}",
            ),
            check(
                "the loss includes ½·λ·‖W‖² or leaves it out",
                two,
                lambda *v: self._loss(params, *v),
                weight=0.5,
                fix="Which arrays does the penalty sum over, and with which factor?",
                asked=asked,
            ),
        )

    def _weight(self, name: str, params: Params, without: Value, decayed: Value) -> str:
        W: np.ndarray = getattr(params, name)
        change = self._changes(params, without, decayed)[name]
        return same(change, self.decay * W, what=f"The change of d{name}", rtol=self.rtol)

    def _biases(self, params: Params, without: Value, decayed: Value) -> str:
        self._changes(params, without, decayed)
        for name in ("b1", "b2"):
            b: np.ndarray = getattr(params, name)
            before, after = (_gradient(value, name) for value in (without, decayed))
            if before.shape != after.shape:
                raise Wrong(f"d{name} has shape {before.shape} without decay and {after.shape} with it.")
            change = after - before
            largest = float(np.max(np.abs(change), initial=0.0))
            allowed = self.rtol * self.decay * float(np.abs(b).max())
            if not largest <= allowed:
                raise Wrong(
                    f"d{name} changes by up to {largest:.3g} (allowed {allowed:.1e}).",
                    got=f"{largest:.3g}",
                    expected="no change",
                )
        return "no change"

    def _proportional(self, params: Params, without: Value, decayed: Value, other: Value) -> str:
        first, second = (self._changes(params, without, value) for value in (decayed, other))
        ratio = self.other_decay / self.decay
        told = [
            same(second[n], ratio * first[n], what=f"At λ = {self.other_decay:g} the change of d{n}", rtol=self.rtol)
            for n in ("W1", "W2")
        ]
        return "; ".join(told)

    def _loss(self, params: Params, without: Value, decayed: Value) -> str:
        self._changes(params, without, decayed)
        before, after = (
            number(pair(v, what=CALL, parts="loss, grads")[0], what="The loss") for v in (without, decayed)
        )
        change, penalty = after - before, 0.5 * self.decay * _squares(params, "W1", "W2")
        if abs(change) <= self.rtol * penalty:
            return "the loss leaves the term out"
        return same(np.asarray(change), np.asarray(penalty), what="The change of the loss", rtol=self.rtol)

    def _changes(self, params: Params, without: Value, decayed: Value) -> Mapping[str, np.ndarray]:
        """Return how much dW1 and dW2 change; decay that changes neither earns nothing."""
        changes, moved = {}, False
        for name in ("W1", "W2"):
            W: np.ndarray = getattr(params, name)
            before, after = (_gradient(value, name, shape=W.shape) for value in (without, decayed))
            changes[name] = after - before
            moved |= bool(np.abs(changes[name]).max() > self.rtol * self.other_decay * np.abs(W).max())
        if not moved:
            raise Wrong(
                "Neither dW1 nor dW2 changes when weight_decay is switched on.",
                got="no change",
                expected="λ·W1 and λ·W2",
                fix="Where does weight_decay enter your gradients?",
            )
        return changes


def _gradient(value: Value, name: str, *, shape: tuple[int, ...] | None = None) -> np.ndarray:
    grads = pair(value, what=CALL, parts="loss, (dW1, db1, dW2, db2)")[1]
    return one_of_four(grads, name, prefix="d", shape=shape)


def _squares(params: Params, *names: str) -> float:
    return float(sum(np.sum(getattr(params, name) ** 2) for name in names))
