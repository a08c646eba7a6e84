"""Grading a class: whole submissions in parallel, each result kept at once, all files written from what is kept."""
