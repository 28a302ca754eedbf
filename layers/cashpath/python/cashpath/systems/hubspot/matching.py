"""Which records may match what is asked for: the ids that HubSpot's search finds. It is tokenised and lags, so whoever
asks reads each hit and compares it in full."""

from collections.abc import Iterable, Mapping, Sequence

from cashpath.systems.hubspot.calls import Calls, equals
from cashpath.systems.hubspot.objects import DEALS, ORDERS, ObjectType, spelled
from cashpath.systems.hubspot.refusals import explained
from cashpath.systems.hubspot.translation import Portal, normal

GROUPS = 5  # "Expanded filtering capabilities and error messaging in HubSpot's search API": filter groups of a search
NUMBERS: Mapping[ObjectType, str] = {DEALS: "dealname", ORDERS: "hs_order_name"}  # what holds an order's number


def searched(calls: Calls, portal: Portal, type: ObjectType, criteria: Iterable[str]) -> list[str]:
    """The ids of what may match any of these criteria, oldest first: five values are looked for by each search, since
    a second allows an account few of them."""
    asked = [filter for criterion in criteria for filter in _filters(portal, criterion)]
    found: set[str] = set()
    for some in (asked[start : start + GROUPS] for start in range(0, len(asked), GROUPS)):
        with explained(f"{type.name} by {len(some)} values"):
            found |= {hit.id for hit in calls.search(type, [[one] for one in some], (), "hs_object_id")}
    return sorted(found, key=int)


def _filters(portal: Portal, criterion: str) -> Sequence[dict[str, str]]:
    """What finds a value as it was asked for, and as it is compared."""
    name, _, value = criterion.partition(":")
    spellings = dict.fromkeys(filter(None, (value.strip(), normal(name, value))))
    return [dict(equals(portal.match_property(name), spelling)) for spelling in spellings]


def numbered(calls: Calls, numbers: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """The deals and orders that are called by these order numbers, as Cashpath spells their ids; oldest first."""
    asked = list(dict.fromkeys(numbers))
    found: dict[str, list[str]] = {number: [] for number in asked}
    for type, name in NUMBERS.items():
        for some in (asked[start : start + GROUPS] for start in range(0, len(asked), GROUPS)):
            with explained(f"{type.name} by {len(some)} numbers"):
                for hit in calls.search(type, [[equals(name, number)] for number in some], (name,), "hs_object_id"):
                    found.get(hit.get(name).strip(), []).append(spelled(type, hit.id))
    return found
