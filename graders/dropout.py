"""Inverted dropout switches hidden units off at random in training, and does nothing at inference.

Measures: for `dropout` by itself, that kept entries are scaled by 1/(1-p), that the right share is kept, independently
for every entry, that the returned mask is the one that acted, and that it comes from the given generator. For
`loss_and_grads`, that one mask acts in both directions: the mask is read off your own gradients, so any random numbers
will do. That `forward` is free of chance.

Matters: a backward pass without the forward pass's mask follows the gradient of another loss. Training still runs, and
the network is simply worse.

Fix: draw the mask once, keep it, and multiply by it in both directions. With an array of ones, the output's mean must
stay near 1, whatever p is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Seeded, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.observation import Answer, Returned
from graders.foundation.verdict import Check, Verdict, verdict
from graders.measure.batch import Batch, of_call
from graders.measure.compare import Wrong, array, check, same
from graders.measure.dropped import acting_mask, dropped_array, independent, inverted, right_share
from graders.measure.gradient_arrays import called, read
from graders.measure.manners import inputs_untouched
from graders.measure.masks import (
    QUANTITIES,
    Drawn,
    all_masks,
    as_by_hand,
    drawn,
    dropped_by_hand,
    one_mask,
    passed,
    positive_batch,
    right_without,
    unseen,
)
from graders.measure.statistics import share

SHAPE = (200, 150)
OTHER_P = 0.2
PAIRS = 8  # questions about two images: enough to tell a mask of their own from a shared one
SINGLES = 3
REACHES = "Follow the argument dropout of loss_and_grads to the hidden activations: does it arrive there?"
GENERATOR = "Draw the mask from the generator that is handed in, and from nothing else."
BOTH = "one mask acts in the forward and the backward pass"
UNITS = "hidden units are dropped with chance p"
INNER_GENERATOR = "loss_and_grads draws from the given generator"
NOTHING_AT_ZERO = "dropout=0 in loss_and_grads changes nothing"
OWN = "every image has a mask of its own"
ACTING = (BOTH, UNITS, OWN)
AGAIN, AT_ZERO, BY_HAND = "two images 0 again", "two images, p=0", "one image, dropped by hand"
OWN_MASK = "What shape does the array of random numbers have?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropout(Grader):
    """Grades `dropout(A, p, rng)`, dropout in `loss_and_grads`, and its absence in `forward`.

    Args:
        p: the chance to be dropped in most questions; not 0.5, where keeping and dropping look alike.
        risk: of failing a right answer, in each statistical check.
        rtol: allowed gap, relative to the largest entry.
    """

    title: ClassVar[str] = "Dropout"
    about: ClassVar[str] = "dropout"

    p: float = 0.3
    risk: float = 1e-6
    rtol: float = 1e-4

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for masks, for gradients of one and of two images with dropout, and for logits twice."""
        rng = exam.rng("dropout")
        A = rng.uniform(0.5, 1.5, size=SHAPE) * rng.choice([-1.0, 1.0], size=SHAPE)
        seeds = [Seeded(seed=int(s)) for s in rng.integers(1, 2**31, size=PAIRS + 1)]
        one = positive_batch(rng, N=1, D=13, H=200, K=5, all_active=False)
        two = positive_batch(rng, N=2, D=13, H=4, K=5, all_active=True)
        logits = Call(name="logits", target="forward", args=(one.params, one.X))

        def dropped(name: str, p: float, seed: Seeded, repeat: int = 0) -> Call:
            return Call(name=name, target="dropout", args=(A, p, seed), repeat=repeat)

        return [
            dropped("mask", self.p, seeds[0]),
            dropped("mask again", self.p, seeds[0], repeat=1),
            dropped("other mask", self.p, seeds[1]),
            dropped("other p", OTHER_P, seeds[2]),
            dropped("p=0", 0.0, seeds[0]),
            one.call("one image"),
            one.call("p=0 in the gradient", dropout=0.0),
            *(one.call(f"one image {i}", dropout=self.p, rng=seeds[i]) for i in range(SINGLES)),
            one.call("one image 0 again", repeat=1, dropout=self.p, rng=seeds[0]),
            two.call("two images"),
            *(two.call(f"two images {i}", dropout=self.p, rng=seeds[i]) for i in range(PAIRS)),
            logits,
            Call(name="logits again", target=logits.target, args=logits.args, repeat=1),
        ]

    def ask_again(self, exam: Exam, seen: Seen) -> Sequence[Call]:
        """Ask what shows the same where the gradients without dropout are not right, or fail for one image alone."""
        del exam
        if AGAIN in seen or BY_HAND in seen:
            return ()
        one, first = of_call(seen["one image"].call), seen["two images 0"].call
        if _fails_for_one_alone(seen):
            return [replace(first, name=AGAIN, repeat=1), of_call(first).call(AT_ZERO, dropout=0.0)]
        if right_without(seen["one image"].observation, one, rtol=self.rtol):
            return ()
        try:
            mask = drawn(seen["one image 0"].value, seen["one image"].value, one, ())
        except Wrong:
            return ()
        return [dropped_by_hand(mask, one, p=self.p).call(BY_HAND)]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge `dropout` by itself, then the gradients, then inference."""
        del exam
        A = seen["mask"].call.args[0]
        assert isinstance(A, np.ndarray)
        p, rtol, risk = self.p, self.rtol, self.risk
        masks = {name: seen[name] for name in ("mask", "mask again", "other mask", "other p", "p=0")}
        return verdict(
            check("kept entries are scaled by 1/(1-p)", seen["mask"], lambda v: inverted(v, A, p, rtol=rtol), weight=2),
            check("the same with another p", seen["other p"], lambda v: inverted(v, A, OTHER_P, rtol=rtol)),
            check("p is the chance to be dropped", [seen["mask"], seen["other p"]],
                  lambda v, w: right_share(v, A, p, risk=risk / 2) + " " + right_share(w, A, OTHER_P, risk=risk / 2)),
            check("every entry is dropped independently", seen["mask"], lambda v: independent(v, A, risk=risk)),
            check("returns the mask that acted", seen["mask"], lambda v: acting_mask(v, A, p, rtol=rtol)),
            check("p=0 changes nothing", seen["p=0"], lambda v: same(dropped_array(v, A), A, what="the dropped A",
                  rtol=rtol), weight=0.5),
            inputs_untouched(masks, main="mask", names=["A"]),
            check("draws from the given generator", [seen["mask"], seen["mask again"], seen["other mask"]],
                  lambda *values: _from_generator([dropped_array(v, A) for v in values]), fix=GENERATOR),
            *self._in_the_gradient(seen),
            *self._at_inference(seen),
        )  # fmt: skip

    def _at_inference(self, seen: Seen) -> list[Check]:
        """Judge the absence of chance in `forward`; one that gives no answer is judged elsewhere."""
        two = [seen["logits"], seen["logits again"]]
        answered = all(isinstance(answer.observation, Returned) for answer in two)
        return [check("forward has no dropout", two, _deterministic)] if answered else []

    def _in_the_gradient(self, seen: Seen) -> list[Check]:
        """Judge dropout in `loss_and_grads`, by what its answers show; what they show without dropout is no fault here.

        An answer in which no mask could be seen earns nothing: dropout was not shown to work.
        """
        one, two = of_call(seen["one image"].call), of_call(seen["two images"].call)
        names = right_without(seen["one image"].observation, one, rtol=self.rtol)
        names_of_two = right_without(seen["two images"].observation, two, rtol=self.rtol)
        if _fails_for_one_alone(seen):  # which is judged elsewhere
            checks = self._of_two_images(seen, names_of_two)
        else:
            checks = self._of_single_images(seen, one, names)
            names_of_two = tuple(name for name in names_of_two if name in names)
        own = check(OWN, _pairs(seen), lambda *v: self._own(v, two, names_of_two),
                    weight=1.5, fix=OWN_MASK)  # fmt: skip
        # Which generator draws, and what p=0 does, change nothing of what training reaches.
        return [replace(c, inside="loss_and_grads" if c.title in ACTING else "") for c in (*checks, own)]

    def _own(self, values: Sequence[Value], two: Batch, names: Sequence[str]) -> str:
        """Judge whether each image of a batch has its own mask; `values` without dropout, then with it."""
        without, *dropped = values
        if names:
            return _own_masks(self._explaining(dropped, two, names))
        usual = passed(without, two, rtol=self.rtol).all(axis=0)  # (H,)
        if not usual.any():
            raise unseen()
        return _own_masks([passed(value, two, rtol=self.rtol)[:, usual] for value in dropped])

    def _explaining(self, values: Sequence[Value], two: Batch, names: Sequence[str]) -> Sequence[np.ndarray]:
        """Return the mask (2, H) that explains each answer in full, or raise `Wrong`."""
        every = all_masks(two, p=self.p)
        return [every.explaining(value, names, rtol=self.rtol) for value in values]

    def _of_two_images(self, seen: Seen, names: Sequence[str]) -> list[Check]:
        """Judge what the gradients of two images show; `names` are right without dropout."""
        plain, two = seen["two images"], of_call(seen["two images"].call)

        def masks(values: Sequence[Value]) -> Sequence[np.ndarray]:
            if not names:
                raise unseen()
            return self._explaining(values, two, names)

        def share_of(values: Sequence[Value]) -> str:
            everywhere = np.ones(two.params.b1.size * len(two.X), dtype=bool)
            return self._share([Drawn(kept=m.ravel() > 0, active=everywhere, by="W2") for m in masks(values)])

        twice = [seen["two images 0"], seen[AGAIN], seen["two images 1"]]
        return [
            check(BOTH, _pairs(seen), lambda _, *v: _explained(masks(v)), weight=3, fix=REACHES),
            check(UNITS, _pairs(seen), lambda _, *v: share_of(v), weight=0.5, fix=REACHES),
            check(INNER_GENERATOR, [plain, *twice], lambda _, *v: _from_generator(masks(v)), weight=0.5, fix=GENERATOR),
            check(NOTHING_AT_ZERO, [plain, seen[AT_ZERO]], lambda v, w: _equal(v, w, two, self.rtol), weight=0.5),
        ]

    def _of_single_images(self, seen: Seen, one: Batch, names: Sequence[str]) -> list[Check]:
        """Judge what the gradients of one image show; `names` are right without dropout."""
        plain = seen["one image"]
        singles = [seen[f"one image {i}"] for i in range(SINGLES)]
        told = [plain, singles[0], seen["one image 0 again"], singles[1]]

        def test_one(without: Value, value: Value) -> str:
            if names:
                return one_mask(value, without, one, names, p=self.p, rtol=self.rtol)
            mask = drawn(value, without, one, names)
            if BY_HAND not in seen or not isinstance(seen[BY_HAND].observation, Returned):
                raise unseen()
            as_by_hand(value, seen[BY_HAND].value, mask, one, p=self.p, rtol=self.rtol)
            return "your own answer without dropout for the rows of W2 that the mask leaves is the same"

        def masks(without: Value, values: Sequence[Value]) -> Sequence[Drawn]:
            return [drawn(value, without, one, names) for value in values]

        def test_generator(without: Value, *values: Value) -> None:
            shown = masks(without, values)
            _from_generator([read(v, one, [m.by])[m.by] for v, m in zip(values, shown, strict=True)])

        return [
            check(BOTH, [plain, singles[0]], test_one, weight=3, fix=REACHES),
            check(UNITS, [plain, *singles], lambda v, *more: self._share(masks(v, more)), weight=0.5, fix=REACHES),
            check(INNER_GENERATOR, told, test_generator, weight=0.5, fix=GENERATOR),
            check(NOTHING_AT_ZERO, [plain, seen["p=0 in the gradient"]], lambda v, w: _equal(v, w, one, self.rtol),
                  weight=0.5),
        ]  # fmt: skip

    def _share(self, masks: Sequence[Drawn]) -> str:
        active = sum(int(m.active.sum()) for m in masks)
        kept = sum(int((m.active & m.kept).sum()) for m in masks)
        measured = share(kept, active, p=1 - self.p, what="the share of hidden units kept", risk=self.risk)
        if measured.within:
            return measured.told
        fix = "Which share does your mask in loss_and_grads keep: p, or what is left of it?"
        raise Wrong(measured.told, got=f"{measured.value:.3g}", expected=f"{1 - self.p:.3g}", fix=fix)


def _fails_for_one_alone(seen: Seen) -> bool:
    return not isinstance(seen["one image"].observation, Returned) and isinstance(
        seen["two images"].observation, Returned
    )


def _pairs(seen: Seen) -> Sequence[Answer]:
    """Return the answers about two images, first the one without dropout."""
    return [seen["two images"], *(seen[f"two images {i}"] for i in range(PAIRS))]


def _explained(masks: Sequence[np.ndarray]) -> str:
    if all(m.all() for m in masks):
        raise Wrong(f"In none of {len(masks)} batches was a hidden unit dropped.")
    return f"masks were found that explain {len(masks)} answers in full"


def _own_masks(masks: Sequence[np.ndarray]) -> str:
    if all((m == m[0]).all() for m in masks):
        raise Wrong(f"In {len(masks)} of {len(masks)} batches both images lost the same hidden units.")
    if all((m == masks[0]).all() for m in masks):
        raise Wrong(f"{len(masks)} generators with different seeds gave the same mask.", fix=GENERATOR)
    return f"a mask was found that explains each of {len(masks)} answers in full"


def _from_generator(dropped: Sequence[np.ndarray]) -> None:
    first, again, other = dropped
    if not np.array_equal(first, again):
        raise Wrong("Two generators with the same seed gave different masks.", got="different", expected="the same")
    if np.array_equal(first, other):
        raise Wrong("Two generators with different seeds gave the same mask.", got="the same", expected="different")


def _equal(without: Value, with_zero: Value, batch: Batch, rtol: float) -> str:
    names = [name for name in QUANTITIES if _readable(without, batch, name)]
    if not names:
        raise unseen()
    want = read(without, batch, names)
    for name, got in read(with_zero, batch, names).items():
        same(got, want[name], what=called(name), rtol=rtol)
    return f"the same {', '.join(names)}"


def _readable(value: Value, batch: Batch, name: str) -> bool:
    try:
        return bool(read(value, batch, [name]))
    except Wrong:
        return False


def _deterministic(first: Value, second: Value) -> None:
    a, b = (array(value, what="forward(params, X)") for value in (first, second))
    if not np.array_equal(a, b):
        raise Wrong("forward gave two different answers to the same question.", fix="Dropout belongs to training only.")
