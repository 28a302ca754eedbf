"""`cashpath ownership`: who decides which field, as people draw it on a whiteboard."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cashpath.cli import show
from cashpath.cli.settings import SETTINGS, loaded

if TYPE_CHECKING:
    from cashpath.ownership import Ownership
    from cashpath.records.keys import Kind, Role
    from cashpath.settings.stage import Stage
    from cashpath.systems.port import Facts

OWNS, MUTE, GETS, CANNOT, READS = "OWNS", "OWNS, cannot tell", "gets it", "-", "shows it"


def ownership(
    settings: Annotated[Path, SETTINGS],
    brand: Annotated[str, typer.Option(help="One brand; else all.")] = "",
    kind: Annotated[str, typer.Option(help="customer, company, product, variant, order or subscription.")] = "",
    json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Who decides which field: fields down, systems across.

    `gets it`: written there; `shows it`: read there, never written; `-`: not held there. `OWNS, cannot tell`: what the
    system decides cannot be read by its options, so nobody else is told of it.
    """
    from cashpath.records.keys import KINDS

    if kind and kind not in KINDS:
        raise typer.BadParameter(f"there is no kind {kind!r}; known are {', '.join(KINDS)}")
    stage = loaded(settings)
    told = {}
    for name in [brand] if brand else stage.brands:
        if name not in stage.brands:
            raise typer.BadParameter(f"{settings} names no brand {name!r}; it names {', '.join(stage.brands)}")
        told[name] = {k: _rows(stage, name, k) for k in KINDS if not kind or k == kind}
    if json:
        show.as_json(told)
        return
    for name, kinds in told.items():
        systems = stage.brands[name].systems
        for k, rows in kinds.items():
            columns = [k, *(f"{role} ({system})" for role, system in systems.items()), "changed by others"]
            cells = [[row["field"], *(row[role] for role in systems), row["changed by others"]] for row in rows]
            show.table(f"{name}: {k}", columns, cells)


def _rows(stage: "Stage", brand: str, kind: "Kind") -> list[dict[str, str]]:
    from cashpath.settings.checks import facts_in

    owners = stage.ownership(brand)
    facts = {role: facts_in(stage, system) for role, system in stage.brands[brand].systems.items()}
    return [_row(owners, kind, field, facts) for field in owners.owners[kind]]


def _row(owners: "Ownership", kind: "Kind", field: str, facts: "dict[Role, Facts]") -> dict[str, str]:
    owner = owners.owner(kind, field)
    cells: dict[str, str] = {
        role: _owned(known, kind, field) if role == owner else _held(known, kind, field)
        for role, known in facts.items()
    }
    policy = {"put_right": "put right", "raise": "raised as drift"}[owners.policy(kind, field)]
    return {"field": field, **cells, "changed by others": policy}


def _owned(facts: "Facts", kind: "Kind", field: str) -> str:
    """An order or a subscription is read whole, whatever it says."""
    from cashpath.settings.owners import OWNABLE

    known = facts.kinds.get(kind)
    return OWNS if kind not in OWNABLE or (known is not None and field in known.tells) else MUTE


def _held(facts: "Facts", kind: "Kind", field: str) -> str:
    known = facts.kinds.get(kind)
    if known is None:
        return CANNOT
    if field in known.fields:
        return GETS
    return READS if field in known.tells else CANNOT
