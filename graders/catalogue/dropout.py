"""Mistakes in dropout: in `dropout(A, p, rng)` by itself, inside `loss_and_grads`, or in `forward`."""

from collections.abc import Callable
from functools import partial

from scipy.special import ndtr

from graders.measure.unmasking import (
    ANOTHER_MASK,
    BACK,
    INPUTS,
    LOGITS,
    NO_MASK,
    NOTHING,
    OPPOSITE_MASK,
    SAME_FOR_EVER,
    SHARED,
    THIS_PASS,
    UNJUDGED,
    WHOLE,
    WITHOUT,
)
from graders.mistaken.dropout_traits import OfP, direct, inside, inverted, kept, one, one_of, repeated, right
from graders.mistaken.dropping import (
    ALL_DROPPED,
    ANOTHER,
    AS_GIVEN,
    COLUMNS,
    GIVEN,
    INFERENCE,
    MISSING,
    NEW,
    NOT_FINITE,
    OPPOSITE,
    ROWS,
    SOME_DROPPED,
    observe,
)
from graders.naming.mistake import Case, Catalogue, Mistake, Outcomes
from graders.naming.styles import Several, either

ONES = "Call dropout on an array of ones with p = 0.3, and print the mean, the largest entry and the share of zeros."
ONE_IMAGE = (
    "Call loss_and_grads on one image with dropout, and compare the zero rows of dW2 with the zero columns of dW1."
)
TWICE = "Call it twice with generators of the same seed, then with another seed, and compare which entries are zero."
MANY = "Call dropout on ones of shape (4, 6), and look at the rows and the columns of the result."

mistake = partial(Mistake, criterion="dropout")
of_the_scale = partial(
    mistake,
    why="What is kept must make up for what is dropped, or inference sees activations of another size than training.",
    see=ONES,
    fix="Which factor brings the mean of an array of ones back to 1 after a share p of it was dropped?",
)
of_the_share = partial(
    mistake,
    why="p is the chance to be dropped. At p = 0.5 nothing shows; at any other p another network is trained.",
    see=ONES,
    fix="Which of your random numbers lead to a zero, and how likely is one of them?",
)
of_the_entries = partial(
    mistake,
    why="Each entry of each image is dropped by chance of its own; a shared mask averages over far fewer networks.",
    see=MANY,
    fix="What shape does the array of random numbers have, and what is it compared with?",
)
of_the_generator = partial(
    mistake,
    why="The generator that is handed in makes a run repeatable, and gives every step a mask of its own.",
    see=TWICE,
    fix="Where do the random numbers of the mask come from, in each function that draws one?",
)
of_the_way_back = partial(
    mistake,
    why="The gradient then belongs to another loss than the forward pass; training still runs, and is simply worse.",
    see=ONE_IMAGE,
    fix="A mask multiplies the activations on the way forward. What does the product rule ask for on the way back?",
)
of_the_place = partial(
    mistake,
    why="The task drops hidden activations in training; what is dropped elsewhere regularises something else.",
    see=ONE_IMAGE,
    fix="Follow the argument dropout of loss_and_grads: which array does it reach, and before which product?",
)
of_the_answer = partial(
    mistake,
    why="The backward pass relies on the mask that comes back, and the caller on its own array.",
    see="Compare dropped / A with the mask that was returned, and A with a copy made before the call.",
    fix="Which arrays come back, which of them acted, and which of your statements writes into A?",
)


def _whole_images(case: Case) -> list[Outcomes]:
    """Three single images are kept or dropped as a whole: they may all come out alike, and chance shows little."""
    by_itself = direct(pattern=ROWS)(case)
    within = [inside(acts=WHOLE, pairs=WHOLE, generator=g)(case) for g in (GIVEN, SAME_FOR_EVER)]
    return [by_itself, *({**by_itself, **told} for told in within), *within]


def _elsewhere(acts: str) -> Callable[[Case], Outcomes]:
    return inside(acts=acts, way_back=UNJUDGED, loss=UNJUDGED, pairs=UNJUDGED)


def _normal(share: OfP) -> Several:
    return either(
        *(repeated(direct(share=share, at_zero=z), inside(share=share), alone=False) for z in (AS_GIVEN, SOME_DROPPED))
    )


MISTAKES = (
    of_the_scale(
        id="dropout-not-scaled",
        did="Kept entries are not scaled: the factor 1/(1 − p) is missing.",
        gives=repeated(direct(scale=one), inside(forward=one, backward=one)),
    ),
    of_the_scale(
        id="dropout-scaled-by-p",
        did="Kept entries are divided by p, the chance to be dropped, not by 1 − p.",
        gives=either(
            *(
                repeated(
                    direct(scale=lambda p: 1 / p, at_zero=z), inside(forward=lambda p: 1 / p, backward=lambda p: 1 / p)
                )
                for z in (AS_GIVEN, NOT_FINITE)
            )
        ),
    ),
    of_the_scale(
        id="dropout-multiplied-by-keep",
        did="Kept entries are multiplied by 1 − p, where they are to be divided by it.",
        gives=repeated(direct(scale=kept), inside(forward=kept, backward=kept)),
    ),
    of_the_scale(
        id="dropout-scaled-mask-squared",
        did="The scaled mask multiplies twice, so that kept entries carry 1/(1 − p)².",
        gives=either(
            repeated(direct(scale=lambda p: (1 - p) ** -2), inside(forward=lambda p: (1 - p) ** -2)),
            repeated(
                direct(scale=lambda p: (1 - p) ** -2),
                inside(forward=lambda p: (1 - p) ** -2, backward=lambda p: (1 - p) ** -2),
            ),
        ),
    ),
    of_the_share(
        id="dropout-keep-and-drop-swapped",
        did="Entries are kept with chance p; p is the chance to be dropped.",
        gives=either(
            *(
                repeated(direct(share=lambda p: p, at_zero=z), inside(share=lambda p: p))
                for z in (AS_GIVEN, ALL_DROPPED)
            )
        ),
    ),
    of_the_share(
        id="dropout-p-means-keep",
        did="p is taken for the chance to keep: entries are kept with chance p, and divided by it.",
        gives=either(
            *(
                repeated(
                    direct(share=lambda p: p, scale=lambda p: 1 / p, at_zero=z),
                    inside(share=lambda p: p, forward=lambda p: 1 / p, backward=lambda p: 1 / p),
                )
                for z in (AS_GIVEN, ALL_DROPPED, NOT_FINITE)
            )
        ),
    ),
    of_the_share(
        id="dropout-normal-numbers",
        did="Normal random numbers are compared with p; the comparison needs uniform ones.",
        gives=either(
            _normal(lambda p: float(ndtr(-p))), _normal(lambda p: float(ndtr(1 - p))), _normal(lambda p: float(ndtr(p)))
        ),
    ),
    of_the_share(
        id="dropout-fixed-half",
        did="One half of the entries is dropped, whatever p is.",
        gives=either(
            *(
                repeated(
                    direct(share=lambda _: 0.5, scale=scale, at_zero=z),
                    inside(share=lambda _: 0.5, forward=scale, backward=scale),
                )
                for z in (AS_GIVEN, SOME_DROPPED)
                for scale in (inverted, lambda _: 2.0)
            )
        ),
    ),
    of_the_entries(
        id="dropout-mask-for-all-images",
        did="One mask is drawn for all images of the batch: the same units are dropped for each of them.",
        gives=repeated(direct(pattern=COLUMNS), inside(pairs=SHARED)),
    ),
    of_the_entries(
        id="dropout-whole-images",
        did="Whole images are dropped, not single entries: the mask has one number for a row.",
        gives=_whole_images,
    ),
    of_the_generator(
        id="dropout-global-generator",
        did="The mask comes from another generator than the one that is handed in, so that no seed decides it.",
        gives=repeated(direct(generator=NEW), inside(generator=NEW), alone=False),
    ),
    of_the_generator(
        id="dropout-seeded-inside",
        did="The mask comes from a generator with a fixed seed: it is the same in every step.",
        gives=repeated(
            direct(generator=SAME_FOR_EVER), inside(generator=SAME_FOR_EVER, pairs=SAME_FOR_EVER), alone=False
        ),
    ),
    of_the_generator(
        id="dropout-generator-ignored-in-the-gradient",
        did="loss_and_grads does not draw from the generator that it is given, so that no seed decides its mask.",
        gives=one_of(inside(generator=NEW)),
    ),
    of_the_generator(
        id="dropout-fixed-seed-in-the-gradient",
        did="loss_and_grads draws its mask from a generator with a fixed seed: it is the same in every step.",
        gives=one_of(inside(generator=SAME_FOR_EVER, pairs=SAME_FOR_EVER)),
    ),
    of_the_way_back(
        id="dropout-no-mask-on-the-way-back",
        did="The backward pass does not use the mask: units that were dropped pass the gradient on.",
        gives=one_of(inside(way_back=NO_MASK, backward=one), inside(way_back=NO_MASK)),
    ),
    of_the_way_back(
        id="dropout-fresh-mask-on-the-way-back",
        did="The backward pass draws a mask of its own, not the one of the forward pass.",
        gives=one_of(inside(way_back=ANOTHER_MASK), inside(way_back=ANOTHER_MASK, backward=one)),
    ),
    of_the_way_back(
        id="dropout-scale-missing-on-the-way-back",
        did="The factor 1/(1 − p) acts in the forward pass only; the mask of the backward pass is without it.",
        gives=one_of(inside(backward=one)),
    ),
    of_the_way_back(
        id="dropout-multiplied-by-keep-on-the-way-back",
        did="The backward pass multiplies by 1 − p, where the forward pass divided by it.",
        gives=one_of(inside(backward=kept)),
    ),
    of_the_way_back(
        id="dropout-scaled-twice-on-the-way-back",
        did="The factor 1/(1 − p) acts twice on the way back.",
        gives=one_of(inside(backward=lambda p: (1 - p) ** -2)),
    ),
    of_the_way_back(
        id="dropout-scale-missing-on-the-way-forward",
        did="The factor 1/(1 − p) acts in the backward pass only.",
        gives=one_of(inside(forward=one)),
    ),
    of_the_way_back(
        id="dropout-only-backward",
        did="The mask acts on the gradient alone: the forward pass drops nothing.",
        gives=one_of(
            *(inside(acts=BACK, forward=one, backward=b, way_back=ANOTHER_MASK, pairs=NOTHING) for b in (inverted, one))
        ),
    ),
    of_the_way_back(
        id="dropout-loss-without-mask",
        did="The loss comes from a forward pass without dropout, the gradient from one with it.",
        gives=one_of(inside(loss=WITHOUT)),
    ),
    of_the_place(
        id="dropout-ignored-in-the-gradient",
        did="loss_and_grads does not use its argument dropout: no hidden unit is dropped.",
        gives=one_of(
            inside(acts=NOTHING, forward=one, backward=one, pairs=NOTHING, generator=SAME_FOR_EVER, loss=THIS_PASS)
        ),
    ),
    of_the_place(
        id="dropout-on-the-inputs",
        did="The inputs are dropped in loss_and_grads, where hidden activations are to be.",
        gives=one_of(_elsewhere(INPUTS)),
    ),
    of_the_place(
        id="dropout-on-the-logits",
        did="The logits are dropped in loss_and_grads, where hidden activations are to be.",
        gives=one_of(_elsewhere(LOGITS)),
    ),
    of_the_place(
        id="dropout-at-inference",
        did="forward drops activations at random: the same question gets two answers.",
        gives=lambda _case: {("twice", INFERENCE): "differs"},
        root="forward-dropout-at-inference",
    ),
    of_the_answer(
        id="dropout-in-place",
        did="Your dropout multiplies A in place: the caller's activations are changed.",
        gives=one_of(direct(changed="0")),
    ),
    of_the_answer(
        id="dropout-opposite-mask",
        did="The mask that comes back is the opposite of the one that acted: it marks what was dropped.",
        gives=either(
            repeated(direct(returned=OPPOSITE), inside(way_back=OPPOSITE_MASK), alone=False),
            repeated(direct(returned=OPPOSITE), inside(way_back=OPPOSITE_MASK, backward=one), alone=False),
        ),
    ),
    of_the_answer(
        id="dropout-mask-not-returned",
        did="The dropped activations come back alone, without their mask.",
        gives=one_of(direct(returned=MISSING)),
    ),
    of_the_answer(
        id="dropout-another-mask-returned",
        did="The mask that comes back is not the one that acted on the activations.",
        gives=one_of(direct(returned=ANOTHER)),
    ),
)

CATALOGUE = Catalogue(criterion="dropout", observe=observe, right=right, mistakes=MISTAKES)
