"""Mistakes in `build_torch`: how the layers start, what the model returns, and what its dropout does."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from graders.catalogue.torch_forward_starts import LAYERS, STARTS
from graders.foundation.call import Call, Params
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.measure import truth
from graders.measure.port_steps import WRONG_ACTIVATIONS
from graders.mistaken import model_traits
from graders.mistaken.model_answers import (
    P,
    always,
    drops,
    models,
    network,
    raises,
    right,
    scaled_in_evaluation,
    two_layers,
)
from graders.mistaken.model_traits import NORMALISED, ON_INPUTS, ON_LOGITS, Dropping
from graders.naming.mistake import Catalogue, Mistake
from graders.naming.styles import either

COMPARE = "Copy the weights of your NumPy network into the model and compare the logits of one small batch."
LOSS_EXPECTS = "What does PyTorch's cross-entropy expect from the model?"
ONES = "Build a model with dropout=0.3, call model.train(), and look at the hidden activations of one batch."
MODES = "Which layers behave differently after model.train() and model.eval(), and how do they get to know?"
PLACE = "Between which two layers does the dropout stand in the task?"

mistake = partial(Mistake, criterion="torch_forward")


def _softmax(theta: Params, X: np.ndarray) -> np.ndarray:
    return truth.softmax(truth.forward(theta, X))


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
        gives=raises(lambda D, H, K: [*two_layers(D, H, K), (H, H), (H,)]),
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
            raises(lambda D, H, K: [*two_layers(D, H, K), (H,), (H,)]),
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
        gives=always({("evaluation", "evaluation"): "another each time"}),
        root="forward-dropout-at-inference",
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
        gives=either(drops(Dropping(kept=1.0, share=P)), scaled_in_evaluation),
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
