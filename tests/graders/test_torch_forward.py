import pytest

from graders.foundation.verdict import Verdict
from tests.graders.another_port import PORT
from tests.sitting import lost, sit

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
ALWAYS_ON = "class AlwaysOn(nn.Module):\n    def forward(self, x):\n        return F.dropout(x, 0.3)\n\n\ndef sgd("


def reasons(verdict: Verdict) -> str:
    return " ".join(check.reason for check in verdict.checks if check.credit < 1)


def test_the_reference_keeps_every_point() -> None:
    assert lost(sit("torch_forward")) == ()


def test_a_module_with_functional_dropout_and_uniform_he_weights_keeps_every_point() -> None:
    assert lost(sit("torch_forward", files={"mlp_torch.py": PORT})) == ()


@pytest.mark.parametrize(
    ("edits", "titles", "words"),
    [
        ([(MODEL, MODEL.replace("output)", "output, nn.Softmax(dim=1))"))], (LOGITS,), "the model ends in a softmax"),
        ([(MODEL, MODEL.replace("nn.ReLU()", "nn.Identity()"))], (LOGITS,), "no ReLU between"),
        ([(KAIMING, "layer.reset_parameters()")], (W1, W2, SEED), "PyTorch's default for a linear layer"),
        (
            [("nn.Linear(H, K)", "nn.Linear(H, K, bias=False)"), (ZEROS, f"_ = layer.bias is None or {ZEROS}")],
            (LAYERS,),
            "no b2",
        ),
        ([("nn.Dropout(dropout)", "nn.Dropout(1 - dropout)")], (TRAINING,), "chance p to be kept"),
        (
            [(MODEL, "return nn.Sequential(nn.Dropout(dropout), hidden, nn.ReLU(), output)")],
            (TRAINING,),
            "acts on the inputs",
        ),
        ([("nn.Dropout(dropout)", "AlwaysOn()"), ("def sgd(", ALWAYS_ON)], (LOGITS, EVALUATION), "differ after"),
    ],
)
def test_a_wrong_model_loses_what_it_breaks_and_nothing_else(
    edits: list[tuple[str, str]], titles: tuple[str, ...], words: str
) -> None:
    verdict = sit("torch_forward", edits={"mlp_torch.py": edits})
    assert lost(verdict) == titles
    assert words in reasons(verdict)
