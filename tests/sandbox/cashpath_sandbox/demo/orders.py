"""The steps of the demo in which orders and deals arrive, change, and are in all systems."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cashpath_sandbox.demo.agreement import Agreement, month_later
from cashpath_sandbox.demo.stage import Stage
from cashpath_sandbox.demo.tell import until
from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.shopify.basket import Person


def what_is_up(at: Stage) -> None:
    """The sandbox, by name and address."""
    world, tell = at.world, at.teller
    tell.step(f"The sandbox is up ({at.came_up:.0f} s)")
    tell.say(f"storefront  stand-in Shopify      {world.shopify}")
    tell.say(f"CRM         stand-in HubSpot      {world.hubspot}")
    tell.say(f"billing     localstripe + proxy   {world.stripe}")
    tell.say(f"ERP         a real Tryton         {world.tryton}")
    tell.say(f"AWS         MiniStack             {world.aws.endpoint}")
    functions = ", ".join(sorted(world.deployed.functions))
    tell.check(f"the CDK app is deployed: {functions}", "create_orders" in world.deployed.functions)


def mixed_order(at: Stage) -> None:
    """Something to ship and something that Stripe bills each month, in one order."""
    tell, eyes, people = at.teller, at.eyes, at.people
    tell.step("A consumer orders a mug, a storefront subscription and a service that Stripe bills each month")
    buyer = people.buyer("Ada", "Brandt")
    assert buyer.email
    payer = people.saves_card(buyer.email, f"{buyer.first} {buyer.last}")
    tell.say(f"checkout saved a card: Stripe customer {payer}")
    id = people.orders("mixed subscription", buyer, off=500)
    tell.say(f"the shop has order {id} and sends its signed webhook; nobody does anything else")
    found = until(lambda: _arrived(eyes, id, subscriptions=1)) or Agreement.of(eyes, id)
    contact = eyes.contact(buyer.email)
    tell.check("the CRM has the contact", contact is not None)
    tell.check("the CRM has one order with its line items", len(found.crm) == 1 and len(found.crm[0].lines) == 3)
    parties = eyes.parties(f"{buyer.first} {buyer.last}")
    tell.check("Tryton has one party", len(parties) == 1, f"it has {len(parties)}")
    tell.check("Tryton has one sale", len(found.erp) == 1, f"it has {len(found.erp)}")
    tell.check("Stripe has one subscription", len(found.billing) == 1, f"it has {len(found.billing)}")
    found.show(tell.console)
    tell.check("storefront = CRM = ERP in total, tax and each line (discounts and shipping in them)", found.holds)
    tell.check(
        "Stripe's next invoice = the line that Stripe bills",
        found.next_charges == found.next_invoice,
        f"{found.next_charges}, not {found.next_invoice}",
    )
    _charged_later(at, found, payer)
    at.kept |= {"mixed": id, "mixed buyer": buyer.email, "mixed party": f"{buyer.first} {buyer.last}"}


def _charged_later(at: Stage, found: Agreement, payer: str) -> None:
    if not found.billing:
        return
    (subscription,) = found.billing[:1]
    first = datetime.fromtimestamp(subscription["billing_cycle_anchor"], UTC)
    expected = month_later(datetime.fromisoformat(found.body["processed_at"]))
    at.teller.check("it is the customer whose card checkout saved", subscription["customer"] == payer)
    at.teller.check(
        f"first charged on {first:%d %B %Y}, when the period that checkout charged is over; nothing before",
        first == expected and not subscription["latest_invoice"],
        f"expected {expected}",
    )


def company_order(at: Stage) -> None:
    """A company orders: won business in the CRM, a party with its tax number in the ERP."""
    tell, eyes, people = at.teller, at.eyes, at.people
    tell.step("A company orders, with its tax number and without tax in the prices")
    company = people.company()
    buyer = _employee(people.buyer("Jan", "Peters"), company)
    id = people.orders("b2b", buyer)
    found = until(lambda: _arrived(eyes, id)) or Agreement.of(eyes, id)
    held = eyes.company(f"shop/company/{company['id']}")
    named = held["properties"]["name"] if held else "nothing"
    tell.check(f"the CRM has the company {company['name']}", named == company["name"], named)
    won = [sold for sold in found.crm if sold.state == "closedwon"]
    tell.check("the CRM has one won deal with its line items", len(won) == 1 and bool(won[0].lines))
    parties = eyes.parties(company["name"])
    codes = eyes.identifiers(parties[0]["id"]) if len(parties) == 1 else []
    tax = company["tax_registration_id"]
    tell.check(f"Tryton has one party, with tax number {tax}", tax in codes, f"{len(parties)} parties, {codes}")
    found.show(tell.console)
    tell.check("storefront = CRM = ERP in total, tax and each line", found.holds)
    at.kept |= {"b2b": id, "b2b party": company["name"]}


def _employee(buyer: Person, company: Mapping[str, Any]) -> Person:
    return replace(buyer, company=company)


def won_deal(at: Stage) -> None:
    """The other way round: sales win a deal, and ERP and billing follow."""
    tell, eyes, people = at.teller, at.eyes, at.people
    tell.step("The other way round: a deal is won in the CRM, with two machines and a monthly care plan")
    buyer = people.buyer("Ute", "Vogel")
    assert buyer.email
    people.saves_card(buyer.email, f"{buyer.first} {buyer.last}")
    machine = {"name": "Tea machine", "hs_sku": "MACHINE", "price": "1200.00", "quantity": "2"}
    care = {"name": "Care plan", "hs_sku": "CAREPLAN", "price": "49.00", "recurringbillingfrequency": "monthly"}
    deal = people.wins(
        {
            "name": f"Tea corner {people.run}",
            "currency": "EUR",
            "contact": {"email": buyer.email, "firstname": buyer.first, "lastname": buyer.last},
            "lines": [machine, care],
        }
    )
    origin = f"deals:{deal}"
    until(lambda: eyes.in_erp(f"hubspot/order/{origin}") and eyes.in_billing(origin))
    sales, subscriptions = eyes.in_erp(f"hubspot/order/{origin}"), eyes.in_billing(origin)
    total = sales[0].total if sales else None
    amount = Decimal(eyes.deal(deal)["amount"])
    tell.check(f"Tryton has one sale of {amount:,} EUR", len(sales) == 1 and total == amount, f"{len(sales)}, {total}")
    amounts = sorted(line for line in sales[0].lines.values()) if sales else []
    expected = [(1, Decimal("49.00")), (2, Decimal("2400.00"))]
    tell.check("the sale has both lines, at the deal's prices", amounts == expected, str(amounts))
    charges = [row["next"] for row in subscriptions]
    tell.check("Stripe has one subscription, its next invoice 49.00 EUR", charges == [4900], str(charges))
    tell.check("nobody made another deal or order of it", not eyes.in_crm(f"hubspot/order/{origin}"))
    at.kept |= {"deal": origin}


def edit_and_cancellation(at: Stage) -> None:
    """Orders change, and end."""
    tell, eyes, people = at.teller, at.eyes, at.people
    tell.step("Staff edit one order and cancel another")
    edited, ended = (people.orders("plain", people.buyer("Edda", name)) for name in ("Lang", "Kurz"))
    until(lambda: _arrived(eyes, edited) and _arrived(eyes, ended))
    mug = str(eyes.order(edited)["line_items"][0]["id"])
    people.sets_quantities(edited, {mug: 1})
    people.cancels(ended)
    found = until(lambda: _arrived(eyes, edited)) or Agreement.of(eyes, edited)
    found.show(tell.console)
    tell.check("one mug was taken off the first: storefront = CRM = ERP again", found.holds)
    cancelled = until(lambda: [s for s in eyes.in_erp(f"shop/order/{ended}") if s.state == "cancelled"])
    tell.check("the other's sale is cancelled in Tryton", len(cancelled) == 1)
    before = eyes.in_crm(f"shop/order/{edited}")[:1]
    closed = until(lambda: [s for s in eyes.in_crm(f"shop/order/{ended}") if before and s.state != before[0].state])
    tell.check("and its order stands as cancelled in the CRM", len(closed) == 1)
    at.kept |= {"edited": edited, "cancelled": ended}


def _arrived(eyes: Eyes, id: str, subscriptions: int = 0) -> Agreement | None:
    """The order, once all systems say the same of it."""
    found = Agreement.of(eyes, id)
    return found if found.holds and len(found.billing) >= subscriptions else None
