"""Mistakes in the steps of `train_torch`: each is a port that trains in another way, walked from the same weights."""

from collections.abc import Sequence
from functools import partial

from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.measure.port_steps import WRONG_ACTIVATIONS, WRONG_LOSSES, Port
from graders.mistaken import port_optimisers as other
from graders.mistaken.port_runs import Clears, Recipe, Steps
from graders.mistaken.port_traits import RTOL, observe, recipes, right
from graders.mistaken.wrong_rules import WRONG_RULES
from graders.naming.mistake import Catalogue, Mistake

UNIFORM = (
    "Compute your loss by hand for ten equal logits: the mean cross-entropy is log(10) = 2.303, for any batch size."
)
CERTAIN = "Compute your loss for the logits [20, 0, 0] and label 0: it should be nearly zero."
TWICE = "Call your loss once for a batch, and once for the same batch twice over: a mean does not change."
ONE_STEP = "Print the change of one array in one step of your NumPy network and of the port, from the same weights."
EXPECTS = "What does the loss function expect, logits, probabilities or their logarithms? Read its documentation."
AVERAGE = "Who divides by the number of images, the loss or you, and how often?"
PRINT_GRADIENT = "Print the norm of one gradient right before each step, twice for the same batch and weights."
ORDER = "In which order do backward, step and zero_grad stand, and inside which loop does each of them belong?"
HELD = "Compare the parameters that your optimiser holds (optimizer.param_groups) with model.named_parameters()."
WHICH = "Which of the model's tensors does the optimiser get, and which should it get?"
OPTIONS = "Which options of torch.optim.SGD make its steps those of your momentum_step?"
TWO_STEPS = "Take two steps from zero velocity with a gradient of 1, by hand and with your optimiser."
DECAY_ALONE = "Take one step at a gradient of zero with weight_decay=0.5: which arrays shrink, and by how much?"
GROUPS = (
    "Which parameters shall decay, by what factor, and where is that said: in the optimiser, in the loss, or in both?"
)
RATES = "Print the optimiser's learning rate in every epoch, next to your own schedule function."
WHEN = "When is the schedule asked for the next rate: before or after the epoch, and how often in one epoch?"
COUNT = "Count the steps of one epoch, and the images in each of them."
LAYERS = "Which activation stands in your NumPy network, and which in the model? Compare both at a negative input."

mistake = partial(Mistake, criterion="torch_steps")


def _loss(name: str) -> Recipe:
    return Recipe(port=Port(loss=WRONG_LOSSES[name]))


def _activation(name: str) -> Recipe:
    return Recipe(port=Port(activation=WRONG_ACTIVATIONS[name]))


def _frozen(*names: str) -> Recipe:
    return Recipe(port=Port(frozen=names))


LOSSES = (
    mistake(
        id="torch-steps-summed",
        did="Every step is N times too long, N being the images in the batch: the loss is summed over them.",
        why="The step then depends on the batch size, and a rate that suits one batch size explodes at another.",
        see=TWICE,
        fix=AVERAGE,
        gives=recipes(_loss("summed")),
        root="cross-entropy-sum",
    ),
    mistake(
        id="torch-steps-averaged-twice",
        did="Every step is N times too short: the mean loss is divided by the number of images once more.",
        why="cross_entropy averages already; a second division all but stops the training.",
        see=TWICE,
        fix=AVERAGE,
        gives=recipes(_loss("averaged twice")),
        root="cross-entropy-divided-twice",
    ),
    mistake(
        id="torch-steps-mean-over-classes",
        did="Every step is K times too short, K being the classes: the loss is averaged over images and classes.",
        why="The cross-entropy of an image is one number; the classes are no further examples of it.",
        see=UNIFORM,
        fix=AVERAGE,
        gives=recipes(_loss("mean over classes")),
        root="cross-entropy-mean-over-classes",
    ),
    mistake(
        id="torch-steps-uphill",
        did="The weights move uphill: every step is the right one with the wrong sign.",
        why="The loss is maximised, or its sign or that of the step is turned round.",
        see="Print the loss of one batch before and after a step on it.",
        fix="Which sign has your loss for a good and for a bad prediction, and what does the optimiser do with it?",
        gives=recipes(_loss("uphill")),
        root="cross-entropy-sign",
    ),
    mistake(
        id="torch-steps-softmax-twice",
        did="The softmax is applied twice: in the model or before the loss, and again inside the cross-entropy.",
        why="Probabilities lie between 0 and 1; taken for logits, they can never make a confident prediction.",
        see=CERTAIN,
        fix=EXPECTS,
        gives=recipes(_loss("softmax twice")),
        root="torch-forward-softmax-inside",
    ),
    mistake(
        id="torch-steps-nll-of-logits",
        did="The loss is minus the logit of the right class: nll_loss is given logits, not log-probabilities.",
        why="Nothing holds the other classes down, so this loss falls without end and the logits grow without bound.",
        see=UNIFORM,
        fix=EXPECTS,
        gives=recipes(_loss("logit instead of log")),
        root="cross-entropy-logit-of-the-right-class",
    ),
    mistake(
        id="torch-steps-nll-of-probabilities",
        did="The loss is minus the probability of the right class, without its logarithm.",
        why="nll_loss takes log-probabilities; with probabilities a confident mistake hardly counts.",
        see=UNIFORM,
        fix=EXPECTS,
        gives=recipes(_loss("probability instead of log")),
        root="cross-entropy-no-log",
    ),
    mistake(
        id="torch-steps-squared-error",
        did="The loss is the squared error against one-hot labels, not the cross-entropy.",
        why="The squared error is a loss for regression; its gradient at the logits is another one.",
        see=UNIFORM,
        fix="Which loss does your NumPy network have, and which function of PyTorch is that?",
        gives=recipes(_loss("squared error"), _loss("squared error of probabilities")),
        root="cross-entropy-squared-error",
    ),
    mistake(
        id="torch-steps-binary-cross-entropy",
        did="The loss is a binary cross-entropy for each class, with a sigmoid where the softmax belongs.",
        why="Ten separate yes-or-no questions are not one choice among ten classes.",
        see=UNIFORM,
        fix="For one right class among many, which of PyTorch's cross-entropies is it?",
        gives=recipes(_loss("binary cross-entropies")),
        root="cross-entropy-binary-with-sigmoids",
    ),
    mistake(
        id="torch-steps-label-smoothing",
        did="The labels are smoothed: a tenth of each is spread over all classes.",
        why="Label smoothing is another loss than that of the task, and pulls all weights towards less certainty.",
        see=CERTAIN,
        fix="Which options is your loss function given, and does the task ask for each of them?",
        gives=recipes(_loss("smoothed labels")),
        root="cross-entropy-label-smoothing",
    ),
)

NETWORKS = (
    mistake(
        id="torch-steps-relu-on-the-output",
        did="The steps are those of a model that ends in a ReLU.",
        why="Logits may be negative; behind a ReLU a class that is off gets no gradient any more.",
        see="Print the smallest logit of a batch.",
        fix="What stands behind the last layer of your NumPy network?",
        gives=recipes(_loss("ReLU of the logits")),
        root="forward-activation-on-the-output",
    ),
    *(
        mistake(
            id=f"torch-steps-{name}",
            did=f"The steps are those of a model {words}.",
            why="Another activation has another derivative, so that every gradient of the first layer differs.",
            see="Give model(X) the weights of your NumPy network and compare the logits.",
            fix=LAYERS,
            gives=recipes(_activation(key)),
            root=root,
        )
        for key, name, words, root in (
            ("none", "no-activation", "without an activation between its two layers", "forward-no-activation"),
            ("sigmoid", "sigmoid", "with a sigmoid in its hidden layer", "forward-sigmoid"),
            ("tanh", "tanh", "with tanh in its hidden layer", "forward-tanh"),
            ("leaky", "leaky", "with a leaky ReLU in its hidden layer", "forward-leaky"),
            ("gelu", "gelu", "with GELU in its hidden layer", "torch-forward-gelu"),
            ("elu", "elu", "with ELU in its hidden layer", "torch-forward-elu"),
        )
    ),
    mistake(
        id="torch-steps-biases-frozen",
        did="Biases do not move: the model has none, or the optimiser does not hold them.",
        why="A parameter that the optimiser does not know keeps its first value for ever.",
        see=HELD,
        fix=WHICH,
        gives=recipes(_frozen("b1", "b2"), _frozen("b1"), _frozen("b2")),
        root="torch-forward-no-bias",
    ),
    mistake(
        id="torch-steps-first-layer-frozen",
        did="The first layer's weights do not move: the optimiser does not hold them, or no gradient reaches them.",
        why="The network then learns on random features only, which still works a little and so goes unnoticed.",
        see=HELD,
        fix=WHICH,
        gives=recipes(_frozen("W1", "b1"), _frozen("W1")),
    ),
    mistake(
        id="torch-steps-second-layer-frozen",
        did="The second layer's weights do not move: the optimiser does not hold them.",
        why="A parameter that the optimiser does not know keeps its first value for ever.",
        see=HELD,
        fix=WHICH,
        gives=recipes(_frozen("W2", "b2"), _frozen("W2")),
    ),
    mistake(
        id="torch-steps-images-scaled",
        did="The images are divided by 255 on their way into the network, although they come from 0 to 1.",
        why="Pixels 255 times too small make gradients 255 times too small: the first layer hardly learns.",
        see="Print the smallest and the largest pixel of a batch right in front of the model.",
        fix="In which range do the images arrive, and what is done to them after that?",
        gives=recipes(Recipe(scale=1 / 255)),
    ),
)

LOOP = (
    mistake(
        id="torch-steps-no-zero-grad",
        did="Gradients are never cleared: each step adds those of all steps before to its own.",
        why="backward() adds to .grad, so without clearing the steps grow longer and longer.",
        see=PRINT_GRADIENT,
        fix=ORDER,
        gives=recipes(Recipe(clears=Clears.NEVER)),
        root="training-gradients-add-up",
    ),
    mistake(
        id="torch-steps-zero-grad-once-an-epoch",
        did="Gradients are cleared once an epoch: each batch's step has those of the batches before in it.",
        why="backward() adds to .grad, so within an epoch the steps grow longer and longer.",
        see=PRINT_GRADIENT,
        fix=ORDER,
        gives=recipes(Recipe(clears=Clears.EVERY_EPOCH)),
    ),
    mistake(
        id="torch-steps-step-once-an-epoch",
        did="One step is taken at the end of the epoch, with the gradients of all batches added up.",
        why="Mini-batches are there to make many short steps; this makes a single long one.",
        see=COUNT,
        fix=ORDER,
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
        gives=recipes(Recipe(steps=Steps.FIRST_BATCH)),
    ),
    mistake(
        id="torch-steps-no-step",
        did="The weights do not move at all: no step is taken, or only while the gradients are cleared.",
        why="A step between zero_grad and backward finds no gradient; without a step nothing changes.",
        see="Print one weight before and after an epoch.",
        fix=ORDER,
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
        gives=recipes(*(Recipe(clip=c) for c in (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0))),
    ),
    mistake(
        id="torch-steps-learning-rate-ignored",
        did="The steps have a learning rate of their own, whatever lr is.",
        why="A rate written into the code, or an optimiser's default, takes no notice of the argument.",
        see="Train with lr=0: nothing may move.",
        fix="Where does lr reach the optimiser?",
        gives=recipes(
            *(Recipe(rate=other.fixed(r, scheduled=s)) for r in (0.1, 0.05, 0.01, 0.001) for s in (True, False))
        ),
        root="training-learning-rate-ignored",
    ),
)

OPTIMISERS = (
    mistake(
        id="torch-steps-adam",
        did="These are Adam's steps, not those of gradient descent with momentum.",
        why="Adam divides every gradient by its own size; it is another method, so the two ports cannot agree.",
        see=ONE_STEP,
        fix=OPTIONS,
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
