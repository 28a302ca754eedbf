"""The steps of the demo in which customers and products are kept the same everywhere, each field as its owner says."""

import time
from collections.abc import Callable

from cashpath_sandbox.demo.cells import agree, amount
from cashpath_sandbox.demo.held import CURRENCY, PLACES, Held, Sight, same, show
from cashpath_sandbox.demo.stage import Stage, cashpath
from cashpath_sandbox.demo.tell import until
from cashpath_sandbox.world import STAGE

TERMS = "Net 60 days"
NEW_PRICE = "27.50"
OWNED = ("customer ", "email", "phone", "address ", "tax_id", "payment_terms", "custom.loyalty")


def registered(at: Stage) -> None:
    """Somebody makes an account in the shop, and has not bought anything yet."""
    tell, sight = at.teller, Sight(at.world, at.eyes)
    tell.step("A customer registers in the shop, before any order: one customer in four systems")
    buyer = at.people.buyer("Cora", "Stein")
    assert buyer.email
    at.kept |= {"registered": at.people.registers(buyer), "registered email": buyer.email}
    fields = ("name", "email", "phone", "city")
    held, took = _timed(lambda: _agreeing(_customer(at, sight), *fields))
    held = held or _customer(at, sight)
    show(tell.console, f"customer {at.kept['registered']}", held, *fields)
    tell.check(f"CRM, billing and ERP have the customer, each once, {took:.0f} s later", len(held) == len(PLACES))
    for field in fields:
        tell.check(f"the same {field} everywhere", same(held, field))


def each_field_has_its_owner(at: Stage) -> None:
    """People edit the customer in CRM and ERP: what is theirs to decide travels, what is not is put right."""
    tell, people, sight = at.teller, at.people, Sight(at.world, at.eyes)
    tell.step("Each field has one owner: `cashpath ownership --kind customer`, in part")
    told = cashpath(at.world, "ownership", "--kind", "customer", "--settings", str(STAGE))
    lines = [line.rstrip() for line in told.splitlines() if line.startswith(OWNED)]
    tell.console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
    tell.check("the command names an owner for each of these fields", sum("OWNS" in line for line in lines) == 6, told)
    before = _customer(at, sight)
    if not tell.check("the customer of the step before is everywhere", len(before) == len(PLACES)):
        return
    phone, email = str(before["storefront"]["phone"]), at.kept["registered email"]
    people.sets_terms(at.eyes, sight.party(email), TERMS)
    tell.say(f"accounting sets the payment terms in Tryton: {TERMS} (theirs to decide)")
    typed = people.edits_contact(at.eyes, email, {"phone": "+4940999999", "loyalty_tier": "Gold"})
    tell.say(
        f"sales set the loyalty tier in the CRM: {typed['loyalty_tier']} (a field of this brand's own, and theirs)"
    )
    tell.say(f"and overwrite the phone number there: {typed['phone']} (the customer's own, so the shop's to decide)")

    def settled() -> Held | None:
        held = _agreeing(_customer(at, sight), "phone", "loyalty", "payment terms")
        return held if held and held["CRM"]["payment terms"] == TERMS else None

    found, took = _timed(settled)
    held = found or _customer(at, sight)
    show(
        tell.console, f"customer {at.kept['registered']}, {took:.0f} s later", held, "phone", "payment terms", "loyalty"
    )
    crm = {name: str(cell) for name, cell in held.get("CRM", {}).items()}
    tell.check(f"the phone number was put right in the CRM: {phone}", crm.get("phone") == phone, crm.get("phone", ""))
    tell.check("and is still the shop's in the shop", held["storefront"]["phone"] == phone)
    tell.check("Tryton's payment terms are in the CRM", crm.get("payment terms") == TERMS, crm.get("payment terms", ""))
    shop = str(held["storefront"]["loyalty"])
    tell.check("the CRM's loyalty tier is in the shop's metafield, and in Stripe's metadata", _gold(held), shop)


def price_follows(at: Stage) -> None:
    """A product changes in the shop; then nothing is left that disagrees."""
    tell, people, sight = at.teller, at.people, Sight(at.world, at.eyes)
    tell.step("A subscription product is put up for sale, then renamed, and its price raised, in the shop")
    sku, title = f"CLUB-{people.run}", f"Tea club {people.run}"
    id = people.offers(title, sku, "24.00")
    until(lambda: _agreeing(sight.product(id, sku), "title", "price"))
    people.offers(f"{title} deluxe", sku, NEW_PRICE, id)
    wanted = amount(NEW_PRICE, CURRENCY)

    def changed() -> Held | None:
        held = _agreeing(sight.product(id, sku), "title", "price")
        return held if held and held["CRM"]["price"] == wanted else None

    found, took = _timed(changed)
    held = found or sight.product(id, sku)
    show(tell.console, f"product {sku}, {took:.0f} s later", held, "title", "price")
    tell.check("the new title is in CRM, billing and ERP", len(held) == len(PLACES) and same(held, "title"))
    priced = {place: fields["price"] for place, fields in held.items() if "price" in fields}
    prices = ", ".join(f"{place} {price}" for place, price in priced.items())
    tell.check("the new price is in CRM and billing", agree([wanted, *priced.values()]), prices)
    tell.say("Tryton keeps its list price, which is net; each sale carries the price it was sold at")
    said = until(lambda: _nothing_disagrees(at)) or cashpath(at.world, "drift")
    tell.say(f"cashpath drift: {said.strip()}")
    tell.check("`cashpath drift` finds nothing that disagrees with its owner", "nothing disagrees" in said, said)


def _nothing_disagrees(at: Stage) -> str:
    said = cashpath(at.world, "drift")
    return said if "nothing disagrees" in said else ""


def _customer(at: Stage, sight: Sight) -> Held:
    return sight.customer(at.kept["registered"], at.kept["registered email"])


def _agreeing(held: Held, *fields: str) -> Held | None:
    """What the systems hold, once all have it and say the same of these fields."""
    return held if len(held) == len(PLACES) and all(same(held, field) for field in fields) else None


def _gold(held: Held) -> bool:
    return [held[place].get("loyalty") for place in ("storefront", "billing") if place in held] == ["gold", "gold"]


def _timed(look: Callable[[], Held | None]) -> tuple[Held | None, float]:
    """What is found in the end, and how many seconds that took."""
    began = time.monotonic()
    return until(look), time.monotonic() - began
