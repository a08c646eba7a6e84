"""Submissions that are right in a style of their own lose nothing."""

from pathlib import Path

import pytest

from graders.rubric.load import with_parameters
from tests.sitting import edited_reference, lost, sit_submission, submission_of

STYLES = sorted((Path(__file__).parents[1] / "banks" / "styles").glob("*.py"))
CRITERIA = ("softmax", "cross_entropy", "init", "forward", "gradients", "weight_decay", "predict", "numpy_only")


def test_there_are_styles_to_test() -> None:
    assert len(STYLES) >= 5


@pytest.mark.parametrize("seed", [11, 12])
@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.stem)
def test_a_right_numpy_half_in_another_style_keeps_every_point(style: Path, seed: int) -> None:
    files = {**edited_reference(), "mlp_numpy.py": style.read_text()}
    results = sit_submission(submission_of(files), [with_parameters(name, {}) for name in CRITERIA], seed=seed)
    for result in results:
        assert result.verdict is not None, result.fault
        assert lost(result.verdict) == (), result.name
