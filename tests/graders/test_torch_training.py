import pytest

from tests.graders.another_port import PORT
from tests.sitting import lost, named, sit, sit_result

pytestmark = pytest.mark.torch_room

LIKELIEST, EITHER_MODE = "predict_torch gives the likeliest class", "predict_torch is the same in either mode"
SERIES = "history has four series, one number for each epoch"
VAL_LOSS, VAL_ACC = "the last val_loss is that of the returned weights", "so is the last val_acc"
FREE, ACTS = "validation is free of dropout", "dropout acts in every epoch"
SEED = "the same seed gives the same run"
ENDS, BACK = "a run ends 3 epochs after its best one", "the best epoch's weights come back"
BACK_LATE = "also when patience never ends the run"

TRAIN = "            model.train()\n            order"
STOP = "            elif epoch - best_epoch >= patience:\n                break\n"


@pytest.mark.parametrize("files", [{}, {"mlp_torch.py": PORT}])
def test_a_right_port_keeps_every_point(files: dict[str, str]) -> None:
    assert lost(sit("torch_training", files=files)) == ()


@pytest.mark.parametrize(
    ("edits", "titles", "name"),
    [
        ([("    model.eval()\n    dtype = next", "    dtype = next")], (EITHER_MODE,), "predict-without-eval"),
        ([(TRAIN, "            order")], (ACTS,), "no-train-again"),
        ([("value.clone() for", "value for")], (BACK, BACK_LATE), "last-weights"),
        ([(STOP, "")], (ENDS,), "patience-ignored"),
        ([("(z, y).item()", "(z, y, reduction='sum').item()")], (VAL_LOSS,), "summed-loss"),
        ([('history[f"{split}_acc"].append(accuracy)', "pass")], (SERIES, VAL_ACC), "no-accuracy"),
        ([("model(torch.tensor(X, dtype=dtype)).argmax(dim=1)", "model(torch.tensor(X, dtype=dtype)).argmin(dim=1)")],
         (LIKELIEST,), "predict-least"),
    ],
)  # fmt: skip
def test_a_wrong_habit_loses_what_it_breaks_and_nothing_else(
    edits: list[tuple[str, str]], titles: tuple[str, ...], name: str
) -> None:
    result = sit_result("torch_training", edits={"mlp_torch.py": edits})
    assert result.verdict is not None
    assert lost(result.verdict) == titles
    assert named(result) == (f"torch-training-{name}",)


def test_a_port_in_another_style_that_keeps_references_to_its_weights_is_named() -> None:
    kept = PORT.replace("copy.deepcopy(model.state_dict())", "model.state_dict()")
    assert named(sit_result("torch_training", files={"mlp_torch.py": kept})) == ("torch-training-last-weights",)


def test_a_port_without_predict_torch_keeps_its_training_points() -> None:
    verdict = sit("torch_training", edits={"mlp_torch.py": [("def predict_torch(", "def something_else(")]})
    assert lost(verdict) == (LIKELIEST, EITHER_MODE)
    assert [check.attempted for check in verdict.checks[:2]] == [False, False]
