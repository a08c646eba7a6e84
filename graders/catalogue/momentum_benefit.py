"""Mistakes by which momentum does not pay, found by small runs without chance."""

from functools import partial

from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.mistaken.whole_runs import MU, NUMPY, RIGHT, RTOL, Loop, uphill
from graders.naming.mistake import Catalogue, Mistake, Outcome, Outcomes, Predict

TRAIT = ("benefit", "benefit")
PAYS, NONE = "pays", "does not pay"
TWICE = "Train twice on copies of one image, with momentum 0 and with 0.9, and compare how far the params moved."

mistake = partial(Mistake, criterion="momentum_benefit")


def observe(exam: Exam, seen: Seen) -> Outcomes:
    """Return that momentum does not pay, which is why this is asked, and how the small runs ended."""
    found: dict[tuple[str, str], Outcome] = {TRAIT: NONE}
    return found | NUMPY.observe(exam, seen)


def _in_vain_by(*loops: Loop) -> Predict:
    """Return the prediction that momentum does not pay because the loop is one of these."""
    return NUMPY.following(*loops, also={TRAIT: NONE})


MISTAKES = (
    mistake(
        id="momentum-benefit-no-momentum",
        did="With momentum 0.9 your steps are plain gradient steps: the momentum does not act.",
        why="Either the option does not reach the step, or the velocity is not kept from one step to the next.",
        see=TWICE,
        fix="Which momentum, and which velocity, does the second step of an epoch get?",
        gives=_in_vain_by(Loop(momentum=lambda _mu: 0.0)),
        root="training-momentum-ignored",
    ),
    mistake(
        id="momentum-benefit-always",
        did="The momentum is always 0.9, also where 0 is asked for.",
        why="A number, or the default of momentum_step, stands where the option belongs.",
        see=TWICE,
        fix="Follow the momentum from train's arguments to the step: which value arrives?",
        gives=_in_vain_by(Loop(momentum=lambda _mu: MU)),
        root="training-momentum-ignored",
    ),
    mistake(
        id="momentum-benefit-initial-params-returned",
        did="The params that come back are those from before training, with momentum and without.",
        why="Training goes on in other arrays than the ones that are returned.",
        see="Compare the params before and after one epoch.",
        fix="Which name holds the stepped params, and which one do you return?",
        gives=_in_vain_by(Loop(returned=False)),
        root="training-result-of-the-step-dropped",
    ),
    mistake(
        id="momentum-benefit-uphill",
        did="The loop climbs, with momentum faster than without.",
        why="A sign is turned once too often between the gradient and the step.",
        see=TWICE,
        fix="Follow the sign of one gradient entry to the change of its weight.",
        gives=_in_vain_by(Loop(gradient=uphill)),
    ),
)

CATALOGUE = Catalogue(
    criterion="momentum_benefit",
    observe=observe,
    right=NUMPY.following(RIGHT, also={TRAIT: PAYS}),
    mistakes=MISTAKES,
    rtol=RTOL,
    further=NUMPY.further,
)
