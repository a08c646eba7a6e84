"""What `dropout` returned: how it scaled the entries it kept, how many it kept, and whether by independent chance."""

import numpy as np

from graders.foundation.call import Value
from graders.measure.compare import Wrong, array, pair
from graders.measure.statistics import Measured, share, z_of

PARTS = "dropped A, mask"
OWN_CHANCE = "What shape does the array of random numbers have, and what is it compared with?"


def dropped_array(value: Value, A: np.ndarray) -> np.ndarray:
    """Return the dropped activations, of A's shape; a submission that returned no mask beside them loses that alone."""
    alone = isinstance(value, np.ndarray) and value.shape == A.shape
    dropped = value if alone else pair(value, what="dropout", parts=PARTS)[0]
    return array(dropped, what="the dropped A", shape=A.shape)


def inverted(value: Value, A: np.ndarray, p: float, *, rtol: float) -> str:
    """Pass when every entry is either 0 or A/(1-p)."""
    with np.errstate(over="ignore"):
        ratios = dropped_array(value, A) / A
    kept = ratios[ratios != 0]
    if not kept.size:
        raise Wrong(f"With p={p:g} every entry is dropped.", got="only zeros", expected=f"a share of {1 - p:.2g} kept")
    if kept.size == A.size:
        raise Wrong(f"With p={p:g} no entry is dropped.", got="no zeros", expected=f"a share of {p:.2g} dropped")
    scale = 1 / (1 - p)
    off = np.abs(kept - scale)
    if (off <= rtol * scale).all():
        return f"kept entries are A times {scale:.4g}, largest gap {off.max():.1e}"
    low, high = float(kept.min()), float(kept.max())
    got = f"{high:.4g}" if high - low <= rtol * abs(high) else f"{low:.4g} to {high:.4g}"
    raise Wrong(
        f"With p={p:g} kept entries are A times {got}, expected A times 1/(1 - p) = {scale:.4g}.",
        got=got,
        expected=f"{scale:.4g}",
        fix="Which factor brings the mean of an array of ones back to 1 after a share p of it was dropped?",
    )


def right_share(value: Value, A: np.ndarray, p: float, *, risk: float) -> str:
    """Pass when the share of kept entries is one that chance gives for 1-p."""
    kept = dropped_array(value, A) != 0
    # Where rows (or columns) share their numbers, one of them holds all the chance there was.
    drawn = kept[0] if (kept == kept[0]).all() else kept[:, 0] if (kept == kept[:, :1]).all() else kept
    what = f"the share of kept entries with p={p:g}"
    measured = share(int(np.count_nonzero(drawn)), drawn.size, p=1 - p, what=what, risk=risk)
    if measured.within:
        return measured.told
    raise Wrong(
        measured.told,
        got=f"{measured.value:.4g}",
        expected=f"{1 - p:.4g}",
        fix=OWN_CHANCE,
    )


def independent(value: Value, A: np.ndarray, *, risk: float) -> str:
    """Pass when the entries were dropped independently of each other: no whole rows or columns, no linked neighbours.

    The share itself is judged elsewhere, so the measured one is taken for the right one.
    """
    kept = dropped_array(value, A) != 0
    if (kept == kept[0]).all() or (kept == kept[:, :1]).all():
        raise Wrong("The mask has one number for a whole row or column.", got="one number for many entries",
                    expected="a number for each entry", fix=OWN_CHANCE)  # fmt: skip
    for measured in dependence(kept, risk=risk):
        if not measured.within:
            raise Wrong(
                f"{measured.told} The entries are not dropped independently of each other.",
                got=f"{measured.value:.4g}",
                expected=f"{measured.low:.4g} to {measured.high:.4g}",
                fix=OWN_CHANCE,
            )
    return "rows, columns and neighbours are as chance has them"


def dependence(kept: np.ndarray, *, risk: float) -> list[Measured]:
    """Measure how a mask (N, H) of independent entries could hardly look.

    Args:
        kept: True where an entry was kept.
        risk: of finding fault with an independent mask, over all measurements.
    """
    n, h = kept.shape
    q = float(kept.mean())
    found = []
    for axis, name, size, count in ((0, "column", n, h), (1, "row", h, n)):
        of_each = kept.mean(axis=axis)
        for extreme, value in (("smallest", of_each.min()), ("largest", of_each.max())):
            what = f"the {extreme} share kept in a {name}"
            # The union bound over the lines: each gets its part of the risk.
            found.append(share(round(float(value) * size), size, p=q, what=what, risk=risk / (4 * count)))
    m = (kept - q) / np.sqrt(q * (1 - q))
    for name, a, b in (("row", m[:, :-1], m[:, 1:]), ("column", m[:-1], m[1:])):
        half = z_of(risk / 4) / np.sqrt(a.size)
        what = f"the correlation of neighbours in a {name}"
        found.append(Measured(what=what, value=float(np.mean(a * b)), low=-half, high=half))
    return found


def acting_mask(value: Value, A: np.ndarray, p: float, *, rtol: float) -> str:
    """Pass when the mask that was returned is the one that acted, as 0 and 1, as booleans, or already scaled."""
    _, returned = pair(value, what="dropout", parts=PARTS)
    mask = array(returned, what="the mask", shape=A.shape)
    kept = dropped_array(value, A) != 0
    if ((mask != 0) == kept).all():
        if any((np.abs(mask[kept] - k) <= rtol * k).all() for k in (1.0, 1 / (1 - p))):
            return "zero exactly where an entry was dropped"
        raise Wrong(
            f"Where an entry is kept the mask is {mask[kept].min():.4g} to {mask[kept].max():.4g}, expected 1 or "
            f"{1 / (1 - p):.4g}.",
            expected=f"0 and 1, or 0 and {1 / (1 - p):.4g}",
        )
    disagreeing = float(((mask != 0) != kept).mean())
    raise Wrong(
        f"The mask and the dropped A disagree at {disagreeing:.0%} of the entries.",
        fix="Return the very array that A was multiplied by.",
    )
