import pytest

from graders.foundation.verdict import Verdict
from tests.graders.another_port import PORT
from tests.sitting import lost, sit

pytestmark = pytest.mark.torch_room

ONE = "one step moves the weights by -lr times the mean gradient"
THREE = "three steps use three fresh gradients"
BATCHES = "an epoch of two mini-batches takes two steps"
EVERY = "an epoch takes a step for every batch"
MOMENTUM = "momentum is that of the contract"
DECAY = "weight decay acts on the weights alone"
STEP, COSINE = "step decay drops after ten epochs", "the cosine schedule follows the cosine"

LOSS = "loss = F.cross_entropy(model(images[rows]), labels[rows])"
SGD = "lr=lr, momentum=momentum)"
CLEAR = "                optimizer.zero_grad()\n"
TRAIN = "            model.train()\n"


def reasons(verdict: Verdict) -> str:
    return " ".join(check.reason for check in verdict.checks if check.credit < 1)


@pytest.mark.parametrize("files", [{}, {"mlp_torch.py": PORT}])
def test_a_right_port_keeps_every_point(files: dict[str, str]) -> None:
    assert lost(sit("torch_steps", files=files)) == ()


def test_a_port_whose_weights_do_not_follow_the_seed_is_still_judged_step_by_step() -> None:
    unseeded = [("generator = torch.Generator().manual_seed(seed)", "generator = None")]
    assert lost(sit("torch_steps", edits={"mlp_torch.py": unseeded})) == ()


@pytest.mark.parametrize(
    ("edits", "titles", "words"),
    [
        ([(LOSS, LOSS.removesuffix(")") + ", reduction='sum')")], (ONE,), "summed over the batch"),
        ([(LOSS, LOSS.replace("model(images[rows])", "model(images[rows]).softmax(1)"))], (ONE,), "applied twice"),
        ([(CLEAR, "")], (THREE,), "they are never cleared"),
        ([(CLEAR, ""), (TRAIN, f"{TRAIN}            optimizer.zero_grad()\n")], (BATCHES,), "not cleared between"),
        ([(SGD, "lr=lr)")], (MOMENTUM,), "without momentum"),
        ([(SGD, "lr=lr, momentum=momentum, nesterov=momentum > 0)")], (MOMENTUM,), "Nesterov's steps"),
        ([('"weight_decay": 0.0}', '"weight_decay": weight_decay}')], (DECAY,), "the biases decay as well"),
        ([("            set_learning_rate(optimizer, rate)\n", "")], (STEP, COSINE), "stays constant"),
    ],
)
def test_a_wrong_step_is_charged_once_and_named(
    edits: list[tuple[str, str]], titles: tuple[str, ...], words: str
) -> None:
    verdict = sit("torch_steps", edits={"mlp_torch.py": edits})
    assert lost(verdict) == titles
    assert words in reasons(verdict)


def test_an_epoch_that_ends_after_its_first_batch_is_caught() -> None:
    stops = [("                optimizer.step()\n", "                optimizer.step()\n                break\n")]
    assert lost(sit("torch_steps", edits={"mlp_torch.py": stops})) == (EVERY,)
