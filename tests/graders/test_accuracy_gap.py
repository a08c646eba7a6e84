from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from graders.accuracy_gap import AccuracyGap
from graders.dataset import Dataset
from graders.foundation.call import Call, Params
from graders.foundation.exam import Exam, TrainingOptions
from graders.foundation.observation import Answer, Returned
from graders.foundation.verdict import GapOverSeeds, Verdict
from tests.graders.another_port import PORT
from tests.sitting import TINY, dataset, lost, sit

TITLE = "mean test accuracies differ by at most 0.5 points"
LONGER = TrainingOptions(images=300, H=32, epochs=8, batch=50)
FEW = {"first_seeds": 2, "max_seeds": 3, "sd_points": 3.0}


def outcome(grader: AccuracyGap, gaps: np.ndarray) -> tuple[bool, int]:
    """Return whether the port fails and after how many seeds, when the seeds' gaps are these."""
    for n in range(grader.first_seeds, grader.max_seeds):
        if grader.bounds(gaps[:n]).settled:
            return grader.bounds(gaps[:n]).too_large, n
    return grader.bounds(gaps).too_large, grader.max_seeds


@pytest.mark.parametrize("true_gap", [0.0, 0.5, -0.5])
def test_a_port_whose_true_gap_is_allowed_fails_at_most_as_often_as_stated(true_gap: float) -> None:
    grader, rng = AccuracyGap(sd_points=0.4), np.random.default_rng(3)
    failed = sum(outcome(grader, rng.normal(true_gap, 0.4, size=6))[0] for _ in range(4000))
    assert failed <= 4000 * grader.risk_fail + 3 * (4000 * grader.risk_fail) ** 0.5


def test_a_large_gap_is_found_with_the_first_seeds_and_a_small_one_passes_early() -> None:
    grader = AccuracyGap(sd_points=0.25)
    assert outcome(grader, np.array([2.0, 1.8, 2.2, 0.0, 0.0, 0.0])) == (True, 3)
    assert outcome(grader, np.array([0.1, -0.1, 0.0, 9.0, 9.0, 9.0])) == (False, 3)


def test_a_port_that_scatters_more_than_the_reference_is_given_the_benefit_of_its_own_scatter() -> None:
    grader = AccuracyGap(sd_points=0.25)
    wild = np.array([4.0, -1.0, 5.0, -2.0, 4.0, 1.0])
    assert grader.bounds(wild).certain > 2 * grader.bounds(np.full(6, 1.8)).certain


def graded_brightness() -> Dataset:
    """Return data whose test images differ in their first pixel: the darker half are threes, the brighter fives."""
    data = dataset("tiny")
    n = len(data.y_test)
    X = np.zeros_like(data.X_test)
    X[:, 0] = np.arange(n) / n
    return replace(data, X_test=X, y_test=np.where(np.arange(n) < n // 2, 3, 5))


def telling_bright_from_dark(brightness: float) -> Params:
    """Return a network that says five where the first pixel is brighter than this, three elsewhere."""
    W1, b1, W2, b2 = np.zeros((784, 16)), np.zeros(16), np.zeros((16, 10)), np.zeros(10)
    W1[0, 0], b1[0] = 1.0, -brightness
    W2[0, 5], b2[3] = 1e6, 1e-6
    return Params(W1=W1, b1=b1, W2=W2, b2=b2)


class Scripted:
    """Plays runs in which the port is better than NumPy by given points."""

    def __init__(self, better: Sequence[float]) -> None:
        self.exam = Exam(seed=1, data=graded_brightness(), training=TINY)
        self.grader = AccuracyGap(sd_points=0.25, floor=0.0)
        self.better = better
        self.asked = 0

    def answer(self, call: Call) -> Answer:
        """Return a run whose network is right on the darker half, and on the seed's points more of the images."""
        y = self.exam.data.y_test
        known = 0
        if call.target == "torch_train_run":
            seed = call.name.rpartition(" ")[2]
            better = self.better[int(seed)] if seed.isdigit() else 0.0  # the disguised run has no seed's number
            known = round(better * len(y) / 100)
        network = telling_bright_from_dark(1 - (known + 0.5) / len(y))
        return Answer(call=call, observation=Returned(value={"params": network, "history": {}}))

    def verdict(self) -> Verdict:
        """Return the verdict after as many seeds as the grader asks for."""
        calls = list(self.grader.ask(self.exam))
        seen: dict[str, Answer] = {}
        while calls:
            seen |= {call.name: self.answer(call) for call in calls}
            calls = list(self.grader.ask_again(self.exam, seen))
        self.asked = sum(name.startswith("torch run") for name in seen)
        return self.grader.judge(self.exam, seen)


def test_seeds_are_added_until_the_answer_is_certain() -> None:
    certain, open_question = Scripted([0.0] * 6), Scripted([0.6, 0.6, 0.6, 0.6, 0.6, 0.6])
    assert lost(certain.verdict()) == ()
    assert certain.asked == 3
    verdict = open_question.verdict()
    assert open_question.asked == 6
    assert lost(verdict) == ()
    assert "cannot tell" in verdict.checks[0].reason


def test_a_gap_that_is_certainly_too_large_loses_and_is_shown() -> None:
    scripted = Scripted([3.0] * 6)
    verdict = scripted.verdict()
    assert lost(verdict) == (TITLE,)
    assert "the PyTorch network is better" in verdict.checks[0].reason
    (shown,) = verdict.exhibits
    assert isinstance(shown, GapOverSeeds)
    assert len(shown.gaps) == scripted.asked == 3
    assert max(shown.gaps) == pytest.approx(-3.0)


@pytest.mark.torch_room
@pytest.mark.parametrize("files", [{}, {"mlp_torch.py": PORT}])
def test_a_right_port_is_within_the_allowed_gap(files: dict[str, str]) -> None:
    assert lost(sit("accuracy_gap", params=FEW, training=LONGER, files=files)) == ()


@pytest.mark.torch_room
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("torch.tensor(X), torch.tensor(y", "torch.tensor(X / 255), torch.tensor(y"),
        ("set_learning_rate(optimizer, rate)", "set_learning_rate(optimizer, rate / 30)"),
    ],
)
def test_a_port_that_learns_worse_loses(old: str, new: str) -> None:
    assert lost(sit("accuracy_gap", params=FEW, training=LONGER, edits={"mlp_torch.py": [(old, new)]})) == (TITLE,)


@pytest.mark.torch_room
def test_a_broken_predict_torch_is_not_charged_here() -> None:
    broken = {"mlp_torch.py": [("    model.eval()\n    dtype = next", "    raise RuntimeError\n    dtype = next")]}
    assert lost(sit("accuracy_gap", params=FEW, training=LONGER, edits=broken)) == ()
