"""Somebody at Tryton's client: edits the sandbox's records by hand, as an accountant does, in canonical words.

For tests and the demo. What a person does here stamps the record as any edit does, and is told by no webhook.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from cashpath.records import Kind, Money, SystemId
from cashpath.systems.connection import Connection
from cashpath.systems.tryton.books import Books, Database
from cashpath.systems.tryton.rpc import Rpc
from cashpath_sandbox.tryton.setup import COMPANY, DATABASE, EXEMPT, PASSWORD, USER

PARTIES: tuple[Kind, ...] = ("customer", "company")


class Person:
    """A person signed in to the server at `url`. Sessions last; signing in takes Tryton its time."""

    def __init__(self, url: str, user: str = USER, password: str = PASSWORD) -> None:
        connection = Connection(
            id=SystemId("erp"),
            options={"url": url, "database": DATABASE, "company": COMPANY, "exempt_tax_rule": EXEMPT},
            secret=lambda *, fresh=False: {"user": user, "password": password},
            now=lambda: datetime.now(UTC),
            sleep=lambda seconds: None,
            transport=httpx.HTTPTransport(verify=False),
        )
        self.database = Database(Rpc(connection), connection.options)

    def edit(self, kind: Kind, id: str, field: str, value: object) -> None:
        """Change one canonical field of a party (`customer`, `company`), `variant` or `product`.

        Of a party: name, email, phone, payment_terms, receivable_account, tax_exempt, credit_limit, archived; of a
        variant: title, sku, price, archived; of a product: title, archived. Raises LookupError for any other.
        """
        match kind, field:
            case (("customer" | "company"), ("email" | "phone")):
                self._contact(int(id), field, str(value))
            case (("customer" | "company"), _):
                self._write("party.party", int(id), _party(field, value, self._books))
            case "variant", ("title" | "price"):
                (row,) = self.database.search("product.product", [("id", "=", int(id))], ("template",))
                self._write("product.template", row["template"], _template(field, value))
            case "variant", "sku":
                self._write("product.product", int(id), {"suffix_code": value})
            case "variant", "archived":
                self._write("product.product", int(id), {"active": not value})
            case "product", _:
                self._write("product.template", int(id), _template(field, value))
            case _:
                raise LookupError(f"nobody edits {field} of a {kind} by hand")

    def enter(self, name: str, **values: Any) -> str:
        """Enter a new party; its id. `values` are Tryton's own."""
        (id,) = self._call("model.party.party.create", [{"name": name, **values}])
        return str(id)

    def delete(self, kind: Kind, id: str) -> None:
        """Delete a party or product. Raises NeedsPerson where Tryton refuses, since something names it."""
        model = "party.party" if kind in PARTIES else "product.product" if kind == "variant" else "product.template"
        self._call(f"model.{model}.delete", [int(id)])

    def merge(self, loser: str, survivor: str) -> None:
        """Replace one party by another, whatever they are called."""
        for what in ("name", "tax_identifier"):
            self._call("model.res.user.warning.skip", f"party.replace {what} {loser} {survivor}", False)
        session, *_ = self._call("wizard.party.replace.create")
        ask = {"ask": {"source": int(loser), "destination": int(survivor)}}
        self._call("wizard.party.replace.execute", session, ask, "replace")

    def ids(self, kind: Kind, origin: str) -> list[str]:
        """The records that carry this origin, for looking whether one was made twice; merged ones count once."""
        model, names = ("party.identifier", "party") if kind in PARTIES else ("product.identifier", "product")
        rows = self.database.search(model, [("code", "=", f"cashpath:{origin}")], (names,))
        return sorted({str(row[names]) for row in rows})

    @property
    def _books(self) -> Books:
        return self.database.books("")

    def _contact(self, party: int, way: str, value: str) -> None:
        types = ("email",) if way == "email" else ("phone", "mobile", "other")
        domain = [("party", "=", party), ("type", "in", list(types)), ("address", "=", None), ("active", "=", True)]
        rows = self.database.search("party.contact_mechanism", domain, ("sequence",))
        if not rows:
            self._call("model.party.contact_mechanism.create", [{"party": party, "type": types[0], "value": value}])
            return
        self._write("party.contact_mechanism", rows[0]["id"], {"value": value})

    def _write(self, model: str, id: int, values: dict[str, Any]) -> None:
        self._call(f"model.{model}.write", [id], values)

    def _call(self, method: str, *arguments: Any) -> Any:
        return self.database.writes(method, *arguments, company=self._books.company)


def _party(field: str, value: object, books: Books) -> dict[str, Any]:
    match field:
        case "name":
            return {"name": value}
        case "archived":
            return {"active": not value}
        case "payment_terms":
            return {"customer_payment_term": books.payment_terms[str(value)] if value else None}
        case "receivable_account":
            return {"account_receivable": books.receivables[str(value)] if value else None}
        case "tax_exempt":
            return {"customer_tax_rule": books.exempt_rule if value else None}
        case "credit_limit":
            return {"credit_limit_amount": value.decimal if isinstance(value, Money) else None}
    raise LookupError(f"nobody edits {field} of a party by hand")


def _template(field: str, value: object) -> dict[str, Any]:
    match field, value:
        case "title", _:
            return {"name": value}
        case "archived", _:
            return {"active": not value}
        case "price", Money():
            return {"list_price": Decimal(value.decimal)}
    raise LookupError(f"nobody edits {field} of a product by hand")
