"""What every grader may know while asking and judging: seed, data, and the rubric's common training options."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graders.dataset import Dataset
from graders.foundation.calibration import Calibration


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """The options of a full training run, the same for both implementations.

    Args:
        images: how many training images are used; 0 means all.
        H: hidden width.
        lr: learning rate.
        epochs: passes over the training images.
        batch: images in a mini-batch.
        momentum: mu of the momentum step.
        schedule: None, "step" or "cosine".
        weight: wall and CPU limit of one run, as a multiple of the limit for one question.
    """

    images: int = 0
    H: int = 128
    lr: float = 0.1
    epochs: int = 10
    batch: int = 128
    momentum: float = 0.9
    schedule: str | None = None
    weight: float = 4.0

    @property
    def told(self) -> str:
        """The options that decide what a run reaches, as text."""
        images = self.images or "all"
        return (
            f"{images} images, H={self.H}, lr={self.lr:g}, {self.epochs} epochs, batch={self.batch}, "
            f"momentum={self.momentum:g}, schedule={self.schedule}"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exam:
    """The sitting: one rubric, one seed, one data set.

    The test labels are in `data` and so never leave the process that scores.
    """

    seed: int
    data: Dataset
    training: TrainingOptions
    answers: str = ""
    calibration: Calibration | None = None

    @property
    def layers(self) -> tuple[int, int, int]:
        """Inputs, hidden units and classes (D, H, K) of the networks that the full runs train."""
        return self.data.X_train.shape[1], self.training.H, self.data.classes

    def rng(self, *key: str) -> np.random.Generator:
        """Return a generator that depends on the rubric's seed and on `key` alone."""
        return np.random.default_rng([self.seed, *(zlib.crc32(part.encode()) for part in key)])

    def train_images(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the images (N, D) and labels (N,) of a full training run."""
        n = self.training.images or len(self.data.X_train)
        return self.data.X_train[:n], self.data.y_train[:n]

    def run_seeds(self, count: int) -> Sequence[int]:
        """Return the first `count` seeds of the sequence of full training runs."""
        return [int(s) for s in self.rng("full runs").integers(1, 2**31 - 1, size=count)]
