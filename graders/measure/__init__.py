"""Measuring answers: comparing arrays, the right values, statistical bounds. Knows no criterion."""
