"""`cashpath check`: asks each vendor whether all is there that Cashpath needs: scopes, properties, mapped fields."""

from pathlib import Path
from typing import Annotated

import typer

from cashpath.cli.pasted import pasted
from cashpath.cli.prepare import connected
from cashpath.cli.settings import SETTINGS, loaded, system_in


def check(
    context: typer.Context,
    settings: Annotated[Path, SETTINGS],
    system: Annotated[str, typer.Option(help="One system; else all.")] = "",
) -> None:
    """What is missing in each system, with its remedy. Reads only; exit code 1 where anything is."""
    from botocore.exceptions import ClientError

    from cashpath.faults import Fault
    from cashpath.settings import compiled
    from cashpath.systems.port import Checkable

    stage = loaded(settings)
    wrong = 0
    for id in [system_in(stage, settings, system)] if system else stage.systems:
        there = connected(context.obj, compiled.system(stage, id))
        try:
            told = there.check() if isinstance(there, Checkable) else []
        except Fault as fault:
            told = [f"{id} cannot be asked: {fault}"]
        except ClientError as refused:  # Secrets Manager's: there is no such secret, or no right to it
            told = [f"{id} cannot be asked: its secret {stage.api_secret(id)}: {refused}"]
        wrong += len(told)
        typer.echo(
            "\n".join(f"✗ {pasted(line, context.obj, settings)}" for line in told)
            or f"✓ {id} has all that Cashpath needs"
        )
    if wrong:
        raise typer.Exit(1)
