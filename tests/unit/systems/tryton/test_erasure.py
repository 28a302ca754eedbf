"""After an erasure no text of Tryton's database names the person any more; what was booked stays."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cashpath.faults import NeedsPerson
from cashpath.records import Address, Customer, Order, RecordKey, SystemId
from cashpath_sandbox.killable import Killed
from cashpath_sandbox.tryton.file import texts
from cashpath_sandbox.tryton.samples import HOME, order_of
from cashpath_sandbox.tryton.server import Tryton

SHOP = SystemId("shop")
HOUSE = Address(name="Ermintrude Quagg", street="Vexillarweg 17", city="Zwickelbach", postcode="99998", country="DE")
PERSON = Customer(
    key=RecordKey(SHOP, "customer", "ermintrude"),
    email="Ermintrude@quagg.example.com",
    first_name="Ermintrude",
    last_name="Quagg",
    phone="+49 221 7654321",
    address=HOUSE,
    addresses=(replace(HOUSE, street="Nebengasse 23"),),
    tax_id="DE 129 273 398",
)
WORDS = ("ermintrude", "quagg", "7654321", "vexillarweg", "zwickelbach", "nebengasse", "99998", "129273398")


def places(tryton: Tryton) -> dict[str, set[str]]:
    """Where each word of the person stands."""
    found: dict[str, set[str]] = {word: set() for word in WORDS}
    for place, text in texts(tryton.directory):
        for word in WORDS:
            if word in text:
                found[word].add(place)
    return found


def invoice(erp: Any, party: str, address: int) -> int:
    """An invoice that somebody posts and cancels, with a note that names the person."""
    company = erp.person.company("acme")
    (term,) = erp.person.search("account.invoice.payment_term", [("name", "=", "Direct")], ("name",))
    domain = [("name", "=", "Goods"), ("accounting", "=", True)]
    (goods,) = erp.person.search("product.category", domain, ("account_revenue",), company=company)
    (receivable,) = erp.person.search("account.account", [("code", "=", "1.2.1")], ("code",), company=company)
    (journal,) = erp.person.search("account.journal", [("type", "=", "revenue")], ("type",), company=company)
    line = {
        "type": "line",
        "quantity": 1,
        "unit_price": Decimal(10),
        "account": goods["account_revenue"],
        "description": "Mug",
    }
    values = {
        "type": "out",
        "company": company,
        "currency": erp.connector._database.books("").company_currency,
        "party": int(party),
        "invoice_address": address,
        "account": receivable["id"],
        "journal": journal["id"],
        "payment_term": term["id"],
        "comment": "For Ermintrude, Vexillarweg 17",
        "lines": [["create", [line]]],
    }
    (id,) = erp.person.writes("model.account.invoice.create", [values], company=company)
    erp.person.writes("model.account.invoice.post", [id], company=company)
    return int(id)


def test_after_an_erasure_the_whole_database_says_nothing_of_the_person_and_the_books_stay(
    erp: Any, strict: Any, tryton: Tryton
) -> None:
    company = erp.person.company("acme")
    id, mug = erp.put(PERSON), erp.mug()
    order = replace(order_of(1, "EUR", mug.key, prices_include_tax=False), customer=PERSON.key)
    order = replace(erp.order(order), billing_address=HOUSE, note="Call Ermintrude at 7654321")
    assert isinstance(order, Order)
    sale = erp.put(order)
    twin = replace(PERSON, key=RecordKey(SHOP, "customer", "ermintrude-twice"))
    erp.connector.merge("customer", erp.put(twin), id)
    (address, *_) = erp.person.search("party.address", [("party", "=", int(id)), ("active", "=", True)], ("street",))
    booked = invoice(erp, id, address["id"])
    assert all(places(tryton).values()), "each word is somewhere before"

    with pytest.raises(NeedsPerson, match="pending") as caught:
        erp.connector.erase("customer", id)
    assert "finish or cancel" in caught.value.remedy
    assert erp.read("customer", id).record.email == PERSON.email.lower()

    erp.put(replace(order, state="cancelled"), sale)
    strict.person.writes("model.company.company.write", [company], {"cancel_invoice_out": True})
    erp.person.writes("model.account.invoice.cancel", [booked], company=company)
    with pytest.raises(NeedsPerson, match="except for the notes"):
        erp.connector.erase("customer", id)
    assert set().union(*places(tryton).values()) == {"account_invoice.comment"}
    strict.person.writes(
        "model.account.invoice.write", [booked], {"comment": None}, company=company, rights=strict.person.rights()
    )
    erp.connector.erase("customer", id)
    assert {word: where for word, where in places(tryton).items() if where} == {}

    erp.connector.erase("customer", id)
    (kept,) = erp.person.search("account.invoice", [("id", "=", booked)], ("total_amount", "party", "move"))
    assert (kept["total_amount"], kept["party"]) == (Decimal("10.00"), int(id))
    assert kept["move"]
    assert erp.sale(sale, "party")["party"] == int(id)
    assert erp.connector.find("customer", PERSON.key, since=None) is None
    assert erp.read("customer", id).record.archived


def test_an_erasure_that_was_killed_on_its_way_ends_as_one_that_was_not(erp: Any) -> None:
    for position in range(12):
        key = RecordKey(SHOP, "customer", f"killed-{position}")
        person = Customer(key=key, email=f"killed-{position}@example.com", last_name="Gone", address=HOME)
        id = erp.put(person)
        erp.wire.reset()
        erp.wire.misbehave(position, "kill_after")
        try:
            erp.connector.erase("customer", id)
        except Killed:
            erp.wire.reset()
            erp.connector.erase("customer", id)
        erp.wire.reset()
        left = erp.person.search("party.contact_mechanism", [("party", "=", int(id))], ("value", "value_compact"))
        assert {row["value_compact"] for row in left} <= {"****"}
        assert erp.read("customer", id).record.name == ""
