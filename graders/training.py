"""Training: mini-batches, epochs and every option of `train`, each by itself.

Measures: on a tiny problem with all images in one batch nothing is random, so the parameters after each epoch are known
exactly: for plain gradient descent, with momentum, weight decay and the two schedules. On copies of one image they are
known for mini-batches too. Besides: the same seed gives the same bits and another seed other ones, dropout acts, the
hidden width is as asked, a short last batch does no harm.

Matters: a loop can lower the loss although an option is silently ignored or acts twice; only a comparison of the
parameters shows it.

Fix: train for one epoch with batch=len(X) and dropout off, and take the same step by hand from the initial parameters.
Then switch on one option at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.observation import Answer, Failed, Returned
from graders.foundation.verdict import Check, Verdict, verdict
from graders.measure import recipes, truth
from graders.measure.compare import Wrong, check, params
from graders.measure.full_batch import states_follow
from graders.measure.loop_traces import counts_epochs, new_masks
from graders.measure.miniature import CLASSES, PIXELS, Problem, draw
from graders.measure.recipes import Recipe
from graders.measure.training import loss_of, trained_params

N, H, SEED, EPOCHS, LR = 20, 6, 11, 4, 0.02
SHORT = 7  # batch size that leaves a short last batch: 7, 7 and 6 of 20 images
LONG = 12  # epochs, so that a step schedule has dropped
SLOW = 1e-5  # a learning rate at which the order of the batches does not matter
WIDE, DROPPED = 80, 0.6  # hidden units and their chance to be dropped where masks are compared
DECAY = 2.0  # large, so that a decay of the biases shows, although they start at zero
SHAPES = (PIXELS, H, CLASSES)
BY_HAND = "Take the first step by hand: the gradient of all images, one momentum step, each of the four arrays."
ONE_OPTION = "Follow the option from train's arguments to the place where it acts: what arrives there in each epoch?"
NEW_MASK = "Where is the generator of the masks made: once for the training, or again for each step?"
SEEDED = "Which random numbers of your training do not come from a generator that was made with the seed?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Training(Grader):
    """Grades the loop of `train` and its options.

    Args:
        rtol: allowed gap, relative to how far each array has moved.
    """

    title: ClassVar[str] = "Training loop and its options"
    about: ClassVar[str] = "train"

    rtol: float = 1e-3

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for runs on one batch of all images, for one run of each option, and for mini-batch runs twice."""
        problem = problem_of(exam)
        whole: dict[str, Value] = {"H": H, "batch": N, "seed": SEED}
        parts = {**whole, "batch": SHORT, "lr": LR, "epochs": 3}
        small = {**whole, "batch": 2, "lr": LR, "H": WIDE}
        lengths = range(1, EPOCHS + 1)
        return [
            problem.run("at rest", {**whole, "lr": 0.0, "epochs": 1}),
            Call(name="init", target="init", args=(PIXELS, H, CLASSES), kwargs={"seed": SEED}),
            *(problem.run(f"plain {n}", {**whole, "lr": LR, "epochs": n, "momentum": 0.0}) for n in lengths),
            *(problem.run(f"default {n}", {**whole, "lr": LR, "epochs": n}) for n in lengths),
            *_option_runs(problem, "", {"momentum": 0.0}),
            problem.run("mini-batches", parts),
            problem.run("mini-batches again", parts, repeat=1),
            problem.run("other seed", {**parts, "seed": SEED + 1}),
            problem.run("dropout", {**parts, "dropout": 0.4}),
            problem.run("dropout again", {**parts, "dropout": 0.4}, repeat=1),
            *(problem.run(f"small steps {n}", {**small, "epochs": n, "dropout": DROPPED}) for n in (1, 2)),
            problem.run("wider", {"H": H + 3, "batch": N, "lr": LR, "epochs": 1}),
        ]

    def ask_again(self, exam: Exam, seen: Seen) -> Sequence[Call]:
        """Ask for the options without `momentum` where the submission's train does not take it."""
        refused = isinstance(seen["plain 1"].observation, Failed)
        works = isinstance(seen["default 1"].observation, Returned)
        asked = f"decay{DEFAULTS}" in seen
        return _option_runs(problem_of(exam), DEFAULTS, {}) if refused and works and not asked else ()

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the steps, then the options one by one, then what is random."""
        problem, starts = problem_of(exam), starts_of(seen)

        def runs_follow(
            title: str,
            answers: Sequence[Answer],
            right: Sequence[Recipe],
            weight: float = 1.0,
            on: Problem = problem,
        ) -> Check:
            test = states_follow(on, starts, right, H=H, rtol=self.rtol)
            return check(title, answers, test, weight=weight, fix=BY_HAND if weight > 1 else ONE_OPTION)

        plain, default = ([seen[f"{kind} {n}"] for n in range(1, EPOCHS + 1)] for kind in ("plain", "default"))
        one = next((a for a in (plain[0], default[0]) if isinstance(a.observation, Returned)), default[0])
        suffix, mu = (DEFAULTS, recipes.DEFAULT_MU) if f"decay{DEFAULTS}" in seen else ("", 0.0)
        decay, step, wave = ([seen[f"{option}{suffix}"]] for option in ("decay", "step", "cosine"))
        slow = [seen[f"slow{suffix}"], seen[f"slow step{suffix}"]]
        return verdict(
            runs_follow("one epoch of one batch is one gradient step", [one], recipes.descent(LR, 1, 0.0), weight=2),
            runs_follow("momentum=0 gives plain gradient descent", plain, recipes.descent(LR, EPOCHS, 0.0)),
            runs_follow(
                "momentum is 0.9 by default and carries over",
                default,
                recipes.descent(LR, EPOCHS, recipes.DEFAULT_MU),
                weight=2,
            ),
            runs_follow(
                "weight_decay acts on both weight matrices", decay, recipes.descent(LR, EPOCHS, mu, decay=DECAY)
            ),
            runs_follow("schedule='step' drops the learning rate after 10 epochs", step, recipes.step(LR, LONG, mu)),
            check(
                "schedule='step' counts epochs, not mini-batches",
                slow,
                counts_epochs(starts, H=H, epochs=LONG),
                weight=0.5,
                fix=ONE_OPTION,
            ),
            runs_follow(
                "schedule='cosine' lowers the learning rate along the wave", wave, recipes.cosine(LR, EPOCHS, mu)
            ),
            _same_bits("the same seed gives the same bits", seen, "mini-batches", "mini-batches again"),
            _other("another seed gives another network", seen, "mini-batches", "other seed", fix=SEEDED),
            _other("dropout acts in training", seen, "mini-batches", "dropout", fix=ONE_OPTION),
            check(
                "every step draws a new dropout mask",
                [seen["small steps 1"], seen["small steps 2"]],
                lambda *v: new_masks(problem, *v, H=WIDE, p=DROPPED),
                weight=0.5,
                fix=NEW_MASK,
            ),
            _same_bits("the same seed gives the same bits with dropout", seen, "dropout", "dropout again"),
            check("H sets the hidden width", seen["wider"], _wider, weight=0.5),
            check("a shorter last batch does no harm", seen["mini-batches"], _learns(problem, starts), weight=0.5),
            *(
                runs_follow(
                    "each mini-batch is one step, averaged over its own images",
                    [alike],
                    recipes.mini_batches(LR, 2, mu, images=N, batch=SHORT),
                    weight=0.5,
                    on=problem.alike(),
                )
                for alike in [seen[f"alike{suffix}"]]
                if _readable(alike)
            ),
        )


DEFAULTS = " with default momentum"


def problem_of(exam: Exam) -> Problem:
    """Return what is trained on."""
    return draw(exam.rng("training"), n=N, n_val=30)


def _option_runs(problem: Problem, suffix: str, momentum: Mapping[str, Value]) -> list[Call]:
    whole: dict[str, Value] = {"H": H, "batch": N, "seed": SEED, "lr": LR, **momentum}
    slow = {**whole, "batch": 5, "lr": SLOW}
    return [
        problem.run(f"decay{suffix}", {**whole, "epochs": EPOCHS, "weight_decay": DECAY}),
        problem.run(f"step{suffix}", {**whole, "epochs": LONG, "schedule": "step"}),
        problem.run(f"slow{suffix}", {**slow, "epochs": LONG}),
        problem.run(f"slow step{suffix}", {**slow, "epochs": LONG, "schedule": "step"}),
        problem.run(f"cosine{suffix}", {**whole, "epochs": EPOCHS, "schedule": "cosine"}),
        problem.alike().run(f"alike{suffix}", {**whole, "batch": SHORT, "epochs": 2}),
    ]


def _readable(answer: Answer) -> bool:
    """Tell whether copies of one image could be trained on: who counts classes by the labels that occur cannot."""
    try:
        trained_params(answer.value, what="train", shapes=SHAPES)
    except Wrong:
        return False
    return True


def starts_of(seen: Seen) -> list[Params]:
    """Return what the parameters before training may have been: those of a run with lr=0, and those of init."""
    found: list[Params] = []
    for name in ("at rest", "init"):
        try:
            if name == "init":
                start = params(seen[name].value, what="init", shapes=SHAPES)
            else:
                start = trained_params(seen[name].value, what="train", shapes=SHAPES)
        except Wrong:
            continue
        if not any(truth.same_bits(start, other) for other in found):
            found.append(start)
    return found


def _same_bits(title: str, seen: Seen, first: str, second: str) -> Check:
    def test(*values: Value) -> str:
        a, b = (trained_params(value, what="train", shapes=SHAPES) for value in values)
        for name in truth.NAMES:
            gap = float(np.max(np.abs(getattr(a, name) - getattr(b, name))))
            if not gap == 0.0:
                raise Wrong(
                    f"Two runs with seed={SEED} end with different {name}: the largest difference is {gap:.1e}, "
                    "allowed is none.",
                    got=f"difference {gap:.1e}",
                    expected="no difference",
                )
        return "no difference"

    return check(title, [seen[first], seen[second]], test, fix=SEEDED)


def _other(title: str, seen: Seen, first: str, second: str, *, fix: str) -> Check:
    def test(*values: Value) -> None:
        a, b = (trained_params(value, what="train", shapes=SHAPES) for value in values)
        if truth.same_bits(a, b):
            raise Wrong("Both runs end with the same parameters, bit for bit.", got="no difference")

    return check(title, [seen[first], seen[second]], test, fix=fix)


def _wider(value: Value) -> None:
    trained_params(value, what="train", shapes=(PIXELS, H + 3, CLASSES))


def _learns(problem: Problem, starts: Sequence[Params]) -> Callable[[Value], str]:
    def test(value: Value) -> str:
        after = loss_of(trained_params(value, what="train", shapes=SHAPES), problem.X, problem.y, what="train")
        before = loss_of(starts[0], problem.X, problem.y, what="train") if starts else np.log(CLASSES)
        if not after < before:
            raise Wrong(
                f"Three epochs in batches of 7, 7 and 6 move the training loss from {before:.4g} to {after:.4g}.",
                got=f"{after:.4g}",
                expected=f"less than {before:.4g}",
                fix="Print the number of images in each batch of one epoch, with 20 images and batch=7.",
            )
        return f"training loss from {before:.4g} to {after:.4g}"

    return test
