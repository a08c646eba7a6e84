"""How an array is known again: where it lies in memory, and that nobody can have changed it since."""

from typing import TypeAlias

import numpy as np

Place: TypeAlias = tuple[int, tuple[int, ...], tuple[int, ...], str]
"""Where and how an array lies in memory: each question has views of its own of the same training images."""


def place_of(array: np.ndarray) -> Place:
    """Return where an array lies; another one may come to lie there once this one and those that share it are gone."""
    return (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str)


def is_constant(array: np.ndarray) -> bool:
    """Tell whether nobody can change an array: neither it nor an array that it is a view of is writeable.

    Memory that no array owns is trusted only where it is `bytes`: a file may change under a map of it.
    """
    owner: object = array
    while isinstance(owner, np.ndarray):
        if owner.flags.writeable:
            return False
        owner = owner.base
    return owner is None or isinstance(owner, bytes)


def owner_of(array: np.ndarray) -> np.ndarray:
    """Return the array that an array is a view of, however far; itself where it is none."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
