"""The ledger of a class: what was handed in, what was asked and answered, and how it was judged, in one SQLite file."""

from graders.ledger.criteria import CriterionRow, rows_of
from graders.ledger.database import LedgerError
from graders.ledger.figures import StudentFigures, figures_of
from graders.ledger.results import Status, StudentResult, results_of
from graders.ledger.rows import Award, HandInRow, SittingRow
from graders.ledger.store import Ledger

__all__ = [
    "Award",
    "CriterionRow",
    "HandInRow",
    "Ledger",
    "LedgerError",
    "SittingRow",
    "Status",
    "StudentFigures",
    "StudentResult",
    "figures_of",
    "results_of",
    "rows_of",
]
