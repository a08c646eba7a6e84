"""Mistakes in `train_torch` and `predict_torch`: modes, curves, seeds, early stopping and labels."""

from functools import partial

from graders.catalogue.torch_training_history import HISTORY
from graders.catalogue.torch_training_stopping import STOPPING
from graders.measure import truth
from graders.mistaken.torch_training_outcomes import right
from graders.mistaken.torch_training_predictions import labels, recorded, traits
from graders.mistaken.torch_training_traits import further, observe
from graders.naming.mistake import Catalogue, Mistake

MODE = "Print model.training in front of every loop over batches, and in front of every evaluation."
WHICH_MODE = "In which mode has the model to be there, and which line puts it into that mode each time?"
TWICE = "Train twice with the same seed and compare the weights; do it again with another seed."
RANDOM = "List everything that is random in a run: weights, order of the images, masks. Which generator does each use?"
LABELS = "Compare predict_torch(model, X) with the logits of three images that you look at yourself."
ARGMAX = "Which axis of the logits (N, K) holds one image's classes, and what of it is the answer?"

mistake = partial(Mistake, criterion="torch_training")

MODES = (
    mistake(
        id="torch-training-no-eval",
        did="The validation loss is measured in training mode: dropout acts while it is computed.",
        why="A model stays in training mode until it is told otherwise, so the curves get noisy and too high.",
        see=MODE,
        fix=WHICH_MODE,
        gives=recorded(noisy=True),
        root="curves-with-dropout",
    ),
    mistake(
        id="torch-training-no-train-again",
        did="The model stays in evaluation mode after the first validation: dropout acts in the first epoch only.",
        why="model.eval() holds until model.train() is called, and nothing raises an error.",
        see=MODE,
        fix=WHICH_MODE,
        gives=traits({("second epoch", "dropout"): "the step is the one without dropout"}),
    ),
    mistake(
        id="torch-training-dropout-never-acts",
        did="No step has dropout, although it is asked for.",
        why="Either the model is built without it, or it is in evaluation mode while it is trained.",
        see=MODE,
        fix="Does the argument dropout reach build_torch, and in which mode is the model during the steps?",
        gives=traits({(e, "dropout"): "the step is the one without dropout" for e in ("first epoch", "second epoch")}),
        root="training-dropout-ignored",
    ),
)

LABELS_GIVEN = (
    mistake(
        id="torch-training-predict-without-eval",
        did="predict_torch leaves the model in whatever mode it is: in training mode dropout acts on its answers.",
        why="Two calls on the same images then give different labels.",
        see="Call model.train() and then predict_torch twice on the same images.",
        fix=WHICH_MODE,
        gives=labels(lambda z: z.argmax(axis=1), in_training_mode=True),
    ),
    mistake(
        id="torch-training-predict-images-axis",
        did="predict_torch looks for the largest logit along the images, not along the classes.",
        why="dim=0 runs from image to image: the answer then has one number for each class.",
        see=LABELS,
        fix=ARGMAX,
        gives=labels(lambda z: z.argmax(axis=0)),
        root="predict-along-images",
    ),
    mistake(
        id="torch-training-predict-logits",
        did="predict_torch returns the logits, not the labels.",
        why="The likeliest class has still to be picked from each row.",
        see=LABELS,
        fix=ARGMAX,
        gives=labels(lambda z: z),
        root="predict-logits",
    ),
    mistake(
        id="torch-training-predict-probabilities",
        did="predict_torch returns probabilities, not labels.",
        why="The likeliest class has still to be picked from each row.",
        see=LABELS,
        fix=ARGMAX,
        gives=labels(truth.softmax),
        root="predict-probabilities",
    ),
    mistake(
        id="torch-training-predict-largest-logit",
        did="predict_torch returns the largest logit of each image, not the class that it belongs to.",
        why="max gives values and their places; the label is the place.",
        see=LABELS,
        fix=ARGMAX,
        gives=labels(lambda z: z.max(axis=1)),
        root="predict-largest-logit",
    ),
    mistake(
        id="torch-training-predict-least",
        did="predict_torch gives the least likely class.",
        why="The smallest logit belongs to the class for which there is least evidence.",
        see=LABELS,
        fix=ARGMAX,
        gives=labels(lambda z: z.argmin(axis=1)),
        root="predict-least-likely",
    ),
    mistake(
        id="torch-training-predict-from-one",
        did="predict_torch counts the classes from one.",
        why="Labels go from 0 to K - 1, so that every answer is off by one.",
        see=LABELS,
        fix=ARGMAX,
        gives=labels(lambda z: z.argmax(axis=1) + 1),
        root="predict-from-one",
    ),
)

SEEDS = (
    mistake(
        id="torch-training-unseeded-order",
        did="The seed does not decide the order of the images.",
        why="An order from a generator without a seed makes every run another one.",
        see=TWICE,
        fix=RANDOM,
        gives=traits({("again", "seed"): "other", ("dropout again", "seed"): "other"}),
    ),
    mistake(
        id="torch-training-unseeded-weights",
        did="The seed does not decide the initial weights.",
        why="build_torch is not given the seed, or draws from a generator without one.",
        see=TWICE,
        fix=RANDOM,
        gives=traits(
            {
                ("again", "seed"): "other",
                ("dropout again", "seed"): "other",
                ("start again", "seed"): "other",
            }
        ),
        root="init-seed-ignored",
    ),
    mistake(
        id="torch-training-unseeded-masks",
        did="The seed does not decide the dropout masks.",
        why="nn.Dropout draws from PyTorch's global generator, which has to be seeded as well.",
        see=TWICE,
        fix=RANDOM,
        gives=traits({("dropout again", "seed"): "other"}),
        root="training-unseeded-masks",
    ),
    mistake(
        id="torch-training-seed-ignored",
        did="Every seed gives the same run.",
        why="A number in the code takes the place of the argument.",
        see=TWICE,
        fix="Where does the argument seed occur in train_torch?",
        gives=traits({("other seed", "seed"): "the same", ("start of another seed", "seed"): "the same"}),
        root="training-seed-ignored",
    ),
)

CATALOGUE = Catalogue(
    criterion="torch_training",
    observe=observe,
    right=right,
    mistakes=(*MODES, *LABELS_GIVEN, *HISTORY, *SEEDS, *STOPPING),
    further=further,
)
