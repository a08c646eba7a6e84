"""The command line's parts: one module for each command, with `add_parser(commands)` and `run(options)`."""

DEFAULT_RUBRIC = "usaaio_2024_r1_p4"
SELFCHECK_RUBRIC = "selfcheck"
