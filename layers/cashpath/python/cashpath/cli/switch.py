"""`cashpath pause`, `resume` and `mode`: one command at 3 a.m., not a deployment.

Who resumes or goes live is owed all that changed in between: reconcile is asked for it, once functions have seen the
new mode.
"""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cashpath.cli.pasted import pasted
from cashpath.cli.stage import Stage
from cashpath.settings.slices import Mode

CACHED = 5.0  # seconds for which a warm function may still go by the old modes (Ledger.controls)

Flow = Annotated[str, typer.Argument(help="The flow, as `cashpath status` names it.")]


def pause(context: typer.Context, flow: Flow) -> None:
    """Stop feeding a flow from its queues, live notices and backlog alike. Notices wait there, for at most 14 days."""
    stage: Stage = context.obj
    mappings = _mappings(stage, flow)
    stage.ledger.set_paused(flow, stage.millis)
    for mapping in mappings:
        stage.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
    typer.echo(pasted(f"{flow} is paused; its queues keep notices for 14 days (`cashpath resume {flow}`)", stage))


def resume(context: typer.Context, flow: Flow) -> None:
    """Feed a flow from its queues again, and have notices sent for all that changed since it was paused."""
    stage: Stage = context.obj
    for mapping in _mappings(stage, flow):
        stage.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
    typer.echo(f"{flow} is resumed")
    since = stage.ledger.controls(max_age=0).paused.get(flow)
    if since is not None:
        _reconcile(stage, {"flow": flow, "since": _iso(since)})
        stage.ledger.set_paused(flow, None)  # last, so that a resume that failed half way can be run again


def mode(
    context: typer.Context,
    flow: Flow,
    brand: Annotated[str, typer.Argument(help="The brand, as the stage's settings name it.")],
    to: Annotated[Mode, typer.Argument(help="off ends its notices, shadow plans and writes nothing.")],
) -> None:
    """Switch what a flow does for a brand. Functions see it within five seconds."""
    stage: Stage = context.obj
    stage.mapping(flow)  # says which flows there are, where this is none
    was_live = stage.ledger.set_mode(flow, brand, to)
    typer.echo(f"{flow} is {to} for {brand}")
    if to == "live":
        stage.sleep(CACHED)
        asked = {"cutover": True} if was_live is None else {"since": _iso(was_live)}
        _reconcile(stage, {"flow": flow, "brand": brand, **asked})


def _mappings(stage: Stage, flow: str) -> tuple[str, str]:
    return stage.mapping(flow), stage.bulk_mapping(flow)


def _reconcile(stage: Stage, event: dict[str, Any]) -> None:
    """Ask for notices of all that changed since. It answers at once; the sweep takes its time."""
    stage.client("lambda").invoke(
        FunctionName=stage.function("reconcile"), InvocationType="Event", Payload=json.dumps(event)
    )
    since = event.get("since", "the cutover date")
    typer.echo(f"reconcile sends notices for all that changed since {since}")


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()
