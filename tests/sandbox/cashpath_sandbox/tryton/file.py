"""Looks into the sandbox's Tryton database file, behind the server's back: what it holds, and what was written."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from cashpath_sandbox.tryton.setup import DATABASE

TABLES = (
    "party_party",
    "party_address",
    "party_contact_mechanism",
    "party_identifier",
    "party_relation",
    "product_template",
    "product_product",
    "product_identifier",
    "product_component",
    "sale_sale",
    "sale_line",
)


def texts(directory: Path) -> Iterator[tuple[str, str]]:
    """Every text that any table holds, folded for comparison, and where: `table.column`."""
    with closing(_opened(directory)) as file:
        for (table,) in file.execute("select name from sqlite_master where type = 'table'").fetchall():
            rows = file.execute(f'select * from "{table}"')
            columns = [column[0] for column in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    if isinstance(value, str | bytes):
                        text = value.decode(errors="ignore") if isinstance(value, bytes) else value
                        yield f"{table}.{column}", text.casefold()


def stock(directory: Path) -> Mapping[str, int]:
    """How many rows each table of `TABLES` has."""
    with closing(_opened(directory)) as file:
        return {table: file.execute(f"select count(*) from {table}").fetchone()[0] for table in TABLES}


def written(directory: Path) -> Mapping[str, str]:
    """How many rows each table of `TABLES` has and when it was last written. Equal before and after: nothing was."""
    last = "select count(*) || ' rows, last written ' || max(coalesce(write_date, create_date)) from "
    with closing(_opened(directory)) as file:
        return {table: str(file.execute(last + table).fetchone()[0]) for table in TABLES}


def _opened(directory: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{directory}/{DATABASE}.sqlite?mode=ro", uri=True)
