"""Commands of the command line that are more than a few lines: what they print, and what they find out for it."""
