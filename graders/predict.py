"""Prediction: the likeliest class of each image.

Measures: the labels for several sizes, for a single image and for two classes, on images where no two classes are
nearly tied; that they are integers; that the same question gets the same answer.

Matters: accuracy is counted on these labels. An argmax along the images instead of the classes still returns numbers
that look like labels, and only their count gives it away.

Fix: print the shape of what you return for 7 images and 5 classes: it has 7 entries, one for each image.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.observation import Answer
from graders.foundation.verdict import Check, Verdict, verdict
from graders.measure import truth
from graders.measure.batch import Batch, draw
from graders.measure.compare import Wrong, array, check, labels
from graders.measure.describe import excerpt
from graders.measure.manners import inputs_untouched

WHAT = "predict(params, X)"
TIE = 1e-2  # images whose two largest logits are nearer than this are not asked about
AXIS = "Along which axis of the logits (N, K) do the classes of one image lie?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Predict(Grader):
    """Grades `predict(params, X)`."""

    title: ClassVar[str] = "Prediction"
    about: ClassVar[str] = "predict"

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for a batch, the same again, one image of it alone, two classes, and float32."""
        rng = exam.rng("predict")
        batch = draw(rng, N=40, D=13, H=11, K=5)
        questions = {
            "batch": _decided(batch),
            "one image": _decided(batch)[:1],
            "two classes": _decided(two := draw(rng, N=30, D=6, H=9, K=2)),
            "float32": _decided(ten := draw(rng, N=30, D=12, H=16, K=10, dtype=np.float32)),
        }
        # A logit that is the largest may well be negative: a ReLU behind the output layer would hide it.
        low = replace(batch.params, b2=batch.params.b2 - 20.0)
        params = {"batch": low, "one image": low, "two classes": two.params, "float32": ten.params}
        calls = [Call(name=name, target="predict", args=(params[name], X)) for name, X in questions.items()]
        return [*calls, Call(name="again", target="predict", args=calls[0].args, repeat=1)]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge labels, then sameness and manners."""
        del exam
        return verdict(
            _right("gives the likeliest class of each image", seen["batch"], weight=2),
            _right("works for two classes", seen["two classes"], weight=0.5),
            _right("works for a single image", seen["one image"], weight=0.5),
            _right("works in float32", seen["float32"], weight=0.5),
            check("gives the same labels when asked again", [seen["batch"], seen["again"]], _same_again, weight=0.5),
            inputs_untouched(seen, main="batch", names=("params", "X")),
        )


def _decided(batch: Batch) -> np.ndarray:
    """Return the images on which the largest logit leads clearly."""
    two_largest = np.sort(truth.forward(truth.in_float64(batch.params), batch.X), axis=1)[:, -2:]
    images: np.ndarray = batch.X[two_largest[:, 1] - two_largest[:, 0] > TIE]
    return images


def _right(title: str, answer: Answer, *, weight: float) -> Check:
    params, X = answer.call.args
    assert isinstance(params, Params)
    assert isinstance(X, np.ndarray)
    want = truth.forward(truth.in_float64(params), X).argmax(axis=1)  # (N,)

    def test(value: Value) -> str:
        got = labels(value, what=WHAT, shape=want.shape)
        wrong = np.flatnonzero(got != want)
        if not wrong.size:
            return f"{want.size} labels"
        image = int(wrong[0])
        raise Wrong(
            f"Image {image}: you returned class {got[image]}, its largest logit is that of class {want[image]}. "
            f"{wrong.size} of {want.size} labels differ.",
            got=excerpt(got),
            expected=excerpt(want),
            fix="Print forward(params, X) for three images, and your labels beside it.",
        )

    return check(title, answer, test, weight=weight, fix=AXIS)


def _same_again(first: Value, second: Value) -> None:
    a, b = array(first, what=WHAT), array(second, what=WHAT)
    if not np.array_equal(a, b):
        raise Wrong(
            "Two calls with the same arguments give different labels.",
            fix="At inference nothing is dropped and nothing is drawn.",
        )
