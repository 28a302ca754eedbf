"""`cashpath prepare`: set a system up, once, for what Cashpath writes into it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cashpath.cli.settings import SETTINGS, loaded, system_in
from cashpath.cli.stage import Stage

if TYPE_CHECKING:
    from cashpath.settings.slices import SystemSlice
    from cashpath.systems.port import System


def prepare(
    context: typer.Context,
    system: Annotated[str, typer.Argument(help="The system, as the stage's TOML names it.")],
    settings: Annotated[Path, SETTINGS],
) -> None:
    """Create the custom fields that a system lacks. Safe to repeat; needs a secret that may change fields."""
    from cashpath.settings import compiled
    from cashpath.systems.port import Preparable

    stage = loaded(settings)
    there = connected(context.obj, compiled.system(stage, system_in(stage, settings, system)))
    if not isinstance(there, Preparable):
        typer.echo(f"{system} needs no preparation")
        return
    made = there.prepare()
    typer.echo("\n".join(f"created {name}" for name in made) or f"{system} has all that it needs")


def connected(stage: Stage, system: "SystemSlice") -> "System":
    """The connector of a system, with the operator's own rights to its secret."""
    from cashpath.aws.secrets import Secrets
    from cashpath.systems.connection import Connection, Secret
    from cashpath.systems.mapping import FieldMap
    from cashpath.systems.registry import connector

    secrets = Secrets(stage.client("secretsmanager"))

    def secret(fresh: bool = False) -> Secret:
        return secrets.get(system.secret, fresh=fresh)

    connection = Connection(
        id=system.id,
        options=system.options,
        secret=secret,
        now=stage.now,
        sleep=stage.sleep,
        mapping=FieldMap.of_settings(system.fields),
    )
    return connector(system.vendor)(connection)
