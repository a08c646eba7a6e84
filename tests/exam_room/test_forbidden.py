"""The NumPy half may import machine-learning libraries, as notebooks do, but not compute with them."""

import numpy as np
import pytest

from graders.exam_room import ExamRoom
from graders.foundation.call import Call, Room
from graders.foundation.limits import Limits
from graders.foundation.observation import Failed, Observation, Returned
from tests.sitting import FORBIDDEN, submission_of

Z = np.array([[1.0, 2.0, 3.0]])


def ask(source: str) -> Observation:
    """Ask the softmax of a module."""
    with ExamRoom(submission_of({"mlp_numpy.py": source}), Room.NUMPY, Limits(), FORBIDDEN) as room:
        return room.ask(Call(name="z", target="softmax", args=(Z,)), seed=1)


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ndef softmax(z): return torch.softmax(torch.tensor(z), 1).numpy()",
        "import torch.nn.functional as F\ndef softmax(z): return F.softmax(z, dim=1)",
        "def softmax(z):\n    from scipy.special import softmax as s\n    return s(z, axis=1)",
        "def softmax(z):\n    return __import__('torch').softmax(z, 1)",
        "import importlib\ndef softmax(z):\n    return importlib.import_module('jax.nn').softmax(z)",
        "from sklearn.utils.extmath import softmax as s\ndef softmax(z): return s(z)",
    ],
)
def test_computing_with_a_library_is_refused_and_recorded(source: str) -> None:
    seen = ask(source)
    assert isinstance(seen, Failed)
    assert seen.forbidden
    assert "only NumPy" in seen.message


def test_falling_back_after_the_refusal_is_recorded_all_the_same() -> None:
    seen = ask("import torch\ndef softmax(z):\n    try: return torch.softmax(z, 1)\n    except Exception: return z")
    assert isinstance(seen, Returned)
    assert seen.forbidden == ("torch",)


@pytest.mark.parametrize(
    "top",
    [
        "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F",
        "import torch\ndevice = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\ntorch.manual_seed(0)",
        "from torch import nn\nclass Net(nn.Module):\n    def __init__(self): super().__init__()",
        "import torch\n@torch.no_grad()\ndef evaluate(m): pass\n@torch.jit.script\ndef f(x): return x",
        "from torch.utils.data import DataLoader, TensorDataset\nclass D(TensorDataset): pass",
        "import torch\ndef g(x: torch.Tensor | None = None) -> torch.Tensor: ...",
        "from sklearn.model_selection import train_test_split\nfrom sklearn.datasets import fetch_openml",
    ],
)
def test_importing_them_costs_nothing(top: str) -> None:
    seen = ask(f"{top}\ndef softmax(z): return z")
    assert isinstance(seen, Returned), seen
    assert seen.forbidden == ()


def test_seeding_torch_in_numpy_code_costs_nothing() -> None:
    seen = ask("import torch\ndef softmax(z):\n    torch.manual_seed(0)\n    isinstance(z, torch.Tensor)\n    return z")
    assert isinstance(seen, Returned), seen
    assert seen.forbidden == ()
