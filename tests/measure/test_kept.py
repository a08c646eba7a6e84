"""What is kept from one submission to the next is what would be computed anew."""

import dataclasses

import numpy as np
import pytest

from graders.foundation.call import Params
from graders.measure import training, truth
from graders.measure.batch import Batch, solution
from graders.measure.content import content_of
from graders.measure.training import accuracy_of

RNG = np.random.default_rng(3)
THETA = Params(W1=RNG.normal(size=(6, 5)), b1=np.zeros(5), W2=RNG.normal(size=(5, 3)), b2=np.zeros(3))


def frozen() -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels that nobody can change."""
    X, y = RNG.normal(size=(40, 6)), RNG.integers(0, 3, 40)
    X.setflags(write=False)
    y.setflags(write=False)
    return X, y


def test_an_accuracy_is_computed_once_and_another_networks_or_images_are_not_mistaken_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (X, y), (other_X, other_y) = frozen(), frozen()
    computed = []
    right = training._accuracy_of

    def counting(*arguments: object) -> float:
        computed.append(1)
        return right(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "_accuracy_of", counting)
    changed = dataclasses.replace(THETA, b2=np.array([9.0, 0.0, 0.0]))
    cases = [(THETA, X, y), (changed, X, y), (THETA, other_X, other_y)]
    assert [accuracy_of(*case) for case in cases * 2] == [right(*case) for case in cases] * 2
    assert len(computed) == 3


def test_what_can_be_changed_is_computed_anew() -> None:
    X, y = (array.copy() for array in frozen())
    before = accuracy_of(THETA, X, y)
    y[:] = (truth.forward(THETA, X).argmax(axis=1) + 1) % 3
    assert before > 0.0
    assert accuracy_of(THETA, X, y) == 0.0


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
