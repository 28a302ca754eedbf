"""A webhook that was lost is made up for by the next sweep, whichever system should have sent it."""

from dataclasses import dataclass, field

from cashpath.records import SystemId
from cashpath.systems.port import System
from cashpath_sandbox.memory import Books, MemorySystem, facts

from .directed import Directed, Setting
from .fates import Wires
from .targets import MemoryTarget
from .world import SYSTEMS

ERP = SYSTEMS["erp"]


@dataclass
class SharedErp(MemoryTarget):
    """An ERP that a history may share with others, as it shares a real Tryton."""

    wires: Wires
    books: Books = field(init=False)
    system: System = field(init=False)

    def __post_init__(self) -> None:
        self.books = Books(ERP, self.wires.clock.now)
        self.system = MemorySystem(self.books, facts("erp"), wire=self.wires.to(ERP))


def test_a_subscription_that_was_edited_by_hand_untold_is_put_right_by_the_sweep_with_a_shared_erp_too() -> None:
    history = Directed(Setting(recurring=True), erp=SharedErp)
    history.edit()
    history.later(60)
    books = history.world.books[SystemId("billing")]
    [subscription] = books.of("subscription")
    books.change(subscription.record.key, items=())
    assert history.ends() != []
    history.world.reconcile()
    assert history.ends() == []
