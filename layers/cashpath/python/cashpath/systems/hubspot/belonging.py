"""To which companies a contact belongs: the primary one is whom it buys for, the others are further ones. Pure.

`company` and `also_for` are two fields, which two roles may own. Where only one of them is written, the other's
companies stay as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from cashpath.records import Customer
from cashpath.systems.port import Wanted

PRIMARY, FURTHER = "associated companies", "further companies"  # as `normalised` names them


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to be done: the companies to leave, the one to make primary ('' for none), the further ones to join."""

    leave: tuple[str, ...] = ()
    primary: str = ""
    join: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """What is wanted: the id of the primary company ('' for none) and of the further ones; None where that is not to
    be written, or names a company that is not there yet."""

    primary: str | None = None
    further: frozenset[str] | None = None

    @classmethod
    def of(cls, wanted: Wanted) -> Self:
        """The companies that the wanted fields of a customer name; nothing for any other record."""
        record, refs = wanted.record, wanted.refs
        if not isinstance(record, Customer):
            return cls()
        primary = further = None
        if "company" in wanted.fields:
            primary = refs.get(record.company) if record.company else ""
        if "also_for" in wanted.fields and all(key in refs for key in record.also_for):
            own = record.company and refs.get(record.company)
            further = frozenset(refs[key] for key in record.also_for) - {own}
        return cls(primary=primary, further=further)

    @property
    def is_anything(self) -> bool:
        """Whether any of it is to be written."""
        return self.primary is not None or self.further is not None

    def normalised(self) -> Mapping[str, object]:
        """As the portal will hold it."""
        return self._spelled(self.primary or "", self.further or frozenset())

    def held(self, there: Sequence[str]) -> Mapping[str, object]:
        """As the portal holds it: the primary company is the first of those `there`."""
        return self._spelled(there[0] if there else "", frozenset(there[1:]))

    def change(self, there: Sequence[str]) -> Change:
        """What brings the companies that are `there`, the primary one first, to what is wanted."""
        now = there[0] if there else ""
        primary = now if self.primary is None else self.primary
        further = frozenset(there[1:]) if self.further is None else self.further
        return Change(
            leave=tuple(id for id in there if id != primary and id not in further),
            primary=primary if primary != now else "",
            join=tuple(sorted(id for id in further if id not in there and id != primary)),
        )

    def _spelled(self, primary: str, further: frozenset[str]) -> dict[str, object]:
        spelled: dict[str, object] = {} if self.primary is None else {PRIMARY: primary}
        return spelled if self.further is None else {**spelled, FURTHER: sorted(further)}
