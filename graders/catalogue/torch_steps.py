"""Mistakes in the steps of `train_torch`: each is a port that trains in another way, walked from the same weights."""

from collections.abc import Sequence
from functools import partial

from graders.catalogue.torch_steps_networks import LOSSES, NETWORKS
from graders.catalogue.torch_steps_options import DECAYS, OPTIMISERS, SCHEDULES
from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.mistaken import port_optimisers as other
from graders.mistaken.port_runs import Clears, Recipe, Steps
from graders.mistaken.port_traits import RTOL, observe, recipes, right
from graders.naming.mistake import Catalogue, Mistake

PRINT_GRADIENT = "Print the norm of one gradient right before each step, twice for the same batch and weights."
ORDER = "In which order do backward, step and zero_grad stand, and inside which loop does each of them belong?"
COUNT = "Count the steps of one epoch, and the images in each of them."

mistake = partial(Mistake, criterion="torch_steps")

LOOP = (
    mistake(
        id="torch-steps-no-zero-grad",
        did="Gradients are never cleared: each step adds those of all steps before to its own.",
        why="backward() adds to .grad, so without clearing the steps grow longer and longer.",
        see=PRINT_GRADIENT,
        fix=ORDER,
        lowers={"accuracy_gap": 0.00},
        gives=recipes(Recipe(clears=Clears.NEVER)),
        root="training-gradients-add-up",
    ),
    mistake(
        id="torch-steps-zero-grad-once-an-epoch",
        did="Gradients are cleared once an epoch: each batch's step has those of the batches before in it.",
        why="backward() adds to .grad, so within an epoch the steps grow longer and longer.",
        see=PRINT_GRADIENT,
        fix=ORDER,
        lowers={"accuracy_gap": 0.00},
        gives=recipes(Recipe(clears=Clears.EVERY_EPOCH)),
    ),
    mistake(
        id="torch-steps-step-once-an-epoch",
        did="One step is taken at the end of the epoch, with the gradients of all batches added up.",
        why="Mini-batches are there to make many short steps; this makes a single long one.",
        see=COUNT,
        fix=ORDER,
        lowers={"accuracy_gap": 0.00},
        gives=recipes(Recipe(clears=Clears.EVERY_EPOCH, steps=Steps.LAST_BATCH)),
        root="training-one-step-per-epoch",
    ),
    mistake(
        id="torch-steps-last-batch-alone",
        did="One step is taken at the end of the epoch, with the gradient of its last batch alone.",
        why="The gradients of all other batches are computed and thrown away.",
        see=COUNT,
        fix=ORDER,
        gives=recipes(Recipe(steps=Steps.LAST_BATCH)),
    ),
    mistake(
        id="torch-steps-first-batch-alone",
        did="Only the first mini-batch of an epoch makes a step.",
        why="A break or return inside the loop over batches ends the epoch early, and most images are never used.",
        see=COUNT,
        fix="Which statement ends your loop over the batches, and how far is it indented?",
        lowers={"accuracy_gap": 0.00},
        gives=recipes(Recipe(steps=Steps.FIRST_BATCH)),
    ),
    mistake(
        id="torch-steps-no-step",
        did="The weights do not move at all: no step is taken, or only while the gradients are cleared.",
        why="A step between zero_grad and backward finds no gradient; without a step nothing changes.",
        see="Print one weight before and after an epoch.",
        fix=ORDER,
        lowers={"accuracy_gap": 0.00},
        gives=recipes(Recipe(steps=Steps.NEVER)),
    ),
    mistake(
        id="torch-steps-late-gradient",
        did="Each step uses the gradient of the batch before: the step stands in front of backward.",
        why="The weights have moved on since that gradient was computed, and the last one is never used.",
        see="Print one weight before and after the very first batch: it must change.",
        fix=ORDER,
        gives=recipes(Recipe(steps=Steps.LATE)),
        root="training-step-on-stale-gradient",
    ),
    mistake(
        id="torch-steps-whole-batch",
        did="All images make one step: the batch size is not used.",
        why="An epoch is then a single step, whatever batch is, and training takes far more epochs.",
        see=COUNT,
        fix="Where does batch decide how many images enter one step?",
        gives=recipes(Recipe(whole=True)),
    ),
    mistake(
        id="torch-steps-last-batch-nominal",
        did="The last, shorter batch is divided by the full batch size instead of its own.",
        why="Its step is too short, by as much as it lacks images.",
        see="Use 21 images in batches of 20 and print what the last image's loss is divided by.",
        fix="How many images are in the last batch, and what is its mean?",
        gives=recipes(Recipe(nominal=True)),
        root="training-last-batch-nominal",
    ),
    mistake(
        id="torch-steps-one-epoch-too-many",
        did="One epoch more is run than epochs asks for.",
        why="The loop's range ends one later than the number of epochs.",
        see="Train with epochs=1 and count how often the loop's body runs.",
        fix="With which epoch does your loop start, and with which does it end?",
        gives=recipes(Recipe(extra=1)),
        root="training-epochs-one-too-many",
    ),
    mistake(
        id="torch-steps-clipped",
        did="Gradients are clipped: where they are long, they are shortened to a fixed norm.",
        why="Clipping is a remedy for exploding gradients; not asked for here, and it changes every long step.",
        see=PRINT_GRADIENT,
        fix="Which line between backward and step touches the gradients, and who asked for it?",
        lowers={"accuracy_gap": 0.00},
        gives=recipes(*(Recipe(clip=c) for c in (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0))),
    ),
    mistake(
        id="torch-steps-learning-rate-ignored",
        did="The steps have a learning rate of their own, whatever lr is.",
        why="A rate written into the code, or an optimiser's default, takes no notice of the argument.",
        see="Train with lr=0: nothing may move.",
        fix="Where does lr reach the optimiser?",
        lowers={"accuracy_gap": 0.00},
        gives=recipes(
            *(Recipe(rate=other.fixed(r, scheduled=s)) for r in (0.1, 0.05, 0.01, 0.001) for s in (True, False))
        ),
        root="training-learning-rate-ignored",
    ),
)


def further(_exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask for an epoch of two mini-batches with momentum, which tells whether the velocity lasts within one."""
    momentum, batches = seen["momentum"].call, seen["two batches"].call
    kwargs = {**momentum.kwargs, "epochs": 1, "batch": batches.kwargs["batch"]}
    return [
        Call(name="momentum, batches", target=momentum.target, args=momentum.args, kwargs=kwargs, room=momentum.room)
    ]


CATALOGUE = Catalogue(
    criterion="torch_steps",
    observe=observe,
    right=right,
    mistakes=(*LOSSES, *NETWORKS, *LOOP, *OPTIMISERS, *DECAYS, *SCHEDULES),
    rtol=RTOL,
    further=further,
)
