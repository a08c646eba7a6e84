"""The student contract's names: which module defines each function, and what each routine of the driver needs.

Both sides read this table; it holds no answer.
"""

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
