"""An order outlives its buyer: what becomes of it once their data is erased."""

from cashpath.flows import create_orders
from cashpath.ledger.seen import Seen
from cashpath.notice import Notice
from cashpath.records import Address, Order
from cashpath_sandbox.oneshop import ADA, Shop

HOME = Address(name="Ada King", street="12 St James's Square", city="London", country="GB")
SAID = "Ring at King, second floor"


def _erased(shop: Shop) -> Order:
    """What sync_customers does: every system but the shop forgets Ada, and so does the CRM's contact go."""
    order = shop.places(
        shop.line("MUG"), customer=ADA.key, email=ADA.email, shipping_address=HOME, billing_address=HOME, note=SAID
    )
    shop.passes()
    for role in ("crm", "erp"):
        shop.desk.role(role).erase("customer", shop.only(role, "customer").key.id)
    shop.desk.forgotten.add(ADA.key)
    return order


def test_an_edit_of_an_old_order_does_not_bring_an_erased_customer_back(shop: Shop) -> None:
    order = _erased(shop)
    shop.edits(order, shop.line("MUG", 3))
    shop.passes()
    for role in ("crm", "erp"):
        assert shop.only(role, "customer").email == ""
        assert shop.only(role, "customer").address is None


def test_the_sale_of_an_erased_customer_stays_theirs_and_the_crm_forgets_where_it_was_sent(shop: Shop) -> None:
    _erased(shop)
    party = shop.only("erp", "customer").key
    shop.passes()
    assert shop.only("erp", "order").customer == party
    order = shop.only("crm", "order")
    assert (order.email, order.billing_address, order.shipping_address, order.note) == ("", None, None, "")


def test_a_note_on_the_order_of_an_erased_customer_is_carried_nowhere(shop: Shop) -> None:
    order = _erased(shop)
    held = shop.only("erp", "order").note
    shop.edits(order, note="Ada King moved: ring at Lovelace")
    shop.passes()
    assert shop.only("crm", "order").note == ""
    assert shop.only("erp", "order").note == held, "the erasure of the party has cleared it, where there is a real one"


def test_an_order_that_the_shop_has_redacted_gets_no_guest_in_place_of_its_buyer(shop: Shop) -> None:
    order = _erased(shop)
    party = shop.only("erp", "customer").key
    shop.edits(order, customer=None, email="", billing_address=None, shipping_address=None)
    shop.passes()
    assert shop.only("erp", "customer").key == party
    assert shop.only("erp", "order").customer == party
    assert len(shop.held("crm", "customer")) == 1


def test_a_counter_sale_without_a_name_still_gets_its_guest(shop: Shop) -> None:
    shop.places(shop.line("MUG"), customer=None, email="")
    shop.passes()
    assert shop.only("erp", "customer").last_name


def test_an_erasure_of_an_order_empties_the_crm_before_the_shop_has_redacted_it(shop: Shop) -> None:
    shop.places(shop.line("MUG"), customer=ADA.key, email=ADA.email, shipping_address=HOME, billing_address=HOME)
    shop.passes()
    assert shop.only("crm", "order").shipping_address == HOME
    asked = Notice(flow="create_orders", system="shop", kind="order", id="1001", received=0, wish="erase")
    view = create_orders.read(shop.desk, asked, Seen(root=shop.root))
    shop.desk.carry_out(create_orders.plan(view, shop.rules))
    order = shop.only("crm", "order")
    assert (order.email, order.billing_address, order.shipping_address) == ("", None, None)
