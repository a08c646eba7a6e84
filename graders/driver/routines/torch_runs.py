"""Routines over the PyTorch port. Weights are found in the model by their shapes, so any layer names will do."""

import copy
from typing import Any

import numpy as np

from graders.driver.namespace import Namespace, NotDefinedError
from graders.driver.plain import tensor_to_array, to_plain
from graders.wire.values import Tagged

NOT_WRITTEN = "not written yet"


class UnmatchedModelError(ValueError):
    """The model's parameters are not those of a two-layer MLP with biases."""


def _parameters(model: Any, D: int, H: int, K: int) -> dict[str, tuple[Any, bool]]:
    """Return name -> (parameter, whether it is stored transposed), found by shape; D, H and K must differ.

    Biases may be missing.
    """
    wanted = {"W1": (D, H), "b1": (H,), "W2": (H, K), "b2": (K,)}
    found: dict[str, tuple[Any, bool]] = {}
    shapes = []
    for parameter in model.parameters():
        shape = tuple(int(n) for n in parameter.shape)
        shapes.append(str(shape))
        for name, want in wanted.items():
            matches = shape == want or shape == want[::-1] or (len(want) == 1 and shape == (1, *want))
            if matches and name not in found:
                found[name] = (parameter, len(want) == 2 and shape == want[::-1])
    # A model without biases is still worth looking at: what it lacks is charged where biases are judged.
    if not {"W1", "W2"} <= set(found) or len(shapes) != len(found):
        msg = (
            f"the model has parameters of shapes {', '.join(shapes) or '(none)'}; expected two linear layers with "
            f"biases: ({H}, {D}), ({H},), ({K}, {H}), ({K},)"
        )
        raise UnmatchedModelError(msg)
    return found


def read_params(model: Any, D: int, H: int, K: int) -> Tagged:
    """Return the model's weights as (W1, b1, W2, b2) of the contract's shapes; a missing bias reads as zeros."""
    found = _parameters(model, D, H, K)
    arrays: list[np.ndarray] = []
    for name in ("W1", "b1", "W2", "b2"):
        if name not in found:
            arrays.append(np.zeros(H if name == "b1" else K))
            continue
        parameter, transposed = found[name]
        values = tensor_to_array(parameter).copy()
        arrays.append(
            np.ascontiguousarray(values.T)
            if transposed
            else values.reshape(values.shape[-1:] if name[0] == "b" else values.shape)
        )
    return Tagged("p", tuple(arrays))


def _write_params(model: Any, params: Tagged, D: int, H: int, K: int) -> None:
    import torch

    found = _parameters(model, D, H, K)
    with torch.no_grad():
        for name, values in zip(("W1", "b1", "W2", "b2"), params.content, strict=True):
            if name not in found:
                continue
            parameter, transposed = found[name]
            source = np.array(values.T if transposed else values, order="C").reshape(tuple(parameter.shape))
            parameter.copy_(torch.from_numpy(source))


def torch_build(space: Namespace, D: int, H: int, K: int, **options: Any) -> dict[str, Any]:
    """Build a model and return its weights, which biases it has, and the type names of its layers."""
    model = space.find("build_torch")(D, H, K, **options)
    return {
        "params": read_params(model, D, H, K),
        "biases": [name for name in _parameters(model, D, H, K) if name[0] == "b"],
        "layers": [type(m).__name__ for m in model.modules()],
    }


def torch_logits(
    space: Namespace, params: Tagged, X: np.ndarray, *, training: bool = False, repeat: int = 1, **options: Any
) -> list[np.ndarray]:
    """Build a model, give it these weights, and return its output for X, `repeat` times."""
    import torch

    D, H = params.content[0].shape
    K = params.content[2].shape[1]
    model = space.find("build_torch")(D, H, K, **options)
    _write_params(model, params, D, H, K)
    model.train(training)
    images = torch.from_numpy(np.array(X)).to(next(model.parameters()).dtype)  # float32 or float64, as it likes
    with torch.no_grad():
        return [tensor_to_array(model(images)).copy() for _ in range(repeat)]


def torch_train_run(
    space: Namespace,
    X: np.ndarray,
    y: np.ndarray,
    X_val: np.ndarray,
    y_val: np.ndarray,
    *,
    X_eval: np.ndarray | None = None,
    global_seed: int | None = None,
    **options: Any,
) -> Any:
    """Train, and return weights, history, and what `predict_torch` says of X_eval, or text that says how it failed.

    With `global_seed`, an unseeded submission starts from the same weights in every question that gives it.

    The model is put into training mode before the predictions, which must not matter to them.
    """
    import torch

    if global_seed is not None:
        torch.manual_seed(global_seed)
        np.random.seed(global_seed % 2**32)  # noqa: NPY002 - students use the legacy generator too
    result = space.find("train_torch")(X, y, X_val, y_val, **options)
    if not isinstance(result, tuple | list) or len(result) != 2:
        return {"not_a_pair": to_plain(result)}
    model, history = result
    H = int(options.get("H", 128))
    K = int(max(y.max(), y_val.max())) + 1
    answer: dict[str, Any] = {"history": to_plain(history)}
    try:
        answer["params"] = copy.deepcopy(read_params(model, X.shape[1], H, K))
    except UnmatchedModelError as error:
        answer["params"] = str(error)
    if X_eval is not None:
        for name in ("predictions", "predictions_again"):
            answer[name] = _predictions(space, model, X_eval)
    return answer


def _predictions(space: Namespace, model: Any, X: np.ndarray) -> Any:
    """Return the labels that `predict_torch` gives, or how it failed: the training before it is worth keeping."""
    model.train()
    try:
        return to_plain(space.find("predict_torch")(model, X))
    except Exception as error:  # noqa: BLE001 - whatever the student's code raises
        unwritten = isinstance(error, NotDefinedError | NotImplementedError)
        return NOT_WRITTEN if unwritten else f"{type(error).__name__}: {error}"[:600]
