"""How `order FILE` follows an order: what it waits for in words, what a person must settle, and when it ends."""

from dataclasses import dataclass, replace
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from rich.console import Console

from cashpath.cli.stage import Stage
from cashpath.ledger.controls import Brake, Controls
from cashpath.ledger.filed import Cause, Filed, Subject
from cashpath.records import RecordKey, SystemId
from cashpath_sandbox.demo.agreement import Agreement
from cashpath_sandbox.eyes import Sold
from cashpath_sandbox.follow import HELD_UP, ending
from cashpath_sandbox.progress import obstacles, progress, silence
from cashpath_sandbox.stuck import Stuck

CARE = {"id": 7, "title": "Care", "price": "19.00", "quantity": 2, "product_id": 70, "variant_id": 71}
BODY = {"id": 5, "name": "#5", "line_items": [CARE], "customer": {"id": 6}, "company": {"id": 8}}
SOLD = Sold(id="1", total=Decimal(38), tax=Decimal(6), currency="EUR", state="open", lines={})
HERE = Agreement(body=BODY, shop=SOLD, crm=[SOLD], erp=[SOLD], billing=[{"next": 3800}], recurring=[CARE])
NOWHERE = replace(HERE, crm=[], erp=[], billing=[])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (HERE, "in the CRM; in the ERP; in billing"),
        (NOWHERE, "not yet in the CRM; not yet in the ERP; no subscription in billing yet"),
        (replace(HERE, crm=[SOLD, SOLD], recurring=[]), "2 times in the CRM; in the ERP"),
        (replace(HERE, erp=[replace(SOLD, tax=Decimal(5))], recurring=[]), "in the CRM; in the ERP with other amounts"),
        (replace(HERE, billing=[{"next": 1900}]), "in the CRM; in the ERP; billing would charge 19.00, not 38.00"),
    ],
)
def test_what_is_waited_for_is_said_system_by_system(found: Agreement, said: str) -> None:
    assert progress(found) == said


def test_a_system_that_does_not_answer_is_named() -> None:
    world: Any = SimpleNamespace(shopify="http://a:1", hubspot="http://a:2", stripe="http://a:3", tryton="http://a:4")
    asked = httpx.Request("GET", "http://a:2/crm/objects")
    down = httpx.HTTPStatusError("503", request=asked, response=httpx.Response(503))
    assert silence(world, down) == "the CRM does not answer (503)"
    assert silence(world, httpx.ConnectError("refused", request=asked)) == "the CRM does not answer (ConnectError)"
    assert silence(world, LookupError("Tryton refuses")) == "the ERP does not answer (Tryton refuses)"


def test_an_order_ends_once_it_is_everywhere_though_something_else_is_stuck() -> None:
    assert ending(HERE, own=[], others=["sync_catalog:shop/product/70"], quiet=0) == "agrees"


def test_an_exception_of_its_own_ends_it_at_once() -> None:
    assert ending(NOWHERE, own=["create_orders:shop/order/5"], others=[], quiet=0) == "exception"


def test_an_exception_of_its_customer_ends_it_once_nothing_moves_any_more() -> None:
    held = {"own": [], "others": ["sync_customers:shop/customer/6"]}
    assert ending(NOWHERE, **held, quiet=HELD_UP - 1) is None
    assert ending(NOWHERE, **held, quiet=HELD_UP) == "held up"


def test_an_order_of_which_nothing_is_stuck_is_waited_for() -> None:
    assert ending(NOWHERE, own=[], others=[], quiet=10 * HELD_UP) is None


def test_what_keeps_a_pass_from_working_is_named_with_its_remedy() -> None:
    controls = Controls(
        modes={("create_orders", "demo"): "shadow", ("sync_catalog", "demo"): "live"},
        brakes={SystemId("hubspot"): Brake(until=60_000, why="503")},
        paused={"create_orders": 1},
    )
    assert obstacles(controls) == [
        "create_orders is paused. Start it: cashpath resume create_orders",
        "create_orders is shadow for demo. Let it write: cashpath mode create_orders demo live",
        "hubspot does not answer Cashpath, which asks it again by itself: 503",
    ]


@dataclass
class Filing:
    """The ledger and the exceptions of a stage, as far as they are looked at."""

    filed: list[Filed]
    known: dict[RecordKey, RecordKey]

    def open(self) -> list[Filed]:
        return self.filed

    def origins(self, keys: Any) -> dict[RecordKey, RecordKey]:
        return {key: self.known[key] for key in keys if key in self.known}


class Held(Stage):
    """A stage of which these exceptions are open."""

    def __init__(self, *filed: Filed, known: dict[RecordKey, RecordKey] | None = None) -> None:
        super().__init__("local")
        filing: Any = Filing(list(filed), known or {})
        self.__dict__ |= {"exceptions": filing, "ledger": filing}


def exception(system: str, record: str, last_seen: int = 100) -> Filed:
    cause = Cause(code="any", cause=f"{record} is [wrong]", remedy="correct it", owner="erp")
    return Filed(about=Subject(flow="any", system=system, record=record), cause=cause, last_seen=last_seen)


def looked(stage: Stage) -> tuple[list[str], str]:
    shown = StringIO()
    stuck = Stuck(stage, BODY, 50, Console(file=shown, width=60))
    stuck.look()
    return [filed.id for filed in stuck.look()], shown.getvalue()


def test_an_order_meets_the_exceptions_of_who_ordered_and_of_what_was_ordered() -> None:
    mine = [exception("shop", record) for record in ("order/5", "company/8", "customer/6", "product/70", "variant/71")]
    found, _ = looked(Held(*mine, exception("shop", "customer/9"), exception("hubspot", "customer/6")))
    assert found == [filed.id for filed in mine]


def test_refused_credentials_of_a_system_hold_up_every_order() -> None:
    assert looked(Held(exception("hubspot", "")))[0] == ["any:hubspot"]


def test_a_customer_who_began_in_another_system_is_looked_for_there() -> None:
    known = {RecordKey(SystemId("shop"), "customer", "6"): RecordKey(SystemId("hubspot"), "customer", "66")}
    assert looked(Held(exception("hubspot", "customer/66"), known=known))[0] == ["any:hubspot/customer/66"]


def test_an_exception_from_before_the_order_was_corrected_is_not_its_end() -> None:
    assert looked(Held(exception("shop", "order/5", last_seen=49)))[0] == []
    assert looked(Held(exception("shop", "customer/6", last_seen=49)))[0] == ["any:shop/customer/6"]


def test_each_exception_is_printed_once_with_a_command_that_is_not_broken() -> None:
    _, shown = looked(Held(exception("shop", "order/5"), exception("shop", "customer/6")))
    assert shown.count("why         order/5 is [wrong]") == 1
    assert "  what to do  correct it\n  who can     erp\n" in shown
    assert "  afterwards  cashpath exceptions redrive any:shop/customer/6\n" in shown
