"""What a person finds in each system about one order, read by plain HTTP and none of Cashpath's connectors.

For the demo and the end-to-end tests: amounts as exact decimals, lines by the shop's line id, each without tax.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx

from cashpath_sandbox.world import World

CRM = "2026-03"  # the objects API's version
ORDER = (
    "hs_total_price,hs_tax,hs_currency_code,hs_pipeline_stage,hs_order_name,cashpath_prices_include_tax,cashpath_origin"
)
DEAL = "amount,cashpath_total_tax,deal_currency_code,dealstage,dealname,cashpath_prices_include_tax,cashpath_origin"
LINE = "cashpath_line,hs_sku,quantity,price,cashpath_discount,cashpath_tax"


@dataclass(frozen=True, kw_only=True)
class Sold:
    """An order in one system. `lines`: quantity and amount without tax, by line id. `state` as the system spells it."""

    id: str
    total: Decimal
    tax: Decimal
    currency: str
    state: str
    lines: Mapping[str, tuple[int, Decimal]]

    @property
    def amounts(self) -> tuple[Decimal, Decimal, str, Mapping[str, tuple[int, Decimal]]]:
        """What must be the same everywhere."""
        return self.total, self.tax, self.currency, self.lines


class Eyes:
    """Looks into the systems of a running sandbox, each of which may take `patience` seconds for an answer."""

    def __init__(self, world: World, patience: float = 20.0) -> None:
        self._world = world
        self._http = httpx.Client(timeout=patience)
        self._session = ""

    # --- storefront
    def in_shop(self, id: str) -> Sold:
        """The order as the shop has it now."""
        body = self._get(f"{self._world.shopify}/_sandbox/orders/{id}")
        inside = bool(body.get("taxes_included"))
        taken = [row for refund in body.get("refunds") or () for row in refund.get("refund_line_items") or ()]
        goods = [line for line in body["line_items"] if not (_told(body, "total_tip_received") and _is_tip(line))]
        lines = {str(line["id"]): _shop_line(line, inside, taken) for line in goods}
        rounding = _told(body, "total_cash_rounding_payment_adjustment")
        return Sold(
            id=id,
            total=_told(body, "current_total_price", "total_price") + rounding,
            tax=_told(body, "current_total_tax", "total_tax"),
            currency=body["currency"],
            state="cancelled" if body.get("cancelled_at") else "open",
            lines={key: line for key, line in lines.items() if line[0]},
        )

    def order(self, id: str) -> Mapping[str, Any]:
        """The order in the shop's own words."""
        body: Mapping[str, Any] = self._get(f"{self._world.shopify}/_sandbox/orders/{id}")
        return body

    def billed(self, line: Mapping[str, Any]) -> bool:
        """Whether the shop says of an order's line that billing charges it again: by its product's metafields."""
        if not line.get("product_id") or not line.get("variant_id"):
            return False
        product = self._get(f"{self._world.shopify}/_sandbox/products/{line['product_id']}")
        fields = [(f.get("namespace"), f.get("key"), f.get("value")) for f in product.get("metafields") or ()]
        return ("cashpath", "biller", "billing") in fields

    # --- CRM
    def in_crm(self, origin: str) -> list[Sold]:
        """The orders and deals that carry `origin`; one, if all is well."""
        found = []
        for path, properties in (("orders", ORDER), ("deals", DEAL)):
            named = f"{path}/{quote(origin, safe='')}?idProperty=cashpath_origin"
            body = self._crm_get(f"{named}&properties={properties}&associations=line_items")
            if body is not None:
                found.append(self._crm(path, body))
        return found

    def deal(self, id: str) -> Mapping[str, Any]:
        """A deal's properties."""
        properties: Mapping[str, Any] = self._crm_get(f"deals/{id}?properties={DEAL}")["properties"]
        return properties

    def companies_of(self, deal: str) -> list[Mapping[str, Any]]:
        """The properties of the companies that a deal of the CRM is with."""
        body = self._crm_get(f"deals/{deal}?associations=companies")
        ids = [row["id"] for row in body.get("associations", {}).get("companies", {}).get("results", ())]
        asked = "properties=name,cashpath_tax_id"
        return [self._crm_get(f"companies/{id}?{asked}")["properties"] for id in dict.fromkeys(ids)]

    def contact(self, email: str) -> Mapping[str, Any] | None:
        """The contact of this address; None where there is none."""
        found: Mapping[str, Any] | None = self._crm_get(
            f"contacts/{quote(email, safe='')}?idProperty=email&properties=email,firstname,lastname"
        )
        return found

    def asks_crm(self, path: str) -> Any:
        """What the CRM answers to a read of its objects; None where it has none."""
        return self._crm_get(path)

    def company(self, origin: str) -> Mapping[str, Any] | None:
        """The company that carries `origin`; None where there is none."""
        named = f"companies/{quote(origin, safe='')}?idProperty=cashpath_origin"
        found: Mapping[str, Any] | None = self._crm_get(f"{named}&properties=name,cashpath_tax_id")
        return found

    def stock(self) -> Mapping[str, int]:
        """How many records the CRM holds of each type."""
        stock: Mapping[str, int] = self._get(f"{self._world.hubspot}/_sandbox/stock")
        return stock

    def _crm(self, path: str, body: Mapping[str, Any]) -> Sold:
        values, deal = body["properties"], path == "deals"
        ids = [row["id"] for row in body.get("associations", {}).get("line items", {}).get("results", ())]
        inside = values.get("cashpath_prices_include_tax") == "true"
        items = [self._crm_get(f"line_items/{id}?properties={LINE}")["properties"] for id in dict.fromkeys(ids)]
        return Sold(
            id=str(body["id"]),
            total=Decimal(values["amount" if deal else "hs_total_price"]),
            tax=Decimal(values["cashpath_total_tax" if deal else "hs_tax"]),
            currency=values["deal_currency_code" if deal else "hs_currency_code"],
            state=values["dealstage" if deal else "hs_pipeline_stage"],
            lines={item["cashpath_line"].partition("#")[2]: _crm_line(item, inside) for item in items},
        )

    def _crm_get(self, path: str) -> Any:
        """A record of the CRM; None where there is none."""
        token = {"Authorization": f"Bearer {self._world.tokens['hubspot']}"}
        answer = self._http.get(f"{self._world.hubspot}/crm/objects/{CRM}/{path}", headers=token)
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer.raise_for_status().json()

    # --- ERP
    def in_erp(self, origin: str) -> list[Sold]:
        """The sales that carry `origin` as their reference; one, if all is well."""
        fields = ["currency.code", "state", "total_amount", "tax_amount"]
        sales = self._erp("sale.sale", [["reference", "=", origin]], fields)
        return [self._sale(sale) for sale in sales]

    def booked(self, origins: Sequence[str]) -> Mapping[str, tuple[Decimal, str]]:
        """Total and state of those sales that are there, by their reference, in one request."""
        fields = ["reference", "total_amount", "state"]
        sales = self._erp("sale.sale", [["reference", "in", list(origins)]], fields)
        return {sale["reference"]: (_decimal(sale["total_amount"]), sale["state"]) for sale in sales}

    def touched(self) -> Mapping[str, Any]:
        """When the ERP last created or changed anything of each kind that orders become."""
        kinds = ("sale.sale", "sale.line", "party.party", "party.address", "product.template", "product.product")
        found = {kind: self._erp(kind, [], ["create_date", "write_date"]) for kind in kinds}
        return {
            kind: sorted((row["id"], str(row["create_date"]), str(row["write_date"])) for row in rows)
            for kind, rows in found.items()
        }

    def parties(self, name: str) -> list[Mapping[str, Any]]:
        """The parties of this name."""
        return list(self._erp("party.party", [["name", "=", name]], ["name", "code"]))

    def identifiers(self, party: int) -> list[str]:
        """A party's identifiers, its tax number among them."""
        rows = self._erp("party.identifier", [["party", "=", party]], ["code"])
        return [str(row["code"]) for row in rows]

    def asks_erp(self, model: str, domain: Sequence[Any], fields: Sequence[str]) -> list[Mapping[str, Any]]:
        """The rows of a model of the ERP."""
        return list(self._erp(model, domain, fields))

    def changes_erp(self, model: str, id: int, values: Mapping[str, Any]) -> None:
        """Somebody edits a row of the ERP by hand."""
        self._logged_in()
        self._rpc(f"model.{model}.write", [[id], dict(values), {}])

    def _sale(self, sale: Mapping[str, Any]) -> Sold:
        fields = ["note", "quantity", "amount"]
        lines: dict[str, tuple[int, Decimal]] = {}
        for row in self._erp("sale.line", [["sale", "=", sale["id"]], ["type", "=", "line"]], fields):
            mark = re.search(r"^cashpath:line/([^~\s]+)(~rest)?$", row["note"] or "", re.MULTILINE)
            if mark:
                quantity, amount = lines.get(mark[1], (0, Decimal(0)))
                more = 0 if mark[2] else int(row["quantity"])
                lines[mark[1]] = (quantity + more, amount + _decimal(row["amount"]))
        return Sold(
            id=str(sale["id"]),
            total=_decimal(sale["total_amount"]),
            tax=_decimal(sale["tax_amount"]),
            currency=sale["currency."]["code"],
            state=sale["state"],
            lines=lines,
        )

    def _erp(self, model: str, domain: Sequence[Any], fields: Sequence[str]) -> Any:
        self._logged_in()
        return self._rpc(f"model.{model}.search_read", [domain, 0, None, [["id", "ASC"]], list(fields), {}])

    def _logged_in(self) -> None:
        if not self._session:
            tokens = self._world.tokens
            login = [tokens["tryton_user"], {"password": tokens["tryton_password"]}, None]
            user, key = self._rpc("common.db.login", login)[:2]
            session = f"{tokens['tryton_user']}:{user}:{key}"
            self._session = base64.b64encode(session.encode()).decode()

    def _rpc(self, method: str, params: Sequence[Any]) -> Any:
        head = {"Authorization": f"Session {self._session}"} if self._session else {}
        address = f"{self._world.tryton}/cashpath/rpc/"
        answer = self._http.post(address, json={"id": 1, "method": method, "params": params}, headers=head)
        body = answer.raise_for_status().json()
        if isinstance(body, dict) and body.get("error"):
            raise LookupError(f"Tryton refuses {method}: {body['error']}")
        return body["result"] if isinstance(body, dict) else body

    # --- billing
    def in_billing(self, order: str) -> list[Mapping[str, Any]]:
        """The subscriptions that an order of the shop started, each with `next`, its next invoice in minor units."""
        rows = self._get(f"{self._world.stripe}/v1/subscriptions?status=all&limit=100", headers=self._key)["data"]
        mine = [row for row in rows if f"/subscription/{order}-" in row["metadata"].get("cashpath_origin", "")]
        return [{**row, "next": self._next(row)} for row in mine]

    def payers(self, email: str) -> list[Mapping[str, Any]]:
        """The customers of this address in billing."""
        found: list[Mapping[str, Any]] = self._get(
            f"{self._world.stripe}/v1/customers?email={email}", headers=self._key
        )["data"]
        return found

    def _next(self, subscription: Mapping[str, Any]) -> int | None:
        if subscription["status"] == "canceled":
            return None
        address = f"{self._world.stripe}/v1/invoices/create_preview"
        answer = self._http.post(address, data={"subscription": subscription["id"]}, headers=self._key)
        total: int = answer.raise_for_status().json()["total"]
        return total

    @property
    def _key(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._world.tokens['stripe']}"}

    def _get(self, address: str, headers: Mapping[str, str] | None = None) -> Any:
        return self._http.get(address, headers=headers).raise_for_status().json()

    # --- what reached them
    def writes(self) -> Mapping[str, int]:
        """How many requests changed something in each stand-in since it started."""
        places = {"storefront": self._world.shopify, "crm": self._world.hubspot, "billing": self._world.stripe}
        logs = {role: self._get(f"{address}/_sandbox/log") for role, address in places.items()}
        return {role: sum(1 for entry in log if entry["writes"]) for role, log in logs.items()}


def _told(body: Mapping[str, Any], *names: str) -> Decimal:
    """The first of these amounts that a body tells, in the shop's currency, with its currency or plain; else nothing.

    A merchant's own file may leave any of them out, or hold anything in its place.
    """
    for name in names:
        pair = body.get(f"{name}_set")
        shop = pair.get("shop_money") if isinstance(pair, dict) else None
        for told in (shop.get("amount") if isinstance(shop, dict) else None, body.get(name)):
            if isinstance(told, str | int | float) and re.fullmatch(r"-?\d+(\.\d+)?", str(told)):
                return Decimal(str(told))
    return Decimal(0)


def _is_tip(line: Mapping[str, Any]) -> bool:
    """The shop lists a tip as a line of no product as well as in a field of the order."""
    return not line.get("product_id") and str(line.get("title")).lower() in ("tip", "tips")


def _shop_line(line: Mapping[str, Any], inside: bool, taken: Sequence[Mapping[str, Any]]) -> tuple[int, Decimal]:
    """What stands of a line: the shop tells prices, discounts and taxes of all units, and what was taken off apart."""
    off = _sum(line.get("discount_allocations"), "amount")
    whole = Decimal(line["price"]) * int(line["quantity"]) - off
    amount = whole - (_sum(line.get("tax_lines"), "price") if inside else 0)
    gone = [row for row in taken if row["line_item_id"] == line["id"]]
    amount -= _sum(gone, "subtotal") - (_sum(gone, "total_tax") if inside else 0)
    return standing(line), amount


def standing(line: Mapping[str, Any]) -> int:
    """How many units of an order's line stand."""
    now = line.get("current_quantity")
    return int(line["quantity"] if now is None else now)


def _sum(rows: Sequence[Mapping[str, Any]] | None, name: str) -> Decimal:
    return sum((_told(row, name) for row in rows or ()), Decimal(0))


def _crm_line(item: Mapping[str, Any], inside: bool) -> tuple[int, Decimal]:
    quantity = int(item["quantity"])
    tax = Decimal(item["cashpath_tax"] or 0) if inside else Decimal(0)
    return quantity, Decimal(item["price"]) * quantity - Decimal(item["cashpath_discount"] or 0) - tax


def _decimal(value: Any) -> Decimal:
    return Decimal(value["decimal"]) if isinstance(value, dict) else Decimal(str(value))
