"""One door to every dataset: a name, or a folder of IDX files."""

import difflib
from pathlib import Path

from graders.dataset.embedded import EMBEDDED_NAMES, load_embedded
from graders.dataset.idx import load_idx_folder
from graders.dataset.model import Dataset
from graders.dataset.openml import OPENML_SOURCES, load_openml
from graders.foundation.errors import BadUsage

DATASET_NAMES = (*EMBEDDED_NAMES, *OPENML_SOURCES)


def load_dataset(name: str, *, data_dir: Path | None = None, data_home: Path | None = None) -> Dataset:
    """Load a dataset by its name.

    Args:
        name: one of `DATASET_NAMES`; with `data_dir`, a label of the caller's choice.
        data_dir: a folder with the four official IDX files; it then is the only source.
        data_home: where OpenML downloads are kept; scikit-learn's own folder where None.

    Raises:
        BadUsage: no dataset has this name, or its source is missing, damaged or out of reach.
    """
    if data_dir is not None:
        return load_idx_folder(data_dir, name=name)
    if name in EMBEDDED_NAMES:
        return load_embedded(name)
    if name in OPENML_SOURCES:
        return load_openml(name, OPENML_SOURCES[name], data_home=data_home)
    nearest = difflib.get_close_matches(name.lower(), DATASET_NAMES, n=1)
    raise BadUsage(
        f"no dataset is named '{name}'." + (f" Did you mean '{nearest[0]}'?" if nearest else ""),
        remedy=f"Choose one of {', '.join(DATASET_NAMES)}, or give --data-dir with a folder of IDX files.",
    )
