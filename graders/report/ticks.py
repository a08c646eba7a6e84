"""What stands at an axis' ticks: numbers that need nothing else to be read."""

import numpy as np
from matplotlib.ticker import ScalarFormatter


class FullNumbers(ScalarFormatter):
    """Writes each tick in full: 2e8 where Matplotlib writes 2.0 and 1e8 for all of them in a corner, over a legend."""

    def __init__(self) -> None:
        super().__init__(useOffset=False)

    def format_ticks(self, values: list[float]) -> list[str]:
        """Return one label for each tick."""
        plain = super().format_ticks(values)
        if not super().get_offset():
            return plain
        # What is left of a zero after rounding is a zero.
        largest = float(np.abs(values).max())
        return [self.fix_minus(_power(value)) if abs(value) > 1e-12 * largest else "0" for value in values]

    def get_offset(self) -> str:
        """Return nothing: there is no power or constant that holds for all ticks."""
        return ""


def _power(number: float) -> str:
    """Return a number as 1.25e8; its last digits, in which rounding shows, are left out."""
    digits, _, exponent = f"{number:.13e}".partition("e")
    return f"{digits.rstrip('0').rstrip('.')}e{int(exponent)}"
