"""What operators run: see what is stuck and why, replay it, pause and switch flows, trace a record."""

import sys
from typing import NoReturn


def main() -> None:
    """The `cashpath` command. What AWS refuses is told in a line, not as a traceback."""
    from cashpath.cli.app import app
    from cashpath.cli.stage import NotDeployed

    try:
        app()
    except NotDeployed as problem:
        sys.exit(f"cashpath: {problem}")
    except Exception as problem:
        if type(problem).__module__.partition(".")[0] != "botocore":  # boto3 is imported only by commands that need it
            raise
        _refused(problem)


def _refused(problem: Exception) -> NoReturn:
    """End with what botocore refused: 2 where the shell lacks something, with the line that gives it; else 1."""
    from cashpath.cli.access import lacking

    remedy = lacking(problem)
    sys.stderr.write(f"cashpath: {remedy or problem}\n")
    sys.exit(2 if remedy else 1)
