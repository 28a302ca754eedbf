"""What create_orders has read for one plan: plain data, passed from `read` to `plan`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cashpath.flows.parts.old_orders import Found
from cashpath.records import Customer, Order, Record, RecordKey, Role
from cashpath.systems.desk import Links
from cashpath.systems.port import Reading


@dataclass(frozen=True, kw_only=True)
class OrderView:
    """`source` is the root's own record, None where its system has none.

    `order` is what is to be brought over, keyed by the root and naming others by their canonical keys: the source
    itself, or the storefront order that was made from a won deal. It always names a buyer, a company or a customer.
    `began_in` is the role of the root's system, `placed_in` that of the order's.

    `links`: the id of each record in each role that has it, its own included. `records`: those of them that some role
    still lacks, as the order's own system says; one is missing that it does not have yet, or that the next pass is to
    ask for. `candidates`: what a role holds that matches such a record; a pair is missing where the role was `silent`:
    down, or left alone.

    `payer`: the customer as billing knows it, where somebody is yet to be charged. `made_before`: subscriptions made
    for this order before, whether or not it still names what recurs. `ended`: those of them that are to run and have
    ended in billing; looked for only where the order itself has ended one before. `entered`: of an order from before
    the cutover, what others made of it in a role. `forgotten`: the personal data of whoever bought is erased, and this
    order's with it.
    """

    source: Reading | None
    order: Order | None = None
    began_in: Role = "storefront"
    placed_in: Role = "storefront"
    links: Links = field(default_factory=dict)
    records: Mapping[RecordKey, Record] = field(default_factory=dict)
    candidates: Mapping[tuple[RecordKey, Role], tuple[Reading, ...]] = field(default_factory=dict)
    silent: frozenset[Role] = frozenset()
    payer: Customer | None = None
    made_before: tuple[RecordKey, ...] = ()
    ended: frozenset[RecordKey] = frozenset()
    entered: Found = field(default_factory=dict)
    forgotten: bool = False

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What was read of the root itself."""
        return (self.source,) if self.source else ()

    def has(self, key: RecordKey, role: Role) -> bool:
        """Whether the system that plays `role` is known to have the record."""
        return (key, role) in self.links


@dataclass(frozen=True)
class Need:
    """A record that must be in the system of a role before something there can name it."""

    key: RecordKey
    role: Role
