"""The versions that a result depends on."""

import functools
import importlib.metadata
import platform
from collections.abc import Mapping


@functools.cache  # looked up on disk, and the same for every submission
def environment() -> Mapping[str, str]:
    """Return interpreter, platform and package versions, by name; imports none of the packages."""
    packages = {name: _version(name) for name in ("numpy", "torch", "scipy", "matplotlib")}
    return {"python": platform.python_version(), "platform": platform.platform(), **packages}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
