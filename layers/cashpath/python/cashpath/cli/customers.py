"""`cashpath customers`: a person in all systems side by side, answers to data requests, matches settled by hand."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cashpath.cli import show
from cashpath.cli.exceptions import Json
from cashpath.cli.keys import person_of
from cashpath.cli.pasted import pasted
from cashpath.cli.person import Office, check_is_there, send
from cashpath.cli.settings import SETTINGS

if TYPE_CHECKING:
    from cashpath.ledger.answers import Held
    from cashpath.records import Record, SystemId

app = typer.Typer(no_args_is_help=True, help="Customers and companies, wherever they are.")

Key = Annotated[str, typer.Argument(help="system/kind/id, in any system that has them: shop/customer/7.")]


@app.command("show")
def show_(context: typer.Context, key: Key, settings: Annotated[Path, SETTINGS], json: Json = False) -> None:
    """Show the record in all systems side by side, field by field; `=` marks what the owner of a field says."""
    from cashpath.records import ROLES

    office = Office.of(context.obj, settings)
    seen = office.seen(person_of(key))
    copies, desk = office.copies(seen), office.desk(seen.brand)
    owners = desk.rules.ownership.owners[seen.root.kind]
    held = {role: copies.of[role] for role in ROLES if role in copies.of}
    rows = {
        name: {
            role: _told(copy.record.value(name)) if copy.record and name in copy.facts.tells else None
            for role, copy in held.items()
        }
        for name in sorted(owners)
    }
    rows = {name: row for name, row in rows.items() if any(value is not None for value in row.values())}
    if json:
        fields = {name: {"owner": owners[name], **row} for name, row in rows.items()}
        silent = sorted(copies.silent)
        show.as_json(
            {"root": str(seen.root), "ids": _ids(office, seen.brand, held), "fields": fields, "silent": silent}
        )
        return
    columns = ("field", *(f"{role} ({desk.systems[role]} {copy.id})" for role, copy in held.items()))
    lines = [(name, *(_cell(role, value, owners[name]) for role, value in row.items())) for name, row in rows.items()]
    show.table(f"{seen.root}, of {seen.brand}", columns, lines)
    for role in sorted(copies.silent):
        typer.echo(f"the {role} does not answer now")


@app.command()
def report(context: typer.Context, key: Key, settings: Annotated[Path, SETTINGS]) -> None:
    """Gather what each system holds of a person, as JSON: the answer to a data request. Then close its exception.

    `same_email` names by their ids what has the same email address and is not known to be the same person.
    """
    office = Office.of(context.obj, settings)
    seen = office.seen(person_of(key))
    copies = office.copies(seen)
    if copies.silent:
        typer.echo(f"{', '.join(sorted(copies.silent))} cannot be asked now; run this again", err=True)
        raise typer.Exit(1)
    readings = {reading.at: reading for reading in copies.readings} | dict(office.absorbed(seen))
    systems: dict[str, dict[str, Any]] = {}
    for at, reading in readings.items():
        systems.setdefault(at.system, {})[at.id] = _fields(reading.record)
    same_email = office.namesakes(seen, copies)
    show.as_json({"person": str(seen.root), "brand": seen.brand, "systems": systems, "same_email": same_email})


@app.command()
def link(
    context: typer.Context,
    key: Key,
    system: Annotated[str, typer.Argument(help="The system in which several records match.")],
    id: Annotated[str, typer.Argument(help="The one that it is, by its id there.")],
    settings: Annotated[Path, SETTINGS],
) -> None:
    """Say which record of a system a customer or company is, where matching found several."""
    from cashpath.ledger.answers import Changes, LinkedElsewhere
    from cashpath.records import SystemId

    office, at = Office.of(context.obj, settings), person_of(key)
    check_is_there(office.connect(SystemId(system)), at, id)
    held = office.hold(at)
    try:
        absorbs = _linked(office, held, SystemId(system), id)
    except LinkedElsewhere as other:
        told = f"{other}; if that link is the wrong one, forget it: `cashpath unlink {other.other} {system}`"
        raise typer.BadParameter(pasted(told, office.stage)) from other
    finally:
        office.stage.ledger.release(held, Changes())
    send(office.stage, held.root, trigger="redrive", absorbs=absorbs)
    typer.echo(f"{held.root} is {id} in {system}; a pass brings them into agreement now")


def _linked(office: Office, held: "Held", system: "SystemId", id: str) -> str:
    """Link the record both ways. Where the ledger knows it as a root of its own, that one is to be absorbed, by the
    pass that follows: its key."""
    from cashpath.ledger.answers import LinkedElsewhere
    from cashpath.records import RecordKey

    root, ledger = held.root, office.stage.ledger
    there = RecordKey(system, root.kind, id)
    desk = office.desk(held.seen.brand)
    if system not in desk.systems.values():
        raise typer.BadParameter(f"{held.seen.brand}, to which {root} belongs, has no system {system}")
    known = ledger.links([root], [system]).get((root, system))
    if known not in (None, id):
        raise LinkedElsewhere(root, f"{root} is {known} in {system} already, so it cannot be {id} too")
    other = ledger.peek(there)
    if other is None or other.root == root:
        ledger.link(held, root, system, id, match=(), root=root)
        return ""
    if other.root != there or len(desk.links([there])) > 1:
        raise LinkedElsewhere(other.root, f"{there} belongs to {other.root}, so it cannot be {root} too")
    return str(there)


def _fields(record: "Record") -> dict[str, Any]:
    """What a record says, without what it leaves empty."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(record), default=str))
    custom = plain.pop("custom")
    del plain["key"]
    return {name: value for name, value in {**plain, **custom}.items() if value not in (None, "", [], {}, False)}


def _told(value: object) -> str:
    """A value as one cell shows it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case tuple():
            return "; ".join(_told(each) for each in value)
        case _ if (
            hasattr(value, "__dataclass_fields__") and not hasattr(value, "currency") and not hasattr(value, "kind")
        ):
            return ", ".join(str(part) for part in vars(value).values() if part)
    return str(value)


def _cell(role: str, value: str | None, owner: str) -> str:
    if value is None:
        return "-"
    return f"= {value}" if role == owner else value


def _ids(office: Office, brand: str, held: Any) -> dict[str, str]:
    systems = office.desk(brand).systems
    return {systems[role]: copy.id for role, copy in held.items()}
