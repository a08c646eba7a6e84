"""Where images and labels come from: embedded files, IDX folders, OpenML; one noun, `Dataset`, for all of them."""

from graders.dataset.load import DATASET_NAMES, load_dataset
from graders.dataset.model import Dataset

__all__ = ["DATASET_NAMES", "Dataset", "load_dataset"]
