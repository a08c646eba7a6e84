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
from graders.measure.alternatives import Alternative, same_or_named, times
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
        wrong = _wrong_weight_changes(W, name, self.decay, images=7)
        return same_or_named(change, self.decay * W, wrong, what=f"The change of d{name}", rtol=self.rtol)

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
                decays = change.size == b.size and np.abs(change.ravel() - self.decay * b).max() <= allowed
                story = f" It is λ·{name}: the biases are decayed too." if decays else ""
                raise Wrong(
                    f"d{name} changes by up to {largest:.3g} (allowed {allowed:.1e}).{story}",
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
        biases = 0.5 * self.decay * _squares(params, "b1", "b2")
        factors = {
            "It is λ·‖W‖²: the ½ is missing.": 2.0,
            "It is ½·λ·‖W‖²/7: the term is divided by the batch size.": 1 / 7,
            "It has the wrong sign: the penalty makes the loss larger.": -1.0,
            "It sums over the biases too.": 1 + biases / penalty,
            "It sums over W1 alone.": 0.5 * self.decay * _squares(params, "W1") / penalty,
            "It sums over W2 alone.": 0.5 * self.decay * _squares(params, "W2") / penalty,
        }
        right = np.asarray(penalty)
        return same_or_named(
            np.asarray(change), right, times(right, factors), what="The change of the loss", rtol=self.rtol
        )

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


def _wrong_weight_changes(W: np.ndarray, name: str, decay: float, *, images: int) -> list[Alternative]:
    """Return what known mistakes add to the gradient of W."""
    factors = {
        "The term is added twice, or belongs to a penalty λ·‖W‖² without the ½.": 2.0,
        "It is half of λ·W: the ½ of the penalty ½·λ·‖W‖² cancels against the 2 of its derivative.": 0.5,
        f"{images} is the batch size: the decay is divided by it, though it belongs to no image.": 1 / images,
        f"{images} is the batch size: the decay is multiplied by it, though it belongs to no image.": float(images),
        f"{W.size} is the number of entries of {name}: the penalty is a sum, not a mean.": 1 / W.size,
        "The sign is wrong: decay that is subtracted from the gradient makes the weights grow.": -1.0,
        f"It is {name} itself, without λ.": 1 / decay,
        "It is λ squared times the weights.": decay,
    }
    ones = np.ones_like(W)
    return [
        *times(decay * W, factors),
        Alternative(value=0 * ones, words=f"d{name} did not change at all: this layer is not decayed."),
        Alternative(value=decay * np.sign(W), words="It is λ·sign(W), the derivative of the penalty λ·|W|."),
        Alternative(value=decay * W.sum() * ones, words="It is λ·sum(W): one number for all entries."),
        Alternative(value=decay * (W**2).sum() * ones, words="It is λ·sum(W²): one number for all entries."),
        Alternative(value=decay / 2 * (W**2).sum() * ones, words="It is ½·λ·sum(W²): the penalty, not its derivative."),
    ]
