"""A port's run is found again among the orders of the images that it may have taken."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from graders.foundation.call import Call, Params, Room
from graders.measure import truth
from graders.measure.port_steps import Port
from graders.measure.trajectory import unscaled
from graders.mistaken.port_optimisers import adam, decay_of_norms
from graders.mistaken.port_orders import nearest
from graders.mistaken.port_runs import Clears, Epoch, Recipe, Steps, moves_of, units_of

RECIPES = {
    "right": Recipe(),
    "never clears": Recipe(clears=Clears.NEVER),
    "clears every epoch": Recipe(clears=Clears.EVERY_EPOCH),
    "new optimiser every epoch": Recipe(fresh=True),
    "another velocity": Recipe(update=unscaled),
    "late steps": Recipe(steps=Steps.LATE),
    "Adam": Recipe(update=adam),
    "clipped": Recipe(clip=0.5),
    "decay of norms": Recipe(decay=decay_of_norms),
    "frozen biases": Recipe(port=Port(frozen=("b1", "b2"))),
}


def call(epochs: int) -> Call:
    """Return a question for a run of batches of four on five images."""
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(5, 6)), np.array([0, 1, 2, 1, 0])
    options = {"H": 4, "lr": 0.3, "epochs": epochs, "batch": 4, "momentum": 0.8, "weight_decay": 0.1}
    return Call(name="run", target="torch_train_run", args=(X, y, X, y), kwargs=options, room=Room.TORCH)


def start() -> Params:
    """Return weights to start from."""
    return truth.params_like(6, 4, 3, np.random.default_rng(5))


def ends_apart(recipe: Recipe, orders: Sequence[Epoch], epochs: int) -> float:
    """Return how far apart the two nearest ends of all orders are, as walked one after another."""
    ends = [recipe.walk(start(), call(epochs), order).W1 for order in itertools.product(orders, repeat=epochs)]
    return min(float(np.abs(a - b).max()) for a, b in itertools.combinations(ends, 2))


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("known", [0, 1, 2])
def test_the_order_of_a_run_is_found(name: str, known: int) -> None:
    recipe, asked = RECIPES[name], call(epochs=2)
    orders = recipe.orders(asked)[:5]
    taken = [orders[3], orders[1]]
    units = units_of(start(), asked)
    moves = moves_of(recipe.walk(start(), asked, taken), start(), units)
    found = nearest(recipe, start(), start(), asked, to=moves, units=units, known=taken[:known])
    assert all(np.array_equal(found.moves[n], moves[n]) for n in truth.NAMES)
    if ends_apart(recipe, orders, epochs=2) > 0:  # a run that steps late takes the last image in any order
        assert [[rows.tolist() for rows in epoch] for epoch in found.order] == [
            [rows.tolist() for rows in epoch] for epoch in taken
        ]


@pytest.mark.parametrize("name", RECIPES)
def test_a_run_of_several_epochs_depends_on_what_each_one_leaves(name: str) -> None:
    recipe, asked = RECIPES[name], call(epochs=2)
    first, second = recipe.orders(asked)[:2]
    whole = recipe.walk(start(), asked, [first, second])
    half = recipe.walk(start(), asked, [first])
    anew = recipe.walk(half, asked, [second])  # forgets velocity and gradients, and is in its first epoch again
    assert np.array_equal(whole.W1, anew.W1) == (name == "new optimiser every epoch")
