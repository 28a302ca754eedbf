"""Reads orders with all that belongs to them: one, or many in few requests. Between `client` and `records`."""

from collections.abc import Iterable, Mapping, Sequence

from cashpath.records import SystemId
from cashpath.systems.port import Reading
from cashpath.systems.shopify import documents
from cashpath.systems.shopify.amounts import Node
from cashpath.systems.shopify.graphql import Graph
from cashpath.systems.shopify.records import order_reading


class Orders:
    """The orders of one shop."""

    def __init__(self, graph: Graph, system: SystemId) -> None:
        self._graph = graph
        self._system = system

    def one(self, gid: str) -> Reading | None:
        """An order."""
        node = self._graph.ask(documents.ORDER, {"id": gid})["order"]
        return self._readings([node])[0] if node else None

    def many(self, gids: Sequence[str]) -> dict[str, Reading]:
        """Those of these orders that exist, by the number in their id. One that ships in several ways is read alone: a
        page of its shipping lines would cost all others."""
        found: list[Node] = []
        for start in range(0, len(gids), documents.ORDERS):
            some = gids[start : start + documents.ORDERS]
            for gid, node in zip(some, self._graph.ask(documents.ORDERS_MANY, {"ids": some})["nodes"], strict=True):
                if node and node["shippingLines"]["pageInfo"]["hasNextPage"]:
                    node = self._graph.ask(documents.ORDER, {"id": gid})["order"]
                found += [node] if node else []
        return {reading.at.id: reading for reading in self._readings(found)}

    def _readings(self, orders: Sequence[Node]) -> Sequence[Reading]:
        lines = [self._graph.pages(documents.ORDER_LINES, order, "order", "lineItems") for order in orders]
        policies = self._policies(line for of in lines for line in of)
        return [order_reading(order, of, self._system, policies) for order, of in zip(orders, lines, strict=True)]

    def _policies(self, lines: Iterable[Node]) -> Mapping[str, Node]:
        """The billing policies of the selling plans of lines whose product does not say how often, by global id."""
        silent = (n for n in lines if n.get("sellingPlan") and not (n.get("product") or {}).get("interval"))
        ids = sorted({node["sellingPlan"]["sellingPlanId"] for node in silent if node["sellingPlan"]["sellingPlanId"]})
        found: dict[str, Node] = {}
        for start in range(0, len(ids), documents.PLANS):
            plans = self._graph.ask(documents.SELLING_PLANS, {"ids": ids[start : start + documents.PLANS]})["nodes"]
            found |= {plan["id"]: plan["billingPolicy"] for plan in plans if plan and plan.get("billingPolicy")}
        return found
