"""Training from scratch reaches a fair accuracy on images it has never seen.

Measures: the share of held-out test images that the trained NumPy network labels rightly, averaged over several
seeds. It is computed from the parameters that train returns; the labels of the test images never enter the room in
which your code runs.

Matters: this is what all the parts are for. A network whose parts are right and whose loop is wrong shows it here,
and only here.

Fix: look at the curves. A training loss that stays near log(K) means that nothing is learnt: check that the step
goes downhill and that train keeps the stepped parameters. One that falls and then jumps means that the steps are too
long: check the factor 1/N of the gradients. One that falls to almost zero while the validation loss rises means
overfitting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from graders.foundation.call import Call, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.observation import Answer
from graders.foundation.verdict import AgainstReference, Verdict, verdict
from graders.measure.compare import Wrong, check
from graders.measure.runs import disguised_run, in_disguise, learnt_by_heart, numpy_accuracy, numpy_run
from graders.measure.training import history_curves

REMARK = "Computed from the parameters that train returned, so that a mistake in predict costs nothing here."
LEARNT_BY_HEART = "accuracy-learnt-by-heart"  # a finding for the instructor, under this name in the record
UNCALIBRATED = 0.92
CURVES = "Look at the two loss curves: where do they stop falling, and does either of them jump?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy(Grader):
    """Grades what `train` learns.

    Args:
        threshold: mean test accuracy that earns everything, as a fraction; left out, the rubric's calibration gives
            it at its stated risk (without a calibration it is 0.92, for mnist_10k).
        floor: mean test accuracy that earns nothing; in between, credit grows in proportion.
        seeds: how many runs are averaged.
        disguise_points: how many points a network may lose when pixels and class numbers are shuffled before the
            instructor is told; the reference's runs scatter by 0.2.
    """

    title: ClassVar[str] = "Test accuracy"
    about: ClassVar[str] = "train"
    outcome: ClassVar[bool] = True

    threshold: float | None = None
    floor: float = 0.5
    seeds: int = 2
    disguise_points: float = 5.0

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for full training runs, which other criteria share, and for one on disguised data."""
        return [*(numpy_run(exam, k) for k in range(self.seeds)), disguised_run(exam)]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the mean accuracy; show it beside the reference's, and the first run's curves."""
        answers = [seen[f"numpy run {k}"] for k in range(self.seeds)]
        over = f"{self.seeds} seeds" if self.seeds > 1 else "one seed"
        threshold = self._threshold(exam)

        def test(*values: Value) -> str:
            return self._measure([_reached(exam, value) for value in values], threshold, len(exam.data.y_test))

        return verdict(
            check(
                f"labels {threshold:.1%} of the test images rightly (mean over {over})",
                answers,
                test,
                fix=CURVES,
                asked=f"train(...) on {len(exam.train_images()[0])} images, {exam.training.epochs} epochs, {over}",
            ),
            exhibits=(
                *_beside_the_reference(exam, answers, threshold),
                *history_curves(answers[0], of="of the NumPy network, first seed", what="train"),
            ),
            remarks=(REMARK, *self._learnt_by_heart(exam, answers[0], seen["disguised run"])),
        )

    def _threshold(self, exam: Exam) -> float:
        if self.threshold is not None:
            return self.threshold
        return UNCALIBRATED if exam.calibration is None else exam.calibration.threshold(self.seeds)

    def _measure(self, reached: Sequence[float], threshold: float, images: int) -> str:
        mean = sum(reached) / len(reached)
        each = ", ".join(f"{accuracy:.2%}" for accuracy in reached)
        told = f"mean accuracy {mean:.2%} ({each}), full credit from {threshold:.2%}"
        if mean >= threshold:
            return told
        share = (mean - self.floor) / (threshold - self.floor) if threshold > self.floor else 0.0
        raise Wrong(
            f"Your network labels {mean:.2%} of the {images} test images rightly ({each}); full credit "
            f"starts at {threshold:.2%}, and there is none up to {self.floor:.2%}.",
            got=f"{mean:.2%}",
            expected=f"{threshold:.2%}",
            credit=min(max(share, 0.0), 1.0),
        )

    def _learnt_by_heart(self, exam: Exam, plain: Answer, disguised: Answer) -> tuple[str, ...]:
        """Tell the instructor when a network does well only on images and labels that it could know beforehand."""
        try:
            known = _reached(exam, plain.value)
            unknown = numpy_accuracy(disguised.value, exam, *in_disguise(exam).test)
        except Wrong:
            return ()
        # A slow learner spreads widely; what was known beforehand shows in a network that earns its points.
        if known < self._threshold(exam) or known - unknown <= self.disguise_points / 100:
            return ()
        return (learnt_by_heart(LEARNT_BY_HEART, "network", known=known, unknown=unknown),)


def _reached(exam: Exam, value: Value) -> float:
    return numpy_accuracy(value, exam, exam.data.X_test, exam.data.y_test)


def _beside_the_reference(exam: Exam, answers: Sequence[Answer], threshold: float) -> tuple[AgainstReference, ...]:
    if exam.calibration is None:
        return ()
    try:
        reached = tuple(100 * _reached(exam, answer.value) for answer in answers)
    except Wrong:
        return ()
    return (
        AgainstReference(
            title="Test accuracy beside the reference's",
            label="test accuracy (%)",
            reference=tuple(100 * accuracy for accuracy in exam.calibration.numpy_accuracy),
            submission=reached,
            threshold=100 * threshold,
        ),
    )
