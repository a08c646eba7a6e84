"""`grade.py doctor`: what this machine can do, and how to get the rest."""

import argparse


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "doctor",
        help="tell what this machine can do, the sandbox above all, and how to get the rest",
        description="Tell which packages are there, whether strangers' code is kept apart from this machine, and how "
        "long an exam room takes to open. Exit status: 2 where there is no sandbox, 3 where it cannot grade, else 0.",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(options: argparse.Namespace) -> int:
    """Look, print, and return the exit status."""
    from graders.machine.findings import look  # noqa: PLC0415 - slow to import

    return look(as_json=options.json)
