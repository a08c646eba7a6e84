"""Momentum pays: with it, training reaches the same loss in at most half of the epochs.

Measures: the training loss after a run with momentum 0, and after a run with momentum 0.9 of half as many epochs, same
data, learning rate and seed. Both are computed from the parameters that train returns. Over 60 seeds of the reference
solution the second loss is 0.35 times the first on MNIST and 0.55 times on Fashion-MNIST; a ratio of 1 is 19 and 8
standard deviations away from their logarithms. Without any momentum it would be 1.26 times the first.

Matters: a velocity that is reset, averaged or never used still trains, and looks right in a plot of its own. Its
benefit is what shows that it works.

Fix: train twice on a few hundred images, with momentum 0 and with 0.9, and draw both training losses in one plot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Curves, Verdict, verdict
from graders.measure.compare import Wrong, check
from graders.measure.training import history_series, loss_of, trained_params

H = 32
FOLLOW = (
    "Follow the momentum from train's arguments to the step: which value arrives, and does the velocity survive a step?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentumBenefit(Grader):
    """Grades what momentum is good for in `train`.

    Args:
        images: training images used.
        epochs: of the run without momentum.
        share: part of those epochs that the run with momentum is given.
        lr: learning rate; small, so that plain steps are slow and ten times as long ones still safe.
        momentum: of the run with momentum.
    """

    title: ClassVar[str] = "Momentum pays"
    about: ClassVar[str] = "train"
    outcome: ClassVar[bool] = True

    images: int = 400
    epochs: int = 16
    share: float = 0.5
    lr: float = 0.01
    momentum: float = 0.9

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for runs of all epochs with and without momentum, and for one with it of a part of them."""
        rng = exam.rng("momentum benefit")
        X, y = exam.data.train_subset(min(self.images, len(exam.data.y_train)), rng)
        seed = int(rng.integers(1, 2**31 - 1))
        part = int(self.epochs * self.share)

        def run(name: str, momentum: float, epochs: int) -> Call:
            options: dict[str, Value] = {"H": H, "lr": self.lr, "batch": 50, "seed": seed}
            args = (X, y, exam.data.X_val[:100], exam.data.y_val[:100])
            kwargs: dict[str, Value] = {**options, "momentum": momentum, "epochs": epochs}
            return Call(name=name, target="train_run", args=args, kwargs=kwargs)

        return [
            run("plain", 0.0, self.epochs),
            run("momentum", self.momentum, self.epochs),
            run("momentum, part", self.momentum, part),
        ]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the losses that the returned parameters have; draw both curves."""
        shapes = (exam.data.X_train.shape[1], H, exam.data.classes)
        X, y = seen["plain"].call.args[:2]
        assert isinstance(X, np.ndarray)
        assert isinstance(y, np.ndarray)
        names = ("plain", "momentum, part")

        def test(*values: Value) -> str:
            plain, with_momentum = (
                loss_of(trained_params(value, what="train", shapes=shapes), X, y, what="train") for value in values
            )
            part = int(self.epochs * self.share)
            told = (
                f"training loss {with_momentum:.4g} after {part} epochs with momentum {self.momentum:g}, "
                f"{plain:.4g} after {self.epochs} epochs without"
            )
            if with_momentum < plain:
                return told
            raise Wrong(
                f"{told[0].upper()}{told[1:]}: it should be lower.",
                got=f"{with_momentum:.4g}",
                expected=f"less than {plain:.4g}",
            )

        title = f"momentum {self.momentum:g} needs at most {self.share:.0%} of the epochs"
        asked = f"train(...) on {len(y)} images with momentum 0 and {self.momentum:g}"
        judged = check(title, [seen[name] for name in names], test, fix=FOLLOW, asked=asked)
        return verdict(judged, exhibits=_both_curves(seen))


def _both_curves(seen: Seen) -> tuple[Curves, ...]:
    """Return the training losses with and without momentum; nothing where a history is not well-formed."""
    lines = []
    for name in ("plain", "momentum"):
        try:
            losses = history_series(seen[name].value, "train_loss", what="train")
        except Wrong:
            return ()
        label = f"momentum {seen[name].call.kwargs['momentum']}"
        lines.append((label, tuple(float(loss) for loss in losses)))
    if len(lines[0][1]) != len(lines[1][1]):
        return ()
    x = tuple(float(epoch) for epoch in range(1, len(lines[0][1]) + 1))
    title = "Training loss with and without momentum"
    return (Curves(title=title, x_label="epoch", y_label="cross-entropy", x=x, lines=tuple(lines)),)
