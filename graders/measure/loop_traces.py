"""What mini-batch training leaves behind in W1: how the learning rate fell, and whether masks were new."""

from collections.abc import Callable, Sequence

from graders.foundation.call import Params, Value
from graders.measure import truth
from graders.measure.compare import Wrong
from graders.measure.miniature import CLASSES, PIXELS, Problem
from graders.measure.training import trained_params


def counts_epochs(starts: Sequence[Params], *, H: int, epochs: int) -> Callable[..., str]:
    """Return a test of two runs with tiny steps, without and with step decay: the rate falls by epoch, not by batch.

    Tiny steps add up whatever the order of the batches, so how far they lead tells the mean learning rate.

    Args:
        starts: what the parameters before training may have been.
        H: hidden units.
        epochs: of the runs, of which the last two have a tenth of the rate.
    """

    def test(*values: Value) -> str:
        constant, scheduled = (trained_params(value, what="train", shapes=(PIXELS, H, CLASSES)) for value in values)
        ratios = []
        for start in starts:
            whole, part = constant.W1 - start.W1, scheduled.W1 - start.W1
            ratios.append(float((whole * part).sum() / max((whole * whole).sum(), 1e-300)))
        # Ten epochs at the full rate and two at a tenth make 0.85; velocity that goes on rolling makes it more.
        if any(0.8 <= ratio <= 0.96 for ratio in ratios):
            return f"with the schedule {epochs} epochs lead {ratios[0]:.0%} as far as without"
        got = ", ".join(f"{ratio:.0%}" for ratio in ratios[:1]) or "an unknown share"
        raise Wrong(
            f"With schedule='step' {epochs} epochs of mini-batches lead {got} as far as with a constant learning rate.",
            got=got,
            expected="85%: ten epochs at the full rate, two at a tenth of it",
        )

    return test


def new_masks(problem: Problem, first: Value, second: Value, *, H: int, p: float) -> str:
    """Pass when no epoch leaves hidden units where they were although most images activate them.

    Args:
        problem: what was trained on.
        first: a run of one epoch.
        second: the same run, one epoch longer.
        H: hidden units.
        p: their chance to be dropped.
    """
    before, after = (trained_params(v, what="train", shapes=(PIXELS, H, CLASSES)) for v in (first, second))
    busy = (truth.preactivation(before, problem.X) > 0).sum(axis=0) >= len(problem.X) / 2  # (H,)
    still = busy & (before.W1 == after.W1).all(axis=0)
    if not (before.W1 != after.W1).any():
        raise Wrong("An epoch of training with dropout leaves W1 as it was.", got="no change", expected="a step")
    told = f"{int(still.sum())} of {int(busy.sum())} busy hidden units were not moved by the steps of an epoch"
    if still.sum() > 0.15 * busy.sum():
        raise Wrong(
            f"With dropout={p}, {told}.",
            got=f"{int(still.sum())} units never moved",
            expected="none",
        )
    return told
