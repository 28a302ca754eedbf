"""A backfill lists a shop by one export: few requests, the whole of it, oldest first, whatever happens on the way."""

import tracemalloc
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cashpath.faults import Fault, NeedsPerson, NotYet, RateLimited, SystemDown
from cashpath.records import Kind
from cashpath.systems.port import Lists
from cashpath.systems.shopify.client import Connector
from cashpath_sandbox.killable import KillableTransport
from cashpath_sandbox.shopify import orders
from cashpath_sandbox.shopify.bench import connector
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.standin import VendorFault
from cashpath_sandbox.subject import MovableClock

EVER = datetime(1970, 1, 1, tzinfo=UTC)
PIECE = 16_384  # bytes of a result that arrive at a time
PLURAL: dict[Kind, str] = {
    "customer": "customers",
    "company": "companies",
    "product": "products",
    "variant": "products",
}


def made(shop: ShopifyStandin, clock: MovableClock, many: int, kind: Kind = "customer") -> list[str]:
    """So many records of a kind, one a second."""
    ids = []
    for n in range(many):
        clock.move(timedelta(seconds=1))
        match kind:
            case "order":
                ids.append(shop.place_order(orders.made("plain", n + 1, clock.at).body))
            case "variant":
                id = shop.put("products", {"title": f"T{n}", "variants": [{"sku": f"S{n}", "price": "1.00"}]})
                body = shop.store.get("products", id)
                assert body is not None
                ids.append(str(body["variants"][0]["id"]))
            case _:
                ids.append(shop.put(PLURAL[kind], {"name": f"N{n}", "title": f"T{n}"}))
    shop.settle_search()
    clock.move(timedelta(hours=1))
    return ids


def listed(storefront: Connector, since: datetime = EVER, kind: Kind = "customer") -> list[str]:
    """The ids that a listing tells of, which is in order."""
    found = list(storefront.listed_since(kind, since))
    assert [each.version or 0 for each in found] == sorted(each.version or 0 for each in found)
    return [each.key.id for each in found]


class Given(httpx.BaseTransport):
    """The shop, but where results lie there is `body`."""

    def __init__(self, shop: ShopifyStandin, body: bytes) -> None:
        self._shop = httpx.WSGITransport(app=shop)
        self._body = body

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/exports/"):
            pieces = (self._body[start : start + PIECE] for start in range(0, len(self._body), PIECE))
            return httpx.Response(200, content=pieces)
        return self._shop.handle_request(request)


def test_ten_thousand_customers_are_listed_by_eight_requests_where_pages_took_a_hundred(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    ids = made(shop, clock, 10_000)
    shop.log.clear()
    assert listed(storefront) == ids
    assert len(shop.log) == 8  # a page; exports of before; begin; three looks; the result; what changed since


@pytest.mark.parametrize("kind", ["order", "customer", "company", "product", "variant"])
def test_an_export_tells_of_each_kind_what_pages_tell(
    kind: Kind, shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    ids = made(shop, clock, 130, kind)
    began = clock.at - timedelta(hours=1, seconds=119)
    assert isinstance(storefront, Lists)
    assert listed(storefront, began, kind) == ids[10:]
    assert list(storefront.listed_since(kind, began)) == list(storefront.changed_since(kind, began))
    assert len(shop.exports.operations) == 1


def test_what_fits_on_a_page_needs_no_export(shop: ShopifyStandin, storefront: Connector, clock: MovableClock) -> None:
    ids = made(shop, clock, 100, "variant")
    shop.log.clear()
    assert listed(storefront, kind="variant") == ids
    assert len(shop.log) == 1


def test_where_the_result_lies_our_token_is_not_told(shop: ShopifyStandin, clock: MovableClock) -> None:
    made(shop, clock, 101)
    shop.exports.host = "http://storage.test"
    told: dict[str, bool] = {}

    class Heard(httpx.WSGITransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            told[request.url.host] = shop.token in str(request.headers.raw)
            return super().handle_request(request)

    assert len(listed(connector(shop, clock, transport=Heard(app=shop)))) == 101
    assert told == {"shop.test": True, "storage.test": False}


def test_who_changes_while_the_export_is_made_is_told_of_with_the_new_mark(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    ids = made(shop, clock, 101)
    changes = storefront.listed_since("customer", EVER)
    first = next(changes)
    clock.move(timedelta(seconds=1))
    shop.put("customers", {"id": int(ids[50]), "last_name": "Brandt"})
    new = shop.put("customers", {"email": "new@example.com"})
    shop.settle_search()
    assert [first.key.id, *(each.key.id for each in changes)] == [*ids, ids[50], new]


def test_a_feeder_that_was_killed_has_the_same_export_read_again_and_goes_on_in_it(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    ids = made(shop, clock, 300)
    at = clock.at - timedelta(hours=1, seconds=199)
    listed(storefront)
    clock.move(timedelta(hours=5))
    shop.log.clear()
    assert listed(storefront, at) == ids[100:]
    assert len(shop.exports.operations) == 1
    assert len(shop.log) == 4


def test_an_export_that_is_still_under_way_is_waited_for_and_not_begun_again(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    ids, began = made(shop, clock, 101), clock.at
    shop.exports.looks = 100
    with pytest.raises(NotYet, match="still at work on its export"):
        listed(storefront)
    assert timedelta(minutes=14) < clock.at - began < timedelta(minutes=16)
    clock.move(timedelta(days=2))
    assert listed(storefront) == ids
    assert len(shop.exports.operations) == 1


@pytest.mark.parametrize(
    ("kind", "earlier", "later"),
    [
        pytest.param("product", timedelta(0), timedelta(0), id="of another kind"),
        pytest.param("customer", timedelta(seconds=30), timedelta(0), id="of less"),
        pytest.param("customer", timedelta(0), timedelta(days=2), id="of the day before yesterday"),
    ],
)
def test_an_export_that_does_not_hold_all_that_is_asked_for_is_not_used(
    kind: Kind, earlier: timedelta, later: timedelta, shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    began = clock.at
    made(shop, clock, 150, "product")
    ids = made(shop, clock, 150)
    listed(storefront, began + (timedelta(hours=1, seconds=200) if earlier else timedelta(0)), kind)
    clock.move(later)
    assert listed(storefront, began) == ids


def test_a_result_that_is_not_given_out_any_more_is_made_anew(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    ids = made(shop, clock, 101)
    listed(storefront)
    shop.faults = [VendorFault("status", status=403, path="/exports/")]
    assert listed(storefront) == ids
    assert len(shop.exports.operations) == 2


def test_a_result_is_gone_after_a_week(shop: ShopifyStandin, storefront: Connector, clock: MovableClock) -> None:
    made(shop, clock, 101)
    listed(storefront)
    address = f"{shop.exports.host}/exports/700001.jsonl"
    with httpx.Client(transport=httpx.WSGITransport(app=shop)) as anybody:
        assert anybody.get(address).status_code == 200
        clock.move(timedelta(days=7, seconds=1))
        assert anybody.get(address).status_code == 400


def test_an_export_that_finds_nothing_has_no_result_to_fetch(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    made(shop, clock, 101)
    shop.exports.found = {"customers": lambda args: []}
    assert listed(storefront) == []


@pytest.mark.parametrize("code", ["LIMIT_REACHED", "OPERATION_IN_PROGRESS"])
def test_five_exports_of_an_app_at_a_time_are_the_most_and_a_sixth_waits(
    code: str, shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    ids = made(shop, clock, 101)
    shop.exports.refusal = code
    for _ in range(5):
        shop.exports.run({"query": "{ orders { edges { node { id } } } }"}, "")
    with pytest.raises(RateLimited, match=r"shop takes an export of customers later: .* already in progress"):
        listed(storefront)
    for other in shop.exports.operations:
        other.done = clock.at
    assert listed(storefront) == ids


@pytest.mark.parametrize(
    ("status", "error", "kind", "says"),
    [
        ("FAILED", "TIMEOUT", SystemDown, "failed to export: FAILED, TIMEOUT"),
        ("FAILED", "INTERNAL_SERVER_ERROR", SystemDown, "INTERNAL_SERVER_ERROR"),
        ("EXPIRED", None, SystemDown, "EXPIRED, it does not say why"),
        ("CANCELED", None, NeedsPerson, "was cancelled in Shopify"),
    ],
)
def test_an_export_that_ends_badly_is_told_by_what_to_do_next_and_the_next_one_is_new(
    status: str,
    error: str | None,
    kind: type[Fault],
    says: str,
    shop: ShopifyStandin,
    storefront: Connector,
    clock: MovableClock,
) -> None:
    ids = made(shop, clock, 101)
    shop.exports.ends = [(status, error)]
    with pytest.raises(kind, match=says):
        listed(storefront)
    assert listed(storefront) == ids
    assert len(shop.exports.operations) == 2


@pytest.mark.parametrize("kind", ["customer", "variant"])
def test_an_app_that_may_read_but_not_export_is_told_page_by_page(
    kind: Kind, shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    ids = made(shop, clock, 130, kind)
    for shop.exports.denied in ("ACCESS_DENIED", "OTHERWISE"):
        assert listed(storefront, kind=kind) == ids
    shop.exports.denied, shop.exports.ends = "", [("FAILED", "ACCESS_DENIED")]
    assert listed(storefront, kind=kind) == ids


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"gid://shopify/Customer/1","updatedAt":"2026-11-24T12:00:00Z"}\n{"id":"gid://sho',
        b'{"id":"gid://shopify/Customer/1","updatedAt":"2026-11-24T12:00:00Z"}\n{"updatedAt":"2026-11-24T12:00:00Z"}\n',
        b'{"id":"gid://shopify/Customer/1","updatedAt":"2026-11-24T12:00:00Z"}\n[]\n',
        b'{"id":"gid://shopify/Customer/1","updatedAt":"2026-11-24T12:00:00Z"}\n\n',
    ],
)
def test_a_result_with_a_line_that_is_none_is_not_taken_for_the_whole_and_made_anew(
    body: bytes, shop: ShopifyStandin, clock: MovableClock
) -> None:
    ids = made(shop, clock, 101)
    with pytest.raises(SystemDown, match="line 2 of the export of shop cannot be read"):
        listed(connector(shop, clock, transport=Given(shop, body)))
    with pytest.raises(SystemDown, match="line 2 of the export of shop cannot be read"):
        listed(connector(shop, clock, transport=Given(shop, body)))
    assert len(shop.exports.operations) == 2
    assert listed(connector(shop, clock)) == ids


@pytest.mark.parametrize("status", [429, 503])
def test_where_the_result_lies_nobody_may_answer_for_a_while(
    status: int, shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    ids = made(shop, clock, 101)
    shop.faults = [VendorFault("status", status=status, path="/exports/")]
    with pytest.raises((RateLimited, SystemDown), match="where the export of shop lies"):
        listed(storefront)
    assert listed(storefront) == ids
    assert len(shop.exports.operations) == 1


def test_an_export_that_shopify_does_not_know_any_more_is_made_anew(
    shop: ShopifyStandin, storefront: Connector, clock: MovableClock
) -> None:
    ids = made(shop, clock, 101)
    shop.exports.forgets = True
    with pytest.raises(SystemDown, match="does not know its export any more"):
        listed(storefront)
    shop.exports.forgets = False
    assert listed(storefront) == ids


def test_an_export_whose_begin_got_no_answer_is_found_again(shop: ShopifyStandin, clock: MovableClock) -> None:
    ids = made(shop, clock, 101)
    transport = KillableTransport(httpx.WSGITransport(app=shop))
    storefront = connector(shop, clock, transport=transport)
    transport.misbehave(2, "cut_after")
    with pytest.raises(SystemDown):
        listed(storefront)
    assert listed(storefront) == ids
    assert len(shop.exports.operations) == 1


def test_what_is_kept_of_a_record_until_all_are_sorted_is_less_than_200_bytes(
    shop: ShopifyStandin, clock: MovableClock
) -> None:
    made(shop, clock, 101)
    many = 50_000
    line = '{"id":"gid://shopify/Customer/%d","updatedAt":"2026-11-24T12:00:%02dZ"}\n'
    body = "".join(line % (5_000_000_000_000 + n, n % 60) for n in range(many)).encode()
    changes = connector(shop, clock, transport=Given(shop, body)).listed_since("customer", EVER)
    tracemalloc.start()
    next(changes)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 200 * many + 2_000_000
