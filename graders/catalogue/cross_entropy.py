"""Mistakes in `cross_entropy(z, y)`: the wrong losses of any logits, and those that show at the limits of floats."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from graders.catalogue.cross_entropy_labels import CONFIDENT, LABELS
from graders.foundation.call import Call, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.measure import truth
from graders.mistaken.loss_parts import BY_HAND, MEAN, ONE_IMAGE, TWICE, at_label, one_hot, softmax
from graders.mistaken.losses_at_limits import (
    USUAL,
    along_images,
    capped,
    clipped,
    log_of,
    mean_of,
    of_any_logits,
    read,
    shifted_by,
    sum_of,
    unshifted,
)
from graders.mistaken.wrong_losses import AXES, WRONG_LOSSES
from graders.naming.functions import answers, observing
from graders.naming.mistake import Catalogue, Mistake
from graders.naming.styles import any_of

HOPELESS = "Take one image with logits [1000., 0.] and label 1: its loss is 1000."
FROM_LOGITS = "Which exponential does the logarithm undo? Write log P with the logits alone, without computing P first."
UNDERFLOW = "From a lag of about 745 on P is zero in float64, and the logarithm of zero is minus infinity."
CAP = "The loss stops growing where P falls below that number, so what is most wrong does not count as most wrong."
OVERFLOW = "exp overflows beyond 709 in float64 and beyond 88 in float32."
SHIFT = "Which number can you take out of a sum of exponentials so that none of them overflows?"

mistake = partial(Mistake, criterion="cross_entropy")


def further(exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask what tells mistakes apart: ten classes, as many classes as images, and one image of very negative logits."""
    del seen
    rng = exam.rng("cross_entropy", "further")
    questions = {
        "ten classes": (rng.normal(size=(12, 10)), np.append(rng.permutation(10), [3, 3])),
        "square": (rng.normal(size=(6, 6)), rng.permutation(6)),
        "one image far below zero": (rng.normal(size=(1, 5)) - 1e3, np.array([4])),
    }
    return [Call(name=name, target="cross_entropy", args=args) for name, args in questions.items()]


AT_THE_LIMITS = (
    mistake(
        id="cross-entropy-log-of-zero",
        did="P is computed first, and its logarithm taken afterwards, also where P has become zero.",
        why=UNDERFLOW,
        see=HOPELESS,
        fix=FROM_LOGITS,
        gives=any_of(*log_of(softmax), read=read),
    ),
    mistake(
        id="cross-entropy-epsilon-in-the-log",
        did="A small number keeps P from zero before the logarithm: it is added, or P is clipped.",
        why=CAP,
        see=HOPELESS,
        fix=FROM_LOGITS,
        gives=capped(mean_of),
    ),
    mistake(
        id="cross-entropy-sum-and-epsilon",
        did="The losses are summed where their mean belongs, and a small number keeps P from zero in the logarithm.",
        why=f"The loss grows with the batch. {CAP}",
        see=TWICE,
        fix=MEAN,
        gives=capped(sum_of),
    ),
    mistake(
        id="cross-entropy-sum-and-log-of-zero",
        did="The losses are summed where their mean belongs, and the logarithm is taken of a P that may be zero.",
        why=f"The loss grows with the batch. {UNDERFLOW}",
        see=TWICE,
        fix=MEAN,
        gives=any_of(*log_of(softmax, sum_of), read=read),
    ),
    mistake(
        id="cross-entropy-mean-over-classes-and-epsilon",
        did="The mean is taken over all N·K entries, and a small number keeps P from zero in the logarithm.",
        why=f"np.mean of one-hot labels times log P counts the other classes' zeros as well. {CAP}",
        see=BY_HAND,
        fix=MEAN,
        gives=capped(mean_of, per_class=True),
    ),
    mistake(
        id="cross-entropy-mean-over-classes-and-log-of-zero",
        did="The mean is taken over all N·K entries of one-hot labels times log P, also where P has become zero.",
        why=f"It counts the other classes' zeros as well. {UNDERFLOW} Zero times infinity is NaN.",
        see=BY_HAND,
        fix=MEAN,
        gives=any_of(
            lambda z, y: -(one_hot(z, y) * np.log(softmax(z))).mean(),
            lambda z, y: -np.log(at_label(softmax(z), y)).sum() / z.size,
            read=read,
        ),
    ),
    mistake(
        id="cross-entropy-along-images-and-log-of-zero",
        did="P is a softmax along the images (axis 0), and its logarithm is taken also where P has become zero.",
        why=f"{AXES} {UNDERFLOW}",
        see="Compute the loss of one image alone: with a softmax along the images it is 0.",
        fix=ONE_IMAGE,
        gives=any_of(
            *log_of(along_images),
            *(lambda z, y, e=e: -np.log(at_label(along_images(z), y) + e).mean() for e in USUAL),
            read=read,
        ),
    ),
    mistake(
        id="cross-entropy-unshifted-probability",
        did="P is computed without taking anything out of its exponentials, and then goes into a logarithm.",
        why=f"{OVERFLOW} What is left of P is zero or NaN, and so is its logarithm.",
        see=CONFIDENT,
        fix=FROM_LOGITS,
        gives=lambda case: [
            *any_of(*log_of(unshifted), read=read)(case),
            *any_of(
                lambda z, y: -(one_hot(z, y) * np.log(unshifted(z) + 1e-12)).sum(axis=1).mean(),
                lambda z, y: -np.log(np.clip(at_label(unshifted(z), y), 1e-12, 1 - 1e-12)).mean(),
                read=read,
            )(case),
            *capped(mean_of, p=unshifted)(case),
        ],
    ),
    mistake(
        id="cross-entropy-no-shift",
        did="The logarithm of a sum of exponentials is taken without taking the largest logit out first.",
        why=f"{OVERFLOW} The loss is infinite from there on.",
        see=CONFIDENT,
        fix=SHIFT,
        gives=any_of(shifted_by(lambda _z: 0.0), read=read),
        root="softmax-no-shift",
    ),
    mistake(
        id="cross-entropy-global-max",
        did="One maximum is taken out for the whole batch, not each row's own.",
        why="A row that lies far below it consists of zeros after exp, and the logarithm of zero is minus infinity.",
        see="Take logits [[0., 1.], [1000., 999.]] and labels [1, 0]: both losses are 0.313.",
        fix=SHIFT,
        gives=any_of(shifted_by(np.max), read=read),
        root="softmax-global-max",
    ),
    mistake(
        id="cross-entropy-mean-shift",
        did="The row's mean is taken out of the exponentials, not its maximum.",
        why=f"The largest logit may lie far above the mean. {OVERFLOW}",
        see=CONFIDENT,
        fix=SHIFT,
        gives=any_of(shifted_by(lambda z: z.mean(axis=1, keepdims=True)), read=read),
        root="softmax-mean-shift",
    ),
    mistake(
        id="cross-entropy-min-shift",
        did="The row's minimum is taken out of the exponentials, not its maximum.",
        why=f"That makes every exponent positive. {OVERFLOW}",
        see=CONFIDENT,
        fix=SHIFT,
        gives=any_of(shifted_by(lambda z: z.min(axis=1, keepdims=True)), read=read),
        root="softmax-min-shift",
    ),
    mistake(
        id="cross-entropy-largest-magnitude-shift",
        did="The logit of the largest magnitude is taken out of the exponentials, whatever its sign.",
        why="A row of very negative logits then consists of zeros after exp, and the logarithm of zero is infinite.",
        see="Take logits [[-1000., -1001.]] and label 0: the loss is 0.313.",
        fix=SHIFT,
        gives=any_of(
            shifted_by(lambda z: np.abs(z).max(axis=1, keepdims=True)),
            shifted_by(lambda z: np.abs(z).max()),
            read=read,
        ),
        root="softmax-largest-magnitude-shift",
    ),
    mistake(
        id="cross-entropy-clipped-logits",
        did="The logits are clipped to a fixed range before the loss is computed.",
        why="Nothing overflows any more, but a logit that lags further than that costs no more.",
        see=HOPELESS,
        fix=SHIFT,
        gives=any_of(*map(clipped, (10, 20, 30, 50, 80, 88, 100, 200, 300, 500, 600, 700, 709)), read=read),
        root="softmax-clipped-logits",
    ),
    *LABELS,
)

OF_ANY_LOGITS = tuple(
    mistake(
        id=f"cross-entropy-{wrong.name}",
        did=wrong.did,
        why=wrong.why,
        see=wrong.see,
        fix=wrong.fix,
        gives=of_any_logits(wrong.losses, wrong.name),
        root=wrong.root,
    )
    for wrong in WRONG_LOSSES
)


def _right(z: Value, y: Value) -> float:
    assert isinstance(z, np.ndarray)
    assert isinstance(y, np.ndarray)
    return truth.cross_entropy(z, y)


CATALOGUE = Catalogue(
    criterion="cross_entropy",
    observe=observing(read),
    right=answers(_right, read, dtypes=False),
    mistakes=(*AT_THE_LIMITS, *OF_ANY_LOGITS),
    rtol=1e-4,
    further=further,
)
