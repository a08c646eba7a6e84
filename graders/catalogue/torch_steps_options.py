"""Mistakes in the optimiser of `train_torch`: its kind, its weight decay and its schedule."""

from functools import partial

from graders.mistaken import port_optimisers as other
from graders.mistaken.port_runs import Recipe
from graders.mistaken.port_traits import recipes
from graders.mistaken.wrong_rules import WRONG_RULES
from graders.naming.mistake import Mistake

ONE_STEP = "Print the change of one array in one step of your NumPy network and of the port, from the same weights."
OPTIONS = "Which options of torch.optim.SGD make its steps those of your momentum_step?"
TWO_STEPS = "Take two steps from zero velocity with a gradient of 1, by hand and with your optimiser."
DECAY_ALONE = "Take one step at a gradient of zero with weight_decay=0.5: which arrays shrink, and by how much?"
GROUPS = (
    "Which parameters shall decay, by what factor, and where is that said: in the optimiser, in the loss, or in both?"
)
RATES = "Print the optimiser's learning rate in every epoch, next to your own schedule function."
WHEN = "When is the schedule asked for the next rate: before or after the epoch, and how often in one epoch?"

mistake = partial(Mistake, criterion="torch_steps")

OPTIMISERS = (
    mistake(
        id="torch-steps-adam",
        did="These are Adam's steps, not those of gradient descent with momentum.",
        why="Adam divides every gradient by its own size; it is another method, so the two ports cannot agree.",
        see=ONE_STEP,
        fix=OPTIONS,
        lowers={"accuracy_gap": 0.00},
        gives=recipes(Recipe(update=other.adam), Recipe(update=other.adam, decoupled=True)),
    ),
    mistake(
        id="torch-steps-rmsprop",
        did="These are the steps of RMSprop, not those of gradient descent with momentum.",
        why="RMSprop divides every gradient by its own size; it is another method, so the two ports cannot agree.",
        see=ONE_STEP,
        fix=OPTIONS,
        gives=recipes(Recipe(update=other.rmsprop)),
    ),
    mistake(
        id="torch-steps-adagrad",
        did="These are the steps of Adagrad, not those of gradient descent with momentum.",
        why="Adagrad divides every gradient by all that came before; it is another method, so the ports cannot agree.",
        see=ONE_STEP,
        fix=OPTIONS,
        gives=recipes(Recipe(update=other.adagrad)),
    ),
    mistake(
        id="torch-steps-dampening",
        did="Later gradients enter the velocity times 1 - momentum: the optimiser's dampening is on.",
        why="With momentum=0.9 all steps but the first are then up to ten times too short.",
        see=TWO_STEPS,
        fix=OPTIONS,
        lowers={"accuracy_gap": 0.00},
        gives=recipes(Recipe(update=other.dampened)),
    ),
    mistake(
        id="torch-steps-fixed-momentum",
        did="The steps have a momentum of their own, whatever momentum is.",
        why="A number written into the code takes no notice of the argument, so momentum=0 has momentum too.",
        see="Train with momentum=0 and with momentum=0.9: the weights must differ.",
        fix="Where does the argument momentum reach the optimiser?",
        gives=recipes(*(Recipe(momentum=mu) for mu in (0.9, 0.5, 0.99, 0.95))),
    ),
    mistake(
        id="torch-steps-fresh-optimiser",
        did="Every epoch makes a new optimiser, which has forgotten the velocity.",
        why="The velocity lives in the optimiser; a new one starts from rest, so momentum never lasts beyond an epoch.",
        see="Print id(optimizer) in every epoch.",
        fix="Which of the lines in your loop over the epochs has to run only once?",
        gives=recipes(Recipe(fresh=True)),
        root="training-velocity-reset-each-epoch",
    ),
    *(
        mistake(
            id=f"torch-steps-momentum-{rule.name}",
            did=f"In train_torch: {rule.did}",
            why=rule.why,
            see=rule.see,
            fix=OPTIONS,
            lowers={"accuracy_gap": 0.00} if rule.name == "none" else {},
            gives=recipes(Recipe(update=rule.rules[0])),  # every convention makes the same steps at a constant rate
            root=f"momentum-step-{rule.name}",
        )
        for rule in WRONG_RULES
        if rule.name not in {"uphill", "lr-not-used", "not-updated"}  # the loss's sign; no start; as none
    ),
)

DECAYS = (
    mistake(
        id="torch-steps-decay-ignored",
        did="There is no weight decay.",
        why="The optimiser's default is 0, so weight_decay has to be handed on to it.",
        see=DECAY_ALONE,
        fix=GROUPS,
        gives=recipes(Recipe(decay=other.decays(0, 0, 0))),
        root="weight-decay-ignored",
    ),
    mistake(
        id="torch-steps-decay-of-biases",
        did="The biases decay as well.",
        why="SGD's weight_decay acts on all parameters of a group, biases among them.",
        see=DECAY_ALONE,
        fix=GROUPS,
        gives=recipes(Recipe(decay=other.decays(1, 1, 1))),
        root="weight-decay-on-biases",
    ),
    mistake(
        id="torch-steps-decay-doubled",
        did="The weights decay twice as strongly as asked for.",
        why="The penalty stands in the loss as well as in the optimiser, or lacks its factor one half.",
        see=DECAY_ALONE,
        fix=GROUPS,
        gives=recipes(Recipe(decay=other.decays(2, 2, 0))),
        root="weight-decay-doubled",
    ),
    mistake(
        id="torch-steps-decay-halved",
        did="The weights decay half as strongly as asked for.",
        why="The gradient of half a square is the whole weight; a second half is one too many.",
        see=DECAY_ALONE,
        fix=GROUPS,
        gives=recipes(Recipe(decay=other.decays(0.5, 0.5, 0))),
        root="weight-decay-halved",
    ),
    mistake(
        id="torch-steps-penalty-of-all",
        did="All parameters decay, biases too, and twice as strongly as asked for.",
        why="A penalty that sums the squares of all parameters holds the biases, and its gradient has a factor 2.",
        see=DECAY_ALONE,
        fix=GROUPS,
        gives=recipes(Recipe(decay=other.decays(2, 2, 2))),
    ),
    mistake(
        id="torch-steps-decay-of-one-layer",
        did="Only one of the two layers decays.",
        why="The other layer's weights are in no group with weight decay, and grow freely.",
        see=DECAY_ALONE,
        fix=GROUPS,
        gives=recipes(Recipe(decay=other.decays(0, 1, 0)), Recipe(decay=other.decays(1, 0, 0))),
    ),
    mistake(
        id="torch-steps-decay-of-biases-alone",
        did="The biases decay, and the weights do not.",
        why="The two groups of parameters stand in each other's place.",
        see=DECAY_ALONE,
        fix=GROUPS,
        gives=recipes(Recipe(decay=other.decays(0, 0, 1))),
        root="weight-decay-biases-for-weights",
    ),
    mistake(
        id="torch-steps-decay-divided-by-n",
        did="The weight decay is divided by the number of images.",
        why="The penalty is one term beside the mean loss, not one for each image.",
        see=DECAY_ALONE,
        fix=GROUPS,
        gives=recipes(Recipe(decay=other.decay_over_images)),
        root="weight-decay-divided-by-n",
    ),
    mistake(
        id="torch-steps-decay-without-rate",
        did="The decay is not multiplied by the learning rate: weights shrink by weight_decay itself in every step.",
        why="The penalty's gradient is part of the gradient, and the step is the learning rate times that.",
        see=DECAY_ALONE,
        fix=GROUPS,
        gives=recipes(Recipe(decay=other.decay_without_rate)),
    ),
    mistake(
        id="torch-steps-decay-sign",
        did="The weight decay has the wrong sign: weights grow.",
        why="A penalty that is subtracted from the loss rewards large weights.",
        see=DECAY_ALONE,
        fix=GROUPS,
        gives=recipes(Recipe(decay=other.decays(-1, -1, 0))),
        root="weight-decay-sign",
    ),
    mistake(
        id="torch-steps-decay-l1",
        did="The penalty is on absolute values (L1): every weight is pulled by the same amount.",
        why="Weight decay pulls each weight in proportion to itself; an L1 penalty makes weights exactly zero instead.",
        see=DECAY_ALONE,
        fix="Which power of the weights stands in the penalty, and what is its derivative?",
        gives=recipes(Recipe(decay=other.decay_of_signs)),
        root="weight-decay-l1",
    ),
    mistake(
        id="torch-steps-decay-of-norms",
        did="The penalty is on the norm of each matrix, where the square of the norm belongs.",
        why="Without the square the pull does not depend on how large the weights are.",
        see=DECAY_ALONE,
        fix="Which power of the weights stands in the penalty, and what is its derivative?",
        gives=recipes(Recipe(decay=other.decay_of_norms)),
        root="weight-decay-penalty-of-norms",
    ),
)

SCHEDULES = (
    mistake(
        id="torch-steps-schedule-ignored",
        did="The learning rate stays what it is at first, although a schedule is asked for.",
        why="A new rate acts only once it is in the optimiser.",
        see=RATES,
        fix="How does the rate of an epoch get into the optimiser?",
        gives=recipes(
            Recipe(rate=other.replaced(step=other.constant, cosine=other.constant)),
            Recipe(rate=other.replaced(step=other.constant)),
            Recipe(rate=other.replaced(cosine=other.constant)),
        ),
        root="training-schedule-ignored",
    ),
    mistake(
        id="torch-steps-schedule-early",
        did="The schedule is one epoch ahead: each epoch has the next one's learning rate.",
        why="Epochs are counted from 0, and the first epoch has the full rate.",
        see=RATES,
        fix=WHEN,
        gives=recipes(
            *(Recipe(rate=other.shifted(1, step=s, cosine=c)) for s, c in ((True, True), (True, False), (False, True)))
        ),
        root="step-decay-early",
    ),
    mistake(
        id="torch-steps-schedule-late",
        did="The schedule is one epoch behind: each epoch has the learning rate of the one before.",
        why="The rate is changed after the epoch that it was meant for.",
        see=RATES,
        fix=WHEN,
        gives=recipes(
            *(Recipe(rate=other.shifted(-1, step=s, cosine=c)) for s, c in ((True, True), (True, False), (False, True)))
        ),
        root="training-schedule-one-epoch-late",
    ),
    mistake(
        id="torch-steps-schedule-per-batch",
        did="The learning rate changes after every mini-batch, not after every epoch.",
        why="The schedule counts epochs; asked once a batch it is through long before the training is.",
        see=RATES,
        fix=WHEN,
        gives=recipes(
            Recipe(rate=other.by_batch(held=True)),
            Recipe(rate=other.by_batch(held=False)),
            Recipe(rate=other.by_batch(held=True, stretched=True)),
        ),
        root="training-schedule-per-batch",
    ),
    mistake(
        id="torch-steps-drops-every-epoch",
        did="From the tenth epoch on the learning rate drops in every epoch, not in every tenth.",
        why="A condition such as epoch >= 10 holds in all later epochs too.",
        see=RATES,
        fix="In which epochs shall the rate drop, and in which does your condition hold?",
        gives=recipes(Recipe(rate=other.replaced(step=other.dropping_every_epoch))),
        root="step-decay-every-epoch",
    ),
    mistake(
        id="torch-steps-drops-smoothly",
        did="The step schedule falls a little in every epoch instead of dropping after ten.",
        why="The number of drops is a whole number: it is the epoch over ten, rounded down.",
        see=RATES,
        fix="Which kind of division counts how many drops there have been?",
        gives=recipes(Recipe(rate=other.replaced(step=other.dropping_smoothly))),
        root="step-decay-continuous",
    ),
    mistake(
        id="torch-steps-cosine-whole-period",
        did="The cosine falls and rises again within the training.",
        why="Half a period leads from the full rate to zero; a whole one leads back.",
        see=RATES,
        fix="Which angle does your cosine have in the last epoch?",
        gives=recipes(Recipe(rate=other.replaced(cosine=other.whole_period))),
        root="cosine-whole-period",
    ),
    mistake(
        id="torch-steps-cosine-doubled",
        did="The cosine schedule is twice as high as it should be.",
        why="1 + cos runs from 2 to 0, so its half belongs in front.",
        see=RATES,
        fix="What is your schedule's rate in epoch 0?",
        gives=recipes(Recipe(rate=other.replaced(cosine=other.double_cosine))),
        root="cosine-without-half",
    ),
)
