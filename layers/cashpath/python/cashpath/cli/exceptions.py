"""`cashpath exceptions`: what is stuck, why, who can fix it, and its replay."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cashpath.cli import show
from cashpath.cli.pasted import pasted
from cashpath.cli.stage import Stage

if TYPE_CHECKING:
    from cashpath.ledger.filed import Filed

app = typer.Typer(no_args_is_help=True, help="What is stuck, why, who can fix it, and its replay.")

Flow = Annotated[str, typer.Option("--flow", help="Only those of this flow.")]
Cause = Annotated[str, typer.Option("--cause", help="Only those with this cause's code.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@app.command("list")
def list_(context: typer.Context, flow: Flow = "", cause: Cause = "", json: Json = False) -> None:
    """List what is stuck now, newest first."""
    stage: Stage = context.obj
    found = sorted(stage.exceptions.open(flow, cause), key=lambda filed: -filed.last_seen)
    if json:
        show.as_json([_plain(filed) for filed in found])
        return
    if not found:
        typer.echo("nothing is stuck")
        return
    now = stage.millis
    rows = [
        (f.id, str(f.count), show.moment(f.last_seen, now), f.brand, f.cause.owner, f.cause.code, f.cause.cause)
        for f in found
    ]
    show.table(f"{len(found)} open", ("id", "times", "last", "brand", "owner", "code", "cause"), rows)


@app.command("show")
def show_(context: typer.Context, id: str, json: Json = False) -> None:
    """Show one exception: its cause, what to do, and the notice that a redrive sends again."""
    stage: Stage = context.obj
    filed = _get(stage, id)
    if json:
        show.as_json(_plain(filed))
        return
    now = stage.millis
    state = "open" if filed.closed is None else f"closed {show.moment(filed.closed, now)}"
    rows = [
        ("state", state),
        ("cause", f"{filed.cause.cause} ({filed.cause.code})"),
        ("owner", filed.cause.owner or "nobody is named"),
        ("brand", filed.brand or "not known"),
        ("times", f"{filed.count}, first {show.moment(filed.first_seen, now)}"),
        ("last", show.moment(filed.last_seen, now)),
        ("redriven", f"{filed.attempt} times"),
        ("notice", filed.notice.to_json() if filed.notice else "none could be read"),
        *sorted(filed.evidence.items()),
    ]
    show.table(filed.id, ("", ""), rows)
    typer.echo(f"\nwhat to do   {pasted(filed.cause.remedy, stage)}")
    typer.echo(f"afterwards   {pasted(f'`cashpath exceptions redrive {filed.id}`', stage)}")


@app.command()
def redrive(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(help="Exceptions, by id.", show_default=False)] = None,
    queue: Annotated[str, typer.Option(help="All open exceptions of this flow.")] = "",
    cause: Annotated[str, typer.Option(help="All open exceptions with this cause's code.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what each pass would do, and send nothing.")
    ] = False,
) -> None:
    """Send notices again: those of the exceptions named, of a whole flow, or of one cause.

    A redrive pays no heed to fingerprints. An exception closes itself once its redriven pass has finished.
    """
    stage: Stage = context.obj
    if bool(ids) == bool(queue or cause):
        raise typer.BadParameter("name exceptions by id, or choose them by --queue and --cause")
    chosen = [_get(stage, id) for id in ids] if ids else list(stage.exceptions.open(queue, cause))
    if dry_run:
        _preview(stage, chosen)
    else:
        _send(stage, chosen)


@app.command()
def close(context: typer.Context, ids: Annotated[list[str], typer.Argument(help="Exceptions, by id.")]) -> None:
    """Close exceptions that cannot close themselves, such as a message that no release can read."""
    stage: Stage = context.obj
    for id in ids:
        closed = stage.exceptions.close(_get(stage, id).id)
        typer.echo(f"{id} {'is closed' if closed else 'was closed already'}")


def _send(stage: Stage, chosen: list["Filed"]) -> None:
    replays = [notice for filed in chosen if (notice := filed.replay(stage.millis))]
    dumb = [filed.id for filed in chosen if filed.notice is None]
    left = stage.queues.send(replays)
    typer.echo(f"{len(replays) - len(left)} sent again")
    if dumb:
        close = f"`cashpath exceptions close {' '.join(dumb)}`"
        typer.echo(pasted(f"{len(dumb)} have no notice that could be sent; once they are settled, {close}", stage))
    if left:
        typer.echo(f"{len(left)} were not taken by their queue; run this again", err=True)
        raise typer.Exit(1)


def _preview(stage: Stage, chosen: list["Filed"]) -> None:
    client = stage.client("lambda")
    for filed, answer in _plans(stage, client, chosen):
        typer.echo(filed.id)
        for line in answer.get("plan", []) or ["nothing to write"] * ("failure" not in answer):
            typer.echo(f"  {line}")
        if "failure" in answer:
            typer.echo(f"  cannot be planned: {answer['failure']}")


def _plans(stage: Stage, client: Any, chosen: list["Filed"]) -> Iterator[tuple["Filed", dict[str, Any]]]:
    """What the flow's own function would do: it alone holds the vendors' secrets."""
    for filed in chosen:
        notice = filed.replay(stage.millis)
        if notice is None:
            yield filed, {"failure": "it has no notice that could be sent"}
            continue
        body = json.dumps({"preview": json.loads(notice.to_json())})
        answer = client.invoke(FunctionName=stage.function(notice.flow), Payload=body)
        said = json.loads(answer["Payload"].read() or "{}")
        failed = answer.get("FunctionError")
        yield filed, {"failure": said.get("errorMessage", "its function failed")} if failed else said


def _get(stage: Stage, id: str) -> "Filed":
    filed = stage.exceptions.get(id)
    if filed is None:
        raise typer.BadParameter(pasted(f"there is no exception {id!r}; see `cashpath exceptions list`", stage))
    return filed


def _plain(filed: "Filed") -> dict[str, Any]:
    return {
        "id": filed.id,
        **{name: value for name, value in filed.item().items() if name not in ("notice", "edition")},
        "attempt": filed.attempt,
        "notice": json.loads(filed.notice.to_json()) if filed.notice else None,
    }
