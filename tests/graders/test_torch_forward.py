import pytest

from tests.graders.another_port import PORT
from tests.sitting import lost, named, named_parts, sit, sit_result

pytestmark = pytest.mark.torch_room

LAYERS = "two linear layers with biases"
W1, W2 = "W1 has mean 0 and variance 2/D", "W2 has mean 0 and variance 2/H"
SEED = "the same seed gives the same weights"
LOGITS = "the same weights give the same logits"
EVALUATION = "dropout does nothing in evaluation mode"
TRAINING = "in training mode 30% of the hidden activations are dropped and the rest scaled up"

MODEL = "return nn.Sequential(hidden, nn.ReLU(), nn.Dropout(dropout), output)"
ZEROS = "nn.init.zeros_(layer.bias)"
KAIMING = 'nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)'
TANH = MODEL.replace("nn.ReLU()", "nn.Tanh()")


def test_the_reference_keeps_every_point() -> None:
    assert lost(sit("torch_forward")) == ()


def test_a_module_with_functional_dropout_and_uniform_he_weights_keeps_every_point() -> None:
    assert lost(sit("torch_forward", files={"mlp_torch.py": PORT})) == ()


@pytest.mark.parametrize(
    ("edits", "titles", "name"),
    [
        ([(MODEL, MODEL.replace("output)", "output, nn.Softmax(dim=1))"))], (LOGITS,), "softmax-inside"),
        ([(MODEL, MODEL.replace("nn.ReLU()", "nn.Identity()"))], (LOGITS,), "no-activation"),
        (
            [(KAIMING, "torch.manual_seed(seed); layer.reset_parameters()")],
            (W1, W2),
            "default-init",
        ),
        (
            [("nn.Linear(H, K)", "nn.Linear(H, K, bias=False)"), (ZEROS, f"_ = layer.bias is None or {ZEROS}")],
            (LAYERS,),
            "no-bias",
        ),
        ([("nn.Dropout(dropout)", "nn.Dropout(1 - dropout)")], (TRAINING,), "keep-probability"),
        (
            [(MODEL, "return nn.Sequential(nn.Dropout(dropout), hidden, nn.ReLU(), output)")],
            (TRAINING,),
            "dropout-on-the-images",
        ),
        ([("nn.Dropout(dropout)", "nn.Dropout1d(dropout)")], (TRAINING,), "dropout-of-rows"),
    ],
)
def test_a_wrong_model_loses_what_it_breaks_and_nothing_else_and_is_named(
    edits: list[tuple[str, str]], titles: tuple[str, ...], name: str
) -> None:
    result = sit_result("torch_forward", edits={"mlp_torch.py": edits})
    assert result.verdict is not None
    assert lost(result.verdict) == titles
    assert named(result) == (f"torch-forward-{name}",)


def test_two_mistakes_at_once_are_named_by_their_parts_alone() -> None:
    two = [(KAIMING, "nn.init.xavier_uniform_(layer.weight, generator=generator)"), (MODEL, TANH)]
    result = sit_result("torch_forward", edits={"mlp_torch.py": two})
    assert named(result) == ()
    parts = named_parts(result)
    assert parts["W1"] == parts["W2"] == ("torch-forward-xavier",)
    assert parts["logits"] == ("torch-forward-tanh",)


def test_dropout_that_a_class_of_its_own_never_switches_off_is_named() -> None:
    own = PORT.replace("nn.functional.dropout(h, self.p, self.training)", "h * torch.bernoulli(0 * h + 1 - self.p)")
    own = own.replace("* torch.bernoulli(0 * h + 1 - self.p)", "* torch.bernoulli(0 * h + 1 - self.p) / (1 - self.p)")
    result = sit_result("torch_forward", files={"mlp_torch.py": own})
    assert named(result) == ("torch-forward-dropout-always-on",)
