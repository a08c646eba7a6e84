"""The subcommands of grade.py: one module each, with `add_parser(commands)` and `run(options)`."""

DEFAULT_RUBRIC = "usaaio_2024_r1_p4"
SELFCHECK_RUBRIC = "selfcheck"
