"""Mistakes in `build_torch`: how the layers start, what the model returns, and what its dropout does."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import sqrt

import numpy as np

from graders.foundation.call import Call, Params
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Returned
from graders.measure import truth
from graders.measure.port_steps import WRONG_ACTIVATIONS, Activation
from graders.mistaken import model_traits
from graders.mistaken.model_traits import NORMALISED, ON_INPUTS, ON_LOGITS, Dropping, Model, model_outcomes
from graders.naming.mistake import (
    ENDING,
    RAISED,
    RETURNED,
    Case,
    Catalogue,
    Key,
    Mistake,
    Outcome,
    Outcomes,
    Predict,
)

P = 0.3  # the dropout that the masked question asks for
STD = "Print the standard deviation of both weight matrices, and compare it with sqrt(2 / fan_in)."
HE = "Which function of torch.nn.init draws He's weights, and which fan and gain does it take?"
BIAS = "Print both biases of a fresh model: they must be zero."
TWO_MODELS = "Build two models with the same seed and two with different seeds, and compare their weights."
SEED = "Where in build_torch does the seed reach the generator that draws the weights?"
COMPARE = "Copy the weights of your NumPy network into the model and compare the logits of one small batch."
LAYERS = "Write down the layers of your NumPy network, one by one, and beside them those of the model."
LOSS_EXPECTS = "What does PyTorch's cross-entropy expect from the model?"
ONES = "Build a model with dropout=0.3, call model.train(), and look at the hidden activations of one batch."
MODES = "Which layers behave differently after model.train() and model.eval(), and how do they get to know?"
PLACE = "Between which two layers does the dropout stand in the task?"

mistake = partial(Mistake, criterion="torch_forward")
Spread = Callable[[float, float], float]
"""From fan_in and fan_out to a standard deviation."""


def _default(fan_in: float, _fan_out: float) -> float:
    return sqrt(1 / (3 * fan_in))


def _he(fan_in: float, _fan_out: float) -> float:
    return sqrt(2 / fan_in)


def starts(
    *,
    W1: Spread = _he,
    W2: Spread = _he,
    mean: float = 0.0,
    b1: str | Spread = "zeros",
    b2: str | Spread = "zeros",
) -> Predict:
    """Return the prediction of an initialisation: spreads of the weights, and words or spreads for the biases."""

    def predict(case: Case) -> Outcomes:
        return _starts(case, W1=W1, W2=W2, mean=mean, b1=b1, b2=b2)

    return predict


def _starts(
    case: Case,
    *,
    W1: Spread = _he,
    W2: Spread = _he,
    mean: float = 0.0,
    b1: str | Spread = "zeros",
    b2: str | Spread = "zeros",
) -> dict[Key, Outcome]:
    if not isinstance(case.seen["built"].observation, Returned):
        return {}
    D, H, K = (float(a) for a in case.seen["built"].call.args if isinstance(a, int))
    found: dict[Key, Outcome] = {
        ("W1, spread", "W1"): np.array(W1(D, H)),
        ("W2, spread", "W2"): np.array(W2(H, K)),
        ("W1, mean", "W1"): np.array(mean),
        ("W2, mean", "W2"): np.array(mean),
    }
    for n, told, fans in (("b1", b1, (D, H)), ("b2", b2, (H, K))):
        found[n, n] = told if isinstance(told, str) else np.array(told(*fans))
    return found


def either(*several: Predict) -> Predict:
    """Return the predictions of one mistake in several forms."""

    def predict(case: Case) -> Sequence[Outcomes]:
        found: list[Outcomes] = []
        for gives in several:
            told = gives(case)
            found += [told] if isinstance(told, Mapping) else list(told)
        return found

    return predict


def models(*several: Model) -> Predict:
    """Return the prediction that the model is one of these functions."""
    return lambda case: [model_outcomes(case, model) for model in several]


def network(activation: Activation) -> Model:
    """Return the network with another activation."""

    def model(theta: Params, X: np.ndarray) -> np.ndarray:
        logits: np.ndarray = activation(truth.preactivation(theta, X))[0] @ theta.W2 + theta.b2
        return logits

    return model


def drops(training: Dropping, without: Dropping | None = None) -> Predict:
    """Return the prediction of what dropout does in training mode, at the rate that was asked for and at none."""
    return lambda case: _dropping(case, training, without or Dropping())


def _dropping(case: Case, training: Dropping, without: Dropping) -> Outcomes:
    found: dict[Key, Outcome] = {}
    for name, dropping in (("training", training), ("without dropout", without)):
        if isinstance(case.seen[name].observation, Returned):
            found |= dropping.outcomes(name)
    return found


def right(case: Case) -> Outcomes:
    """Return what a right build_torch shows."""
    found: dict[Key, Outcome] = {(name, ENDING): RETURNED for name in case.seen}
    found |= _starts(case)
    if isinstance(case.seen["built"].observation, Returned):
        found |= {("built again", "seed"): "", ("other seed", "seed"): "W1 W2"}
    found |= model_outcomes(case, truth.forward)
    return found | dict(_dropping(case, Dropping(kept=1 / (1 - P), share=P), Dropping()))


def _traits(outcomes: Outcomes) -> Predict:
    return lambda _case: outcomes


def raises(shapes: Callable[[int, int, int], Sequence[tuple[int, ...]]]) -> Predict:
    """Return the prediction that no two-layer network is found, but parameters of these shapes, by D, H and K."""

    def predict(case: Case) -> Outcomes:
        found: dict[Key, Outcome] = {}
        for name, answer in case.seen.items():
            D, H, K = sizes_of(answer.call)
            found[name, ENDING] = RAISED
            found[f"{name}: layers", "layers"] = " ".join(sorted(str(shape) for shape in shapes(D, H, K)))
        return found

    return predict


def sizes_of(call: Call) -> tuple[int, int, int]:
    """Return D, H and K of a question."""
    given = call.args[0]
    if isinstance(given, Params):
        return given.W1.shape[0], given.W1.shape[1], given.W2.shape[1]
    D, H, K = (int(a) for a in call.args if isinstance(a, int))
    return D, H, K


def _two_layers(D: int, H: int, K: int) -> list[tuple[int, ...]]:
    return [(H, D), (H,), (K, H), (K,)]


def _softmax(theta: Params, X: np.ndarray) -> np.ndarray:
    return truth.softmax(truth.forward(theta, X))


def _classic(case: Case) -> Outcomes:
    """Dropout without a scale in training, and a scale of 1 - p in evaluation mode instead."""
    found = _dropping(case, Dropping(kept=1.0, share=P), Dropping())
    theta, X = model_traits.inputs_of(case.seen["evaluation"], model_traits.missing_biases(case.seen))
    hidden = np.maximum(truth.preactivation(theta, X), 0.0) * (1 - P)
    return {**found, ("evaluation", "evaluation"): hidden @ theta.W2 + theta.b2}


STARTS = (
    mistake(
        id="torch-forward-default-init",
        did="The layers keep PyTorch's own initial values: weights and biases uniform up to 1/sqrt(fan_in).",
        why="nn.Linear draws its weights in its own way, with a variance six times smaller than He's.",
        see=STD,
        fix=HE,
        gives=either(
            starts(W1=_default, W2=_default, b1=_default, b2=_default),
            starts(W1=_default, W2=_default),
        ),
        root="init-pytorch-default",
    ),
    mistake(
        id="torch-forward-one-layer-default",
        did="One of the two layers keeps PyTorch's own initial values; the other has He's.",
        why="An initialisation acts on the layers that it is called for, and the other keeps what nn.Linear drew.",
        see=STD,
        fix="Which layers does your initialisation reach?",
        gives=either(
            starts(W2=_default, b2=_default),
            starts(W1=_default, b1=_default),
            starts(W2=_default),
            starts(W1=_default),
        ),
    ),
    mistake(
        id="torch-forward-default-biases",
        did="The biases keep PyTorch's own random initial values.",
        why="Initialising a layer's weight leaves its bias as nn.Linear drew it.",
        see=BIAS,
        fix="What do the biases of your NumPy network start from, and which line sets those of the layers?",
        gives=either(starts(b1=_default, b2=_default), starts(b1=_default), starts(b2=_default)),
        root="init-biases-random",
    ),
    mistake(
        id="torch-forward-constant-biases",
        did="The biases start from a constant other than zero.",
        why="A small positive bias is an old habit against dead ReLUs; the task starts from zero.",
        see=BIAS,
        fix="What do the biases of your NumPy network start from?",
        gives=either(*(starts(b1=f"all {c}", b2=f"all {c}") for c in ("1", "0.1", "0.01", "0.5"))),
        root="init-biases-not-zero",
    ),
    *(
        mistake(
            id=f"torch-forward-{name}",
            did=did,
            why=why,
            see=STD,
            fix=HE,
            gives=starts(W1=spread, W2=spread),
            root=root,
        )
        for name, did, why, spread, root in (
            (
                "xavier",
                "The weights are Glorot's (Xavier): variance 2/(fan_in + fan_out).",
                "Glorot's rule suits tanh; a ReLU halves the signal, for which He's variance makes up.",
                lambda i, o: sqrt(2 / (i + o)),
                "init-xavier",
            ),
            (
                "fan-out",
                "He's variance is computed from fan_out, the outputs of a layer, instead of its inputs.",
                "mode='fan_out' keeps the size of gradients; the task asks for that of activations, which is fan_in.",
                lambda _i, o: sqrt(2 / o),
                "init-fan-out",
            ),
            (
                "no-gain",
                "The weights have variance 1/fan_in: He's factor 2 is missing.",
                "A ReLU sets half of its inputs to zero; the factor 2 makes up for that.",
                lambda i, _o: sqrt(1 / i),
                "init-without-the-two",
            ),
            (
                "small-normal",
                "The weights have standard deviation 0.01, whatever the size of the layer.",
                "A scale that does not know the layer's inputs lets the signal die or explode.",
                lambda _i, _o: 0.01,
                "init-small-constant-scale",
            ),
            (
                "standard-normal",
                "The weights are N(0, 1), not scaled at all.",
                "With hundreds of inputs the first activations are then far too large.",
                lambda _i, _o: 1.0,
                "init-unscaled",
            ),
            (
                "variance-as-deviation",
                "The variance 2/fan_in is used as the standard deviation.",
                "torch.randn is multiplied by, and normal_ given, a standard deviation: the square root is missing.",
                lambda i, _o: 2 / i,
                "init-variance-as-deviation",
            ),
            (
                "constant-weights",
                "All weights of a layer are the same number.",
                "Hidden units that start alike get the same gradient and stay alike for ever.",
                lambda _i, _o: 0.0,
                "init-zeros",
            ),
        )
    ),
    mistake(
        id="torch-forward-unseeded",
        did="The seed does not decide the weights: two models with the same seed differ.",
        why="The weights come from PyTorch's global generator in whatever state it is.",
        see=TWO_MODELS,
        fix=SEED,
        gives=either(*(_traits({("built again", "seed"): names}) for names in ("W1 W2", "W1", "W2"))),
        root="init-seed-ignored",
    ),
    mistake(
        id="torch-forward-seed-constant",
        did="Every seed gives the same weights.",
        why="The generator gets a number that is written into the code.",
        see=TWO_MODELS,
        fix=SEED,
        gives=either(*(_traits({("other seed", "seed"): names}) for names in ("", "W1", "W2"))),
        root="init-seed-constant",
    ),
    mistake(
        id="torch-forward-no-bias",
        did="A linear layer has no bias.",
        why="bias=False takes a layer's bias away; the network of the task has one in each layer.",
        see="Compare the number of the model's parameters with that of your NumPy network.",
        fix=LAYERS,
        gives=either(starts(b1="missing", b2="missing"), starts(b1="missing"), starts(b2="missing")),
    ),
)

MODELS = (
    mistake(
        id="torch-forward-softmax-inside",
        did="The model ends in a softmax: it returns probabilities, not logits.",
        why="PyTorch's cross-entropy contains the softmax, so that it is applied twice; nothing raises an error.",
        see=COMPARE,
        fix=LOSS_EXPECTS,
        gives=models(_softmax),
    ),
    mistake(
        id="torch-forward-sigmoid-on-the-output",
        did="The model ends in a sigmoid: every output lies between 0 and 1.",
        why="PyTorch's cross-entropy takes logits, which may be any numbers.",
        see=COMPARE,
        fix=LOSS_EXPECTS,
        gives=models(lambda theta, X: 1 / (1 + np.exp(-truth.forward(theta, X)))),
        root="forward-sigmoid-on-the-output",
    ),
    mistake(
        id="torch-forward-relu-on-the-output",
        did="The last layer is followed by a ReLU: negative outputs become zero.",
        why="Logits may be negative; behind a ReLU a class that is off gets no gradient any more.",
        see=COMPARE,
        fix=LAYERS,
        gives=models(lambda theta, X: np.maximum(truth.forward(theta, X), 0.0)),
        root="forward-activation-on-the-output",
    ),
    *(
        mistake(
            id=f"torch-forward-{name}",
            did=did,
            why=why,
            see=COMPARE,
            fix=LAYERS,
            gives=models(network(WRONG_ACTIVATIONS[key])),
            root=root,
        )
        for key, name, did, why, root in (
            (
                "none",
                "no-activation",
                "There is no activation between the two layers.",
                "Two linear layers in a row are one linear layer: nothing is gained by the first.",
                "forward-no-activation",
            ),
            (
                "sigmoid",
                "sigmoid",
                "The hidden layer has a sigmoid instead of a ReLU.",
                "A sigmoid's slope is at most a quarter, and its values are never negative or above one.",
                "forward-sigmoid",
            ),
            (
                "tanh",
                "tanh",
                "The hidden layer has tanh instead of a ReLU.",
                "tanh saturates at large inputs, where a ReLU goes on growing.",
                "forward-tanh",
            ),
            (
                "leaky",
                "leaky",
                "The ReLU leaks: negative inputs pass with a factor of 0.01.",
                "nn.LeakyReLU is another function than nn.ReLU wherever its input is negative.",
                "forward-leaky",
            ),
            (
                "gelu",
                "gelu",
                "The hidden layer has GELU instead of a ReLU.",
                "GELU looks like a smooth ReLU, but is another function near zero.",
                "",
            ),
            (
                "elu",
                "elu",
                "The hidden layer has ELU instead of a ReLU.",
                "ELU lets negative inputs pass as exp(z) - 1, where a ReLU gives zero.",
                "",
            ),
        )
    ),
    mistake(
        id="torch-forward-bias-unused",
        did="A bias is there and is not used in the forward pass.",
        why="A parameter that does not enter the output is never learnt.",
        see=COMPARE,
        fix=LAYERS,
        gives=models(
            lambda theta, X: np.maximum(X @ theta.W1, 0.0) @ theta.W2 + theta.b2,
            lambda theta, X: truth.forward(theta, X) - theta.b2,
            lambda theta, X: np.maximum(X @ theta.W1, 0.0) @ theta.W2,
        ),
    ),
    mistake(
        id="torch-forward-third-layer",
        did="The model has a third linear layer, from the hidden units to as many others.",
        why="One hidden layer is one linear layer in front of the ReLU and one behind it: two in all.",
        see="Print the shapes of all of the model's parameters.",
        fix=LAYERS,
        gives=raises(lambda D, H, K: [*_two_layers(D, H, K), (H, H), (H,)]),
    ),
    mistake(
        id="torch-forward-one-layer",
        did="The model has a single linear layer, from the images to the classes.",
        why="Without a hidden layer the network can only learn linear boundaries.",
        see="Print the shapes of all of the model's parameters.",
        fix=LAYERS,
        gives=raises(lambda D, _H, K: [(K, D), (K,)]),
    ),
    mistake(
        id="torch-forward-batch-norm",
        did="The hidden layer is normalised over the batch (BatchNorm).",
        why="In training mode every image's output then depends on the other images of its batch.",
        see=ONES,
        fix=LAYERS,
        gives=either(
            drops(
                Dropping(place=NORMALISED, kept=1 / (1 - P), share=P),
                Dropping(place=NORMALISED),
            ),
            raises(lambda D, H, K: [*_two_layers(D, H, K), (H,), (H,)]),
        ),
    ),
)

DROPOUTS = (
    mistake(
        id="torch-forward-keep-probability",
        did="The dropout layer is given the chance to keep an activation: p and 1 - p are swapped.",
        why="nn.Dropout takes the chance to be dropped, so that dropout=0 here drops everything.",
        see=ONES,
        fix="Is the number that nn.Dropout takes the chance to be dropped, or to be kept?",
        gives=drops(Dropping(kept=1 / P, share=1 - P), Dropping(share=1.0)),
        root="dropout-keep-and-drop-swapped",
    ),
    mistake(
        id="torch-forward-dropout-missing",
        did="The model drops nothing, whatever dropout is.",
        why="There is no dropout layer, or the forward pass does not run through it.",
        see=ONES,
        fix=PLACE,
        gives=drops(Dropping()),
    ),
    mistake(
        id="torch-forward-dropout-always-on",
        did="Dropout acts in evaluation mode too.",
        why="F.dropout drops unless it is told that the model is not in training; a module made in forward, too.",
        see="Call model.eval() and then the model twice on the same images: both outputs must be the same.",
        fix=MODES,
        gives=_traits({("evaluation", "evaluation"): "another each time"}),
        root="dropout-at-inference",
    ),
    mistake(
        id="torch-forward-dropout-on-the-logits",
        did="Dropout acts on the logits, behind the last layer.",
        why="A dropped logit is a class whose evidence is deleted at random; hidden units are what dropout is for.",
        see=ONES,
        fix=PLACE,
        gives=drops(Dropping(place=ON_LOGITS, kept=1 / (1 - P), share=P)),
        root="dropout-on-the-logits",
    ),
    mistake(
        id="torch-forward-dropout-on-the-images",
        did="Dropout acts on the images, in front of the first layer.",
        why="Dropping pixels is another regularisation than dropping hidden units.",
        see=ONES,
        fix=PLACE,
        gives=drops(Dropping(place=ON_INPUTS, kept=1 / (1 - P), share=P)),
        root="dropout-on-the-inputs",
    ),
    mistake(
        id="torch-forward-fixed-dropout",
        did="The dropout rate is one half, whatever dropout is.",
        why="nn.Dropout() without a number drops half of the activations, also where dropout=0 is asked for.",
        see=ONES,
        fix="Where does the argument dropout reach the layer?",
        gives=drops(Dropping(kept=2.0, share=0.5), Dropping(kept=2.0, share=0.5)),
        root="dropout-fixed-half",
    ),
    mistake(
        id="torch-forward-dropout-not-scaled",
        did="The activations that are kept are not scaled up.",
        why="Their mean then shrinks by 1 - p in training only, so that training and evaluation do not fit together.",
        see=ONES,
        fix="What is the mean of the activations with dropout, and what is it without?",
        gives=either(drops(Dropping(kept=1.0, share=P)), _classic),
        root="dropout-not-scaled",
    ),
    mistake(
        id="torch-forward-dropout-of-rows",
        did="Dropout deletes whole images: all of an image's hidden units are kept or dropped together.",
        why="nn.Dropout1d and nn.Dropout2d drop channels, and take an array of two dimensions for one.",
        see=ONES,
        fix="Which of PyTorch's dropout layers drops every number by a chance of its own?",
        gives=drops(Dropping(kept=1 / (1 - P), share=P, unit="rows")),
        root="dropout-whole-images",
    ),
    mistake(
        id="torch-forward-dropout-of-columns",
        did="One mask is drawn for the whole batch: the same hidden units are dropped for every image.",
        why="A mask of shape (H,) is broadcast over the images.",
        see=ONES,
        fix="What shape does the mask need, for every image to have its own?",
        gives=drops(Dropping(kept=1 / (1 - P), share=P, unit="columns")),
        root="dropout-mask-for-all-images",
    ),
    mistake(
        id="torch-forward-dropout-same-mask",
        did="Every pass drops the same activations.",
        why="A mask that is drawn once, or a generator that is seeded anew in each pass, never changes.",
        see="Call the model in training mode twice on the same images: the outputs must differ.",
        fix="When are your random numbers drawn, and where is their generator seeded?",
        gives=drops(Dropping(kept=1 / (1 - P), share=P, again=False)),
        root="dropout-seeded-inside",
    ),
)


def further(_exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask for the masked question's images in evaluation mode, and in training mode without dropout."""
    call = seen["training"].call

    def ask(name: str, **kwargs: bool) -> Call:
        return Call(
            name=name, target=call.target, args=call.args, kwargs={"repeat": 2, **kwargs}, room=call.room, repeat=1
        )

    return [ask(model_traits.UNDROPPED), ask("without dropout", training=True)]


CATALOGUE = Catalogue(
    criterion="torch_forward",
    observe=model_traits.observe,
    right=right,
    mistakes=(*STARTS, *MODELS, *DROPOUTS),
    further=further,
)
