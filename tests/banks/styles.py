"""The bank of right submissions in styles of their own: each folder of styles/ is what a student might hand in.

A folder may hold only the files that differ from the reference; what it lacks comes from reference/. A folder with a
notebook is handed in as it is.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from graders.submission import Submission, open_submission

FOLDER = Path(__file__).parent / "styles"
REFERENCE = Path(__file__).resolve().parents[2] / "reference"
FILES = ("mlp_numpy.py", "mlp_torch.py", "study.py", "answers.md")

# The criteria that look at each file, apart from those that need full training runs.
CRITERIA: Mapping[str, tuple[str, ...]] = {
    "mlp_numpy.py": (
        "softmax",
        "cross_entropy",
        "init",
        "forward",
        "gradients",
        "weight_decay",
        "dropout",
        "momentum_step",
        "step_decay",
        "cosine",
        "predict",
        "numpy_only",
        "training",
        "shuffling",
        "curves",
        "early_stopping",
        "momentum_benefit",
        "regularisation",
    ),
    "mlp_torch.py": ("torch_forward", "torch_steps", "torch_training"),
    "study.py": ("plot_curves", "width_study"),
    "answers.md": ("answers",),
}
# Those that need them: minutes, so they are asked for by name.
TRAINED = ("accuracy", "accuracy_gap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One right submission.

    Args:
        folder: its folder in the bank.
    """

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def has_notebook(self) -> bool:
        """Whether a notebook is part of it."""
        return any(self.folder.rglob("*.ipynb"))

    @property
    def own(self) -> tuple[str, ...]:
        """The contract's files that are in its own style; all of them where there is a notebook."""
        there = {path.name for path in self.folder.rglob("*")}
        return tuple(name for name in FILES if self.has_notebook or name in there)

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria that its own files touch, without those that need full training runs."""
        return tuple(criterion for file in self.own for criterion in CRITERIA[file])

    def hand_in(self, where: Path) -> Submission:
        """Write it into a folder, complete, and open that as a student's would be."""
        target = where / self.name
        shutil.copytree(self.folder, target, ignore=shutil.ignore_patterns("__pycache__"))
        for name in () if self.has_notebook else FILES:
            if name not in self.own:
                shutil.copy(REFERENCE / name, target / name)
        return open_submission(target)


def styles() -> list[Style]:
    """Return the bank, by name."""
    folders = (path for path in sorted(FOLDER.iterdir()) if path.is_dir() and path.name != "__pycache__")
    return [Style(folder=folder) for folder in folders]
