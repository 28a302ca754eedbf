"""Who has one of these email addresses: the list at once, the search for what people typed otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cashpath.records.customer import normal_email
from cashpath.systems.stripe.api import StripeApi
from cashpath.systems.stripe.records.customer import EXPANDED

CLAUSES_MAX = 10  # https://docs.stripe.com/search, "Query structure and terminology": clauses of one query
_EXPAND = [f"data.{name}" for name in EXPANDED]


def matching(api: StripeApi, emails: Sequence[str]) -> Mapping[str, Sequence[dict[str, Any]]]:
    """Stripe's customers by email address, given in lower case; oldest first.

    The list's filter is case-sensitive (https://docs.stripe.com/api/customers/list, email), takes one address and
    finds at once all that Cashpath wrote, in lower case. What people typed otherwise is found by the search, which
    ignores case, lags up to a minute (https://docs.stripe.com/search) and takes ten addresses; it is asked only for
    those of whom the list knows nobody. An email that nobody has costs 1.1 requests, one that somebody has one.
    """
    found = {email: list(api.list("/v1/customers", email=email, expand=_EXPAND)) for email in emails}
    unknown = [email for email in emails if not found[email]]
    for start in range(0, len(unknown), CLAUSES_MAX):
        for customer in _searched(api, unknown[start : start + CLAUSES_MAX]):
            found.get(normal_email(customer["email"] or ""), []).append(customer)
    return {email: sorted(one, key=lambda c: (c["created"], c["id"])) for email, one in found.items()}


def _searched(api: StripeApi, emails: Sequence[str]) -> Iterator[dict[str, Any]]:
    query, after = " OR ".join(f"email:'{_quoted(email)}'" for email in emails), ""
    while True:
        page = api.get("/v1/customers/search", query=query, limit=100, expand=_EXPAND, **_page(after))
        if page is None:
            return
        yield from page["data"]
        after = page.get("next_page") or ""
        if not after:
            return


def _page(after: str) -> Mapping[str, object]:
    return {"page": after} if after else {}


def _quoted(email: str) -> str:
    return email.replace("\\", "\\\\").replace("'", "\\'")
