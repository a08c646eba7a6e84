"""Mistakes that keep a network from learning, found by small runs without chance."""

from functools import partial

from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.mistaken.whole_runs import NUMPY, OTHERS, RIGHT, RTOL, Loop, uphill
from graders.naming.mistake import Catalogue, Mistake, Outcome, Outcomes, Predict

TRAIT = ("accuracy", "accuracy")
ENOUGH, TOO_LOW = "high enough", "too low"
CURVES = "Print train_loss after every epoch: where does it stop falling, and does it fall at all?"
MOVES = "Compare the params before and after one epoch, and after two."

mistake = partial(Mistake, criterion="accuracy")


def observe(exam: Exam, seen: Seen) -> Outcomes:
    """Return that the accuracy is too low, which is why this is asked, and how the small runs ended."""
    low: dict[tuple[str, str], Outcome] = {TRAIT: TOO_LOW}
    return low | NUMPY.observe(exam, seen)


def _low_by(*loops: Loop) -> Predict:
    """Return the prediction that the accuracy is too low because the loop is one of these."""
    return NUMPY.following(*loops, also={TRAIT: TOO_LOW})


def _falling(by: float) -> Loop:
    """Return the loop whose rate is multiplied by this after every batch."""
    return Loop(rate=lambda lr, step: lr * by**step)


MISTAKES = (
    mistake(
        id="accuracy-initial-params-returned",
        did="The params that come back are those from before training.",
        why="Training goes on in other arrays than the ones that are returned, so nothing that was learnt is kept.",
        see=MOVES,
        fix="Which name holds the stepped params, and which one do you return?",
        gives=_low_by(Loop(returned=False)),
        root="training-result-of-the-step-dropped",
    ),
    mistake(
        id="accuracy-pixels-scaled-twice",
        did="train divides the images by 255, although they lie between 0 and 1 already.",
        why="The network learns on images that are almost black; on the real ones it guesses.",
        see="Print the largest pixel of the images inside train.",
        fix="In which range do the images come?",
        gives=_low_by(Loop(scale=1 / 255)),
        root="training-images-rescaled",
    ),
    mistake(
        id="accuracy-one-batch-per-epoch",
        did="An epoch ends after one batch: most images are never seen.",
        why="Something leaves the loop over the batches before its end.",
        see="Count the steps of one epoch of 20 images with a batch of 5.",
        fix="Which statement can end the inner loop?",
        gives=_low_by(Loop(steps=lambda _images, _batch: 1)),
        root="training-one-step-per-epoch",
    ),
    mistake(
        id="accuracy-labels-of-other-images",
        did="Images are learnt with other images' labels.",
        why="Images are shuffled and their labels are not, or each by an order of its own.",
        see="Print the first image of a batch and its label.",
        fix="By which order are the images of a batch chosen, and by which its labels?",
        gives=_low_by(Loop(labels=OTHERS)),
        root="shuffling-apart",
    ),
    mistake(
        id="accuracy-uphill",
        did="The loop climbs: every step makes the loss larger.",
        why="A sign is turned once too often between the gradient and the step.",
        see=CURVES,
        fix="Follow the sign of one gradient entry to the change of its weight.",
        gives=_low_by(Loop(gradient=uphill)),
    ),
    mistake(
        id="accuracy-rate-dies",
        did="The learning rate falls after every batch, so that an epoch's later batches change nothing.",
        why="A schedule counts epochs; lowered by each batch, the rate is gone before the first epoch ends.",
        see="Print the learning rate that each step of the first epoch gets.",
        fix="In which of your two loops does the rate change?",
        gives=_low_by(*(_falling(by) for by in (0.1, 0.5, 0.9, 0.95, 0.99))),
    ),
    mistake(
        id="accuracy-restarted-each-epoch",
        did="Every epoch starts from the initial params again.",
        why="They are drawn inside the loop over the epochs, so only the last epoch's learning is kept.",
        see=MOVES,
        fix="What happens once before training, and what in every epoch?",
        gives=_low_by(Loop(restarts=(True, False)), Loop(restarts=(True, True))),
    ),
    mistake(
        id="accuracy-no-momentum",
        did="The steps are plain gradient steps: the momentum does not act.",
        why="Without momentum the steps are ten times shorter, and the epochs are too few.",
        see="Train with momentum 0 and with 0.9, and compare the two training losses.",
        fix="Follow the velocity from one step to the next: what does the second step get?",
        gives=_low_by(Loop(momentum=lambda _mu: 0.0)),
        root="training-momentum-ignored",
    ),
)

CATALOGUE = Catalogue(
    criterion="accuracy",
    observe=observe,
    right=NUMPY.following(RIGHT, also={TRAIT: ENOUGH}),
    mistakes=MISTAKES,
    rtol=RTOL,
    further=NUMPY.further,
)
