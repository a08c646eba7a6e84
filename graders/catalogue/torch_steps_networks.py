"""Mistakes in what the steps of `train_torch` train: the loss that is minimised, and the network before it."""

from functools import partial

from graders.measure.port_steps import WRONG_ACTIVATIONS, WRONG_LOSSES, Port
from graders.mistaken.port_runs import Recipe
from graders.mistaken.port_traits import recipes
from graders.naming.mistake import Mistake

UNIFORM = (
    "Compute your loss by hand for ten equal logits: the mean cross-entropy is log(10) = 2.303, for any batch size."
)
CERTAIN = "Compute your loss for the logits [20, 0, 0] and label 0: it should be nearly zero."
TWICE = "Call your loss once for a batch, and once for the same batch twice over: a mean does not change."
EXPECTS = "What does the loss function expect, logits, probabilities or their logarithms? Read its documentation."
AVERAGE = "Who divides by the number of images, the loss or you, and how often?"
HELD = "Compare the parameters that your optimiser holds (optimizer.param_groups) with model.named_parameters()."
WHICH = "Which of the model's tensors does the optimiser get, and which should it get?"
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
        lowers={"accuracy_gap": 0.00},
        gives=recipes(_loss("summed")),
        root="cross-entropy-sum",
    ),
    mistake(
        id="torch-steps-averaged-twice",
        did="Every step is N times too short: the mean loss is divided by the number of images once more.",
        why="cross_entropy averages already; a second division all but stops the training.",
        see=TWICE,
        fix=AVERAGE,
        lowers={"accuracy_gap": 0.00},
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
        lowers={"accuracy_gap": 0.00},
        gives=recipes(_loss("uphill")),
        root="cross-entropy-sign",
    ),
    mistake(
        id="torch-steps-softmax-twice",
        did="The softmax is applied twice: in the model or before the loss, and again inside the cross-entropy.",
        why="Probabilities lie between 0 and 1; taken for logits, they can never make a confident prediction.",
        see=CERTAIN,
        fix=EXPECTS,
        lowers={"accuracy_gap": 0.00},
        gives=recipes(_loss("softmax twice")),
        root="torch-forward-softmax-inside",
    ),
    mistake(
        id="torch-steps-nll-of-logits",
        did="The loss is minus the logit of the right class: nll_loss is given logits, not log-probabilities.",
        why="Nothing holds the other classes down, so this loss falls without end and the logits grow without bound.",
        see=UNIFORM,
        fix=EXPECTS,
        lowers={"accuracy_gap": 0.00},
        gives=recipes(_loss("logit instead of log")),
        root="cross-entropy-logit-of-the-right-class",
    ),
    mistake(
        id="torch-steps-nll-of-probabilities",
        did="The loss is minus the probability of the right class, without its logarithm.",
        why="nll_loss takes log-probabilities; with probabilities a confident mistake hardly counts.",
        see=UNIFORM,
        fix=EXPECTS,
        lowers={"accuracy_gap": 0.00},
        gives=recipes(_loss("probability instead of log")),
        root="cross-entropy-no-log",
    ),
    mistake(
        id="torch-steps-squared-error",
        did="The loss is the squared error against one-hot labels, not the cross-entropy.",
        why="The squared error is a loss for regression; its gradient at the logits is another one.",
        see=UNIFORM,
        fix="Which loss does your NumPy network have, and which function of PyTorch is that?",
        lowers={"accuracy_gap": 0.00},
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
            # The port's weights are worth what a network with ReLU makes of them; these three differ much from it.
            lowers={"accuracy_gap": 0.00} if key in {"none", "sigmoid", "tanh"} else {},
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
        lowers={"accuracy_gap": 0.00},
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
        lowers={"accuracy_gap": 0.00},
        gives=recipes(Recipe(scale=1 / 255)),
    ),
)
