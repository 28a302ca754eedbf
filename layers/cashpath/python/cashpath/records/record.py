"""What every canonical record has: its key, and the fields a brand maps for itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Self

from cashpath.records.keys import RecordKey

Custom = str | int | bool | None
CUSTOM = "custom."  # how the ownership matrix names a mapped field


@dataclass(frozen=True, kw_only=True)
class Record:
    """A business object. `key` is its canonical key; `custom` holds the brand's mapped fields by canonical name."""

    key: RecordKey
    custom: Mapping[str, Custom] = field(default_factory=dict)

    def references(self) -> tuple[RecordKey, ...]:
        """The canonical keys of the records that this one names, each once."""
        return ()

    def renamed(self, keys: Mapping[RecordKey, RecordKey]) -> Self:  # noqa: ARG002 - those that name none
        """This record, naming others by these keys."""
        return self

    @classmethod
    def field_names(cls) -> frozenset[str]:
        """The fields that an owner may decide: all but the key and what a brand maps, which has owners of its own."""
        return frozenset(f.name for f in fields(cls)) - {"key", "custom"}

    def value(self, name: str) -> object:
        """The value of a field, by the name that the ownership matrix has for it: `email`, `custom.loyalty`."""
        return self.custom.get(name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else getattr(self, name)
