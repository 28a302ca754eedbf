"""How `cashpath drift` prints what disagrees: a table for people, CSV for a spreadsheet."""

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence

import typer

from cashpath.cli import show
from cashpath.cli.comparing import Row
from cashpath.cli.stage import Stage

COLUMNS = ("record", "field", "in", "owner", "owner's value", "its value", "since", "units in 30 days", "at stake")


def table(stage: Stage, rows: Sequence[Row], failures: Mapping[str, str]) -> None:
    """Print each field, then how often each kind of it disagrees, then what could not be compared."""
    if not rows and not failures:
        typer.echo("nothing disagrees")
    if rows:
        lines = [tuple(_cells(row, show.moment(row["since"], stage.millis))) for row in rows]
        show.table(f"{len(rows)} fields disagree{_total(rows)}", COLUMNS, lines)
        show.table("by field", ("field", "in", "owner", "how many", "at stake"), _by_field(rows))
    for key, why in sorted(failures.items()):
        typer.echo(f"{key} cannot be compared: {why}")


def as_csv(rows: Sequence[Row], failures: Mapping[str, str]) -> None:
    """Print CSV; what could not be compared goes where errors go."""
    from datetime import UTC, datetime

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        since = datetime.fromtimestamp(row["since"] / 1000, UTC)
        writer.writerow([_inert(cell) for cell in _cells(row, f"{since:%Y-%m-%dT%H:%M:%SZ}")])
    for key, why in sorted(failures.items()):
        typer.echo(f"{key} cannot be compared: {why}", err=True)


def _cells(row: Row, since: str) -> list[str]:
    units = "" if row["units"] is None else str(row["units"])
    value, other = _said(row["value"]), _said(row["other"])
    return [row["record"], row["field"], row["role"], row["owner"], value, other, since, units, _money(row)]


def _said(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _money(row: Row) -> str:
    stake = row["at_stake"]
    if stake:
        return f"{stake['amount']} {stake['currency']}"
    return f"not known: {row['unknown']}" if row["unknown"] else ""


def _total(rows: Sequence[Row]) -> str:
    sums, unknown = _at_stake(rows), sum(bool(row["unknown"]) for row in rows)
    known = f"; {sums} at stake in 30 days" if sums else ""
    return known + (f"; of {unknown} prices it is not known" if unknown else "")


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


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: the values are what customers typed (OWASP, "CSV Injection")."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and len(cell) > 1 else cell
