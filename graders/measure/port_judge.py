"""Judging a PyTorch port's state after a few steps by the states that the contract leads to."""

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
    leaving_one_out,
    one_way,
)
from graders.measure.trajectory import any_near, distance


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
        right = self._steps(start, 1)
        if self._is_right(one, start, right):
            return self.port
        found = [p for p in WRONG_PORTS if self._explains(replace(self, port=p)._steps(start, 1), one, start, right)]
        return found[0] if len(found) == 1 else self.port

    def never_clears(self, start: Params, three: Params) -> bool:
        """Tell whether the state after three steps is that of gradients which add up."""
        right = self._steps(start, 3)
        if self._is_right(three, start, right):
            return False
        adding = replace(self, port=replace(self.port, accumulates=True))._steps(start, 3)
        return self._explains(adding, three, start, right)

    def one(self, start: Params, got: Params) -> str:
        """Judge one step."""
        return self._compare(start, got, self._steps(start, 1), after="one step")

    def three(self, start: Params, got: Params) -> str:
        """Judge three steps without momentum."""
        return self._compare(start, got, self._steps(start, 3), after="three steps")

    def batches(self, start: Params, got: Params) -> str:
        """Judge one epoch of two mini-batches, the second of one image; every order is tried."""
        n = len(self.whole[1])
        right = self.port.walk(start, leaving_one_out(*self.whole), lrs=[self.lr, self.lr])
        what = f"one epoch over {n} images in batches of {n - 1} can reach (last batch taken or dropped)"
        return self._among(start, got, right, what=what)

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
        return self._compare(start, got, self._steps(start, 3, mu=mu), after="three steps with momentum")

    def decay(self, start: Params, got: Params, strength: float) -> str:
        """Judge three steps with weight decay; at the start the biases are zero, so one step would not show theirs."""
        right = self._steps(start, 3, decay={"W1": strength, "b1": 0.0, "W2": strength, "b2": 0.0})
        return self._compare(start, got, right, after="three steps with weight decay")

    def step_decay(self, start: Params, ten: Params, twelve: Params) -> str:
        """Judge ten epochs at a constant rate, and two more at a tenth of it from where the first ten led."""
        slow = self.lr * 0.1
        if self.port.accumulates:  # the first ten gradients are in the last two steps as well
            right = self._rated(start, [self.lr] * 10 + [slow] * 2)
            return self._compare(start, twelve, right, after="twelve epochs")
        self._compare(start, ten, self._steps(start, 10), after="ten epochs")
        return self._compare(ten, twelve, self._rated(ten, [slow, slow]), after="epochs eleven and twelve")

    def cosine(self, start: Params, got: Params) -> str:
        """Judge four epochs; a schedule that reaches zero in the last one passes too."""
        to_zero = self._rated(start, [truth.cosine(epoch, self.lr, 3) for epoch in range(4)])
        if distance([got], to_zero, start=start, scale=to_zero) <= self.rtol:
            return "the learning rate reaches zero in the last epoch, which is as good"
        right = self._rated(start, [truth.cosine(epoch, self.lr, 4) for epoch in range(4)])
        return self._compare(start, got, right, after="four epochs")

    def once_an_epoch(self, start: Params, after_one: Params, got: Params) -> str:
        """Judge two epochs of two mini-batches under the cosine schedule; every order is tried.

        A constant rate, and gradients that are cleared once an epoch, pass: other checks have charged them.

        Args:
            start: the weights before.
            after_one: after one epoch without a schedule, which is the first epoch again where the seed decides all.
            got: after two epochs with the schedule.
        """
        X, y = self.whole
        orders, lr = leaving_one_out(np.asarray(X, dtype=np.float64), y), self.lr
        n = len(y)
        what = f"two epochs over {n} images in batches of {n - 1} can reach when the rate changes between them only"
        if not self.port.accumulates and self._reached(got, self._second_epochs(after_one, orders), start=start):
            return f"the weights are one of the states that {what}"
        if self.port.accumulates:  # the second epoch's gradients contain the first one's
            right = (
                self.port.walk(start, one_way(orders, i) + orders, lrs=[lr, lr, rate, rate])[-1]
                for rate in self._second_rates
                for i in range(n)
            )
        else:
            dropped, taken, adding = self._epochs(start, orders, (lr,))
            firsts = (taken, dropped, adding)  # nearly everyone takes the last batch
            right = (state for runs in firsts for i in range(n) for state in self._second_epochs(_run(runs, i), orders))
        return self._among(start, got, right, what=what)

    @property
    def _second_rates(self) -> tuple[float, float, float]:
        """The second of two epochs' learning rate under both accepted cosines, and when it is constant."""
        return self.lr / 2, 0.0, self.lr

    def _second_epochs(self, first: Params, orders: Sequence[Batch]) -> Iterator[Params]:
        """Yield where a second epoch leads, in all orders side by side."""
        return self._epochs(first, orders, self._second_rates)

    def _epochs(self, start: Params, orders: Sequence[Batch], rates: Sequence[float]) -> Iterator[Params]:
        """Yield where an epoch of two batches leads at each rate, in all orders side by side.

        The last batch is dropped, taken, or taken with gradients that add up. Thousands of epochs are tried.
        """
        first, last = orders
        with np.errstate(all="ignore"):
            g = self.port.moving(start, *first)
            for rate in rates:
                middle = _stepped(start, g, rate)
                yield middle
                if rate:
                    h = self.port.moving(middle, *last)
                    yield _stepped(middle, h, rate)
                    yield _stepped(middle, Params(**{n: getattr(g, n) + getattr(h, n) for n in truth.NAMES}), rate)

    def _steps(
        self,
        start: Params,
        n: int,
        *,
        mu: float = 0.0,
        decay: Mapping[str, float] = NO_DECAY,
    ) -> list[Params]:
        """Return the state after n full-batch steps, as a trajectory of one."""
        lrs = [self.lr] * n
        return self.port.walk(start, [self.whole] * n, lrs=lrs, mu=mu, decay=decay)[-1:]

    def _rated(self, start: Params, lrs: Sequence[float]) -> list[Params]:
        """Return the state after one full-batch step at each learning rate, as a trajectory of one."""
        return self.port.walk(start, [self.whole] * len(lrs), lrs=lrs)[-1:]

    def _is_right(self, got: Params, start: Params, right: Sequence[Params]) -> bool:
        """Tell whether a state is near the right one, where no wrong port that counts leads."""
        with np.errstate(all="ignore"):
            # They lie more than 5 rtol from the right one, so more than 2 from this one.
            return distance([got], right, start=start, scale=right) <= 3 * self.rtol

    def _explains(self, wrong: Sequence[Params], got: Params, start: Params, right: Sequence[Params]) -> bool:
        """Tell whether a state is the one that a wrong port leads to, where that lies well apart from the right one."""
        with np.errstate(all="ignore"):
            apart = distance(wrong, right, start=start, scale=right) > 5 * self.rtol
            return apart and distance([got], wrong, start=start, scale=right) <= 2 * self.rtol

    def _compare(self, start: Params, got: Params, right: Sequence[Params], *, after: str) -> str:
        """Pass when every array moved as it should."""
        for n in truth.NAMES:
            moved, should = (getattr(p, n) - getattr(start, n) for p in (got, right[0]))
            same(moved, should, what=f"the change of {n} after {after}", rtol=self.rtol)
        gap = distance([got], right, start=start, scale=right)
        return f"largest gap {gap:.1e} of the array's move, allowed {self.rtol:.1e}"

    def _among(self, start: Params, got: Params, right: Iterable[Params], *, what: str) -> str:
        """Pass when the state is one of those that some order of the images leads to; these lie side by side."""
        if self._reached(got, right, start=start):
            return f"the weights are one of the states that {what}"
        raise Wrong(f"Your weights are none of the states that {what}.", expected="one of those states")

    def _reached(self, got: Params, states: Iterable[Params], *, start: Params) -> bool:
        with np.errstate(all="ignore"):
            return any(any_near(got, runs, start=start, rtol=self.rtol) for runs in states)


def _stepped(theta: Params, g: Params, rate: float) -> Params:
    return Params(**{n: getattr(theta, n) - rate * getattr(g, n) for n in truth.NAMES})


def _run(runs: Params, i: int) -> Params:
    """Return one of several runs side by side."""
    return Params(**{n: getattr(runs, n)[i] for n in truth.NAMES})
