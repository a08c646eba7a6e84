"""The libraries of a room, imported before its submission is there, and made to count with one thread."""

import contextlib
import sys
from typing import Any


def load_numpy() -> None:
    """Import NumPy and have its linear algebra find its kernels."""
    import numpy as np

    np.zeros((8, 8)) @ np.zeros((8, 8))


def load_torch() -> None:
    """Import PyTorch and what its first optimiser would import; once, before any submission."""
    if "torch" in sys.modules:
        return
    import torch
    import torch._dynamo
    import torch.utils.data

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    layer = torch.nn.Linear(2, 2)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    for parameter in layer.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()  # one tiny operation: PyTorch looks at the processor when it first computes
    _load_data_without_processes(torch)


def load_figures() -> None:
    """Import Matplotlib, which most submissions do; for rooms that serve many, as the first would wait for it."""
    with contextlib.suppress(ImportError):
        import matplotlib.pyplot  # noqa: F401


def _load_data_without_processes(torch: Any) -> None:
    """Have DataLoader read in this process: the room starts no other, and batches are the same without them."""
    original = torch.utils.data.DataLoader.__init__

    def without_processes(self: Any, *args: Any, num_workers: int = 0, **options: Any) -> None:
        if num_workers:
            print(f"DataLoader(num_workers={num_workers}) reads with 0 workers here: no process is started.")  # noqa: T201
            for name in ("prefetch_factor", "persistent_workers", "multiprocessing_context", "timeout"):
                options.pop(name, None)
        original(self, *args, num_workers=0, **options)

    torch.utils.data.DataLoader.__init__ = without_processes
