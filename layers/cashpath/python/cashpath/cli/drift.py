"""`cashpath drift`: what disagrees with its owner, by field, and `cashpath drift fix`, which brings the owner's over.

Since when a field disagrees stands in the ledger; both values and the money at stake are read anew.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cashpath.cli import compared, comparing, show
from cashpath.cli.comparing import Row
from cashpath.cli.exceptions import Json
from cashpath.cli.pasted import pasted
from cashpath.cli.stage import Stage

if TYPE_CHECKING:
    from cashpath.records.keys import RecordKey

app = typer.Typer(help="What disagrees with its owner: where, since when, and the money at stake.")

# Seconds before each look at what was sent: five minutes in all, looks included.
RESTS = (3.0, 7.0, 15.0, 30.0, 60.0, 90.0, 95.0)

Brand = Annotated[str, typer.Option("--brand", help="Only this brand's.")]
Kind = Annotated[str, typer.Option("--kind", help="Only of this kind: customer, company, product, variant.")]
Field = Annotated[str, typer.Option("--field", help="Only records of which this field disagrees, or '(missing)'.")]
Limit = Annotated[
    int,
    typer.Option(
        help="How many records are compared: those of which a field disagrees, longest known first, then the missing.",
        min=1,
    ),
]


@app.callback(invoke_without_command=True)
def list_(
    context: typer.Context,
    brand: Brand = "",
    kind: Kind = "",
    field: Field = "",
    limit: Limit = 200,
    json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
) -> None:
    """Show each field that disagrees with its owner's value, the most money of each currency first, and each record
    that is missing somewhere.

    The exit code is 0 whether or not any does, 1 where some records could not be compared everywhere.
    """
    if context.invoked_subcommand is not None:
        return
    stage: Stage = context.obj
    roots = list(comparing.drifting(stage, brand, kind, field))
    rows, failures = comparing.compared(stage, roots[:limit], field)
    more = max(0, len(roots) - limit)
    if json:
        show.as_json({"drift": rows, "failures": failures, "not_compared": more})
    elif as_csv:
        compared.as_csv(rows, failures)
    else:
        compared.table(stage, rows, failures)
    if more:
        typer.echo(f"{more} more records are known to disagree; --limit compares more of them", err=True)
    if failures:
        raise typer.Exit(1)


@app.command()
def fix(  # noqa: PLR0913 - the options of the command
    context: typer.Context,
    keys: Annotated[list[str] | None, typer.Argument(help="Records, as system/kind/id.", show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help="All that are known to disagree.")] = False,
    brand: Brand = "",
    kind: Kind = "",
    field: Field = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be put right, and send nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is sent.")] = False,
) -> None:
    """Bring the owner's values over, of whole records, and wait until they agree.

    Prints first what will be overwritten or created. A record is put right as a whole, all its fields that disagree;
    where its flow is not live, it is left as it is, and named. The exit code is 0 once all agree, 1 where any does not
    yet, was left, or could not be compared.
    """
    stage: Stage = context.obj
    if bool(keys) == every:
        raise typer.BadParameter("name records as system/kind/id, or choose all that are known with --all")
    named = [comparing.named(stage, key) for key in keys or ()]
    chosen = named or list(comparing.drifting(stage, brand, kind, field))
    rows, failures = comparing.compared(stage, chosen)
    compared.table(stage, rows, failures)
    live = [row for row in rows if row["mode"] == "live"]
    left = [row for row in rows if row["mode"] != "live"]
    _tell_left(stage, left)
    if live and not dry_run:
        if not yes:
            typer.confirm(f"put these {len(live)} right?", abort=True)
        _send_and_wait(stage, live)
    if failures or left:
        raise typer.Exit(1)


def _tell_left(stage: Stage, rows: Sequence[Row]) -> None:
    """Name the records of flows that are not live."""
    for flow, brand, mode in dict.fromkeys((row["flow"], row["brand"], row["mode"]) for row in rows):
        roots = dict.fromkeys(row["root"] for row in rows if (row["flow"], row["brand"]) == (flow, brand))
        typer.echo(f"{flow} is {mode} for {brand}, so these are left as they are: {', '.join(roots)}", err=True)
        typer.echo(pasted(f"`cashpath mode {flow} {brand} live` lets it write", stage), err=True)


def _send_and_wait(stage: Stage, rows: Sequence[Row]) -> None:
    from cashpath.noticed import notice_of
    from cashpath.records.keys import RecordKey

    roots = sorted({(row["flow"], RecordKey.parse(row["root"])) for row in rows})
    at = stage.millis
    notices = [notice_of(flow, root, received=at, trigger="redrive", attempt=1) for flow, root in roots]
    if left := stage.queues.send(notices):
        typer.echo(f"{len(left)} were not taken by their queue; run this again", err=True)
        raise typer.Exit(1)
    typer.echo(f"{len(notices)} records sent")
    still = _wait(stage, roots)
    if not still:
        typer.echo("all that were sent agree")
        return
    for root, why in still.items():
        typer.echo(f"{root} {why}", err=True)
    told = f"{len(still)} still disagree; see `cashpath exceptions list` and `cashpath status`"
    typer.echo(pasted(told, stage), err=True)
    raise typer.Exit(1)


def _wait(stage: Stage, roots: "Sequence[tuple[str, RecordKey]]") -> Mapping[str, str]:
    """Look until all agree, at longer and longer intervals, since a look costs the vendors a read of each record; what
    does not agree in the end, and why. The ledger is asked first, but that it lists nothing proves nothing: a lost
    webhook is in no list."""
    still, deadline = list(roots), stage.now() + timedelta(seconds=sum(RESTS))
    for rest in RESTS:
        left = (deadline - stage.now()).total_seconds()
        if left <= 0:
            break
        stage.sleep(min(rest, left))
        listed = [(flow, root) for flow, root in still if comparing.known(stage, root)]
        unlisted = [each for each in still if each not in listed]
        unlike = _unlike(stage, unlisted)
        still = [(flow, root) for flow, root in still if (flow, root) in listed or str(root) in unlike]
        if not still:
            return {}
    return _unlike(stage, still)


def _unlike(stage: Stage, roots: "Sequence[tuple[str, RecordKey]]") -> Mapping[str, str]:
    """Those of these that do not agree, or cannot be compared, and why."""
    rows, failures = comparing.compared(stage, roots)
    disagreeing = {row["root"]: "still disagrees" for row in rows}
    return disagreeing | {root: f"cannot be compared: {why}" for root, why in failures.items()}
