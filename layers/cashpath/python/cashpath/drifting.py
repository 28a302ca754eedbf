"""Since when which fields are known to disagree with their owners, and which records to be missing: what a pass keeps
of it in its root. Pure.

Names only; `drift` reads the values anew where somebody asks.
"""

from cashpath.apply import Applied
from cashpath.ledger.seen import MISSING, Seen, drift_name
from cashpath.plan import Plan, Put


def known_drift(flow: str, seen: Seen, plan: Plan, now: int, applied: Applied | None = None) -> dict[str, int] | None:
    """All that is known to disagree, and since when (epoch ms): what a shadow pass would have written (`applied` None),
    what a live one left to a person, and what neither could look at now. None where nothing was compared."""
    puts = [write for write in plan.writes if isinstance(write, Put)]
    found = {_name(flow, put, name) for put in puts for name in disagreeing(put)}
    silent = [put for put in puts if put.differing is None and not put.absent]
    unseen = {_name(flow, put, name) for put in silent for name in put.fields | put.seeds | {MISSING}}
    if applied is not None:
        unseen |= found if applied.waits else set()
        findings = [finding for finding in applied.findings if finding.kind == "drift"]
        found = {drift_name(flow, f.role, f.about, f.field) for f in findings if f.role}
    if not found and not seen.drift and all(put.differing is None for put in puts):
        return None
    known = {n: at for n, at in seen.drift.items() if not n.startswith(f"{flow}|") or n in unseen}
    return known | {name: seen.drift.get(name, now) for name in found}


def disagreeing(put: Put) -> frozenset[str]:
    """The fields that a pass found to disagree, or that the record is missing."""
    return frozenset({MISSING}) if put.absent else put.differing or frozenset()


def _name(flow: str, put: Put, field: str) -> str:
    return drift_name(flow, put.role, put.record.key, field)
