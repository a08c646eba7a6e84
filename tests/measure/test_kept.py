"""What is kept from one submission to the next is what would be computed anew."""

import dataclasses
import gc
import mmap

import numpy as np
import pytest

from graders.foundation.arrays import is_constant
from graders.foundation.call import Params
from graders.measure import miniature, training, truth
from graders.measure.batch import Batch, solution
from graders.measure.content import content_of
from graders.measure.kept import Kept
from graders.measure.training import accuracy_of, loss_of

RNG = np.random.default_rng(3)
THETA = Params(W1=RNG.normal(size=(6, 5)), b1=np.zeros(5), W2=RNG.normal(size=(5, 3)), b2=np.zeros(3))


def frozen() -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels that nobody can change."""
    X, y = RNG.normal(size=(40, 6)), RNG.integers(0, 3, 40)
    X.setflags(write=False)
    y.setflags(write=False)
    return X, y


def other_network(number: int) -> Params:
    """Return a network of its own for each number but 0."""
    return dataclasses.replace(THETA, b2=np.array([float(number), 0.0, 0.0]))


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Params]:
    """Return the networks whose worth is computed from now on."""
    computed: list[Params] = []
    right = training._measured

    def counting(theta: Params, X: np.ndarray, y: np.ndarray) -> training._Worth:
        computed.append(theta)
        return right(theta, X, y)

    monkeypatch.setattr(training, "_measured", counting)
    return computed


def test_what_a_network_is_worth_is_computed_once_and_another_networks_or_images_are_not_mistaken_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (X, y), (other_X, other_y) = frozen(), frozen()
    computed = counted(monkeypatch)
    cases = [(THETA, X, y), (other_network(9), X, y), (THETA, other_X, other_y)]
    logits = [(truth.forward(theta, images), labels) for theta, images, labels in cases]
    shares = [float((z.argmax(axis=1) == labels).mean()) for z, labels in logits]
    assert [accuracy_of(*case) for case in cases * 2] == shares * 2
    assert [loss_of(*case, what="train") for case in cases * 2] == [truth.cross_entropy(*pair) for pair in logits] * 2
    assert len(computed) == 3


def test_a_loss_is_that_of_float64_whatever_the_parameters_are() -> None:
    X, y = (array.astype(kind) for array, kind in zip(frozen(), (np.float32, np.int64), strict=True))
    W1, b1, W2, b2 = (array.astype(np.float32) for array in THETA.arrays())
    single = Params(W1=W1, b1=b1, W2=W2, b2=b2)
    assert loss_of(single, X, y, what="train") == truth.cross_entropy(truth.forward(truth.in_float64(single), X), y)


def test_what_can_be_changed_is_computed_anew() -> None:
    X, y = (array.copy() for array in frozen())
    before = accuracy_of(THETA, X, y)
    y[:] = (truth.forward(THETA, X).argmax(axis=1) + 1) % 3
    assert before > 0.0
    assert accuracy_of(THETA, X, y) == 0.0


def test_a_view_of_what_can_be_changed_is_computed_anew() -> None:
    X, y = frozen()
    base = y.copy()
    view = base[:]
    view.setflags(write=False)
    before = accuracy_of(THETA, X, view)
    base[:] = (truth.forward(THETA, X).argmax(axis=1) + 1) % 3
    assert before > 0.0
    assert accuracy_of(THETA, X, view) == 0.0


def test_an_array_is_constant_when_nothing_that_it_looks_at_can_be_changed() -> None:
    owner, _ = frozen()
    assert is_constant(owner)
    assert is_constant(owner[3:].T)
    assert is_constant(np.frombuffer(b"12345678", dtype=np.uint8).reshape(2, 4))
    writeable = owner.copy()
    seen = writeable[3:]
    seen.setflags(write=False)
    for array in (writeable, seen, seen[1:], np.frombuffer(bytearray(b"1234"), dtype=np.uint8)):
        assert not is_constant(array)
    with mmap.mmap(-1, 8, access=mmap.ACCESS_READ) as mapped:
        assert not is_constant(np.frombuffer(mapped, dtype=np.uint8))


def test_what_is_known_of_images_that_are_gone_is_dropped() -> None:
    training._KNOWN.clear()
    X, y = frozen()
    accuracy_of(THETA, X, y)
    for number in (1, 2, 3):
        accuracy_of(other_network(number), *frozen())
    gc.collect()
    accuracy_of(other_network(4), X, y)
    assert len(training._KNOWN) == 2


def test_what_was_used_longest_ago_is_dropped_first() -> None:
    kept: Kept[str, int] = Kept(2)
    kept.keep("a", 1)
    kept.keep("b", 2)
    assert kept.find("a") == 1
    kept.keep("c", 3)
    assert [kept.find(key) for key in "abc"] == [1, None, 3]


def test_an_accuracy_that_is_asked_for_again_and_again_outlasts_many_others(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = frozen()
    computed = counted(monkeypatch)
    for number in range(1, 201):
        accuracy_of(THETA, X, y)
        accuracy_of(other_network(number), X, y)
    assert sum(theta is THETA for theta in computed) == 1
    assert len(computed) == 201
    accuracy_of(other_network(1), X, y)
    assert len(computed) == 202, "kept for good"


def test_a_batch_is_differentiated_twice_only_the_first_time(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = frozen()
    first = solution(Batch(params=THETA, X=X, y=y))
    monkeypatch.setattr(truth, "central_differences", None)
    again = solution(Batch(params=THETA, X=X.copy(), y=y.copy()))
    assert again.loss == first.loss
    with pytest.raises(TypeError):
        solution(Batch(params=THETA, X=X + 1e-9, y=y))


def test_content_tells_dtypes_shapes_and_numbers_apart() -> None:
    one = np.arange(6.0)
    others = [one.reshape(2, 3), one.astype(np.float32), one + 1e-16 * np.array([1, 0, 0, 0, 0, 0]), one[::-1]]
    assert len({content_of(a) for a in (one, *others)}) == 5
    assert content_of(one) == content_of(one.copy())


def test_a_problem_drawn_again_is_the_same_and_leaves_the_generator_where_drawing_does() -> None:
    def drawn(n: int, darkness: float = 3.0) -> tuple[miniature.Problem, float]:
        rng = np.random.default_rng(8)
        return miniature.draw(rng, n=n, n_val=10, darkness=darkness), rng.random()

    (first, after), (again, after_again) = drawn(20), drawn(20)
    miniature._DRAWN.clear()
    (anew, after_anew), (other, _), (darker, _) = drawn(20), drawn(30), drawn(20, 4.0)
    assert first is again
    assert after == after_again == after_anew
    assert np.array_equal(first.X, anew.X)
    assert len(other.X) == 30
    assert not np.array_equal(darker.X, first.X)
