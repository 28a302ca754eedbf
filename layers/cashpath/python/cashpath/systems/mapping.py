"""The fields that a brand maps for itself: which of a vendor's own fields holds which canonical `custom.<name>`.

Given to a connector when it is built. Pure: values in, values out. A connector asks the vendor for the fields in
`asked`, hands what came to `read`, and writes what `write` answers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from cashpath.records.keys import Kind
from cashpath.records.record import CUSTOM, Custom
from cashpath.systems.port import Facts


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """One mapped field: the vendor's `field` holds the canonical field `name`."""

    name: str
    field: str


@dataclass(frozen=True)
class FieldMap:
    """The mapped fields of one system, by kind."""

    kinds: Mapping[Kind, tuple[Mapped, ...]] = field(default_factory=dict)

    def of(self, kind: Kind) -> tuple[Mapped, ...]:
        """What is mapped for a kind."""
        return self.kinds.get(kind, ())

    def asked(self, kind: Kind) -> tuple[str, ...]:
        """The vendor's own names of the fields that a read must ask for."""
        return tuple(dict.fromkeys(mapped.field for mapped in self.of(kind)))

    def names(self, kind: Kind) -> frozenset[str]:
        """The canonical names, `custom.<name>`, as the ownership matrix has them."""
        return frozenset(f"{CUSTOM}{mapped.name}" for mapped in self.of(kind))

    def read(self, kind: Kind, theirs: Mapping[str, object]) -> dict[str, Custom]:
        """The canonical values, by `record.custom`'s names, of the vendor's values by the vendor's field names.

        Raises BadRecord, naming field and value, where one is not of its type or has no translation.
        """
        return {mapped.name: _plain(theirs.get(mapped.field)) for mapped in self.of(kind)}

    def write(
        self,
        kind: Kind,
        custom: Mapping[str, Custom],
        fields: Collection[str],
        now: Mapping[str, object],  # noqa: ARG002
    ) -> dict[str, object]:
        """The vendor's values to write, by the vendor's field names, for those canonical `fields` that are mapped.

        `now` are the vendor's values as they stand (empty where unknown): what is nested is changed inside them.
        """
        wanted = [mapped for mapped in self.of(kind) if f"{CUSTOM}{mapped.name}" in fields]
        return {mapped.field: custom.get(mapped.name) for mapped in wanted}

    def added_to(self, facts: Facts) -> Facts:
        """The facts of a connector, with what it can hold besides."""
        kinds = {
            kind: replace(
                known,
                fields=known.fields | self.names(kind) if known.fields else known.fields,
                tells=known.tells | self.names(kind),
            )
            for kind, known in facts.kinds.items()
        }
        return replace(facts, kinds=kinds)


def _plain(value: object) -> Custom:
    return value if isinstance(value, str | int | bool) else None


NOTHING_MAPPED = FieldMap()
