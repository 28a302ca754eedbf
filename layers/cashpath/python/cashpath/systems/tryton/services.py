"""What recurs, by Tryton's subscription services (module sale_subscription): theirs -> ours. Pure.

A product that an active service names recurs as the service's consumption does: by a rule set of one rule, every so
many days, weeks, months or years. A service without a recurrence is sold once. Nothing of it is ever written.
Source: trytond_sale_subscription 8.2, `service.py`, `recurrence.py` (RecurrenceRule), `subscription.py` (Line: each
consumption is invoiced).
"""

from collections.abc import Mapping, Sequence

from cashpath.records.catalog import Interval, Recurring
from cashpath.systems.tryton.books import Row

MODEL = "sale.subscription.service"
INTERVALS: Mapping[str, Interval] = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
BY = ("byweekday", "bymonthday", "byyearday", "byweekno", "bymonth", "bysetpos")
FIELDS = (
    *("product", "consumption_recurrence.name"),
    *(f"consumption_recurrence.rules.{name}" for name in ("freq", "interval", "exclusive", *BY)),
)


def recurring(services: Sequence[Row]) -> Recurring | None:
    """How often what these services name is sold again; None where it is sold once, or where that is `unclear`."""
    rhythms = {_rhythm(service) for service in services if _is_clear(service)}
    return rhythms.pop() if len(rhythms) == 1 and all(map(_is_clear, services)) else None


def unclear(code: str, services: Sequence[Row]) -> str:
    """Why it cannot be told how often a product is sold again, and what to do; '' where it can."""
    for service in services:
        if not _is_clear(service):
            return (
                f"the service of product {code} in Tryton recurs by {service['consumption_recurrence.']['name']!r}, "
                "which is not one rule of every so many days, weeks, months or years; give it such a recurrence "
                "there, without any 'by' part, or deactivate the service"
            )
    if len({_rhythm(service) for service in services}) > 1:
        return f"product {code} has services in Tryton that recur differently; deactivate all but one of them"
    return ""


def _is_clear(service: Row) -> bool:
    recurrence = service["consumption_recurrence."]
    return recurrence is None or _rhythm(service) is not None


def _rhythm(service: Row) -> Recurring | None:
    recurrence = service["consumption_recurrence."]
    rules: Sequence[Row] = recurrence["rules."] if recurrence else ()
    if len(rules) != 1:
        return None
    rule = rules[0]
    plain = not rule["exclusive"] and not any(rule[name] for name in BY)
    if not plain or rule["interval"] < 1 or rule["freq"] not in INTERVALS:
        return None
    return Recurring(interval=INTERVALS[rule["freq"]], count=rule["interval"], biller="billing")
