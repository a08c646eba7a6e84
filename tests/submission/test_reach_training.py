"""A notebook that trains at top level is usable without training: the module made of it is run here."""

from pathlib import Path

import numpy as np

from tests.submission.handing_in import Trained, hand_in, messages, run


def test_a_notebook_that_trains_at_top_level_is_used_without_training(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "import numpy as np\nimport matplotlib.pyplot as plt",
        "X, y = load_mnist()\nprint(X.shape)",
        "def softmax(z):\n    e = np.exp(z - z.max(1, keepdims=True))\n    return e / e.sum(1, keepdims=True)",
        "def train(X, y):\n    return trained(X, y)",
        "params, history = train(X, y)\nplt.plot(history['train_loss'])\nplt.show()",
        "for width in [32, 64]:\n    params, history = train(X, y)",
    )
    heavy = Trained()
    names = run(made, trained=heavy, load_mnist=heavy)
    assert heavy.times == 0
    assert np.allclose(names["softmax"](np.zeros((1, 4))), 0.25)
    assert "X" not in names
    assert made.notices == ()


def test_training_that_a_function_truly_reads_is_kept_and_the_student_is_told(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "def train(X):\n    return trained(X)",
        "params, history = train([0])",
        "def predict(X):\n    return params",
    )
    heavy = Trained()
    assert run(made, trained=heavy)["predict"](0) == [1.0]
    assert heavy.times == 1
    assert "solution.ipynb, cell 2, line 1: functions of the assignment read params from this cell" in messages(made)


def test_training_that_rebinds_a_constant_is_passed_over_and_the_student_is_told(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "lr = 0.1",
        "def train(X):\n    return trained(X)",
        "for epoch in range(20):\n    train(0)\n    lr *= 0.5",
        "def step_decay(epoch):\n    return lr",
    )
    heavy = Trained()
    assert run(made, trained=heavy)["step_decay"](0) == 0.1
    assert heavy.times == 0
    assert "cell 3, line 1: this cell trains, so the grader does not run it; lr keeps" in messages(made)


def test_a_training_loop_without_a_train_function_is_known_by_its_learning_step(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "losses = []\ndef loss_and_grads(p):\n    return trained(p)",
        "for epoch in range(20):\n    losses.append(loss_and_grads(0))",
        "def plot_curves():\n    return losses",
    )
    heavy = Trained()
    assert run(made, trained=heavy)["plot_curves"]() == []
    assert heavy.times == 0


def test_a_class_that_binds_a_global_name_of_its_own_does_not_need_that_global(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "def train():\n    return trained()\nlr = train()",
        "class Step:\n    lr = 0.1\n    half = lr / 2\ncosine = Step",
    )
    heavy = Trained()
    assert run(made, trained=heavy)["cosine"].half == 0.05
    assert heavy.times == 0


def test_a_call_of_fit_is_training(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "class Model:\n    def fit(self):\n        return trained()",
        "history = None",
        "history = Model().fit()",
        "def plot_curves():\n    return history",
    )
    heavy = Trained()
    assert run(made, trained=heavy)["plot_curves"]() is None
    assert heavy.times == 0
