"""Momentum pays: it reaches in a few epochs the loss for which plain gradient descent needs many.

Measures: one training run without momentum and one with it, everything else equal. The run with momentum must reach
the training loss at which the other one ends in at most half as many epochs. Both losses are recomputed from the
parameters that train returns, so a mistake in the history costs nothing here.

Matters: this is what momentum is for; a velocity that is reset, forgotten or never added makes no such difference.

Fix: print the size of the velocity over the steps of one epoch. With mu = 0.9 and a steady gradient it grows to about
ten times the first step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Verdict, verdict
from graders.measure.compare import Wrong, check
from graders.measure.training import history_curves, loss_of, trained_params

H, BATCH, LR, SEED = 32, 50, 0.02, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentumBenefit(Grader):
    """Grades what momentum does for `train`.

    On 500 images of MNIST and of Fashion-MNIST the reference with momentum 0.9 needs 3 epochs for the training loss
    that plain gradient descent reaches after 12, on each of 20 seeds.

    Args:
        images: training images.
        epochs: of the run without momentum.
        momentum: of the other run.
        share: of those epochs, the most that the run with momentum may need.
    """

    title: ClassVar[str] = "Momentum reaches the loss sooner"
    about: ClassVar[str] = "train"

    images: int = 500
    epochs: int = 12
    momentum: float = 0.9
    share: float = 0.5

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for a long run without momentum and a short one with it."""
        return [self._run(exam, "plain", self.epochs, 0.0), self._run(exam, "momentum", self._most(), self.momentum)]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Compare the losses at which both runs end."""
        X, y = self._images(exam)

        def loss(value: Value) -> float:
            shapes = (X.shape[1], H, exam.data.classes)
            return loss_of(trained_params(value, what="train", shapes=shapes), X, y, what="train")

        def test(plain: Value, momentum: Value) -> str:
            without, with_it = loss(plain), loss(momentum)
            told = (
                f"training loss {with_it:.3f} after {self._most()} epochs with momentum {self.momentum:g}, "
                f"{without:.3f} after {self.epochs} without"
            )
            if with_it <= without:
                return told
            raise Wrong(f"{told[0].upper()}{told[1:]}.", got=f"{with_it:.3f}", expected=f"at most {without:.3f}")

        title = f"momentum reaches the loss of {self.epochs} plain epochs in {self._most()}"
        return verdict(
            check(title, [seen["plain"], seen["momentum"]], test, fix="Follow the velocity from one step to the next."),
            exhibits=history_curves(seen["momentum"], of="with momentum", what="train")[:1],
        )

    def _most(self) -> int:
        return max(int(self.epochs * self.share), 1)

    def _images(self, exam: Exam) -> tuple[np.ndarray, np.ndarray]:
        return exam.data.train_subset(min(self.images, len(exam.data.y_train)), exam.rng("momentum_benefit"))

    def _run(self, exam: Exam, name: str, epochs: int, momentum: float) -> Call:
        X, y = self._images(exam)
        options: dict[str, Value] = {"H": H, "batch": BATCH, "lr": LR, "seed": SEED}
        return Call(
            name=name,
            target="train_run",
            args=(X, y, exam.data.X_val[:100], exam.data.y_val[:100]),
            kwargs={**options, "epochs": epochs, "momentum": momentum},
        )
