"""`cashpath link`: which record of a system a product, variant or order is, where matching found several."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cashpath.cli.keys import key_of
from cashpath.cli.pasted import pasted
from cashpath.cli.person import Office, check_is_there, send
from cashpath.cli.settings import SETTINGS

if TYPE_CHECKING:
    from cashpath.records import Kind

FLOWS: "dict[Kind, str]" = {"product": "sync_catalog", "variant": "sync_catalog", "order": "create_orders"}


def link(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="system/kind/id, as the exception names it: shop/order/1001.")],
    system: Annotated[str, typer.Argument(help="The system in which several records match.")],
    id: Annotated[str, typer.Argument(help="The one that it is, by its id there.")],
    settings: Annotated[Path, SETTINGS],
) -> None:
    """Say which record of a system a product, variant or order is, where matching found several.

    For customers and companies, which may then be one person, it is `cashpath customers link`.
    """
    from cashpath.ledger.answers import Changes, LinkedElsewhere
    from cashpath.ledger.ledger import SHARED
    from cashpath.records import SystemId

    office, record = Office.of(context.obj, settings), key_of(key)
    if record.kind not in FLOWS:
        told = f"{record} is no product, variant or order; try `cashpath customers link {record} {system} {id}`"
        raise typer.BadParameter(pasted(told, office.stage, settings))
    check_is_there(office.connect(SystemId(system)), record, id)
    held = office.hold(record)
    root = record if record.kind in SHARED else held.root
    try:
        office.stage.ledger.link(held, record, SystemId(system), id, match=(), root=root)
    except LinkedElsewhere as other:
        told = f"{other}; if that link is the wrong one, forget it: `cashpath unlink {other.other} {system}`"
        raise typer.BadParameter(pasted(told, office.stage)) from other
    finally:
        office.stage.ledger.release(held, Changes())
    send(office.stage, held.root, flow=FLOWS[record.kind], trigger="redrive")
    typer.echo(f"{record} is {id} in {system}; a pass brings them into agreement now")
    told = "what else waited for it: `cashpath exceptions redrive --cause ambiguous_match`"
    typer.echo(pasted(told, office.stage))
