"""The reference against independent truths: SciPy, autograd, PyTorch's SGD, scikit-learn; nothing of its own."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own convention
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

REFERENCE = Path(__file__).resolve().parents[1] / "reference"

Floats = NDArray[np.floating]
Task = tuple[Floats, NDArray[np.intp], Floats, NDArray[np.intp]]

N, D, H, K = 7, 13, 11, 5


@pytest.fixture(scope="module")
def modules() -> Iterator[dict[str, ModuleType]]:
    """The three modules under their flat names, as a submission has them; nothing of them stays behind."""
    names = ("mlp_numpy", "mlp_torch", "study")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(REFERENCE)
        for name in names:
            patch.delitem(sys.modules, name, raising=False)
        yield {name: importlib.import_module(name) for name in names}
        for name in names:
            del sys.modules[name]


@pytest.fixture
def mlp(modules: dict[str, ModuleType]) -> Any:
    return modules["mlp_numpy"]


@pytest.fixture
def port(modules: dict[str, ModuleType]) -> Any:
    return modules["mlp_torch"]


@pytest.fixture
def study(modules: dict[str, ModuleType]) -> Any:
    return modules["study"]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2024)


def draw_params(rng: np.random.Generator) -> tuple[Floats, ...]:
    """Weights and, so that a lost bias shows, biases that are not zero."""
    return tuple(rng.normal(scale=0.5, size=shape) for shape in ((D, H), (H,), (H, K), (K,)))


def draw_batch(rng: np.random.Generator) -> tuple[Floats, NDArray[np.intp]]:
    return rng.random((N, D)), np.arange(N) % K


@pytest.fixture
def task(rng: np.random.Generator) -> Task:
    """A small noisy problem: 3 classes, 70 training and 40 validation images, so that the last batch of 16 is short."""
    y = np.arange(110) % 3
    X = np.clip(rng.normal(0.5, 0.25, size=(110, 6)) + 0.15 * rng.normal(size=(3, 6))[y], 0, 1)
    return X[:70], y[:70], X[70:], y[70:]


def assert_same_bits(left: tuple[Floats, ...], right: tuple[Floats, ...]) -> None:
    assert [a.tobytes() for a in left] == [a.tobytes() for a in right]


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e4, 1e30])
def test_softmax_and_cross_entropy_agree_with_scipy(mlp: Any, rng: np.random.Generator, scale: float) -> None:
    z, y = scale * rng.normal(size=(N, K)), np.arange(N) % K
    before = z.copy()
    np.testing.assert_allclose(mlp.softmax(z), scipy.special.softmax(z, axis=1), rtol=1e-12, atol=1e-300)
    expected = -scipy.special.log_softmax(z, axis=1)[np.arange(N), y].mean()
    np.testing.assert_allclose(mlp.cross_entropy(z, y), expected, rtol=1e-12)
    np.testing.assert_array_equal(z, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_as_large_as_the_dtype_holds_stay_finite(mlp: Any, dtype: type[np.floating]) -> None:
    top = np.finfo(dtype).max
    z = np.array([[top, -top, 0], [-top, -top, -top], [top, top, -top], [1e30, -1e30, 1e30]], dtype=dtype)
    P = mlp.softmax(z)
    np.testing.assert_allclose(P, np.array([[1, 0, 0], [1 / 3] * 3, [0.5, 0.5, 0], [0.5, 0, 0.5]]), rtol=1e-6)
    for label in range(3):
        assert np.isfinite(mlp.cross_entropy(z, np.full(4, label)))


def test_no_function_turns_float32_into_float64(mlp: Any, rng: np.random.Generator) -> None:
    params = tuple(p.astype(np.float32) for p in draw_params(rng))
    X, y = draw_batch(rng)
    X = X.astype(np.float32)
    z = mlp.forward(params, X)
    _, grads = mlp.loss_and_grads(params, X, y, weight_decay=np.float64(0.1), dropout=np.float64(0.3), rng=rng)
    stepped, velocity = mlp.momentum_step(params, grads, grads, np.float64(0.1), np.float64(0.9))
    trained, _ = mlp.train(X, y, X, y, H=4, epochs=2, schedule="cosine", dropout=0.5, weight_decay=0.1)
    arrays = [z, mlp.softmax(z), *mlp.dropout(z, 0.4, rng), *grads, *stepped, *velocity, *trained]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


@pytest.mark.parametrize("weight_decay", [0.0, 0.09])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_the_gradients_are_those_of_autograd(
    mlp: Any, rng: np.random.Generator, weight_decay: float, dropout: float
) -> None:
    params, (X, y) = draw_params(rng), draw_batch(rng)
    loss, grads = mlp.loss_and_grads(params, X, y, weight_decay, dropout, np.random.default_rng(3))

    _, mask = mlp.dropout(np.ones((N, H)), dropout, np.random.default_rng(3))  # the mask that the call above drew
    W1, b1, W2, b2 = leaves = [torch.tensor(p, requires_grad=True) for p in params]
    hidden = F.relu(torch.tensor(X) @ W1 + b1) * torch.tensor(mask)
    expected = F.cross_entropy(hidden @ W2 + b2, torch.tensor(y))
    expected = expected + weight_decay / 2 * (W1.square().sum() + W2.square().sum())

    assert loss == pytest.approx(expected.item(), rel=1e-12)
    for ours, theirs in zip(grads, torch.autograd.grad(expected, leaves), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(("weight_decay", "dropout"), [(0.0, 0.0), (0.09, 0.0), (0.09, 0.3)])
def test_the_gradients_are_the_slopes_of_the_loss(
    mlp: Any, rng: np.random.Generator, weight_decay: float, dropout: float
) -> None:
    params, (X, y) = draw_params(rng), draw_batch(rng)
    cuts = np.cumsum([p.size for p in params])[:-1]

    def call(flat: Floats) -> tuple[float, tuple[Floats, ...]]:
        parts = np.split(flat, cuts)
        unpacked = tuple(part.reshape(p.shape) for part, p in zip(parts, params, strict=True))
        answer: tuple[float, tuple[Floats, ...]] = mlp.loss_and_grads(
            unpacked, X, y, weight_decay, dropout, np.random.default_rng(3)
        )
        return answer

    error = scipy.optimize.check_grad(
        lambda flat: call(flat)[0],
        lambda flat: np.concatenate([g.ravel() for g in call(flat)[1]]),
        np.concatenate([p.ravel() for p in params]),
    )
    assert error < 1e-6


def test_inverted_dropout_drops_a_share_p_and_keeps_the_mean(mlp: Any, rng: np.random.Generator) -> None:
    A = rng.random((400, 250)) + 1
    dropped, mask = mlp.dropout(A, 0.3, rng)
    np.testing.assert_array_equal(dropped, A * mask)
    np.testing.assert_allclose(np.unique(mask), [0, 1 / 0.7])
    assert (mask == 0).mean() == pytest.approx(0.3, abs=0.01)  # 6 standard deviations
    assert dropped.mean() == pytest.approx(A.mean(), rel=0.02)


def test_init_draws_he_weights_and_zero_biases(mlp: Any) -> None:
    W1, b1, W2, b2 = mlp.init(300, 200, 100, seed=4)
    for W, fan_in in ((W1, 300), (W2, 200)):
        assert W.shape[0] == fan_in
        assert W.std() == pytest.approx(np.sqrt(2 / fan_in), rel=0.03)
        assert abs(W.mean()) < 6 * np.sqrt(2 / fan_in / W.size)
    assert b1.shape == (200,)
    assert b2.shape == (100,)
    assert not b1.any()
    assert not b2.any()
    assert_same_bits((W1, b1, W2, b2), mlp.init(300, 200, 100, seed=4))
    assert not np.array_equal(W1, mlp.init(300, 200, 100, seed=5)[0])


def test_momentum_walks_as_pytorchs_sgd_does_at_a_constant_rate(mlp: Any, rng: np.random.Generator) -> None:
    params, (X, y) = draw_params(rng), draw_batch(rng)
    velocity = tuple(np.zeros_like(p) for p in params)
    leaves = [torch.tensor(p, requires_grad=True) for p in params]
    optimizer = torch.optim.SGD(leaves, lr=0.037, momentum=0.85)
    for _ in range(6):
        _, grads = mlp.loss_and_grads(params, X, y)
        params, velocity = mlp.momentum_step(params, grads, velocity, 0.037, mu=0.85)
        for leaf, grad in zip(leaves, grads, strict=True):
            leaf.grad = torch.tensor(grad)
        optimizer.step()
    for ours, theirs in zip(params, leaves, strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-12, atol=1e-15)


def test_one_step_of_sgd_lands_where_scikit_learns_does(mlp: Any, rng: np.random.Generator) -> None:
    params, (X, y) = draw_params(rng), draw_batch(rng)
    theirs = MLPClassifier((H,), solver="sgd", momentum=0.0, alpha=0.0, batch_size=N, learning_rate_init=0.1)
    theirs.partial_fit(X, y, classes=np.arange(K))  # makes the arrays; their values are replaced
    for place, value in zip((*theirs.coefs_, *theirs.intercepts_), (*params[::2], *params[1::2]), strict=True):
        place[...] = value
    theirs.partial_fit(X, y)

    _, grads = mlp.loss_and_grads(params, X, y)
    (W1, b1, W2, b2), _ = mlp.momentum_step(params, grads, tuple(np.zeros_like(p) for p in params), 0.1, mu=0.0)
    stepped = (*theirs.coefs_, *theirs.intercepts_)
    for expected, ours in zip(stepped, (W1, W2, b1, b2), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(
        mlp.softmax(mlp.forward((W1, b1, W2, b2), X)), theirs.predict_proba(X), rtol=1e-10, atol=1e-14
    )


def test_the_schedules_are_pytorchs(mlp: Any) -> None:
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.2)
    makers: list[tuple[Any, Callable[[int], float]]] = [
        (torch.optim.lr_scheduler.StepLR(optimizer, 7, 0.3), lambda e: mlp.step_decay(e, 0.2, drop=0.3, every=7)),
        (torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 24), lambda e: mlp.cosine(e, 0.2, 24)),
    ]
    for theirs, ours in makers:
        optimizer.param_groups[0]["lr"] = 0.2
        for epoch in range(24):
            assert ours(epoch) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
            optimizer.step()
            theirs.step()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_port_gives_the_same_logits_with_the_same_weights(
    mlp: Any, port: Any, rng: np.random.Generator, dtype: type[np.floating]
) -> None:
    params, (X, _) = tuple(p.astype(dtype) for p in draw_params(rng)), draw_batch(rng)
    model = port.build_torch(D, H, K, dropout=0.5).to(torch.from_numpy(params[0]).dtype).eval()
    with torch.no_grad():
        for theirs, ours in zip(model.parameters(), params, strict=True):
            theirs.copy_(torch.tensor(ours.T))
        logits = model(torch.tensor(X.astype(dtype))).numpy()
    gap = np.abs(logits - mlp.forward(params, X.astype(dtype))).max()
    assert gap <= 20 * np.finfo(dtype).eps * np.abs(logits).max()
    np.testing.assert_array_equal(port.predict_torch(model, X), mlp.predict(params, X))


def test_the_port_draws_he_weights_and_leaves_the_global_generator_alone(port: Any, task: Task) -> None:
    before = torch.get_rng_state()
    W1, b1, W2, b2 = port.build_torch(300, 200, 100, seed=4).parameters()
    port.train_torch(*task, H=4, epochs=1, dropout=0.5)
    assert torch.equal(torch.get_rng_state(), before)
    assert W1.std().item() == pytest.approx(np.sqrt(2 / 300), rel=0.03)
    assert W2.std().item() == pytest.approx(np.sqrt(2 / 200), rel=0.03)
    assert not b1.any()
    assert not b2.any()


@pytest.mark.parametrize("schedule", [None, "step", "cosine"])
def test_from_the_same_start_both_trainings_walk_the_same_path(
    mlp: Any, port: Any, task: Task, monkeypatch: pytest.MonkeyPatch, schedule: str | None
) -> None:
    """Full batches leave nothing random; the step schedule's drop shows whether the velocity survives it."""
    build = port.build_torch

    def build_from_numpy(D: int, H: int, K: int, dropout: float = 0.0, seed: int = 0) -> torch.nn.Module:
        model: torch.nn.Module = build(D, H, K, dropout, seed).double()
        with torch.no_grad():
            for theirs, ours in zip(model.parameters(), mlp.init(D, H, K, seed), strict=True):
                theirs.copy_(torch.tensor(ours.T))
        return model

    monkeypatch.setattr(port, "build_torch", build_from_numpy)
    options = {"H": 8, "epochs": 13, "batch": 70, "weight_decay": 0.01, "schedule": schedule}
    params, history = mlp.train(*task, **options)
    model, history_torch = port.train_torch(*task, **options)
    for ours, theirs in zip(params, model.parameters(), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy().T, rtol=1e-9, atol=1e-12)
    for name, values in history.items():
        np.testing.assert_allclose(values, history_torch[name], rtol=1e-9)


def test_training_repeats_bit_for_bit_and_another_seed_differs(mlp: Any, port: Any, task: Task) -> None:
    options = {"H": 8, "epochs": 3, "batch": 16, "dropout": 0.4, "weight_decay": 0.01, "schedule": "cosine"}

    def run_numpy(seed: int) -> tuple[tuple[Floats, ...], Any]:
        params, history = mlp.train(*task, **options, seed=seed)
        return params, history

    def run_torch(seed: int) -> tuple[tuple[Floats, ...], Any]:
        model, history = port.train_torch(*task, **options, seed=seed)
        return tuple(p.detach().numpy() for p in model.parameters()), history

    for run in (run_numpy, run_torch):
        (first, history), (again, history_again), (other, _) = run(1), run(1), run(2)
        assert_same_bits(first, again)
        assert history == history_again
        assert not np.array_equal(first[0], other[0])


def test_each_epoch_visits_every_image_once_in_a_fresh_order(
    mlp: Any, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y, X_val, y_val = task
    seen: list[Floats] = []
    right = mlp.loss_and_grads

    def watched(params: Any, X: Floats, *rest: Any) -> Any:
        seen.append(X)
        return right(params, X, *rest)

    monkeypatch.setattr(mlp, "loss_and_grads", watched)
    mlp.train(X, y, X_val, y_val, H=4, epochs=2, batch=16)
    assert [len(rows) for rows in seen] == [16, 16, 16, 16, 6] * 2
    first, second = np.concatenate(seen[:5]), np.concatenate(seen[5:])
    assert not np.array_equal(first, second)
    for epoch in (first, second):
        np.testing.assert_array_equal(np.sort(epoch, axis=0), np.sort(X, axis=0))


def test_patience_stops_in_time_and_gives_back_the_best_epoch(mlp: Any, port: Any, task: Task) -> None:
    _, _, X_val, y_val = task
    options = {"H": 32, "lr": 0.1, "epochs": 60, "batch": 16, "patience": 3}
    params, history = mlp.train(*task, **options)
    model, history_torch = port.train_torch(*task, **options)
    with torch.no_grad():
        logits = model(torch.tensor(X_val)).numpy()
    for z, losses in ((mlp.forward(params, X_val), history["val_loss"]), (logits, history_torch["val_loss"])):
        best = int(np.argmin(losses))
        assert 0 < best < len(losses) - 1
        assert len(losses) - 1 - best == 3
        assert mlp.cross_entropy(z, y_val) == pytest.approx(losses[best], rel=1e-12)
    assert [len(values) for values in history.values()] == [len(history["val_loss"])] * 4


def test_dropout_acts_in_training_and_not_in_evaluation(port: Any, rng: np.random.Generator) -> None:
    model = port.build_torch(D, H, K, dropout=0.5)
    X = torch.tensor(rng.random((N, D)), dtype=torch.float32)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        model.train()
        assert not torch.equal(model(X), model(X))
        model.eval()
        assert torch.equal(model(X), model(X))


def test_both_learn_the_small_problem(mlp: Any, port: Any, task: Task) -> None:
    for history in (mlp.train(*task, H=16)[1], port.train_torch(*task, H=16)[1]):
        assert set(history) == {"train_loss", "val_loss", "train_acc", "val_acc"}
        assert all(type(value) is float for values in history.values() for value in values)
        assert history["val_loss"][-1] < 0.8 * history["val_loss"][0]
        assert history["val_acc"][-1] > 0.5  # chance is 1/3


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_figure_shows_both_losses_and_leaves_pyplot_alone(study: Any, tmp_path: Path, ending: str) -> None:
    falling = [1.0, 0.5, 0.3]
    history = {"train_loss": falling, "val_loss": [1.1, 0.7, 0.8], "train_acc": falling, "val_acc": falling}
    path = tmp_path / f"curves.{ending}"
    loaded = set(sys.modules)
    study.plot_curves(history, path)
    assert path.stat().st_size > 5_000
    assert "matplotlib.pyplot" not in set(sys.modules) - loaded


def test_the_width_study_maps_each_width_to_the_history_that_train_gives(mlp: Any, study: Any, task: Task) -> None:
    found = study.width_study(*task, [2, 5], epochs=2, seed=3)
    assert found == {H: mlp.train(*task, H=H, epochs=2, seed=3)[1] for H in (2, 5)}
