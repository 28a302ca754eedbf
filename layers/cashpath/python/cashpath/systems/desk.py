"""The systems of one brand, as a flow reads them: by role, by id, and with the links that the ledger knows."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from cashpath.records.keys import BrandId, RecordKey, Role, SystemId
from cashpath.settings.slices import Rules
from cashpath.systems.port import System

Links = Mapping[tuple[RecordKey, Role], str]


class Desk(Protocol):
    """What a flow's `read` may ask. Everything it returns goes into the view. `rules` are the brand's, where they spare
    a request whose answer no plan would want."""

    brand: BrandId
    systems: Mapping[Role, SystemId]
    rules: Rules

    def role(self, role: Role) -> System:
        """The brand's system for a role."""

    def at(self, system: SystemId) -> System:
        """A system by its id."""

    def canonical(self, keys: Iterable[RecordKey]) -> Mapping[RecordKey, RecordKey]:
        """The canonical key of each of these records, for those that the ledger knows by another key.

        A contact that a won deal names by its CRM id may be the shop's customer: its links hang on that key.
        """

    def erased(self, keys: Iterable[RecordKey]) -> frozenset[RecordKey]:
        """Those of these canonical keys whose personal data is erased, or being erased. Costs a request only for keys
        about which `canonical` was not asked."""

    def root_of(self, at: RecordKey) -> RecordKey | None:
        """The root that the ledger knows for a record, itself where it is one; None where it knows nothing of it."""

    def links(self, keys: Iterable[RecordKey]) -> Links:
        """The ids that the ledger knows for these canonical keys in the brand's systems."""
