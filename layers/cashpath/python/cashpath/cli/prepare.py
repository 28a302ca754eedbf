"""`cashpath prepare`: set a system up, once, for what Cashpath writes into it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cashpath.cli.stage import Stage

if TYPE_CHECKING:
    from cashpath.settings.slices import SystemSlice
    from cashpath.systems.port import System


def prepare(
    context: typer.Context,
    system: Annotated[str, typer.Argument(help="The system, as the stage's TOML names it.")],
    settings: Annotated[Path, typer.Option(help="The stage's TOML.")],
) -> None:
    """Create the custom fields that a system lacks. Safe to repeat; needs a secret that may change fields."""
    from cashpath.settings import compiled
    from cashpath.settings.load import StageError, load
    from cashpath.systems.port import Preparable

    try:
        stage = load(settings)
    except StageError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    if system not in stage.systems:
        raise typer.BadParameter(f"{settings} names no system {system!r}; it names {', '.join(sorted(stage.systems))}")
    there = connected(context.obj, compiled.system(stage, system))
    if not isinstance(there, Preparable):
        typer.echo(f"{system} needs no preparation")
        return
    made = there.prepare()
    typer.echo("\n".join(f"created {name}" for name in made) or f"{system} has all that it needs")


def connected(stage: Stage, system: "SystemSlice") -> "System":
    """The connector of a system, with the operator's own rights to its secret."""
    from cashpath.aws.secrets import Secrets
    from cashpath.systems.connection import Connection, Secret
    from cashpath.systems.registry import connector

    secrets = Secrets(stage.client("secretsmanager"))

    def secret(fresh: bool = False) -> Secret:
        return secrets.get(system.secret, fresh=fresh)

    connection = Connection(id=system.id, options=system.options, secret=secret, now=stage.now, sleep=stage.sleep)
    return connector(system.vendor)(connection)
