"""`cashpath erasures`: who asked to be forgotten, applied again after a restore, and proof that nothing is left."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cashpath.cli import show
from cashpath.cli.exceptions import Json
from cashpath.cli.keys import person_of
from cashpath.cli.look import DEPTHS
from cashpath.cli.pasted import pasted
from cashpath.cli.person import LEASE, Office, send
from cashpath.cli.settings import SETTINGS
from cashpath.cli.stage import Stage

if TYPE_CHECKING:
    from cashpath.ledger.erasures import Erasure
    from cashpath.records import Record

app = typer.Typer(no_args_is_help=True, help="Who asked to be forgotten, and proof that they are.")

MILLISECOND = timedelta(milliseconds=1)
PERSONAL = ("email", "first_name", "last_name", "phone", "tax_id", "address", "addresses")
Place = tuple[str, str]


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List all who asked to be forgotten, oldest first."""
    stage: Stage = context.obj
    found = list(stage.erasures.all())
    if json:
        show.as_json([{"asked": str(wish.asked), **wish.item()} for wish in found])
        return
    if not found:
        typer.echo("nobody asked to be forgotten")
        return
    now = stage.millis
    rows = [
        (
            str(wish.asked),
            str(wish.root),
            wish.brand,
            show.moment(wish.asked_at, now),
            show.moment(wish.finished_at, now) if wish.finished_at else "not yet",
        )
        for wish in found
    ]
    show.table(f"{len(rows)} erasures", ("asked for", "root", "brand", "asked", "finished"), rows)


@app.command()
def apply(context: typer.Context) -> None:
    """Erase everybody on the list again: after the ledger, or a system, was restored from a backup.

    Those whose erasure was finished too. Each is settled by a pass; see `cashpath erasures prove`.
    """
    stage: Stage = context.obj
    busy, sent = [], 0
    for wish in stage.erasures.all():
        if not _known_again(stage, wish):
            busy.append(str(wish.asked))
            continue
        stage.erasures.again(wish)
        send(stage, wish.asked, trigger="sweep", wish="erase")
        sent += 1
    typer.echo(f"{sent} erasures are applied again")
    if busy:
        typer.echo(f"a pass is at work on {', '.join(busy)}; run this again in a minute", err=True)
        raise typer.Exit(1)


def _known_again(stage: Stage, wish: "Erasure") -> bool:
    """Make the ledger, which may be older than the wish, know the root as one that nobody writes of any more, and what
    was asked for as part of it. False while a pass has it."""
    from cashpath.ledger.answers import Busy, Changes, Pointer

    ledger, owner, until = stage.ledger, f"operator-{uuid.uuid4().hex}", stage.millis + LEASE // MILLISECOND
    got = ledger.begin_root(wish.root, owner=owner, until=until, brand=wish.brand)
    while isinstance(got, Pointer):  # the root has been absorbed since
        got = ledger.acquire(got.root, owner=owner, until=until) or Busy(until=0)
    if isinstance(got, Busy):
        return False
    if wish.asked != got.root and ledger.peek(wish.asked) is None:
        ledger.point(wish.asked, got.root, got.root)
    ledger.release(got, Changes(brand=wish.brand, milestones={"erasing": stage.millis}))
    return True


@app.command()
def prove(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="Who was to be forgotten, by any key: shop/customer/7.")],
    settings: Annotated[Path, SETTINGS],
    json: Json = False,
) -> None:
    """Read every place again where a person was, and say what is left there. Exit code 1 where anything is."""
    office = Office.of(context.obj, settings)
    wish = office.stage.erasures.about(person_of(key))
    if wish is None:
        typer.echo(f"nobody asked to forget {key}")
        raise typer.Exit(1)
    places = [*_queues(office.stage), *_systems(office, wish), *_own(office.stage, wish)]
    left = [place for place in places if place[1]]
    if json:
        show.as_json({"asked": str(wish.asked), "proved": not left, "left": dict(places)})
    else:
        rows = [(at, what or "nothing left") for at, what in places]
        show.table(f"{wish.asked}, asked {show.moment(wish.asked_at, office.stage.millis)}", ("where", "what"), rows)
    if left:
        raise typer.Exit(1)


def _queues(stage: Stage) -> Iterator[Place]:
    """Whatever is on its way could still bring the person back, or a cause of theirs."""
    names = list(DEPTHS.values())
    for what, urls in (("queue", stage.urls), ("bulk queue", stage.bulk_urls), ("dead letters", stage.dead_letters)):
        for flow, url in sorted(urls.items()):
            said = stage.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            depth = sum(int(said.get(name, 0)) for name in names)
            yield f"{what} of {flow}", f"{depth} messages on their way: prove it once they are gone" if depth else ""


def _systems(office: Office, wish: "Erasure") -> Iterator[Place]:
    for key in sorted({*wish.where, wish.asked, wish.root}):
        if key.system not in office.settings.systems:
            yield str(key), "its system is not in the settings any more: look there by hand"
            continue
        reading = office.connect(key.system).read(key.kind, key.id)
        yield str(key), ", ".join(_personal(reading.record)) if reading else ""


def _personal(record: "Record") -> Iterator[str]:
    """The fields that still say something of the person, by name only."""
    for name in PERSONAL:
        value = getattr(record, name, None)
        if any(part.strip("* ") for part in _parts(value)):
            yield name


def _parts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case tuple():
            for each in value:
                yield from _parts(each)
        case None:
            return
        case _:
            yield from (part for part in vars(value).values() if isinstance(part, str))


def _own(stage: Stage, wish: "Erasure") -> Iterator[Place]:
    """What Cashpath itself holds."""
    from cashpath.ledger.exceptions import ERASED

    seen = stage.ledger.peek(wish.root)
    made = [] if seen is None else ["fingerprints"] * bool(seen.fingerprints) + ["drift"] * bool(seen.drift)
    yield "the ledger", ", ".join(made)
    causes = [f.id for f in stage.exceptions.about({*wish.where, wish.asked, wish.root}) if f.cause.cause != ERASED]
    yield "exceptions", ", ".join(causes)
    yield (
        "the erasure itself",
        "" if wish.finished_at else pasted("not finished: see `cashpath exceptions list`", stage),
    )
