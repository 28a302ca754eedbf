"""Who has one of these email addresses: the list at once, the search for what people typed otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cashpath.records.customer import normal_email
from cashpath.systems.stripe.api import StripeApi
from cashpath.systems.stripe.recent import Recent
from cashpath.systems.stripe.records.customer import EXPANDED

CLAUSES_MAX = 10  # https://docs.stripe.com/search, "Query structure and terminology": clauses of one query
SEARCH_LAG = timedelta(minutes=5)  # same page: less than a minute under normal conditions
MANY = 10  # from here on it is cheaper to list who came lately than each address by itself
_EXPAND = [f"data.{name}" for name in EXPANDED]

Found = Mapping[str, Sequence[dict[str, Any]]]


def matching(api: StripeApi, recent: Recent, emails: Sequence[str], now: datetime) -> Found:
    """Stripe's customers by email address, given in lower case; oldest first.

    The list's filter is case-sensitive (https://docs.stripe.com/api/customers/list, email), takes one address and
    finds at once all that Cashpath wrote, in lower case. What people typed otherwise is found by the search, which
    ignores case, lags (https://docs.stripe.com/search) and takes ten addresses. A few addresses are listed each, and
    searched where the list knows nobody. Many are searched, and those listed that somebody has who came lately: an
    address that nobody has costs a tenth of a request.
    """
    known = [email for email in emails if email]  # an empty filter would list everybody
    found: dict[str, list[dict[str, Any]]] = {email: [] for email in emails}
    if len(known) < MANY:
        _add(found, [customer for email in known for customer in _listed(api, email)])
        _add(found, _searched(api, [email for email in known if not found[email]]))
    else:
        _add(found, _searched(api, known))
        for typed in {one.email for one in recent.since(now - SEARCH_LAG) if normal_email(one.email) in known}:
            _add(found, _listed(api, typed))
    return {email: sorted(one, key=lambda c: (c["created"], c["id"])) for email, one in found.items()}


def _add(found: Mapping[str, list[dict[str, Any]]], customers: Sequence[dict[str, Any]]) -> None:
    for customer in customers:
        same = found.get(normal_email(customer["email"] or ""), [])  # what nobody asked for is dropped
        if all(one["id"] != customer["id"] for one in same):
            same.append(customer)


def _listed(api: StripeApi, email: str) -> list[dict[str, Any]]:
    return list(api.list("/v1/customers", email=email, expand=_EXPAND))


def _searched(api: StripeApi, emails: Sequence[str]) -> list[dict[str, Any]]:
    tens = [emails[start : start + CLAUSES_MAX] for start in range(0, len(emails), CLAUSES_MAX)]
    return [customer for ten in tens for customer in _pages(api, ten)]


def _pages(api: StripeApi, emails: Sequence[str]) -> Iterator[dict[str, Any]]:
    query, after = " OR ".join(f"email:'{_quoted(email)}'" for email in emails), ""
    while True:
        asked = {"page": after} if after else {}
        page = api.get("/v1/customers/search", query=query, limit=100, expand=_EXPAND, **asked)
        if page is None:
            return
        yield from page["data"]
        after = page.get("next_page") or ""
        if not after:
            return


def _quoted(email: str) -> str:
    return email.replace("\\", "\\\\").replace("'", "\\'")
