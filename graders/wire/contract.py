"""The student contract's names: which module defines each function, and what each routine of the driver needs.

Both sides read this table; it holds no answer.
"""

import functools
from collections.abc import Mapping

MODULES: Mapping[str, tuple[str, ...]] = {
    "mlp_numpy": (
        "softmax",
        "cross_entropy",
        "init",
        "forward",
        "loss_and_grads",
        "dropout",
        "momentum_step",
        "step_decay",
        "cosine",
        "train",
        "predict",
    ),
    "mlp_torch": ("build_torch", "train_torch", "predict_torch"),
    "study": ("plot_curves", "width_study"),
}

MODULE_OF: Mapping[str, str] = {name: module for module, names in MODULES.items() for name in names}

# What each function is built on, by the task's own design; in the order in which a student writes them.
BUILDS_ON: Mapping[str, tuple[str, ...]] = {
    "softmax": (),
    "cross_entropy": ("softmax",),
    "init": (),
    "forward": (),
    "dropout": (),
    "loss_and_grads": ("softmax", "cross_entropy", "forward", "dropout"),
    "momentum_step": (),
    "step_decay": (),
    "cosine": (),
    "predict": ("softmax", "forward"),
    "train": (
        "init",
        "softmax",
        "cross_entropy",
        "forward",
        "dropout",
        "loss_and_grads",
        "momentum_step",
        "step_decay",
        "cosine",
        "predict",
    ),
    "build_torch": ("init",),
    "predict_torch": (),
    "train_torch": ("init", "build_torch", "step_decay", "cosine", "predict_torch", "cross_entropy"),
    "plot_curves": (),
    "width_study": ("train", "train_torch"),
}


@functools.cache
def built_on(function: str) -> frozenset[str]:
    """Return everything that a function is built on, directly or through others."""
    direct = BUILDS_ON[function]
    return frozenset(direct).union(*(built_on(name) for name in direct))


ROUTINES: Mapping[str, str] = {
    "momentum_trace": "momentum_step",
    "train_run": "train",
    "torch_build": "build_torch",
    "torch_logits": "build_torch",
    "torch_train_run": "train_torch",
    "curve_figure": "plot_curves",
}


def contract_function(target: str) -> str:
    """Return the function of the contract that a call's target is about."""
    return ROUTINES.get(target, target)
