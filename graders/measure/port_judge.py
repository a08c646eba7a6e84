"""Judging a PyTorch port's state after a few steps: what the contract leads to, and which known mistake else."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from graders.foundation.call import Params
from graders.measure import truth
from graders.measure.compare import Wrong, same
from graders.measure.port_steps import (
    NO_DECAY,
    WRONG_PORTS,
    Batch,
    Port,
    adam,
    damped,
    leaving_one_out,
)
from graders.measure.trajectory import MISTAKEN, Rule, course, distance, rule_behind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PortJudge:
    """Judges states; every method raises `Wrong` or returns a remark.

    Args:
        whole: all images (N, D) and labels (N,).
        lr: learning rate of the first epoch.
        rtol: allowed gap, relative to how far an array moved.
        port: what the steps are expected to minimise; a known mistake that was charged already stays in it.
    """

    whole: Batch
    lr: float
    rtol: float
    port: Port

    def mistake_of(self, start: Params, one: Params) -> Port:
        """Return the port whose one known mistake explains the state after one step; a right one where none does."""
        wrong = {words: port.walk(start, [self.whole], lrs=[self.lr]) for words, port in WRONG_PORTS.items()}
        name = rule_behind([one], wrong, start=start, right=self._steps(start, 1), rtol=self.rtol)
        return WRONG_PORTS.get(name, self.port)

    def never_clears(self, start: Params, three: Params) -> bool:
        """Tell whether the state after three steps is that of gradients which add up."""
        adding = {"adds up": replace(self, port=replace(self.port, accumulates=True))._steps(start, 3)}
        return bool(rule_behind([three], adding, start=start, right=self._steps(start, 3), rtol=self.rtol))

    def one(self, start: Params, got: Params) -> str:
        """Judge one step."""
        wrong = {words: port.walk(start, [self.whole], lrs=[self.lr]) for words, port in WRONG_PORTS.items()}
        wrong["these are Adam's steps, not those of gradient descent"] = self._steps(start, 1, rule=adam)
        return self._compare(start, got, self._steps(start, 1), wrong, after="one step")

    def three(self, start: Params, got: Params) -> str:
        """Judge three steps without momentum."""
        adding = replace(self, port=replace(self.port, accumulates=True))
        wrong = {
            "each step adds the gradients of all steps before to its own: they are never cleared": (
                adding._steps(start, 3)
            ),
            "the weights move in the first epoch only": self._steps(start, 1),
            "the steps are taken with momentum, although none was asked for": self._steps(start, 3, mu=0.9),
        }
        return self._compare(start, got, self._steps(start, 3), wrong, after="three steps")

    def batches(self, start: Params, got: Params) -> str:
        """Judge one epoch of two mini-batches, the second of one image; every order is tried."""
        orders = leaving_one_out(*self.whole)
        n = len(self.whole[1])
        adding = replace(self.port, accumulates=True)
        lrs = [self.lr, self.lr]
        right = [state for order in orders for state in self.port.walk(start, order, lrs=lrs)]
        wrong = {
            "the gradients are not cleared between the two steps": [
                adding.walk(start, order, lrs=lrs)[-1] for order in orders
            ],
            f"the last batch, of one image, is averaged as if it had {n - 1}": [
                self.port.walk(start, order, lrs=[self.lr, self.lr / (n - 1)])[-1] for order in orders
            ],
            "it is a single step over all images: the batch size is not used": self._steps(start, 1),
            "one step is taken at the end of the epoch, with the gradients of both batches added up": [
                self._one_step_of_sums(start, order) for order in orders
            ],
        }
        what = f"one epoch over {n} images in batches of {n - 1} can reach (last batch taken or dropped)"
        return self._among(start, got, right, wrong, what=what)

    def whole_epoch(self, start: Params, got: Params, *, batch: int, lr: float) -> str:
        """Judge how far an epoch of several batches leads, in units of what all its steps do.

        At a small learning rate `lr` the steps hardly depend on each other, so that any order leads about as far, and
        a batch that is left out shows.
        """
        X, y = self.whole
        rows = [slice(i, i + batch) for i in range(0, len(y), batch)]
        right = self.port.walk(start, [(X[r], y[r]) for r in rows], lrs=[lr] * len(rows))[-1]
        should, moved = (
            np.concatenate([(getattr(p, n) - getattr(start, n)).ravel() for n in truth.NAMES]) for p in (right, got)
        )
        with np.errstate(all="ignore"):
            share = float(np.vdot(moved, should) / np.vdot(should, should))
        told = f"the weights move {share:.2f} times as far as {len(rows)} steps lead"
        if share >= 0.75:
            return told
        raise Wrong(
            f"In an epoch of {len(rows)} batches {told}; every image should be used once.",
            got=f"{share:.2f}",
            expected="about 1",
        )

    def momentum(self, start: Params, got: Params, mu: float) -> str:
        """Judge three steps with momentum."""
        wrong = {words: self._steps(start, 3, rule=rule, mu=mu) for words, rule in MISTAKEN.items()}
        wrong["later gradients enter the velocity times (1 - momentum): dampening is on"] = self._steps(
            start, 3, rule=damped, mu=mu
        )
        return self._compare(start, got, self._steps(start, 3, mu=mu), wrong, after="three steps with momentum")

    def decay(self, start: Params, got: Params, strength: float) -> str:
        """Judge three steps with weight decay; at the start the biases are zero, so one step would not show theirs."""
        n = len(self.whole[1])
        wrong = {
            "there is no weight decay": (0.0, 0.0, 0.0),
            "the biases decay as well": (1.0, 1.0, 1.0),
            "the decay is twice as strong as asked for": (2.0, 2.0, 0.0),
            "the decay is half as strong as asked for": (0.5, 0.5, 0.0),
            "the biases decay as well, and all of it is twice as strong as asked for": (2.0, 2.0, 2.0),
            "W1 does not decay": (0.0, 1.0, 0.0),
            "W2 does not decay": (1.0, 0.0, 0.0),
            f"the decay is divided by {n}, the number of images": (1 / n, 1 / n, 0.0),
            "the decay is not multiplied by the learning rate": (1 / self.lr, 1 / self.lr, 0.0),
            "the decay has the wrong sign": (-1.0, -1.0, 0.0),
        }

        def decayed(factors: tuple[float, float, float]) -> list[Params]:
            W1, W2, biases = (strength * factor for factor in factors)
            return self._steps(start, 3, decay={"W1": W1, "b1": biases, "W2": W2, "b2": biases})

        others = {words: decayed(factors) for words, factors in wrong.items()}
        return self._compare(start, got, decayed((1.0, 1.0, 0.0)), others, after="three steps with weight decay")

    def step_decay(self, start: Params, ten: Params, twelve: Params) -> str:
        """Judge ten epochs at a constant rate, and two more at a tenth of it from where the first ten led."""
        slow = self.lr * 0.1
        if self.port.accumulates:  # the first ten gradients are in the last two steps as well
            right = self._rated(start, [self.lr] * 10 + [slow] * 2)
            return self._compare(start, twelve, right, {}, after="twelve epochs")
        early = {"the learning rate drops one epoch too early": self._rated(start, [self.lr] * 9 + [slow])}
        self._compare(start, ten, self._steps(start, 10), early, after="ten epochs")
        wrong = {
            "the learning rate stays what it was": [self.lr, self.lr],
            "the learning rate drops one epoch too late": [self.lr, slow],
            "the learning rate drops again in every epoch after the tenth": [slow, slow * 0.1],
        }
        others = {words: self._rated(ten, lrs) for words, lrs in wrong.items()}
        return self._compare(ten, twelve, self._rated(ten, [slow, slow]), others, after="epochs eleven and twelve")

    def cosine(self, start: Params, got: Params) -> str:
        """Judge four epochs; a schedule that reaches zero in the last one passes too."""
        to_zero = self._rated(start, [truth.cosine(epoch, self.lr, 3) for epoch in range(4)])
        if distance([got], to_zero, start=start, scale=to_zero) <= self.rtol:
            return "the learning rate reaches zero in the last epoch, which is as good"
        ahead = [truth.cosine(epoch + 1, self.lr, 4) for epoch in range(4)]
        wrong = {
            "the learning rate stays constant": self._steps(start, 4),
            "the schedule is one epoch ahead: the first epoch has the second one's rate": self._rated(start, ahead),
        }
        right = self._rated(start, [truth.cosine(epoch, self.lr, 4) for epoch in range(4)])
        return self._compare(start, got, right, wrong, after="four epochs")

    def once_an_epoch(self, start: Params, after_one: Params, got: Params) -> str:
        """Judge two epochs of two mini-batches under the cosine schedule; every order is tried.

        A constant rate, and gradients that are cleared once an epoch, pass: other checks have charged them.

        Args:
            start: the weights before.
            after_one: after one epoch without a schedule, which is the first epoch again where the seed decides all.
            got: after two epochs with the schedule.
        """
        orders, lr = leaving_one_out(*self.whole), self.lr
        n = len(self.whole[1])
        what = f"two epochs over {n} images in batches of {n - 1} can reach when the rate changes between them only"
        if not self.port.accumulates and self._reached(got, self._second_epochs(after_one), start=start):
            return f"the weights are one of the states that {what}"
        twice = list(itertools.product(orders, repeat=2))
        if self.port.accumulates:  # the second epoch's gradients contain the first one's
            right = (
                self.port.walk(start, one + two, lrs=[lr, lr, rate, rate])[-1]
                for rate in self._second_rates
                for one, two in twice
            )
        else:
            firsts = [state for order in orders for state in self._epochs(start, order, lr)]
            right = (state for first in firsts for state in self._second_epochs(first))
        every_batch = [truth.cosine(i, lr, 2) for i in range(4)]
        wrong = {
            "the learning rate changes after every mini-batch": (
                self.port.walk(start, one + two, lrs=every_batch)[-1] for one, two in twice
            ),
        }
        return self._among(start, got, right, wrong, what=what)

    @property
    def _second_rates(self) -> tuple[float, float, float]:
        """The second of two epochs' learning rate under both accepted cosines, and when it is constant."""
        return self.lr / 2, 0.0, self.lr

    def _second_epochs(self, first: Params) -> Iterator[Params]:
        """Yield where a second epoch leads."""
        for rate in self._second_rates:
            for order in leaving_one_out(*self.whole):
                yield from self._epochs(first, order, rate)

    def _epochs(self, start: Params, order: Sequence[Batch], rate: float) -> list[Params]:
        """Return where an epoch leads: the last batch dropped, taken, or taken with gradients that add up."""
        adding = replace(self.port, accumulates=True)
        return [*self.port.walk(start, order, lrs=[rate] * 2), adding.walk(start, order, lrs=[rate] * 2)[-1]]

    def _steps(
        self,
        start: Params,
        n: int,
        *,
        rule: Rule = course,
        mu: float = 0.0,
        decay: Mapping[str, float] = NO_DECAY,
    ) -> list[Params]:
        """Return the state after n full-batch steps, as a trajectory of one."""
        lrs = [self.lr] * n
        return self.port.walk(start, [self.whole] * n, lrs=lrs, rule=rule, mu=mu, decay=decay)[-1:]

    def _rated(self, start: Params, lrs: Sequence[float]) -> list[Params]:
        """Return the state after one full-batch step at each learning rate, as a trajectory of one."""
        return self.port.walk(start, [self.whole] * len(lrs), lrs=lrs)[-1:]

    def _one_step_of_sums(self, start: Params, order: Sequence[Batch]) -> Params:
        moved = [self.port.walk(start, [batch], lrs=[self.lr])[0] for batch in order]
        return Params(**{n: sum(getattr(m, n) for m in moved) - getattr(start, n) for n in truth.NAMES})

    def _compare(
        self, start: Params, got: Params, right: list[Params], wrong: Mapping[str, list[Params]], *, after: str
    ) -> str:
        """Pass when every array moved as it should; where one known rule explains the deviation, name it."""
        moves = [tuple(getattr(p, n) - getattr(start, n) for n in truth.NAMES) for p in (got, right[0])]
        try:
            for n, moved, should in zip(truth.NAMES, *moves, strict=True):
                same(moved, should, what=f"the change of {n} after {after}", rtol=self.rtol)
        except Wrong as deviation:
            known = {**wrong, "the weights do not move at all": [start]}
            name = rule_behind([got], known, start=start, right=right, rtol=self.rtol)
            told = f" Exactly one known rule gives your numbers: {name}." if name else ""
            first = deviation.reason[:1].upper() + deviation.reason[1:]
            raise Wrong(first + told, got=deviation.got, expected=deviation.expected) from deviation
        gap = distance([got], right, start=start, scale=right)
        return f"largest gap {gap:.1e} of the array's move, allowed {self.rtol:.1e}"

    def _among(
        self, start: Params, got: Params, right: Iterable[Params], wrong: Mapping[str, Iterable[Params]], *, what: str
    ) -> str:
        """Pass when the state is one of those that some order of the images leads to."""
        if self._reached(got, right, start=start):
            return f"the weights are one of the states that {what}"
        named = [words for words, states in wrong.items() if self._reached(got, states, start=start)]
        told = f" Exactly one known rule gives your numbers: {named[0]}." if len(named) == 1 else ""
        raise Wrong(f"Your weights are none of the states that {what}.{told}", expected="one of those states")

    def _reached(self, got: Params, states: Iterable[Params], *, start: Params) -> bool:
        with np.errstate(all="ignore"):
            return any(distance([got], [state], start=start, scale=[state]) <= self.rtol for state in states)
