"""Names of things: which brand, which system, which record."""

from dataclasses import dataclass
from typing import Literal, NewType, Self, get_args

BrandId = NewType("BrandId", str)
SystemId = NewType("SystemId", str)
Role = Literal["storefront", "crm", "billing", "erp"]
Kind = Literal["customer", "company", "product", "variant", "order", "subscription"]

ROLES: tuple[Role, ...] = get_args(Role)
KINDS: tuple[Kind, ...] = get_args(Kind)
GUEST, LINE = "order-", "line-"  # how the ids of records begin that no system has, only an order describes


@dataclass(frozen=True, order=True)
class RecordKey:
    """One record as one system names it, written `system/kind/id`.

    The key of the system where a record began is its canonical key: everything that Cashpath creates for it
    elsewhere carries that key as its origin.
    """

    system: SystemId
    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.system}/{self.kind}/{self.id}"

    @property
    def is_described(self) -> bool:
        """Whether no system has the record and an order alone describes it: a guest, or a line without a variant."""
        return self.id.startswith((GUEST, LINE))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key written in `text`. Raises ValueError where it is not `system/kind/id` with a known kind."""
        system, _, rest = text.partition("/")
        kind, _, id = rest.partition("/")
        if not system or not id or kind not in KINDS:
            raise ValueError(f"not a record key: {text!r} (expected system/kind/id, kind one of {', '.join(KINDS)})")
        return cls(SystemId(system), kind, id)
