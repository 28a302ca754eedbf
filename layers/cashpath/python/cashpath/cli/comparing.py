"""What the ledger lists as disagreeing, and what the flows' own functions say of it: for `cashpath drift`.

The functions alone hold the vendors' secrets; nothing of their answers is kept.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import typer

from cashpath.cli.keys import key_of
from cashpath.cli.stage import Stage

if TYPE_CHECKING:
    from cashpath.records.keys import RecordKey

Row = Mapping[str, Any]
AT_ONCE = 10  # roots that one call compares: each costs a read of every system, and a flow's function has 60 seconds


def drifting(stage: Stage, brand: str, kind: str, field: str) -> "Iterator[tuple[str, RecordKey]]":
    """The roots that are known to disagree, with their flow: those of which a field does, longest known first, then
    those of which only a record is missing somewhere."""
    brands = [brand] if brand else _brands(stage)
    for root in chain(stage.ledger.drifting(*brands), stage.ledger.lacking(*brands)):
        if (kind or field) and not _is_wanted(stage, root, kind, field):
            continue
        if flow := _flow(stage, root):
            yield flow, root


def _is_wanted(stage: Stage, root: "RecordKey", kind: str, field: str) -> bool:
    names = [name.split("|") for name in known(stage, root)]
    return any(kind in ("", key.split("/")[1]) and field in ("", of) for _, _, key, of in names)


def known(stage: Stage, root: "RecordKey") -> Mapping[str, int]:
    """What the ledger knows to disagree of a root, and since when: `flow|role|key|field`."""
    seen = stage.ledger.peek(root)
    return seen.drift if seen else {}


def named(stage: Stage, key: str) -> "tuple[str, RecordKey]":
    """The root of a record that an operator named, and its flow."""
    at = key_of(key)
    seen, flow = stage.ledger.peek(at), _flow(stage, at)
    if seen is None or not flow:
        raise typer.BadParameter(f"{key} is no customer, company or product that Cashpath knows")
    return flow, seen.root


def _flow(stage: Stage, at: "RecordKey") -> str:
    """The flow that compares records of this kind; '' where none does."""
    from cashpath.flows.manifest import FLOWS

    flows = (flow for flow in _flows(stage) if any(at.kind in kinds for kinds in FLOWS[flow].wants.values()))
    return next(flows, "")


def _flows(stage: Stage) -> list[str]:
    from cashpath.flows.manifest import FLOWS

    return [flow for flow, facts in FLOWS.items() if facts.reads_all and flow in stage.urls]


def _brands(stage: Stage) -> list[str]:
    """The stage's brands, as its functions know them."""
    return list(_ask(stage, next(flow for flow in _flows(stage)), [])["brands"])


def compared(
    stage: Stage, roots: "Sequence[tuple[str, RecordKey]]", field: str = ""
) -> tuple[list[Row], dict[str, str]]:
    """What disagrees of these roots now: the most money first, each currency by itself, then prices of which nobody
    can tell the money, then what has disagreed longest; and why some could not be compared."""
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

    age, stake = (row["since"], row["record"], row["field"]), row["at_stake"]
    if stake:
        return (0, stake["currency"], -Decimal(stake["amount"]), *age)
    return (1 if row["unknown"] else 2, "", Decimal(0), *age)


def _ask(stage: Stage, flow: str, keys: Sequence[str]) -> dict[str, Any]:
    """What the flow's own function answers."""
    answer = stage.client("lambda").invoke(FunctionName=stage.function(flow), Payload=json.dumps({"drift": list(keys)}))
    said: dict[str, Any] = json.loads(answer["Payload"].read() or "{}")
    if answer.get("FunctionError"):
        typer.echo(f"{flow} cannot compare: {said.get('errorMessage', 'its function failed')}", err=True)
        raise typer.Exit(1)
    return said
