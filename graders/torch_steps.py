"""The PyTorch port takes the same steps: from the same state, one step gives the same state.

Measures: nothing random. All images are one batch, so that an epoch is one step; the starting weights are those of a
run with learning rate 0. One step, three steps, momentum, weight decay and both schedules are compared with the
mathematics in float64. Where the batch is one image short of everything, the state must be one of those that the
possible orders lead to; and three batches must lead about three steps far.

Matters: whether two ports agree in accuracy is a matter of luck on one seed; whether they take the same step is not.

Fix: make one step by hand with your NumPy gradients from the port's own starting weights, print both changes of one
array side by side, and look at their ratio. A constant ratio is a forgotten factor; a ratio that grows from step to
step is a state that is not cleared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Params, Room, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Check, Verdict, verdict
from graders.measure import miniature, truth
from graders.measure.compare import Wrong, check
from graders.measure.port_judge import PortJudge
from graders.measure.port_steps import Port
from graders.measure.training import trained_params
from graders.measure.trajectory import distance

N, H = 21, 11
THIRD = N // 3  # a batch size that leaves no short last batch
SHAPES = (miniature.PIXELS, H, miniature.CLASSES)
MU = 0.85
DECAY = 0.5
ORDER = "In which order do backward, step and zero_grad stand, and how often does each of them run?"
EVERY = "Count the batches of one epoch, and the images in them: how many steps should be taken?"
LOSS = "What does the loss function expect, logits or probabilities, and does it average or sum?"
GROUPS = "Which of the tensors that your optimiser holds shall decay, and which not?"
SGD = "With which options does the optimiser have to be made to take the momentum that train_torch is given?"
RATE = "Print the optimiser's learning rate at the beginning of every epoch, next to your own schedule function."
CARRIED = "After the first mistake, the checks expect what your own gradient makes of momentum, decay and schedules."


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchSteps(Grader):
    """Grades the steps of `train_torch`.

    Args:
        lr: learning rate of all runs.
        rtol: allowed gap, relative to how far an array moved; float32 rounding stays below 1e-4.
    """

    title: ClassVar[str] = "PyTorch: the same steps"
    about: ClassVar[str] = "train_torch"

    lr: float = 0.05
    rtol: float = 2e-3

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for the starting weights twice, and for runs that differ from each other in one option."""
        seed = int(exam.rng("torch steps").integers(1, 2**31 - 1))
        problem = miniature.draw(exam.rng("torch steps", "problem"), n=N, n_val=N)
        args = (problem.X.astype(np.float32), problem.y, problem.X_val.astype(np.float32), problem.y_val)

        def run(name: str, epochs: int, *, repeat: int = 0, **changes: Value) -> Call:
            plain: dict[str, Value] = {"H": H, "lr": self.lr, "epochs": epochs, "batch": N, "momentum": 0.0}
            # Whether the seed decides the weights is judged elsewhere: here every run starts from the same ones.
            options = {**plain, "seed": seed, "global_seed": seed, **changes}
            return Call(name=name, target="torch_train_run", args=args, kwargs=options, room=Room.TORCH, repeat=repeat)

        return [
            run("start", 1, lr=0.0),
            run("start again", 1, lr=0.0, repeat=1),
            run("one step", 1),
            run("three steps", 3),
            run("two batches", 1, batch=N - 1),
            run("three batches", 1, batch=THIRD, lr=self.lr / 50),
            run("momentum", 3, momentum=MU),
            run("weight decay", 3, weight_decay=DECAY),
            run("ten epochs", 10, schedule="step"),
            run("twelve epochs", 12, schedule="step"),
            run("cosine", 4, schedule="cosine"),
            run("cosine, batches", 2, batch=N - 1, schedule="cosine"),
        ]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the gradient first; what follows is judged with the port's own gradient where its mistake is known."""
        del exam
        X, y = seen["start"].call.args[:2]
        assert isinstance(X, np.ndarray)
        assert isinstance(y, np.ndarray)
        right = PortJudge(whole=(X, y), lr=self.lr, rtol=self.rtol, port=Port())
        clearing, own = _carried_forward(right, seen)

        def step(title: str, names: Sequence[str], test: Callable[..., str], *, weight: float, fix: str) -> Check:
            def from_the_start(first: Value, again: Value, *rest: Value) -> str:
                return test(_start(first, again), *(_state(value) for value in rest))

            answers = [seen[name] for name in ("start", "start again", *names)]
            options = ", ".join(f"{k}={v}" for k, v in answers[-1].call.kwargs.items() if k != "global_seed")
            asked = f"train_torch({options}) on {N} images"
            return check(title, answers, from_the_start, weight=weight, fix=fix, asked=asked)

        def whole_epoch(start: Params, got: Params) -> str:
            return own.whole_epoch(start, got, batch=THIRD, lr=self.lr / 50)

        def momentum(start: Params, got: Params) -> str:
            return own.momentum(start, got, MU)

        def decay(start: Params, got: Params) -> str:
            return own.decay(start, got, DECAY)

        return verdict(
            step(
                "one step moves the weights by -lr times the mean gradient", ["one step"], right.one, weight=3, fix=LOSS
            ),
            step("three steps use three fresh gradients", ["three steps"], clearing.three, weight=2, fix=ORDER),
            step("an epoch of two mini-batches takes two steps", ["two batches"], own.batches, weight=1, fix=ORDER),
            step("an epoch takes a step for every batch", ["three batches"], whole_epoch, weight=1, fix=EVERY),
            step("momentum is that of the contract", ["momentum"], momentum, weight=2, fix=SGD),
            step("weight decay acts on the weights alone", ["weight decay"], decay, weight=1.5, fix=GROUPS),
            step(
                "step decay drops after ten epochs", ["ten epochs", "twelve epochs"], own.step_decay, weight=1, fix=RATE
            ),
            step("the cosine schedule follows the cosine", ["cosine"], own.cosine, weight=1, fix=RATE),
            step(
                "schedules move on once an epoch",
                ["two batches", "cosine, batches"],
                own.once_an_epoch,
                weight=0.5,
                fix=RATE,
            ),
            remarks=() if own.port == right.port else (CARRIED,),
        )


def _carried_forward(right: PortJudge, seen: Seen) -> tuple[PortJudge, PortJudge]:
    """Return judges that take a known mistake of the first step, and of the first three, as given: charged once."""
    try:
        start = _start(*(seen[name].value for name in ("start", "start again")))
        port = right.mistake_of(start, _state(seen["one step"].value))
        clearing = replace(right, port=port)
        if clearing.never_clears(start, _state(seen["three steps"].value)):
            return clearing, replace(right, port=replace(port, accumulates=True))
    except Wrong:
        return right, right
    return clearing, clearing


def _state(value: Value) -> Params:
    return trained_params(value, what="train_torch", shapes=SHAPES)


def _start(first: Value, again: Value) -> Params:
    """Return the starting weights, which must be the same in both runs."""
    start, second = _state(first), _state(again)
    if not distance([second], [start], start=truth.zeros_like(start), scale=[start]) <= 1e-5:
        raise Wrong(
            "Two runs with the same seed start from different weights, so no step can be compared.",
            fix="Let the seed decide the initial weights first; everything else here is judged after that.",
        )
    return start
