"""`cashpath status`, `trace` and `unlink`: how the stage is now, and what the ledger knows of one record."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cashpath.cli import show
from cashpath.cli.exceptions import Json
from cashpath.cli.keys import key_of
from cashpath.cli.stage import Stage

if TYPE_CHECKING:
    from cashpath.ledger.ledger import Controls
    from cashpath.ledger.trace import Trace

DEPTHS = {
    "waiting": "ApproximateNumberOfMessages",
    "delayed": "ApproximateNumberOfMessagesDelayed",
    "in_flight": "ApproximateNumberOfMessagesNotVisible",
}


def status(context: typer.Context, json: Json = False) -> None:
    """Show queues, modes, brakes and open exceptions."""
    stage: Stage = context.obj
    now, controls = stage.millis, stage.ledger.controls(max_age=0)
    flows = {flow: _flow(stage, flow) for flow in sorted(stage.urls)}
    totals = stage.exceptions.totals()
    overdue = [str(root) for root in stage.ledger.due_claims(now)]
    if json:
        show.as_json(
            {
                "flows": flows,
                "modes": {f"{flow} {brand}": mode for (flow, brand), mode in sorted(controls.modes.items())},
                "paused": dict(controls.paused),
                "brakes": {system: vars(brake) for system, brake in sorted(controls.brakes.items())},
                "exceptions": {f"{flow} {code}": count for (flow, code), count in totals.items()},
                "overdue_claims": overdue,
            }
        )
        return
    rows = [
        (
            flow,
            str(at["waiting"]),
            str(at["delayed"]),
            str(at["in_flight"]),
            _backlog(at["bulk"]),
            str(at["dead"]),
            _fed(flow, at, controls, now),
        )
        for flow, at in flows.items()
    ]
    show.table("flows", ("flow", "waiting", "delayed", "in flight", "backlog", "dead letters", "mapping"), rows)
    _switches(controls, now)
    open_rows = [(flow, code, str(count)) for (flow, code), count in totals.items()]
    if open_rows:
        show.table("\nopen exceptions", ("flow", "cause", "open"), open_rows)
    else:
        typer.echo("\nnothing is stuck")
    if overdue:
        show.table(
            "\ncreates that nobody settled yet (reconcile sends notices for them)", ("root",), [(r,) for r in overdue]
        )


def trace(
    context: typer.Context,
    record: Annotated[str, typer.Argument(help="system/kind/id, in any system that has it: shop/order/1001.")],
    system: Annotated[list[str] | None, typer.Option(help="Look for links in this system too.")] = None,
    json: Json = False,
) -> None:
    """Show all that the ledger knows of a record: its root, links, milestones, open claims."""
    from cashpath.records.keys import SystemId

    stage: Stage = context.obj
    at = key_of(record)
    found = stage.ledger.trace(at, [SystemId(name) for name in system or ()])
    if found is None:
        typer.echo(f"the ledger knows nothing of {at}")
        raise typer.Exit(1)
    if json:
        show.as_json(_plain(found))
    else:
        _explain(found, stage.millis)


def unlink(
    context: typer.Context,
    record: Annotated[str, typer.Argument(help="The record's canonical key, as `cashpath trace` shows it.")],
    system: Annotated[str, typer.Argument(help="The system in which it was deleted for good.")],
) -> None:
    """Forget a record's id in one system, after somebody deleted it there: a redrive then creates it anew."""
    from cashpath.records.keys import SystemId

    stage: Stage = context.obj
    forgotten = stage.ledger.unlink(key_of(record), SystemId(system))
    if forgotten is None:
        typer.echo(f"{record} has no link of its own in {system}")
        raise typer.Exit(1)
    typer.echo(f"{record} is not linked to {forgotten} of {system} any more; redrive it to create it anew")


def _flow(stage: Stage, flow: str) -> dict[str, Any]:
    depths = _depths(stage, stage.urls[flow])
    dead = sum(_depths(stage, stage.dead_letters[flow]).values()) if flow in stage.dead_letters else 0
    bulk = {**_depths(stage, stage.bulk_urls[flow]), "mapping": _state(stage, stage.bulk_mapping(flow))}
    return {**depths, "bulk": bulk, "dead": dead, "mapping": _state(stage, stage.mapping(flow))}


def _state(stage: Stage, mapping: str) -> str:
    state: str = stage.client("lambda").get_event_source_mapping(UUID=mapping)["State"]
    return state


def _backlog(bulk: dict[str, Any]) -> str:
    """How many messages are left, of up to a hundred notices each; whether they are fed, where that is unusual."""
    left = str(sum(bulk[name] for name in DEPTHS))
    return left if bulk["mapping"] == "Enabled" else f"{left} ({bulk['mapping']})"


def _depths(stage: Stage, url: str) -> dict[str, int]:
    names = list(DEPTHS.values())
    said = stage.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return {name: int(said.get(attribute, 0)) for name, attribute in DEPTHS.items()}


def _fed(flow: str, at: dict[str, Any], controls: "Controls", now: int) -> str:
    since = controls.paused.get(flow)
    return f"{at['mapping']} (paused {show.moment(since, now)})" if since is not None else str(at["mapping"])


def _switches(controls: "Controls", now: int) -> None:
    if controls.modes:
        rows = [(flow, brand, mode) for (flow, brand), mode in sorted(controls.modes.items())]
        show.table("\nmodes that an operator set", ("flow", "brand", "mode"), rows)
    else:
        typer.echo("\nall modes are those of the stage's settings")
    if controls.brakes:
        brakes = [
            (system, show.moment(brake.until, now), str(brake.hops), brake.why)
            for system, brake in sorted(controls.brakes.items())
        ]
        show.table("\nbrakes", ("system", "until", "in a row", "why"), brakes)
    else:
        typer.echo("\nno system is braked")


def _explain(found: "Trace", now: int) -> None:
    seen = found.seen
    rows = [("root", str(seen.root)), ("brand", seen.brand or "not known")]
    if found.origin != found.at:
        rows.insert(0, ("canonical key", str(found.origin)))
    if found.leased_until is not None:
        word = "a pass has it until" if found.leased_until > now else "a pass died with it; its lease ran out"
        rows.append(("lease", f"{word} {show.moment(found.leased_until, now)}"))
    show.table(str(found.at), ("", ""), rows)
    _section("links", ("record", "system", "id"), [(str(key), of, id) for (key, of), id in found.links.items()])
    milestones = sorted(seen.milestones.items(), key=lambda item: item[1])
    _section("milestones", ("milestone", "when"), [(name, show.moment(at, now)) for name, at in milestones])
    claims = [(str(c.key), c.system, show.moment(c.since, now), show.moment(c.until, now)) for c in seen.claims]
    _section("open claims", ("record", "system", "since", "until"), claims)
    reads = [
        (*name.split("|", 2), show.moment(mark.began, now) if mark.began else "never finished", str(mark.version or ""))
        for name, mark in sorted(seen.reads.items())
    ]
    _section("last read by a finished pass", ("flow", "system", "record", "when", "version"), reads)


def _section(title: str, columns: tuple[str, ...], rows: list[Any]) -> None:
    if rows:
        show.table(f"\n{title}", columns, rows)
    else:
        typer.echo(f"\n{title}: none")


def _plain(found: "Trace") -> dict[str, Any]:
    seen = found.seen
    return {
        "record": str(found.at),
        "canonical": str(found.origin),
        "root": str(seen.root),
        "brand": seen.brand,
        "leased_until": found.leased_until,
        "links": [{"record": str(key), "system": of, "id": id} for (key, of), id in found.links.items()],
        "milestones": dict(seen.milestones),
        "claims": [{"record": str(c.key), "system": c.system, "since": c.since, "until": c.until} for c in seen.claims],
        "reads": {name: {"began": mark.began, "version": mark.version} for name, mark in seen.reads.items()},
    }
