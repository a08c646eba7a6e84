"""Predictions of mistakes in `train_torch` and `predict_torch`, made of what each would show."""

from collections.abc import Callable, Mapping

import numpy as np

from graders.mistaken.stopping_rules import Habit
from graders.mistaken.torch_training_outcomes import curves, ended, kept, predicted
from graders.naming.mistake import Case, Key, Outcome, Outcomes, Predict
from graders.naming.styles import either


def traits(outcomes: Mapping[Key, Outcome]) -> Predict:
    """Return the prediction of some traits, where they were observed."""
    return lambda case: {k: v for k, v in outcomes.items() if k in case.observed}


def labels(made: Callable[[np.ndarray], np.ndarray], *, in_training_mode: bool = False) -> Predict:
    """Return the prediction of what predict_torch makes of logits."""
    return lambda case: predicted(case, made, in_training_mode=in_training_mode)


def recorded(**options: object) -> Predict:
    """Return the prediction of the curves; the options are those of `curves`."""
    return lambda case: curves(case, **options)  # type: ignore[arg-type]


def by_rules(*habits: Habit) -> Predict:
    """Return the prediction that runs with patience follow one of these rules."""
    return lambda case: [ended(case, habit) for habit in habits]


def keeps(*habits: Habit) -> Predict:
    """Return the prediction that runs end rightly and keep what one of these rules keeps."""
    return lambda case: [kept(case, habit) for habit in habits]


def _counts_of(case: Case) -> tuple[int, int]:
    """Return the training and the validation images of the plain run, in number; they are as many in each."""
    _, y, _, y_val = (np.asarray(a) for a in case.seen["plain"].call.args)
    return len(y), len(y_val)


def _factors(train: Callable[[float, float], float] | None, val: Callable[[float, float], float] | None) -> Predict:
    """Return the prediction that losses are off by these factors of the number of images and the batch size."""

    def predict(case: Case) -> Outcomes:
        batch = case.seen["plain"].call.kwargs["batch"]
        assert isinstance(batch, int)
        n, n_val = _counts_of(case)
        factors = {"train": train(n, batch) if train else 1.0, "val": val(n_val, batch) if val else 1.0}
        return curves(case, loss_factor=factors)

    return predict


def losses_off(factor: Callable[[float, float], float]) -> Predict:
    """Return the prediction that both losses, or one of them, are off by this factor of images and batch size."""
    return either(_factors(factor, factor), _factors(factor, None), _factors(None, factor))


def per_batch(*series: str) -> Predict:
    """Return the prediction that these series have a number for each batch."""

    def predict(case: Case) -> Outcomes:
        found: dict[Key, Outcome] = {}
        for key in case.observed:
            run, _, name = key[0].partition(": ")
            if key[1] == "lengths" and name in series:
                kwargs = case.seen[run].call.kwargs
                epochs, batch = kwargs["epochs"], kwargs["batch"]
                assert isinstance(epochs, int)
                assert isinstance(batch, int)
                found[key] = str(epochs * -(-_counts_of(case)[0] // batch))
        return {**curves(case), **found}

    return predict


def missing(*series: str) -> Predict:
    """Return the prediction that these series are missing."""
    return lambda case: curves(case, lengths=dict.fromkeys(series, -1))


def returned(*types: str) -> Predict:
    """Return the prediction that every run returns one thing of such a type, where a pair belongs."""
    return lambda case: [{(name, "returned"): told for name in case.seen} for told in types]
