"""The class on one page: index.html, which loads nothing and asks no server."""

from graders.dashboard.page import render_dashboard

__all__ = ["render_dashboard"]
