"""Mistakes in the loop of `train`, its steps, batches and epochs: where each would end, run by run."""

from dataclasses import replace
from functools import partial

from graders.catalogue.training_options import OPTIONS
from graders.catalogue.training_repeated import REPEATED
from graders.measure.truth import NAMES
from graders.mistaken.train_changes import (
    counted,
    empty_last,
    fixed,
    fixed_momentum,
    nominal,
    other_momentum,
    own_batches,
    with_epochs,
    with_weights,
)
from graders.mistaken.train_loop import Loop
from graders.mistaken.train_loops import RTOL, loops, refusing, right_loop
from graders.mistaken.train_traits import (
    RATIO,
    further,
    observe,
)
from graders.naming.mistake import Catalogue, Mistake

FOLLOW = "Follow the option from train's arguments to the line in which it acts: what arrives there in each epoch?"
WHERE = "Where is the velocity made: before the loop over the epochs, in it, or in the loop over the batches?"
HIDDEN = "An option that is not heard fails without a word: the training looks like any other."
BATCHES = "Print the number of images of each batch of one epoch, for 20 images and batch=5, 7 and 20."
BOTH = "Compare all four arrays before and after training with one epoch."

mistake = partial(Mistake, criterion="training")

MISTAKES = (
    *REPEATED,
    mistake(
        id="training-momentum-ignored",
        did="train does not hand its option momentum on: the same momentum acts, whatever is asked for.",
        why=HIDDEN + " A comparison with and without momentum then compares a network with itself.",
        see="Train once with momentum=0 and once with 0.9, and compare the params.",
        fix=FOLLOW,
        lowers={"accuracy": 0.36, "momentum_benefit": 0.00},
        gives=loops(fixed_momentum),
    ),
    mistake(
        id="training-momentum-not-an-option",
        did="train does not take the option momentum.",
        why="Every option of the contract is an argument of train, so that one call can switch it off.",
        see="Call train(..., momentum=0.0).",
        fix="Compare train's signature with the one in the task, argument by argument.",
        lowers={"accuracy": 0.00, "momentum_benefit": 0.00},
        gives=refusing("momentum"),
    ),
    mistake(
        id="training-other-default-momentum",
        did="momentum has another default in train than the task says.",
        why="Whoever trains without naming momentum gets your default.",
        see="Train once without momentum and once with momentum=0.9, and compare the params.",
        fix="Compare train's signature with the one in the task, default by default.",
        gives=loops(other_momentum),
    ),
    mistake(
        id="training-velocity-reset-each-epoch",
        did="The velocity starts from zero again in every epoch.",
        why="What momentum has gathered is lost at the end of each epoch, so every epoch begins slowly.",
        see="Train two epochs with batch=len(X): the second step must be longer than the first.",
        fix=WHERE,
        gives=loops(Loop(plan=lambda p, _run, _style: replace(p, velocity="epoch"))),
    ),
    mistake(
        id="training-velocity-not-kept",
        did="The velocity that momentum_step returns is not kept: every step starts from rest.",
        why="Without the old velocity there is no momentum, whatever mu is.",
        see="Train two epochs with batch=len(X): the second step must be longer than the first.",
        fix="What does your loop do with the second value that momentum_step returns?",
        lowers={"accuracy": 0.36, "momentum_benefit": 0.00},
        gives=loops(Loop(plan=lambda p, _run, _style: replace(p, velocity="step"))),
        root="momentum-step-none",
    ),
    mistake(
        id="training-result-of-the-step-dropped",
        did="Training ends with the params with which it began: the result of the steps is not kept.",
        why="A function that returns new params changes nothing by itself.",
        see=BOTH,
        fix="Which params does the next step start from, and which does train return?",
        lowers={"accuracy": 0.00, "momentum_benefit": 0.00, "regularisation": 0.00},
        gives=loops(fixed(*NAMES)),
    ),
    mistake(
        id="training-output-layer-fixed",
        did="train never moves the last layer.",
        why="The hidden layer must then fit a random output layer; training is slow and ends early.",
        see=BOTH,
        fix="How many of the four arrays does your loop carry on to the next step?",
        gives=loops(fixed("W2", "b2")),
        root="momentum-step-output-layer-fixed",
    ),
    mistake(
        id="training-hidden-layer-fixed",
        did="train never moves the first layer.",
        why="The network then learns on random features of the images.",
        see=BOTH,
        fix="How many of the four arrays does your loop carry on to the next step?",
        lowers={"accuracy": 0.00},
        gives=loops(fixed("W1", "b1")),
        root="momentum-step-hidden-layer-fixed",
    ),
    mistake(
        id="training-biases-fixed",
        did="train never moves the biases.",
        why="Without biases every hidden unit's border runs through the origin.",
        see=BOTH,
        fix="How many of the four arrays does your loop carry on to the next step?",
        gives=loops(fixed("b1", "b2")),
        root="momentum-step-biases-fixed",
    ),
    mistake(
        id="training-gradients-add-up",
        did="Each step uses the sum of all gradients so far, not its own batch's gradient.",
        why="A velocity sums gradients already, with the old ones fading; a second sum never forgets any.",
        see="Print the gradient that momentum_step is given in two steps on the same batch with lr=0.",
        fix="Does anything in your loop add a gradient to an older one? Where is it set back?",
        lowers={"accuracy": 0.00, "momentum_benefit": 0.00, "regularisation": 0.00},
        gives=loops(
            Loop(plan=lambda p, _run, _style: replace(p, total="run")),
            Loop(plan=lambda p, _run, _style: replace(p, total="epoch")),
        ),
    ),
    mistake(
        id="training-step-on-stale-gradient",
        did="All steps of an epoch use gradients at the params with which the epoch began.",
        why="Each step must look where it stands; steps from an old place overshoot together.",
        see="Print W1[0, 0] of the params that loss_and_grads is given, in each step of one epoch.",
        fix="Which params does loss_and_grads get, those of the last step or those of the last epoch?",
        lowers={"accuracy": 0.00},
        gives=loops(Loop(plan=lambda p, _run, _style: replace(p, at="epoch"))),
    ),
    mistake(
        id="training-one-step-per-epoch",
        did="There is only one step an epoch, with the gradient of its last batch.",
        why="The gradients of all other batches are computed and thrown away.",
        see="Count the calls of momentum_step in one epoch of four batches.",
        fix="Is the step inside the loop over the batches, or behind it? Look at how far it is indented.",
        lowers={"accuracy": 0.00},
        gives=loops(
            replace(with_weights(lambda _n, _b: [1.0]), free=(*RATIO, "masks"), words={"visits": "5 of 20 images"})
        ),
    ),
    mistake(
        id="training-last-batch-nominal",
        did="The last, shorter batch is divided by the nominal batch size, not by its own number of images.",
        why="Its images count less than all others, for a mean over 6 images needs a division by 6.",
        see=BATCHES,
        fix="How many images does the last batch hold, and by what is its gradient divided?",
        gives=loops(with_weights(nominal)),
    ),
    mistake(
        id="training-empty-last-batch",
        did="Where the batch size divides the number of images, each epoch ends with one empty batch.",
        why="An empty batch has no gradient, but the velocity moves the params on all the same.",
        see=BATCHES,
        fix="Where does the last batch begin when 20 images are cut into batches of 5?",
        gives=loops(with_weights(empty_last)),
    ),
    mistake(
        id="training-batch-ignored",
        did="train does not use its option batch: its batches have a size of their own.",
        why=HIDDEN,
        see=BATCHES,
        fix=FOLLOW,
        lowers={"accuracy": 0.00, "regularisation": 0.50},
        gives=loops(own_batches),
    ),
    mistake(
        id="training-epochs-one-too-few",
        did="train does one epoch fewer than it is asked for.",
        why="A range that begins with 1, or ends one early, leaves an epoch out.",
        see="Train with epochs=1 and look at whether the params have moved.",
        fix="Which numbers does your loop over the epochs run through for epochs=3?",
        gives=loops(*with_epochs(1, 0), *with_epochs(0, -1), counted(-1)),
    ),
    mistake(
        id="training-epochs-one-too-many",
        did="train does one epoch more than it is asked for.",
        why="A range that ends one late adds an epoch, and the schedule runs beyond its end.",
        see="Train with epochs=0: the params must be those of init.",
        fix="Which numbers does your loop over the epochs run through for epochs=3?",
        gives=loops(*with_epochs(0, 1), counted(1)),
    ),
    *OPTIONS,
)

CATALOGUE = Catalogue(
    criterion="training",
    observe=observe,
    right=right_loop,
    mistakes=MISTAKES,
    further=further,
    rtol=RTOL,
)
