import pytest

from graders.foundation.verdict import Verdict
from tests.sitting import lost, named, sit, sit_result

ORDER = "order = rng.permutation(len(X))"
ROWS = "rows = order[start : start + batch]"
LOSS = "params, X[rows], y[rows],"
START = "X.shape[1], H, classes, seed)"
LABELS, ONCE, FRESH = (
    "every image keeps its label",
    "every image is visited once an epoch",
    "the order is drawn anew for every epoch",
)


def of(*edits: tuple[str, str], seed: int = 7) -> Verdict:
    return sit("shuffling", edits={"mlp_numpy.py": edits}, seed=seed)


def reason(verdict: Verdict, title: str) -> str:
    return next(check.reason for check in verdict.checks if check.title == title)


def test_the_reference_keeps_every_point_on_shuffling() -> None:
    assert lost(sit("shuffling")) == ()


@pytest.mark.parametrize(
    "edits",
    [
        [(ORDER, "X, y = (a[order] for a in (X, y)) if epoch else (X, y); order = rng.permutation(len(X))")],
        [(ORDER, "order = np.random.permutation(len(X))")],
        [(START, START.replace("seed", "None"))],
        [("    momentum: float = 0.9,\n", ""), ("velocity, rate, momentum)", "velocity, rate, 0.9)")],
        [("p.astype(X.dtype) for p in init(", "p.astype(np.float32) for p in init("),
         ("    rng = np.random.default_rng(seed)\n    classes",
          "    X = np.float32(X)\n    rng = np.random.default_rng(seed)\n    classes")],
    ],
    ids=["shuffled copies", "unseeded order", "unseeded weights", "no momentum option", "float32"],
)  # fmt: skip
def test_a_fresh_order_from_anywhere_is_as_good(edits: list[tuple[str, str]]) -> None:
    assert lost(of(*edits)) == ()


@pytest.mark.parametrize("step", ["dz /= len(y)", "dz *= 1", "dz *= -1 / len(y)"])
def test_a_wrong_step_is_not_charged_as_a_wrong_order(step: str) -> None:
    assert FRESH not in lost(of(("dz /= len(y)", step)))


@pytest.mark.parametrize("seed", [7, 8])
def test_the_given_order_loses_the_order_and_is_named(seed: int) -> None:
    verdict = of((ORDER, "order = np.arange(len(X))"), seed=seed)
    assert lost(verdict) == (FRESH,)
    assert "in the order in which they are given" in reason(verdict, FRESH)
    assert verdict.share == pytest.approx(0.5)


def test_the_given_order_is_found_although_the_step_is_wrong() -> None:
    assert lost(of((ORDER, "order = np.arange(len(X))"), ("dz /= len(y)", "dz *= 1"))) == (FRESH,)


def test_the_given_order_is_found_although_the_weights_are_unseeded() -> None:
    verdict = of((ORDER, "order = np.arange(len(X))"), (START, START.replace("seed", "None")))
    assert lost(verdict) == (FRESH,)
    assert "when they come sorted by label" in reason(verdict, FRESH)


@pytest.mark.parametrize("seed", [7, 8])
def test_an_order_drawn_once_keeps_half_of_it(seed: int) -> None:
    verdict = of((ORDER, "order = np.random.default_rng(seed).permutation(len(X))"), seed=seed)
    assert lost(verdict) == (FRESH,)
    assert "drawn once and then kept" in reason(verdict, FRESH)
    assert verdict.share == pytest.approx(0.75)


def test_images_drawn_with_replacement_are_told_by_their_positions() -> None:
    verdict = of((ORDER, "order = rng.integers(0, len(X), len(X))"))
    assert lost(verdict) == (ONCE,)
    assert "were not visited" in reason(verdict, ONCE)


def test_overlapping_windows_leave_images_out() -> None:
    windows = "rows = order[start // batch : start // batch + batch]"
    verdict = of((ROWS, windows))
    assert lost(verdict) == (ONCE,)
    assert "Never visited" in reason(verdict, ONCE)


def test_labels_shuffled_apart_from_their_images_lose_the_labels_alone() -> None:
    verdict = of((LOSS, "params, X[rows], y[rng.permutation(len(y))[: len(rows)]],"))
    assert lost(verdict) == (LABELS,)
    assert "is learnt as" in reason(verdict, LABELS)


def test_random_shuffle_on_a_matrix_repeats_and_loses_images() -> None:
    shuffled = "order = np.arange(len(X)); random.Random(int(rng.integers(2**31))).shuffle(X)"
    assert ONCE in lost(of(("import sys\n", "import random\nimport sys\n"), (ORDER, shuffled)))


BATCHES = "for start in range(0, len(X), batch):"


@pytest.mark.parametrize(
    ("edits", "mistake"),
    [
        ([(ORDER, "order = np.concatenate([rng.permutation(batch) + s for s in range(0, len(X), batch)])")], "none"),
        ([(ORDER, "order = np.roll(np.arange(len(X)), batch * int(rng.integers(2)))")], "batches-only"),
        ([(ORDER, "order = np.argsort(-y, kind='stable')")], "sorted-by-label"),
        ([(ORDER, "order = np.random.default_rng(3).permutation(len(X))")], "once"),
        ([(ORDER, "order = rng.choice(len(X), len(X))")], "with-replacement"),
        ([(LOSS, "params, X[rows], rng.permutation(y)[: len(rows)],")], "apart"),
        ([(BATCHES, "for start in range(0, batch, batch):")], "first-batch-alone"),
        ([(ROWS, "rows = order[-batch:]")], "one-batch-again-and-again"),
    ],
)
def test_a_wrong_order_is_named_however_it_is_written(edits: list[tuple[str, str]], mistake: str) -> None:
    assert named(sit_result("shuffling", edits={"mlp_numpy.py": edits})) == (f"shuffling-{mistake}",)


def test_the_given_order_is_named_although_the_weights_are_unseeded() -> None:
    edits = [(ORDER, "order = np.arange(len(X))"), (START, START.replace("seed", "None"))]
    assert "shuffling-none" in named(sit_result("shuffling", edits={"mlp_numpy.py": edits}))


def test_two_wrong_orders_at_once_are_not_named_as_one_of_them() -> None:
    edits = [(ORDER, "order = np.arange(len(X))"), (BATCHES, "for start in range(0, len(X) // 2, batch):")]
    assert named(sit_result("shuffling", edits={"mlp_numpy.py": edits})) in ((), ("shuffling-half-of-the-images",))
