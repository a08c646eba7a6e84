"""Weight decay and dropout close the gap between training and validation.

Measures: the validation loss minus the training loss of a network that has learnt two hundred images by heart, three in
ten of them with wrong labels; once as it is, once with weight decay, once with dropout, same data and seed. All losses
are computed without dropout from the parameters that train returns.

The gap must shrink to 0.82 of what it was, -0.20 in logarithms. Over 60 seeds of the reference solution the ratio's
logarithm is -0.48 (standard deviation 0.04) with weight decay and -0.43 (0.05) with dropout on MNIST, -0.55 (0.08) and
-1.75 (0.32) on Fashion-MNIST: by a normal fit a right solution fails at most 4 times in a million. A run that merely
has other random numbers (0.00, standard deviation 0.04 and 0.06) passes at most 3 times in ten thousand.

Matters: both can be written down rightly and never reach the training loop, and the losses would still fall.

Fix: train on two hundred images until the training loss is almost zero, then switch one of them on and look at the
validation loss.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Verdict, verdict
from graders.measure.compare import Wrong, check
from graders.measure.training import history_curves, loss_of, trained_params

H = 64
LEARNT = 0.9  # of the loss of guessing; right runs end below 0.7
FOLLOW = "Follow the option from train's arguments to the gradient of one batch: is it there in every epoch?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regularisation(Grader):
    """Grades `weight_decay` and `dropout` of `train` by their effect.

    Args:
        images: training images.
        wrong_labels: share of their labels that are exchanged among them.
        epochs: enough to learn all of them by heart.
        weight_decay: of the run with weight decay.
        dropout: of the run with dropout.
        ratio: largest allowed gap, relative to that of the run without either.
    """

    title: ClassVar[str] = "Regularisation narrows the gap"
    about: ClassVar[str] = "train"
    outcome: ClassVar[bool] = True

    images: int = 200
    wrong_labels: float = 0.3
    epochs: int = 40
    weight_decay: float = 0.02
    dropout: float = 0.6
    ratio: float = 0.82

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for a run without regularisation, and for one with each kind of it."""
        rng = exam.rng("regularisation")
        X, right = exam.data.train_subset(min(self.images, len(exam.data.y_train)), rng)
        y = right.copy()
        rows = rng.permutation(len(y))[: round(self.wrong_labels * len(y))]
        y[rows] = y[rng.permutation(rows)]
        usual: dict[str, Value] = {"H": H, "lr": 0.05, "batch": 50, "epochs": self.epochs}
        usual["seed"] = int(rng.integers(1, 2**31 - 1))
        kinds: dict[str, dict[str, Value]] = {
            "none": {},
            "weight decay": {"weight_decay": self.weight_decay},
            "dropout": {"dropout": self.dropout},
        }
        args = (X, y, exam.data.X_val, exam.data.y_val)
        return [
            Call(name=name, target="train_run", args=args, kwargs={**usual, **options})
            for name, options in kinds.items()
        ]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge each kind against the run without; show how that one overfits."""
        checks = [
            check(f"{kind} narrows the gap", [seen["none"], seen[kind]], self.narrower(exam, seen, kind), fix=FOLLOW)
            for kind in ("weight decay", "dropout")
        ]
        return verdict(*checks, exhibits=history_curves(seen["none"], of="without regularisation", what="train"))

    def narrower(self, exam: Exam, seen: Seen, kind: str) -> Callable[..., str]:
        """Return the judgement of one kind: from the two runs' values to a remark, or `Wrong`."""
        data = exam.data
        shapes = (data.X_train.shape[1], H, data.classes)
        X, y = seen["none"].call.args[:2]
        assert isinstance(X, np.ndarray)
        assert isinstance(y, np.ndarray)

        def losses(value: Value) -> tuple[float, float]:
            theta = trained_params(value, what="train", shapes=shapes)
            return loss_of(theta, X, y, what="train"), loss_of(theta, data.X_val, data.y_val, what="train")

        def test(without: Value, regularised: Value) -> str:
            plain_train, plain_val = losses(without)
            train, val = losses(regularised)
            gap, plain_gap = val - train, plain_val - plain_train
            told = f"gap {gap:.3f} with {kind}, {plain_gap:.3f} without; allowed {self.ratio:g} times that"
            if not val < LEARNT * log(data.classes):
                raise Wrong(
                    f"With {kind} the validation loss is {val:.3f}; guessing gives {log(data.classes):.3f}, so hardly "
                    "anything was learnt that could leave a gap."
                )
            if gap <= self.ratio * plain_gap:
                return told
            raise Wrong(f"The {told}.", got=f"gap {gap:.3f}", expected=f"at most {self.ratio * plain_gap:.3f}")

        return test
