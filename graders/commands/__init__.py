"""The subcommands of grade.py: one module each, with `add_parser(commands)` and `run(options)`."""
