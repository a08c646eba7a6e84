import pytest

from tests.graders.another_port import PORT
from tests.sitting import lost, named, named_parts, sit, sit_result

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


@pytest.mark.parametrize("files", [{}, {"mlp_torch.py": PORT}])
def test_a_right_port_keeps_every_point(files: dict[str, str]) -> None:
    assert lost(sit("torch_steps", files=files)) == ()


def test_a_port_whose_weights_do_not_follow_the_seed_is_still_judged_step_by_step() -> None:
    unseeded = [("generator = torch.Generator().manual_seed(seed)", "generator = None")]
    assert lost(sit("torch_steps", edits={"mlp_torch.py": unseeded})) == ()


@pytest.mark.parametrize(
    ("edits", "titles", "name"),
    [
        ([(LOSS, LOSS.removesuffix(")") + ", reduction='sum')")], (ONE,), "summed"),
        ([(LOSS, LOSS.replace("model(images[rows])", "model(images[rows]).softmax(1)"))], (ONE,), "softmax-twice"),
        ([(CLEAR, "")], (THREE,), "no-zero-grad"),
        ([(CLEAR, ""), (TRAIN, f"{TRAIN}            optimizer.zero_grad()\n")], (BATCHES,), "zero-grad-once-an-epoch"),
        ([(SGD, "lr=lr)")], (MOMENTUM,), "momentum-none"),
        ([(SGD, "lr=lr, momentum=momentum, nesterov=momentum > 0)")], (MOMENTUM,), "momentum-nesterov"),
        ([('"weight_decay": 0.0}', '"weight_decay": weight_decay}')], (DECAY,), "decay-of-biases"),
        ([("            set_learning_rate(optimizer, rate)\n", "")], (STEP, COSINE), "schedule-ignored"),
    ],
)
def test_a_wrong_step_is_charged_once_and_named(
    edits: list[tuple[str, str]], titles: tuple[str, ...], name: str
) -> None:
    result = sit_result("torch_steps", edits={"mlp_torch.py": edits})
    assert result.verdict is not None
    assert lost(result.verdict) == titles
    assert named(result) == (f"torch-steps-{name}",)


def test_a_mistake_beside_a_wrong_loss_is_named_by_its_own_part() -> None:
    two = [
        (LOSS, LOSS.removesuffix(")") + ", reduction='sum')"),
        ('"weight_decay": 0.0}', '"weight_decay": weight_decay}'),
    ]
    result = sit_result("torch_steps", edits={"mlp_torch.py": two})
    assert named(result) == ()
    parts = named_parts(result)
    assert parts["one step"] == ("torch-steps-summed",)
    assert parts["weight decay"] == ("torch-steps-decay-of-biases",)


def test_a_port_in_another_style_that_steps_once_an_epoch_is_named() -> None:
    late = PORT.replace("            optimiser.zero_grad()\n", "").replace("            optimiser.step()\n", "")
    late = late.replace(
        "        total, hits = 0.0, 0\n", "        total, hits = 0.0, 0\n        optimiser.zero_grad()\n"
    )
    late = late.replace(
        "        if scheduler is not None:", "        optimiser.step()\n        if scheduler is not None:"
    )
    assert named(sit_result("torch_steps", files={"mlp_torch.py": late})) == ("torch-steps-step-once-an-epoch",)


def test_an_epoch_that_ends_after_its_first_batch_is_caught() -> None:
    stops = [("                optimizer.step()\n", "                optimizer.step()\n                break\n")]
    assert lost(sit("torch_steps", edits={"mlp_torch.py": stops})) == (EVERY,)
