"""Right submissions in styles of their own, through the real exam room: whatever they look like, they lose nothing.

An ordinary run asks what is cheap and most likely to be unfair. With PLUMBLINE_BANK=whole in the environment every
style sits every criterion that its own files touch, on three seeds.
"""

import os
from pathlib import Path

import pytest

from graders.foundation.exam import TrainingOptions
from graders.rubric.load import with_parameters
from graders.rubric.registry import criterion_names
from graders.submission import Submission
from tests.banks.styles import CRITERIA, FILES, REFERENCE, TRAINED, Style, styles
from tests.sitting import TINY, lost, sit_submission

WHOLE = os.environ.get("PLUMBLINE_BANK") == "whole"
whole_bank = pytest.mark.skipif(not WHOLE, reason="minutes; set PLUMBLINE_BANK=whole")

BANK = styles()
BY_NAME = {style.name: style for style in BANK}
NUMPY_STYLES = [style for style in BANK if "mlp_numpy.py" in style.own]

# In an ordinary run: quick to answer, and each hands over, or takes back, something whose form is the student's choice.
QUICK = ("cross_entropy", "gradients", "dropout", "momentum_step", "training", "early_stopping")
TORCH_ROOM = {
    "double_precision_port": ("torch_forward",),
    "matrices_as_parameters": ("torch_forward", "torch_steps"),
    "trainer_class_port": ("torch_training",),
    "notebook_out_of_order": ("torch_steps", "plot_curves"),
    "explicit_canvas": ("plot_curves", "width_study"),
}
FULLY_TRAINED = ("float32_everywhere", "named_tuple_pytorch_velocity", "loader_and_schedulers", "notebook_all_in_one")
FULL = TrainingOptions(H=128, lr=0.1, epochs=15, batch=128)


def losses(
    submission: Submission,
    criteria: tuple[str, ...],
    *,
    seed: int = 7,
    data: str = "tiny",
    training: TrainingOptions = TINY,
) -> dict[str, object]:
    """Return what is lost, by criterion: the titles of its checks, or why it could not be judged."""
    asked = [with_parameters(name, {}) for name in criteria]
    results = sit_submission(submission, asked, seed=seed, data=data, training=training)
    found = {result.name: lost(result.verdict) if result.verdict else result.fault for result in results}
    return {name: what for name, what in found.items() if what != ()}


def test_the_bank_holds_many_styles_of_each_half() -> None:
    assert len(BANK) >= 24
    assert len(NUMPY_STYLES) >= 16
    assert sum("mlp_torch.py" in style.own for style in BANK) >= 8
    assert sum("study.py" in style.own for style in BANK) >= 5
    assert sum(style.has_notebook for style in BANK) >= 3


@pytest.mark.parametrize("style", BANK, ids=lambda style: style.name)
def test_a_style_is_no_copy_of_the_reference_and_is_taken_whole(style: Style, tmp_path: Path) -> None:
    submission = style.hand_in(tmp_path)
    assert not submission.faults
    assert style.own
    for name in FILES:
        own = style.folder / name
        assert not own.exists() or own.read_bytes() != (REFERENCE / name).read_bytes()


def test_the_file_written_under_windows_is_still_as_windows_wrote_it() -> None:
    content = (BY_NAME["windows_file"].folder / "mlp_numpy.py").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\n") == content.count(b"\r\n") > 100


@pytest.mark.parametrize("style", NUMPY_STYLES, ids=lambda style: style.name)
def test_a_right_numpy_half_in_a_style_of_its_own_loses_nothing(style: Style, tmp_path: Path) -> None:
    assert losses(style.hand_in(tmp_path), QUICK) == {}


@pytest.mark.torch_room
@pytest.mark.parametrize(("name", "criteria"), TORCH_ROOM.items(), ids=TORCH_ROOM)
def test_a_right_port_or_study_in_a_style_of_its_own_loses_nothing(
    name: str, criteria: tuple[str, ...], tmp_path: Path
) -> None:
    assert losses(BY_NAME[name].hand_in(tmp_path), criteria) == {}


@whole_bank
@pytest.mark.torch_room
@pytest.mark.parametrize("seed", [101, 102, 103])
@pytest.mark.parametrize("style", BANK, ids=lambda style: style.name)
def test_a_style_loses_nothing_on_any_criterion_that_it_touches(style: Style, seed: int, tmp_path: Path) -> None:
    assert losses(style.hand_in(tmp_path), style.criteria, seed=seed) == {}


@whole_bank
@pytest.mark.torch_room
@pytest.mark.parametrize("name", FULLY_TRAINED)
def test_a_style_reaches_the_accuracy_and_the_small_gap(name: str, tmp_path: Path) -> None:
    assert losses(BY_NAME[name].hand_in(tmp_path), TRAINED, data="mnist_10k", training=FULL) == {}


def test_every_criterion_is_somewhere_in_the_tables() -> None:
    asked = {name for names in CRITERIA.values() for name in names} | set(TRAINED)
    assert asked == set(criterion_names())
