"""The exceptions that an order meets: its own, and those of who ordered and of what was ordered."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from rich.console import Console
from rich.markup import escape

from cashpath.cli.stage import Stage
from cashpath.ledger.filed import Filed
from cashpath.records import RecordKey, SystemId
from cashpath_sandbox.world import World

SHOP = SystemId("shop")


class Operator(Stage):
    """The sandbox's stage, as an operator would find it by its stacks."""

    def __init__(self, world: World) -> None:
        here = world.deployed
        super().__init__("local", outputs={"LedgerTable": here.ledger, "ExceptionsTable": here.exceptions})
        self._world = world

    def client(self, service: str) -> Any:
        """boto3's client of a service."""
        return self._world.aws.client(service)


class Stuck:
    """What a person must settle before an order can go on, which was placed at `placed` (epoch ms).

    Each exception is printed once.
    """

    def __init__(self, stage: Stage, order: Mapping[str, Any], placed: int, console: Console) -> None:
        self._stage = stage
        self._order = order
        self._placed = placed
        self._console = console
        self._told: set[str] = set()

    def look(self) -> Sequence[Filed]:
        """What is open now; what is new of it is printed at once. The order's own come first.

        One of the order's own from before it was placed again says nothing of how it is now, and is left out.
        """
        now = (filed for filed in self._open() if filed.last_seen >= self._placed or not self.is_own(filed))
        found = sorted(now, key=lambda filed: (not self.is_own(filed), filed.id))
        for filed in found:
            if filed.id not in self._told:
                self._told.add(filed.id)
                self._tell(filed)
        return found

    def is_own(self, filed: Filed) -> bool:
        """Whether it is the order's own, not that of another record."""
        return filed.about.record == f"order/{self._order['id']}"

    def _open(self) -> Iterator[Filed]:
        """Those of the order's records, by whatever key, and those of systems as a whole."""
        keys = {f"{key.system}/{key.kind}/{key.id}" for key in self._keys}
        keys |= {str(key) for key in self._stage.ledger.origins(self._keys).values()}
        for filed in self._stage.exceptions.open():
            if not filed.about.record or f"{filed.about.system}/{filed.about.record}" in keys:
                yield filed

    @cached_property
    def _keys(self) -> Sequence[RecordKey]:
        order = self._order
        named = [("order", order), ("customer", order.get("customer")), ("company", order.get("company"))]
        keys = [RecordKey(SHOP, kind, str(of["id"])) for kind, of in named if of and of.get("id")]  # type: ignore[arg-type]
        for line in order["line_items"]:
            if line.get("product_id"):
                keys.append(RecordKey(SHOP, "product", str(line["product_id"])))
            if line.get("variant_id"):
                keys.append(RecordKey(SHOP, "variant", str(line["variant_id"])))
        return list(dict.fromkeys(keys))

    def _tell(self, filed: Filed) -> None:
        whose = "the order" if self.is_own(filed) else filed.about.record or f"the system {filed.about.system}"
        self._console.print(f"[bold yellow]A person must settle this, of {escape(whose)}:[/]")
        rows = (
            ("why", filed.cause.cause),
            ("what to do", filed.cause.remedy),
            ("who can", filed.cause.owner or "nobody is named"),
            ("afterwards", f"cashpath exceptions redrive {filed.id}"),
        )
        for name, text in rows:
            self._console.print(f"  {name:<11} {text}", markup=False, highlight=False, soft_wrap=True)
