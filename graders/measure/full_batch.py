"""Training where every mini-batch has one gradient: nothing is random, so the parameters after each epoch are known."""

from collections.abc import Callable, Sequence

from graders.foundation.call import Params, Value
from graders.measure.compare import Wrong
from graders.measure.miniature import CLASSES, PIXELS, Problem
from graders.measure.recipes import Recipe
from graders.measure.training import trained_params
from graders.measure.trajectory import likeliest, same_moves

KINK = 1e-6  # a pre-activation this near to zero may have the other sign in float32


def states_follow(
    problem: Problem,
    starts: Sequence[Params],
    right: Sequence[Recipe],
    *,
    H: int,
    rtol: float,
) -> Callable[..., str]:
    """Return a test of one or more runs: their parameters are those of the last epochs of one of the right recipes.

    Args:
        problem: what was trained on.
        starts: what the initial parameters may have been; none when they could not be found out.
        right: accepted recipes; all have as many epochs as the longest run.
        H: hidden units.
        rtol: allowed gap, relative to how far each array has moved.
    """

    def test(*values: Value) -> str:
        got = [trained_params(value, what="train", shapes=(PIXELS, H, CLASSES)) for value in values]
        if not starts:
            raise Wrong(
                "The parameters before training could not be found out: neither train with lr=0 nor init works."
            )
        last = slice(-len(got), None)
        for nudge in (0.0, KINK, -KINK):
            ways = ((s, recipe.states(problem, s, nudge=nudge)[last]) for s in starts for recipe in right)
            start, nearest, gap = likeliest(got, ways, rtol=rtol)
            if gap <= rtol:
                break
        epochs = len(right[0].lrs)
        names = [f"epoch {epoch}" for epoch in range(epochs - len(got) + 1, epochs + 1)]
        return same_moves(got, nearest, start=start, rtol=rtol, when=names)

    return test
