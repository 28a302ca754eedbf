"""Searches every place for what would give a person away: tables, queues, log files, stand-ins, Tryton's database.

A place is any text by name; the search knows nothing of where it came from. SQS cannot be looked into without a
receive: `peeked` gives each message back at once, and spends one of its five receives.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cashpath_sandbox.memory import Books
from cashpath_sandbox.memory_dynamo import Tables, dump

Place = tuple[str, str]  # where, and the text that stands there
MOST = 10  # messages that SQS hands out in one answer


@dataclass(frozen=True)
class Person:
    """What somebody could be known by: each word of it is looked for, in any case."""

    email: str
    name: str
    phone: str
    street: str

    def in_text(self, text: str) -> frozenset[str]:
        """Which of it stands in a text, however JSON or a URL spells it."""
        spelled = {what: _spellings(getattr(self, what)) for what in ("email", "name", "phone", "street")}
        low = text.casefold()
        return frozenset(what for what, ways in spelled.items() if any(way in low for way in ways))


def _spellings(value: str) -> frozenset[str]:
    low = value.casefold()
    encoded = low.replace("@", "%40").replace("+", "%2b")
    return frozenset({low, encoded, encoded.replace(" ", "%20"), encoded.replace(" ", "+"), json.dumps(low)[1:-1]})


def found(person: Person, places: Iterable[Place]) -> dict[str, frozenset[str]]:
    """Where something of the person stands, and what."""
    traces: dict[str, frozenset[str]] = {}
    for where, text in places:
        if what := person.in_text(text):
            traces[where] = traces.get(where, frozenset()) | what
    return traces


def scanned(dynamodb: Any, table: str) -> Iterator[Place]:
    """Every item of a table, by boto3's client; indexes hold nothing else."""
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            yield table, json.dumps(item, ensure_ascii=False)


def peeked(sqs: Any, url: str, *, rounds: int = 5) -> Iterator[Place]:
    """The messages of a queue that can be seen now, each of which is made visible again in the end. Those that are
    delayed, or at work, are not seen: let the queue drain, or its mapping be paused, first."""
    seen: dict[str, str] = {}
    try:
        for _ in range(rounds):
            asked = {"QueueUrl": url, "MaxNumberOfMessages": MOST, "VisibilityTimeout": 30}
            messages = sqs.receive_message(**asked).get("Messages", [])
            for message in messages:
                seen[message["ReceiptHandle"]] = message["Body"]
            if not messages:
                break
    finally:
        for receipt in seen:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)
    for body in seen.values():
        yield url.rpartition("/")[2], body


def logged(logs: Any, group: str) -> Iterator[Place]:
    """Every line of a log group, by boto3's client."""
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
        for event in page["events"]:
            yield group, event["message"]


def files(folder: Path, pattern: str = "**/*.log*") -> Iterator[Place]:
    """Every log file in a folder: what the emulator's Lambdas write."""
    for path in sorted(folder.glob(pattern)):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_text(encoding="utf-8", errors="replace")


def database(file: Path, name: str = "erp") -> Iterator[Place]:
    """Every text in every table of an SQLite file that somebody may be writing to: Tryton's."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
        tables = [row[0] for row in opened.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for row in opened.execute(f'select * from "{table}"'):
                texts = [value for value in row if isinstance(value, str)]
                if texts:
                    yield f"{name}: {table}", " | ".join(texts)


def answers(name: str, ask: Callable[[], Any]) -> Iterator[Place]:
    """What a stand-in says that it holds, by whatever asks it: its admin pages, its API, its store."""
    said = ask()
    for each in said if isinstance(said, list | tuple) else [said]:
        yield name, json.dumps(each, ensure_ascii=False, default=str)


def in_memory(tables: Tables) -> Iterator[Place]:
    """Every item of the in-memory DynamoDB."""
    for name in tables.definitions:
        for item in dump(tables, name):
            yield name, json.dumps(item, ensure_ascii=False)


def held(books: Mapping[str, Books]) -> Iterator[Place]:
    """What in-memory vendors hold now; what a record was before is theirs no more."""
    for name, each in books.items():
        for states in each.rows.values():
            yield f"{name} {states[-1].record.key.kind}", repr(states[-1].record)
