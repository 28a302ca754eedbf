"""Reads and writes sales: what an order is in Tryton.

A sale is left `confirmed`: agreed with the customer, its totals kept, and by Tryton's own rule still free to go back to
draft until it is processed ("Process Sale after" of the sale configuration is the grace period, applied with a worker
queue; trytond_sale 8.2, `configuration.py`). An edit walks it back to draft, where alone lines may change, applies
what differs and walks forward. A sale that Tryton has begun to process (invoice, shipment) is not touched.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cashpath.faults import NeedsPerson, NotYet
from cashpath.records import Address, Order, RecordKey, SystemId
from cashpath.systems.port import Reading, Wanted, Written
from cashpath.systems.tryton import kits, pricing, sales
from cashpath.systems.tryton.books import Books, Database, Row
from cashpath.systems.tryton.people import People
from cashpath.systems.tryton.places import Places
from cashpath.systems.tryton.pricing import SaleLine, Service
from cashpath.systems.tryton.sale_reading import reading
from cashpath.systems.tryton.sales import Sale

BUTTON = {"draft": "quote", "quotation": "confirm"}


class Orders:
    """Sales of one database."""

    def __init__(self, database: Database, people: People, system: SystemId) -> None:
        self._database = database
        self._people = people
        self._places = Places(database)
        self._system = system

    def sale(self, id: str) -> Sale | None:
        """One sale with its lines and addresses, or None where there is none."""
        return self.sales([int(id)]).get(int(id)) if id.isdecimal() else None

    def sales(self, ids: Sequence[int]) -> dict[int, Sale]:
        """The sales with these ids that exist, with their lines and addresses: one request, however many."""
        rows = self._database.search("sale.sale", [("id", "in", list(ids))], sales.READ)
        return {row["id"]: sales.of_row(row) for row in rows}

    def reading(self, sale: Sale, books: Books) -> Reading:
        """The sale as the port tells it."""
        return reading(sale, self._system, books)

    def find(self, origin: RecordKey) -> str | None:
        """The sale that carries this origin key."""
        found = self._database.search("sale.sale", [("reference", "=", str(origin))], ("reference",), limit=1)
        return str(found[0]["id"]) if found else None

    def numbered(self, numbers: Sequence[str], company: int) -> dict[str, list[str]]:
        """The sales that name each of these order numbers, as whoever enters one does: as its reference, in its
        description, or as Tryton's own number. One request, however many; oldest first."""
        names = ("reference", "description", "number")
        domain = [("company", "=", company), ["OR", *([(name, "in", list(numbers))] for name in names)]]
        rows = self._database.search("sale.sale", domain, names)
        return {n: [str(row["id"]) for row in rows if n in {row[name] for name in names}] for n in numbers}

    def write(self, wanted: Wanted, shown: Mapping[str, object]) -> Written:
        """Create the sale whole, or walk it to where it can be changed, change what differs, and walk it forward."""
        order = wanted.record
        assert isinstance(order, Order)
        books = self._database.books(wanted.brand)
        sale = self._target(wanted)
        created = sale is None
        if sale is None:
            sale = self._create(wanted, order, shown, books)
        elif self._edits(sale, shown, books):
            sale = self._edit(wanted, order, sale, shown, books)
        self._walk(sale, order, shown, books)
        return Written(id=str(sale.row["id"]), created=created)

    def _target(self, wanted: Wanted) -> Sale | None:
        if wanted.id is None:
            return None
        sale = self.sale(wanted.id)
        if sale is None:
            raise NeedsPerson(
                f"{wanted.record.key} is linked to sale {wanted.id} of Tryton, which is gone",
                remedy="find out who deleted the sale; restore it, or unlink the order and redrive it",
                owner="erp",
                code="target_gone",
            )
        return sale

    def _create(self, wanted: Wanted, order: Order, shown: Mapping[str, object], books: Books) -> Sale:
        party = self._party(wanted, order, books)
        values = {
            **sales.header(order, shown, books),
            **self._named(party, order, shown, books),
            "company": books.company,
            "reference": str(order.key),
            "payment_term": books.payment_term,
            "lines": self._line_changes(wanted, order, (), books),
        }
        (id,) = self._database.writes("model.sale.sale.create", [values], company=books.company)
        return self._again(str(id))

    def _edits(self, sale: Sale, shown: Mapping[str, object], books: Books) -> bool:
        """Whether anything but the state differs. A sale still on its way is read again by its lines' prices too."""
        now = sales.held(sale, shown, books)
        return any(now[name] != value for name, value in shown.items() if name != "state")

    def _edit(self, wanted: Wanted, order: Order, sale: Sale, shown: Mapping[str, object], books: Books) -> Sale:
        sale = self._back_to_draft(sale, order)
        values = {
            **sales.header(order, shown, books),
            **self._named(self._party(wanted, order, books), order, shown, books),
        }
        changes = self._line_changes(wanted, order, sale.lines, books) if "lines" in shown else []
        if changes:
            values["lines"] = changes
        self._database.writes("model.sale.sale.write", [sale.row["id"]], values, company=books.company)
        return self._again(str(sale.row["id"]))

    def _back_to_draft(self, sale: Sale, order: Order) -> Sale:
        match sale.row["state"]:
            case "draft":
                return sale
            case "processing" | "done" as state:
                raise NeedsPerson(
                    f"order {order.number} changed, and its sale {sale.row['number']} is already {state} in Tryton",
                    remedy="carry it over in Tryton by hand (credit the invoice, return or add goods), then redrive",
                    owner="erp",
                    code="already_processing",
                )
        self._database.writes("model.sale.sale.draft", [sale.row["id"]], company=sale.row["company"])
        return self._again(str(sale.row["id"]))

    def _walk(self, sale: Sale, order: Order, shown: Mapping[str, object], books: Books) -> None:
        """Press the buttons from where the sale stands to where it should."""
        wanted = shown.get("state", "confirmed")
        id, state = sale.row["id"], sale.row["state"]
        if wanted == "cancelled":
            if state in ("processing", "done"):
                self._back_to_draft(sale, order)
            if state == "confirmed":
                self._press("draft", id, books)
            if state != "cancelled":
                self._press("cancel", id, books)
            return
        if state in sales.STANDS:
            return
        if state == "cancelled":
            sale = self._back_to_draft(sale, order)
            state = "draft"
        sales.exact(sale.row, order, order.currency)
        while state != "confirmed":
            self._press(BUTTON[state], id, books)
            state = "quotation" if state == "draft" else "confirmed"

    def _press(self, button: str, id: int, books: Books) -> None:
        self._database.writes(f"model.sale.sale.{button}", [id], company=books.company)

    def _party(self, wanted: Wanted, order: Order, books: Books) -> int:
        key = sales.party_key(order)
        if key is not None:
            if key not in wanted.refs:
                raise NotYet(f"order {order.number}: {key} is not in Tryton yet")
            return int(wanted.refs[key])
        if books.guests is None:
            raise NeedsPerson(
                f"order {order.number} names no customer, and Tryton has no party for such orders",
                remedy="create a party 'Webshop guests' in Tryton, or name another one as guest_party in the settings",
                owner="erp",
                code="no_guest_party",
            )
        return books.guests

    def _named(self, party_id: int, order: Order, shown: Mapping[str, object], books: Books) -> dict[str, Any]:
        """Party and addresses of the sale; the addresses are made where the party does not have them yet."""
        party = self._people.party(str(party_id))
        if party is None:
            raise NotYet(f"order {order.number}: party {party_id} is not in Tryton")
        values: dict[str, Any] = {"party": party_id} if "party" in shown else {}
        places = {"invoice_address": sales.billing(order), "shipment_address": sales.shipping(order)}
        made: dict[Address, int] = {}
        for field, place in places.items():
            if place not in made:
                made[place] = self._places.of(party, place, books)
            values[field] = made[place]
        return values

    def _line_changes(self, wanted: Wanted, order: Order, now: Sequence[Row], books: Books) -> list[list[Any]]:
        lines = pricing.priced(order, books.taxes, books.price_digits)
        products = self._products(wanted, order, lines, books)

        def service(name: Service) -> tuple[int, int]:
            return _service(name, books)

        return sales.line_changes(lines, now, products, service)

    def _products(
        self, wanted: Wanted, order: Order, lines: Sequence[SaleLine], books: Books
    ) -> Mapping[str, tuple[int, int]]:
        keys = {line.sold for line in lines if isinstance(line.sold, RecordKey)}
        missing = sorted(str(key) for key in keys if key not in wanted.refs)
        if missing:
            raise NotYet(f"order {order.number}: {', '.join(missing)} not in Tryton yet")
        ids = {str(key): int(wanted.refs[key]) for key in keys}
        domain = [("id", "in", sorted(set(ids.values())))]
        has_kits = bool(self._database.options.get("kits"))
        fields = ("sale_uom", *kits.PART_FIELDS) if has_kits else ("sale_uom",)
        rows = self._database.search("product.product", domain, fields, company=books.company)
        if has_kits:
            kits.sold_alone(order.number, rows)
        units = {row["id"]: row["sale_uom"] for row in rows}
        return {key: (id, units[id]) for key, id in ids.items()}

    def _again(self, id: str) -> Sale:
        sale = self.sale(id)
        assert sale is not None, f"sale {id} was there a moment ago"
        return sale


def _service(name: Service, books: Books) -> tuple[int, int]:
    if name not in books.services:
        raise NeedsPerson(
            f"Tryton has no product with the code CASHPATH-{name}",
            remedy=f"create a service with the code CASHPATH-{name} and its account category in Tryton, then redrive",
            owner="erp",
            code="no_service_product",
        )
    return books.services[name]
