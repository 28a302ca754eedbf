"""`cashpath backfill`: bring over what was there before Cashpath was, with a progress bar, and go on after a kill."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cashpath.cli import show
from cashpath.cli.look import DEPTHS
from cashpath.cli.pasted import pasted
from cashpath.cli.settings import SETTINGS, loaded
from cashpath.cli.stage import Stage

if TYPE_CHECKING:
    from cashpath.bulk.feeder import Backlog, Told
    from cashpath.bulk.progress import Progress
    from cashpath.records.keys import BrandId, Kind
    from cashpath.settings import stage as settings


class What(Enum):
    """What can be brought over."""

    customers = "customers"
    companies = "companies"
    catalog = "catalog"
    orders = "orders"


KINDS: "Mapping[What, tuple[str, Sequence[Kind]]]" = {
    What.customers: ("sync_customers", ("customer",)),
    What.companies: ("sync_customers", ("company",)),
    What.catalog: ("sync_catalog", ("product", "variant")),
    What.orders: ("create_orders", ("order",)),
}
EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Wanted:
    """What was asked for, checked against the stage's settings."""

    flow: str
    brand: "BrandId"
    system: str
    kinds: "Sequence[Kind]"
    mode: str


def backfill(  # noqa: PLR0913 - the options of the command
    context: typer.Context,
    what: Annotated[What, typer.Argument(help="What to bring over.")],
    brand: Annotated[str, typer.Option(help="The brand, as the stage's TOML names it.")],
    settings: Annotated[Path, SETTINGS],
    since: Annotated[str, typer.Option(help="Only what changed since this date, 2024-01-31. Without it: all.")] = "",
    system: Annotated[str, typer.Option(help="Where it begins. Without it: the storefront, or the catalogue's.")] = "",
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew, though it was begun or finished.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the flow has finished it.")] = True,
) -> None:
    """Send all records of a brand's system through their flow, a hundred at a time, without delaying live notices.

    Where brands share the system, the records of all of them are sent: each goes where its own brand says, and nowhere
    where the flow is off for that one. Orders older than the brand's cutover are kept up where they are linked, and
    start nothing. Safe to repeat and to break off: the same command goes on where it was and, once all was sent, says
    so and sends nothing. With another date it is another backfill, which begins at that date.
    """
    from cashpath.bulk.feeder import Backlog
    from cashpath.cli.prepare import connected
    from cashpath.settings import compiled

    stage: Stage = context.obj
    begin, file = _date(since), loaded(settings)
    wanted = _wanted(stage, file, what, brand, system)
    there = connected(stage, compiled.system(file, wanted.system))
    backlogs = [
        Backlog(flow=wanted.flow, brand=wanted.brand, system=there, kind=kind, since=begin) for kind in wanted.kinds
    ]
    _run(stage, wanted, backlogs, anew=restart, wait=wait)


def _date(since: str) -> datetime:
    try:
        moment = datetime.fromisoformat(since) if since else EVER
    except ValueError as wrong:
        raise typer.BadParameter(f"--since {since}: a date is written 2024-01-31") from wrong
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _wanted(stage: Stage, file: "settings.Stage", what: What, name: str, system: str) -> Wanted:
    from cashpath.flows.manifest import FLOWS
    from cashpath.records.keys import BrandId
    from cashpath.settings import compiled

    flow, kinds = KINDS[what]
    stage.bulk_mapping(flow)  # says which flows there are, where this is none
    if name not in file.brands:
        raise typer.BadParameter(f"there is no brand {name!r}; there are {', '.join(sorted(file.brands))}")
    body = json.loads(compiled.flow_slice(file, flow))  # as the flow's own function sees it
    ours = next(each for each in body["brands"] if each["id"] == name)
    owner = ours["rules"]["ownership"]["owners"]["variant"]["title"] if what is What.catalog else "storefront"
    system = system or ours["systems"][owner]
    if system not in ours["systems"].values():
        raise typer.BadParameter(f"{name} has no system {system!r}; it has {', '.join(ours['systems'].values())}")
    role = file.systems[system].role
    begun = [kind for kind in kinds if kind in FLOWS[flow].wants.get(role, ())]
    if not begun:
        raise typer.BadParameter(f"{flow} wants no {what.value} of a {role}")
    mode = stage.ledger.controls(max_age=0).modes.get((flow, name)) or ours["modes"][flow]
    if mode == "off":
        why = f"{flow} is off for {name}, which would end each notice"
        raise typer.BadParameter(pasted(f"{why}; `cashpath mode {flow} {name} shadow` or live first", stage))
    return Wanted(flow=flow, brand=BrandId(name), system=system, kinds=begun, mode=mode)


def _run(stage: Stage, wanted: Wanted, backlogs: "Sequence[Backlog]", *, anew: bool, wait: bool) -> None:
    from cashpath.bulk.feeder import Feeder

    before, sent = _open(stage, wanted.flow), 0
    if wanted.mode == "shadow":
        typer.echo(f"{wanted.flow} is in shadow for {wanted.brand}: it plans and records, and writes nothing")
    with _bar(f"{wanted.flow} {wanted.system}") as told:
        feeder = Feeder(
            ledger=stage.ledger,
            queues=stage.queues,
            waiting=lambda: _left(stage, wanted.flow),
            now=stage.now,
            sleep=stage.sleep,
            told=lambda now, why: told(sent + now, why),
        )
        for backlog in backlogs:
            if not anew and (before_it := _how_far(feeder.progress(backlog))):
                typer.echo(f"{backlog.kind}: {before_it}")
            sent += feeder.feed(backlog, anew=anew)
        try:
            if wait:
                feeder.drained(0)
        except KeyboardInterrupt:
            typer.echo(pasted("not waited for; `cashpath status` shows what is left", stage))
    _summary(stage, wanted, sent, before)


def _how_far(progress: "Progress") -> str:
    """What an earlier run did of it, in words; '' where there was none."""
    if ended := progress.ended:
        return f"all was sent on {ended:%Y-%m-%d %H:%M:%SZ}; --restart sends it again"
    return f"goes on at {at:%Y-%m-%d %H:%M:%SZ}, where the last run came to (--restart)" if (at := progress.at) else ""


def _summary(stage: Stage, wanted: Wanted, sent: int, before: int) -> None:
    left, opened = _left(stage, wanted.flow), _open(stage, wanted.flow) - before
    waiting = f"up to {100 * left}, in {left} messages" if left else "0"
    rows = [("sent", str(sent)), ("waiting", waiting), ("exceptions", f"{opened:+d} since it began")]
    if not left:
        rows.insert(1, ("done", str(max(0, sent - max(0, opened)))))
    show.table(f"{wanted.flow} of {wanted.brand}, from {wanted.system}", ("", ""), rows)


def _left(stage: Stage, flow: str) -> int:
    """How many bulk messages wait, rest or are at work."""
    names = list(DEPTHS.values())
    asked = {"QueueUrl": stage.bulk_urls[flow], "AttributeNames": names}
    said = stage.client("sqs").get_queue_attributes(**asked)["Attributes"]
    return sum(int(said.get(name, 0)) for name in names)


def _open(stage: Stage, flow: str) -> int:
    """How many exceptions of a flow are open."""
    return sum(count for (of, _), count in stage.exceptions.totals().items() if of == flow)


@contextmanager
def _bar(title: str) -> "Iterator[Told]":
    """A bar that counts; no vendor says in advance how many there are."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn(title),
        BarColumn(),
        TextColumn("{task.completed:,} sent"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[why]}"),
    )
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task(title, total=None, why="")

        def told(sent: int, why: str) -> None:
            progress.update(task, completed=sent, why=why)

        yield told
