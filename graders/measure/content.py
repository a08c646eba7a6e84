"""A name for what arrays hold, under which what follows from them alone is kept from one submission to the next."""

import hashlib

import numpy as np


def content_of(*arrays: np.ndarray) -> bytes:
    """Return a digest of the arrays' dtypes, shapes and numbers; equal for equal content alone."""
    total = hashlib.sha256()  # of the safe ones the one that processors compute by themselves
    for array in arrays:
        total.update(f"{array.dtype.str} {array.shape} ".encode())
        total.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return total.digest()
