"""Questions that take more than one call of the student's functions, such as several optimiser steps in a row."""

from collections.abc import Callable, Mapping
from typing import Any

from graders.driver.namespace import Namespace
from graders.driver.routines.figures import curve_figure
from graders.driver.routines.numpy_runs import momentum_trace, train_run
from graders.driver.routines.torch_runs import torch_build, torch_logits, torch_train_run

ROUTINES: Mapping[str, Callable[..., Any]] = {
    "momentum_trace": momentum_trace,
    "train_run": train_run,
    "torch_build": torch_build,
    "torch_logits": torch_logits,
    "torch_train_run": torch_train_run,
    "curve_figure": curve_figure,
}

__all__ = ["ROUTINES", "Namespace"]
