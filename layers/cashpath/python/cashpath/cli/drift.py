"""`cashpath drift`: what disagrees with its owner, by field, and `cashpath drift fix`, which brings the owner's over.

Since when a field disagrees stands in the ledger. Both values and the money at stake are asked of the flow's own
function, which alone holds the vendors' secrets; nothing of them is kept.
"""

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cashpath.cli import show
from cashpath.cli.exceptions import Json
from cashpath.cli.stage import Stage

if TYPE_CHECKING:
    from cashpath.records.keys import RecordKey

app = typer.Typer(help="What disagrees with its owner: where, since when, and the money at stake.")

Row = Mapping[str, Any]
AT_ONCE = 10  # roots that one call compares: each costs a read of every system, and a flow's function has 60 seconds
LOOKS, REST = 60, 5.0  # how often, and after how many seconds each, a fix is looked at: five minutes
COLUMNS = ("record", "field", "in", "owner", "owner's value", "its value", "since", "units in 30 days", "at stake")

Brand = Annotated[str, typer.Option("--brand", help="Only this brand's.")]
Kind = Annotated[str, typer.Option("--kind", help="Only of this kind: customer, company, product, variant.")]
Field = Annotated[str, typer.Option("--field", help="Only records of which this field disagrees.")]


@app.callback(invoke_without_command=True)
def list_(
    context: typer.Context,
    brand: Brand = "",
    kind: Kind = "",
    field: Field = "",
    limit: Annotated[int, typer.Option(help="How many records are compared, longest known first.", min=1)] = 200,
    json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
) -> None:
    """Show each field that disagrees with its owner's value, the most money first.

    The exit code is 0 whether or not any does, 1 where some records could not be compared.
    """
    if context.invoked_subcommand is not None:
        return
    stage: Stage = context.obj
    roots = list(_drifting(stage, brand, kind, field))
    rows, failures = _compared(stage, roots[:limit], field)
    if json:
        show.as_json({"drift": rows, "failures": failures, "not_compared": max(0, len(roots) - limit)})
    elif as_csv:
        _as_csv(rows)
        for key, why in sorted(failures.items()):
            typer.echo(f"{key} cannot be compared: {why}", err=True)
    else:
        _table(stage, rows, failures)
        if len(roots) > limit:
            typer.echo(f"{len(roots) - limit} more records are known to disagree; --limit compares more of them")
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

    Prints first what will be overwritten. A record is put right as a whole, all its fields that disagree. The exit
    code is 0 once they agree, 1 where any does not yet, or could not be compared.
    """
    stage: Stage = context.obj
    if bool(keys) == every:
        raise typer.BadParameter("name records as system/kind/id, or choose all that are known with --all")
    chosen = [_root(stage, key) for key in keys] if keys else list(_drifting(stage, brand, kind, field))
    rows, failures = _compared(stage, chosen, "")
    _table(stage, rows, failures)
    shadowed = sorted({f"{row['flow']} {row['brand']}" for row in rows if row["mode"] != "live"})
    if shadowed:
        typer.echo(f"not live, so nothing is written there: {', '.join(shadowed)}; see `cashpath mode`", err=True)
        raise typer.Exit(1)
    if rows and not dry_run:
        if not yes:
            typer.confirm(f"overwrite these {len(rows)} values?", abort=True)
        _send_and_wait(stage, {(row["flow"], row["root"]) for row in rows})
    if failures:
        raise typer.Exit(1)


def _drifting(stage: Stage, brand: str, kind: str, field: str) -> "Iterator[tuple[str, RecordKey]]":
    """The roots that are known to disagree, with the flow that found it."""
    for each in [brand] if brand else _brands(stage):
        for root in stage.ledger.drifting(each):
            names = [name.split("|") for name in _known(stage, root)]
            for flow in dict.fromkeys(flow for flow, _, key, of in names if _is(key, kind) and field in ("", of)):
                yield flow, root


def _is(key: str, kind: str) -> bool:
    return not kind or key.split("/")[1] == kind


def _known(stage: Stage, root: "RecordKey") -> Mapping[str, int]:
    """What the ledger knows to disagree of a root, and since when: `flow|role|key|field`."""
    seen = stage.ledger.peek(root)
    return seen.drift if seen else {}


def _brands(stage: Stage) -> list[str]:
    """The stage's brands, as its functions know them."""
    return list(_ask(stage, next(flow for flow in _flows(stage)), [])["brands"])


def _flows(stage: Stage) -> list[str]:
    from cashpath.flows.manifest import FLOWS

    return [flow for flow, facts in FLOWS.items() if facts.reads_all and flow in stage.urls]


def _root(stage: Stage, key: str) -> "tuple[str, RecordKey]":
    """The root of a record that an operator named, and its flow."""
    from cashpath.flows.manifest import FLOWS
    from cashpath.records.keys import RecordKey

    try:
        at = RecordKey.parse(key)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    seen = stage.ledger.peek(at)
    flows = [flow for flow in _flows(stage) if any(at.kind in kinds for kinds in FLOWS[flow].wants.values())]
    if seen is None or not flows:
        raise typer.BadParameter(f"{key} is no customer, company or product that Cashpath knows")
    return flows[0], seen.root


def _compared(stage: Stage, roots: "Sequence[tuple[str, RecordKey]]", field: str) -> tuple[list[Row], dict[str, str]]:
    """What disagrees of these roots now, the most money first, then what has disagreed longest; and why some could not
    be compared."""
    rows: list[Row] = []
    failures: dict[str, str] = {}
    for flow in dict.fromkeys(flow for flow, _ in roots):
        keys = [str(root) for of, root in dict.fromkeys(roots) if of == flow]
        for start in range(0, len(keys), AT_ONCE):
            answer = _ask(stage, flow, keys[start : start + AT_ONCE])
            rows += [row for row in answer["drift"] if field in ("", row["field"])]
            failures |= answer["failures"]
    return sorted(rows, key=_urgency), failures


def _urgency(row: Row) -> tuple[Any, ...]:
    from decimal import Decimal

    stake = row["at_stake"]
    return (
        stake is None,
        -Decimal(stake["amount"]) if stake else Decimal(0),
        row["since"],
        row["record"],
        row["field"],
    )


def _ask(stage: Stage, flow: str, keys: Sequence[str]) -> dict[str, Any]:
    """What the flow's own function answers."""
    answer = stage.client("lambda").invoke(FunctionName=stage.function(flow), Payload=json.dumps({"drift": list(keys)}))
    said: dict[str, Any] = json.loads(answer["Payload"].read() or "{}")
    if answer.get("FunctionError"):
        typer.echo(f"{flow} cannot compare: {said.get('errorMessage', 'its function failed')}", err=True)
        raise typer.Exit(1)
    return said


def _table(stage: Stage, rows: Sequence[Row], failures: Mapping[str, str]) -> None:
    if not rows and not failures:
        typer.echo("nothing disagrees")
    if rows:
        lines = [tuple(_cells(row, show.moment(row["since"], stage.millis))) for row in rows]
        show.table(f"{len(rows)} fields disagree{_total(rows)}", COLUMNS, lines)
        show.table("by field", ("field", "in", "owner", "how many", "at stake"), _by_field(rows))
    for key, why in sorted(failures.items()):
        typer.echo(f"{key} cannot be compared: {why}")


def _cells(row: Row, since: str) -> list[str]:
    units = "" if row["units"] is None else str(row["units"])
    value, other = _said(row["value"]), _said(row["other"])
    return [row["record"], row["field"], row["role"], row["owner"], value, other, since, units, _money(row["at_stake"])]


def _said(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _money(stake: Mapping[str, str] | None) -> str:
    return f"{stake['amount']} {stake['currency']}" if stake else ""


def _total(rows: Sequence[Row]) -> str:
    sums = _at_stake(rows)
    return f"; {sums} at stake in 30 days" if sums else ""


def _at_stake(rows: Sequence[Row]) -> str:
    """The money at stake, by currency."""
    from cashpath.records.money import Money

    stakes = [Money.of(row["at_stake"]["amount"], row["at_stake"]["currency"]) for row in rows if row["at_stake"]]
    currencies = sorted({stake.currency for stake in stakes})
    return " and ".join(str(Money.sum([s for s in stakes if s.currency == each], each)) for each in currencies)


def _by_field(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """Each field of each kind and where it disagrees, in the order of the rows: how often, and the money at stake."""

    def of(row: Row) -> tuple[str, ...]:
        return f"{row['record'].split('/')[1]}.{row['field']}", row["role"], row["owner"]

    for each in dict.fromkeys(of(row) for row in rows):
        same = [row for row in rows if of(row) == each]
        yield (*each, str(len(same)), _at_stake(same))


def _as_csv(rows: Sequence[Row]) -> None:
    from datetime import UTC, datetime

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        since = datetime.fromtimestamp(row["since"] / 1000, UTC)
        writer.writerow([_inert(cell) for cell in _cells(row, f"{since:%Y-%m-%dT%H:%M:%SZ}")])


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: the values are what customers typed (OWASP, "CSV Injection")."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _send_and_wait(stage: Stage, chosen: set[tuple[str, str]]) -> None:
    from cashpath.noticed import notice_of
    from cashpath.records.keys import RecordKey

    roots = sorted((flow, RecordKey.parse(root)) for flow, root in chosen)
    at = stage.millis
    notices = [notice_of(flow, root, received=at, trigger="redrive", attempt=1) for flow, root in roots]
    if left := stage.queues.send(notices):
        typer.echo(f"{len(left)} were not taken by their queue; run this again", err=True)
        raise typer.Exit(1)
    typer.echo(f"{len(notices)} records sent")
    still = roots
    for _ in range(LOOKS):
        still = [(flow, root) for flow, root in still if _disagrees(stage, flow, root)]
        if not still:
            typer.echo("all agree")
            return
        stage.sleep(REST)
    for _, root in still:
        typer.echo(f"{root} still disagrees", err=True)
    typer.echo(f"{len(still)} still disagree; see `cashpath exceptions list` and `cashpath status`", err=True)
    raise typer.Exit(1)


def _disagrees(stage: Stage, flow: str, root: "RecordKey") -> bool:
    return any(name.startswith(f"{flow}|") for name in _known(stage, root))
