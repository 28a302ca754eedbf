"""Writes customers: create with its origin, change what differs, then address and consent. Each may be the last.

Whoever is killed in between is completed by the next: what is there is read first, and only what differs is sent.
"""

from collections.abc import Mapping
from typing import Any

from cashpath.faults import NeedsPerson
from cashpath.records import Customer
from cashpath.systems.mapping import FieldMap
from cashpath.systems.port import Reading, Wanted, Written
from cashpath.systems.shopify import customers, documents
from cashpath.systems.shopify.amounts import Node, number
from cashpath.systems.shopify.graphql import Graph


class Customers:
    """The customers of one shop. `read` gives the node and the reading of one."""

    def __init__(self, graph: Graph, mapping: FieldMap, read: Any) -> None:
        self._graph = graph
        self._mapping = mapping
        self._read = read

    def write(self, wanted: Wanted) -> Written:
        """Create or change a customer."""
        customer = wanted.record
        assert isinstance(customer, Customer)
        state = customers.state(customer, wanted.fields)
        if wanted.id is None:
            id = self._create(customer, wanted, state)
            self._address(id, state, None)
            return Written(id=number(id), created=True)
        node, reading = self._present(wanted.id)
        held = customers.state(reading.record, wanted.fields)  # type: ignore[arg-type]  # a customer's
        changes = {name: value for name, value in state.items() if held.get(name) != value}
        self._change(node, customer, changes)
        if "address" in changes:
            self._address(node["id"], state, node)
        if "marketing" in changes:
            _check_consent(customer, reading)
            self._consent(node["id"], changes["marketing"])
        return Written(id=wanted.id, created=False)

    def merge(self, loser: str, survivor: str) -> None:
        """Merge two customers, so that `survivor` is kept; nothing where the other is gone already.

        Shopify keeps whoever has the email address that is kept, or the only one (customerMerge). It may take a while:
        until then the other can still be read, and is asked for again, which Shopify answers alike.
        """
        node, _ = self._read(_gid(loser))
        if node is None:
            return
        kept, reading = self._present(survivor)
        keep = {"customerIdOfEmailToKeep": kept["id"]} if reading.record.value("email") else None
        if keep is None and (node.get("defaultEmailAddress") or {}).get("emailAddress"):
            raise self._other_way_round(loser, survivor)
        variables = {"loser": node["id"], "survivor": kept["id"], "keep": keep}
        about = f"the merge of {loser} into {survivor}"
        payload = self._graph.tell(documents.CUSTOMER_MERGE, variables, "customerMerge", about)
        if number(payload["resultingCustomerId"] or kept["id"]) != survivor:
            raise self._other_way_round(loser, survivor)

    def erase(self, id: str) -> None:
        """Ask Shopify to erase a customer's personal data (customerRequestDataErasure); nothing where they are gone."""
        node, _ = self._read(_gid(id))
        if node is not None:
            self._graph.tell(documents.CUSTOMER_ERASE, {"id": node["id"]}, "customerRequestDataErasure", f"erase {id}")

    def find(self, origin: str) -> str | None:
        """The customer that carries this origin: by its unique metafield, never by a search."""
        found = self._graph.ask(documents.CUSTOMER_BY_ORIGIN, {"origin": origin})["customerByIdentifier"]
        return number(found["id"]) if found else None

    def _create(self, customer: Customer, wanted: Wanted, state: Mapping[str, object]) -> str:
        namespace, key = customers.ORIGIN
        origin = {"namespace": namespace, "key": key, "value": str(customer.key)}
        own = customers.metafields_input(self._mapping, customer.custom, wanted.fields, None)
        given: dict[str, object] = {
            **{name: value for name, value in customers.input_of(state).items() if value is not None},
            "metafields": [origin, *(field for field in own if field["value"])],
        }
        if state.get("marketing"):
            given["emailMarketingConsent"] = customers.consent_input(state["marketing"])
        made = self._graph.tell(documents.CUSTOMER_CREATE, {"input": given}, "customerCreate", str(customer.key))
        return str(made["customer"]["id"])

    def _change(self, node: Node, customer: Customer, changes: Mapping[str, object]) -> None:
        own = customers.metafields_input(self._mapping, customer.custom, frozenset(changes), node)
        given = customers.input_of(changes) | ({"metafields": own} if own else {})
        if given:
            variables = {"input": {"id": node["id"], **given}}
            self._graph.tell(documents.CUSTOMER_UPDATE, variables, "customerUpdate", str(customer.key))

    def _address(self, customer: str, state: Mapping[str, Any], node: Node | None) -> None:
        """The default address: made, changed, or taken away where there is to be none."""
        wanted, there = state.get("address"), (node or {}).get("defaultAddress")
        about, key = f"the address of {customer}", {"customer": customer}
        if wanted and any(wanted.values()):
            given = {**key, "address": customers.address_input(wanted)}
            if there:
                self._graph.tell(documents.ADDRESS_UPDATE, {**given, "id": there["id"]}, "customerAddressUpdate", about)
            else:
                self._graph.tell(documents.ADDRESS_CREATE, given, "customerAddressCreate", about)
        elif wanted and there:
            self._graph.tell(documents.ADDRESS_DELETE, {**key, "id": there["id"]}, "customerAddressDelete", about)

    def _consent(self, customer: str, marketing: object) -> None:
        given = {"customerId": customer, "emailMarketingConsent": customers.consent_input(marketing)}
        about = f"consent of {customer}"
        self._graph.tell(documents.CONSENT_UPDATE, {"input": given}, "customerEmailMarketingConsentUpdate", about)

    def _present(self, id: str) -> tuple[Node, Reading]:
        node, reading = self._read(_gid(id))
        if node is None:
            raise NeedsPerson(
                f"the customer {id} is gone from Shopify",
                remedy="end its link so that it is created again, or link another one, then redrive",
                owner="storefront",
                code="target_gone",
            )
        return node, reading

    @staticmethod
    def _other_way_round(loser: str, survivor: str) -> NeedsPerson:
        return NeedsPerson(
            f"Shopify would keep customer {loser} and not {survivor}, which have turned out to be one",
            remedy="merge the two in Shopify by hand: its webhook tells who was kept, and all else follows",
            owner="storefront",
            code="merge_by_hand",
        )


def _check_consent(customer: Customer, there: Reading) -> None:
    """Whoever unsubscribed is subscribed again by nobody but themselves. All else of them is written by then."""
    if there.record.value("marketing") == "unsubscribed" and customer.marketing in customers.AGREED:
        raise NeedsPerson(
            f"{customer.key} unsubscribed from marketing email in Shopify, and is not subscribed again by us",
            remedy="note in the system that decides about consent that they unsubscribed, then redrive; whoever agrees "
            "again does so in the shop",
            owner="storefront",
            code="consent_withdrawn",
        )


def _gid(id: str) -> str:
    return f"gid://shopify/Customer/{id}"
