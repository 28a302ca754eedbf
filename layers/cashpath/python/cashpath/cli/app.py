"""The commands, and how the stage is chosen. Everything heavy is imported by the command that needs it."""

from typing import Annotated

import typer

from cashpath.cli import customers, drift, erasures, exceptions, look, mapping, switch
from cashpath.cli.backfill import backfill
from cashpath.cli.check import check
from cashpath.cli.link import link
from cashpath.cli.ownership import ownership
from cashpath.cli.prepare import prepare
from cashpath.cli.stage import Stage

app = typer.Typer(
    no_args_is_help=True,
    help="Operate Cashpath: see what is stuck and why, replay it, pause and switch flows, trace a record.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a box would break the commands that a refusal names
)
app.add_typer(exceptions.app, name="exceptions")
app.add_typer(customers.app, name="customers")
app.add_typer(drift.app, name="drift")
app.add_typer(erasures.app, name="erasures")
app.command()(look.status)
app.command()(look.trace)
app.command()(link)
app.command()(look.unlink)
app.add_typer(mapping.app, name="mapping")
app.command()(ownership)
app.command()(check)
app.command()(prepare)
app.command()(backfill)
app.command()(switch.pause)
app.command()(switch.resume)
app.command()(switch.mode)


@app.callback()
def choose(
    context: typer.Context,
    stage: Annotated[
        str, typer.Option(envvar="CASHPATH_STAGE", help="The deployed stage. AWS_ENDPOINT_URL chooses an emulator.")
    ] = "local",
) -> None:
    """Operate Cashpath: see what is stuck and why, replay it, pause and switch flows, trace a record."""
    if context.obj is None:
        context.obj = Stage(stage)
