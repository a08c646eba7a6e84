"""Mistakes in how the layers of `build_torch` start: their weights, their biases and the seed."""

from functools import partial
from math import sqrt

from graders.mistaken.model_answers import always, pytorch_default, starts
from graders.naming.mistake import Mistake
from graders.naming.styles import either

STD = "Print the standard deviation of both weight matrices, and compare it with sqrt(2 / fan_in)."
HE = "Which function of torch.nn.init draws He's weights, and which fan and gain does it take?"
BIAS = "Print both biases of a fresh model: they must be zero."
TWO_MODELS = "Build two models with the same seed and two with different seeds, and compare their weights."
SEED = "Where in build_torch does the seed reach the generator that draws the weights?"
LAYERS = "Write down the layers of your NumPy network, one by one, and beside them those of the model."

mistake = partial(Mistake, criterion="torch_forward")

STARTS = (
    mistake(
        id="torch-forward-default-init",
        did="The layers keep PyTorch's own initial values: weights and biases uniform up to 1/sqrt(fan_in).",
        why="nn.Linear draws its weights in its own way, with a variance six times smaller than He's.",
        see=STD,
        fix=HE,
        gives=either(
            starts(W1=pytorch_default, W2=pytorch_default, b1=pytorch_default, b2=pytorch_default),
            starts(W1=pytorch_default, W2=pytorch_default),
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
            starts(W2=pytorch_default, b2=pytorch_default),
            starts(W1=pytorch_default, b1=pytorch_default),
            starts(W2=pytorch_default),
            starts(W1=pytorch_default),
        ),
    ),
    mistake(
        id="torch-forward-default-biases",
        did="The biases keep PyTorch's own random initial values.",
        why="Initialising a layer's weight leaves its bias as nn.Linear drew it.",
        see=BIAS,
        fix="What do the biases of your NumPy network start from, and which line sets those of the layers?",
        gives=either(
            starts(b1=pytorch_default, b2=pytorch_default), starts(b1=pytorch_default), starts(b2=pytorch_default)
        ),
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
        gives=either(*(always({("built again", "seed"): names}) for names in ("W1 W2", "W1", "W2"))),
        root="init-seed-ignored",
    ),
    mistake(
        id="torch-forward-seed-constant",
        did="Every seed gives the same weights.",
        why="The generator gets a number that is written into the code.",
        see=TWO_MODELS,
        fix=SEED,
        gives=either(*(always({("other seed", "seed"): names}) for names in ("", "W1", "W2"))),
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
