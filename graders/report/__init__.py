"""Showing a scorecard: the record, the terminal and the HTML report. Views compute nothing beyond it."""

from graders.report.html import render_html, write_html
from graders.report.record import read_record, record_schema, record_text, to_record, write_record
from graders.report.record_model import Record
from graders.report.terminal import SittingProgress, print_scorecard, progress

__all__ = [
    "Record",
    "SittingProgress",
    "print_scorecard",
    "progress",
    "read_record",
    "record_schema",
    "record_text",
    "render_html",
    "to_record",
    "write_html",
    "write_record",
]
