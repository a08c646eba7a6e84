"""Mistakes of the PyTorch port that make it learn worse than the NumPy network, found by small runs without chance."""

from collections.abc import Sequence
from functools import partial

from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.mistaken.whole_runs import OTHERS, RIGHT, RTOL, TORCH, Loop, of_softmax_twice, uphill
from graders.naming.mistake import Catalogue, Mistake, Outcome, Outcomes, Predict

TRAIT = ("test accuracies", "test accuracies")
ALIKE, APART = "alike", "apart"
NEAR_ZERO = 0.1  # of He's spread: weights below that are too small, whatever they are
SIDE_BY_SIDE = "Take one step with both networks from the same state, and compare all four arrays."
STARTS = "Print the standard deviation of the first layer's weights of both networks, before training."

mistake = partial(Mistake, criterion="accuracy_gap")


def observe(exam: Exam, seen: Seen) -> Outcomes:
    """Return that the accuracies lie apart, which is why this is asked, and how the port's small runs ended."""
    apart: dict[tuple[str, str], Outcome] = {TRAIT: APART}
    return apart | TORCH.observe(exam, seen)


def _apart_by(*loops: Loop) -> Predict:
    """Return the prediction that the accuracies lie apart because the port's loop is one of these."""
    return TORCH.following(*loops, also={TRAIT: APART})


def _slower(by: float) -> Loop:
    return Loop(rate=lambda lr, _step: lr * by)


def _part(share: int) -> Loop:
    return Loop(steps=lambda images, batch: -(-max(images // share, 1) // batch))


PARTS: Sequence[int] = (2, 4, 5, 10)

MISTAKES = (
    mistake(
        id="accuracy-gap-tenth-of-the-rate",
        did="The port trains with a tenth of the learning rate.",
        why="It is divided, or written into the optimiser with another number than train_torch was given.",
        see=SIDE_BY_SIDE,
        fix="Which learning rate does your optimiser print in its param_groups?",
        gives=_apart_by(_slower(0.1)),
    ),
    mistake(
        id="accuracy-gap-hundredth-of-the-rate",
        did="The port trains with a hundredth of the learning rate.",
        why="It is divided, or written into the optimiser with another number than train_torch was given.",
        see=SIDE_BY_SIDE,
        fix="Which learning rate does your optimiser print in its param_groups?",
        gives=_apart_by(_slower(0.01)),
    ),
    mistake(
        id="accuracy-gap-tenth-of-the-images",
        did="The port's epochs see a part of the images only.",
        why="A cut that was made for a quick try still stands in the loop.",
        see="Count the steps of one epoch of 120 images with a batch of 5.",
        fix="Over how many images does your loop over the batches run?",
        gives=_apart_by(*(_part(share) for share in PARTS)),
    ),
    mistake(
        id="accuracy-gap-pixels-scaled-twice",
        did="The port divides the images by 255, although they lie between 0 and 1 already.",
        why="The first layer's gradients are 255 times too small, so it hardly learns.",
        see="Print the largest pixel of a batch right in front of the model.",
        fix="In which range do the images arrive, and what is done to them after that?",
        gives=_apart_by(Loop(scale=1 / 255)),
        root="torch-steps-images-scaled",
    ),
    mistake(
        id="accuracy-gap-one-batch-per-epoch",
        did="The port's epoch ends after one batch.",
        why="Something leaves the loop over the batches before its end.",
        see="Count the steps of one epoch of 20 images with a batch of 5.",
        fix="Which statement can end the inner loop?",
        gives=_apart_by(Loop(steps=lambda _images, _batch: 1)),
    ),
    mistake(
        id="accuracy-gap-softmax-twice",
        did="The port's loss is given probabilities, and takes their softmax once more.",
        why="PyTorch's cross_entropy expects logits; probabilities are so near to each other that learning crawls.",
        see=SIDE_BY_SIDE,
        fix="What does F.cross_entropy do with its input before it takes the logarithm?",
        gives=_apart_by(Loop(gradient=of_softmax_twice)),
        root="torch-forward-softmax-inside",
    ),
    mistake(
        id="accuracy-gap-uphill",
        did="The port climbs: every step makes the loss larger.",
        why="A sign is turned once too often between the loss and the step.",
        see=SIDE_BY_SIDE,
        fix="Follow the sign of one gradient entry to the change of its weight.",
        gives=_apart_by(Loop(gradient=uphill)),
        root="cross-entropy-sign",
    ),
    mistake(
        id="accuracy-gap-tiny-initial-weights",
        did="The port starts from weights that are almost zero.",
        why="Signals and gradients then vanish between the layers, and many epochs pass before anything is learnt.",
        see=STARTS,
        fix="Which spread does He's initialisation ask for, and from which number of inputs?",
        gives=_apart_by(Loop(scale_of_start=lambda seen: seen if seen < NEAR_ZERO else 0.0)),
    ),
    mistake(
        id="accuracy-gap-default-init",
        did="The port starts from PyTorch's default weights, not from He's.",
        why="The default is uniform and narrower: on few epochs such a network learns less.",
        see=STARTS,
        fix="When do the layers get their weights, and who sets them?",
        gives=_apart_by(Loop(scale_of_start=lambda _seen: 1 / 6**0.5)),
        root="init-pytorch-default",
    ),
    mistake(
        id="accuracy-gap-labels-apart",
        did="The port learns images with other images' labels.",
        why="Images are shuffled and their labels are not, or each by an order of its own.",
        see="Print the first image of a batch and its label.",
        fix="By which order are the images of a batch chosen, and by which its labels?",
        gives=_apart_by(Loop(labels=OTHERS)),
    ),
    mistake(
        id="accuracy-gap-no-momentum",
        did="The port's steps are plain gradient steps: the momentum does not act.",
        why="Without momentum the steps are ten times shorter, and the epochs are too few.",
        see=SIDE_BY_SIDE,
        fix="Which arguments does your optimiser get?",
        gives=_apart_by(Loop(momentum=lambda _mu: 0.0)),
    ),
)

CATALOGUE = Catalogue(
    criterion="accuracy_gap",
    observe=observe,
    right=TORCH.following(RIGHT, also={TRAIT: ALIKE}),
    mistakes=MISTAKES,
    rtol=RTOL,
    further=TORCH.further,
)
