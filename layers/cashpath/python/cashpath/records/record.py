"""What every canonical record has: its key, and the fields a brand maps for itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from cashpath.records.keys import RecordKey

Custom = str | int | bool | None


@dataclass(frozen=True, kw_only=True)
class Record:
    """A business object. `key` is its canonical key; `custom` holds the brand's mapped fields by canonical name."""

    key: RecordKey
    custom: Mapping[str, Custom] = field(default_factory=dict)

    def references(self) -> tuple[RecordKey, ...]:
        """The canonical keys of the records that this one names, each once."""
        return ()

    @classmethod
    def field_names(cls) -> frozenset[str]:
        """The fields that an owner may decide: all but the key."""
        return frozenset(f.name for f in fields(cls)) - {"key"}
