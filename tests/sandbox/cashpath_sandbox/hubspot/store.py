"""What a stand-in portal holds: records with properties, what is unique, who is associated with whom, and what the
search index knew at which moment."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cashpath.systems.hubspot.objects import COMPANIES, CONTACTS, DEALS, ORDERS, TYPES, ObjectType

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CLOSED = {"closedwon": "hs_is_closed_won", "closedlost": "hs_is_closed_lost"}


class Conflict(Exception):
    """A unique value is another record's."""

    def __init__(self, type: ObjectType, name: str, value: str, id: str) -> None:
        super().__init__(f"{type.name} {id} already has {name} {value!r}")
        self.type, self.name, self.value, self.id = type, name, value, id


class InvalidEmail(Exception):
    """A contact's email address is none."""


@dataclass
class Item:
    """One record. `indexed` is what the search saw since when, oldest first; None once it was archived."""

    type: ObjectType
    id: str
    created: datetime
    updated: datetime
    properties: dict[str, str] = field(default_factory=dict)
    archived: bool = False
    merged_into: str = ""
    indexed: list[tuple[datetime, dict[str, str] | None]] = field(default_factory=list)


def iso(at: datetime) -> str:
    """A moment as HubSpot writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Store:
    """All records of one portal. `told` is called with each change: the record, the topic, the property (of an
    association the other's type), the value (its id), and who did it."""

    now: Callable[[], datetime]
    unique: set[tuple[str, str]]
    told: Callable[..., None]
    items: dict[tuple[ObjectType, str], Item] = field(default_factory=dict)
    associated: dict[tuple[ObjectType, str], dict[ObjectType, list[str]]] = field(default_factory=dict)
    holders: dict[tuple[ObjectType, str, str], str] = field(default_factory=dict)
    last_id: int = 1000

    def get(self, type: ObjectType, id: str) -> Item | None:
        """A record that is there; the survivor where `id` was merged away."""
        item = self.items.get((type, id))
        while item and item.merged_into:
            item = self.items.get((type, item.merged_into))
        return item if item and not item.archived else None

    def all(self, type: ObjectType) -> Iterator[Item]:
        """Every record of a type that is there, oldest first."""
        return (item for (t, _), item in self.items.items() if t is type and not item.archived)

    def by_property(self, type: ObjectType, name: str, value: str) -> Item | None:
        """The record with this value of a unique property; a contact answers to its further addresses as well."""
        if name == "hs_object_id":
            return self.get(type, value)
        id = self.holders.get((type, name, value.lower() if name == "email" else value), "")
        return self.get(type, id)

    def create(self, type: ObjectType, properties: Mapping[str, str], who: str) -> Item:
        """A new record. Raises Conflict before anything changed."""
        clean = self.clean(type, properties, own="")
        self.last_id += 1
        now = self.now()
        item = Item(type, str(self.last_id), now, now)
        self.items[type, item.id] = item
        stamp = "hs_createdate" if type is ORDERS else "createdate"
        item.properties |= {"hs_object_id": item.id, stamp: iso(now)}
        self.told(item, "creation", "", "", who)
        self._apply(item, clean, who)
        return item

    def change(self, item: Item, properties: Mapping[str, str], who: str) -> bool:
        """Set properties, '' clears; whether anything changed. Raises Conflict before anything changed."""
        clean = self.clean(item.type, properties, own=item.id)
        if all(item.properties.get(name, "") == value for name, value in clean.items()):
            return False
        self._apply(item, clean, who)
        return True

    def archive(self, item: Item, who: str, topic: str = "deletion") -> None:
        """Archive a record: it is not found any more, and its associations end."""
        item.archived = True
        for held in [held for held, id in self.holders.items() if held[0] is item.type and id == item.id]:
            del self.holders[held]
        self.told(item, topic, "", "", who)
        for type, ids in self.associated.pop((item.type, item.id), {}).items():
            for id in ids:
                self.associated[type, id][item.type].remove(item.id)
        self._index(item, None)

    def purge(self, item: Item, who: str) -> None:
        """Delete a contact for good. It is told of as any deletion, and as one for privacy besides ("Now Live: Webhooks
        now support privacy-compliant contact deletions")."""
        self.archive(item, who)
        self.told(item, "privacyDeletion", "", "", who)
        item.properties.clear()

    def merge(self, primary: Item, merged: Item, who: str) -> None:
        """Merge one record into another: its id answers with the survivor from now on."""
        for type, ids in list(self.associated.get((merged.type, merged.id), {}).items()):
            for id in list(ids):
                self.associate(primary, self.items[type, id], who)
        extra = [merged.properties.get("email", "")] if merged.type is CONTACTS else []
        filled = {
            n: v
            for n, v in merged.properties.items()
            if n not in primary.properties and (merged.type.name, n) not in self.unique
        }
        self.archive(merged, who, topic="")
        merged.merged_into = primary.id
        known = primary.properties.get("hs_additional_emails", "")
        if extra and extra[0] and extra[0] != primary.properties.get("email"):
            filled["hs_additional_emails"] = ";".join(filter(None, (known, extra[0])))
        self._apply(primary, filled, who)
        for email in filter(None, primary.properties.get("hs_additional_emails", "").split(";")):
            self.holders[primary.type, "email", email] = primary.id
        self.told(primary, "merge", "", merged.id, who)

    def associate(self, one: Item, other: Item, who: str) -> bool:
        """Associate two records, both ways; whether they were not yet."""
        there = self.associated.setdefault((one.type, one.id), {}).setdefault(other.type, [])
        if other.id in there:
            return False
        there.append(other.id)
        self.associated.setdefault((other.type, other.id), {}).setdefault(one.type, []).append(one.id)
        self.told(one, "associationChange", other.type.number, other.id, who)
        self.told(other, "associationChange", one.type.number, one.id, who)
        for deal, person in ((one, other), (other, one)):
            if deal.type is DEALS and person.type is CONTACTS:
                count = len(self.associated[DEALS, deal.id][CONTACTS])
                self._apply(deal, {"num_associated_contacts": str(count)}, who)
        return True

    def make_primary(self, person: Item, company: Item, who: str) -> bool:
        """Make a company the primary one of a contact, which is the first of its companies; whether it was not yet."""
        made = self.associate(person, company, who)
        there = self.associated[person.type, person.id][company.type]
        if there[0] == company.id:
            return made
        there.remove(company.id)
        there.insert(0, company.id)
        if not made:
            self.told(person, "associationChange", company.type.number, company.id, who)
        return True

    def dissociate(self, one: Item, other: Item, who: str) -> bool:
        """End the association of two records, both ways; whether there was one."""
        there = self.associated.get((one.type, one.id), {}).get(other.type, [])
        if other.id not in there:
            return False
        there.remove(other.id)
        self.associated[other.type, other.id][one.type].remove(one.id)
        self.told(one, "associationChange", other.type.number, other.id, who, removed=True)
        self.told(other, "associationChange", one.type.number, one.id, who, removed=True)
        return True

    def restore(self, item: Item, who: str) -> None:
        """Bring an archived record back, without what it was associated with."""
        self.clean(item.type, item.properties, own=item.id)
        item.archived = False
        for name, value in item.properties.items():
            if (item.type.name, name) in self.unique:
                self.holders[item.type, name, value] = item.id
        self.told(item, "restore", "", "", who)
        self._apply(item, {}, who)

    def settle(self) -> None:
        """Let the search index catch up with every write."""
        for item in self.items.values():
            item.indexed = [(LONG_AGO, None if item.archived else dict(item.properties))]

    def searchable(self, type: ObjectType, lag: timedelta) -> Iterator[tuple[Item, dict[str, str]]]:
        """The records of a type as the search index knows them now, which is as they were `lag` ago."""
        until = self.now() - lag
        for (t, _), item in self.items.items():
            if t is not type:
                continue
            seen = [known for at, known in item.indexed if at <= until]
            if seen and seen[-1] is not None:
                yield item, seen[-1]

    def clean(self, type: ObjectType, properties: Mapping[str, str], own: str) -> dict[str, str]:
        """Values as the portal keeps them.

        Raises Conflict where a unique one is of another record than `own`, InvalidEmail where an address is none.
        """
        clean = {name: str(value).strip() for name, value in properties.items()}
        if type is CONTACTS and "email" in clean:
            clean["email"] = clean["email"].lower()
            if clean["email"] and not re.fullmatch(r"[^@\s]+@[^@\s]+", clean["email"]):
                raise InvalidEmail(clean["email"])
        if type is COMPANIES and "domain" in clean:
            clean["domain"] = clean["domain"].lower()
        for name, value in clean.items():
            if not value or (type.name, name) not in self.unique:
                continue
            other = self.by_property(type, name, value)
            if other and other.id != own:
                raise Conflict(type, name, value, other.id)
        return clean

    def _apply(self, item: Item, properties: Mapping[str, str], who: str) -> None:
        for name, value in properties.items():
            if item.properties.get(name, "") == value:
                continue
            unique = (item.type.name, name) in self.unique
            before = item.properties.pop(name, "")
            if unique and before:
                self.holders.pop((item.type, name, before), None)
            if value:
                item.properties[name] = value
            if unique and value:
                self.holders[item.type, name, value] = item.id
            self.told(item, "propertyChange", name, value, who)
        if item.type is DEALS:
            stage = item.properties.get("dealstage", "")
            item.properties |= {mark: str(stage == name).lower() for name, mark in CLOSED.items()}
            if stage in CLOSED:
                item.properties.setdefault("closedate", iso(self.now()))
        # Two changes in one millisecond would tie; the real portal's marks differ.
        item.updated = max(self.now(), item.updated + timedelta(milliseconds=1))
        item.properties[item.type.modified] = iso(item.updated)
        self._index(item, dict(item.properties))

    def _index(self, item: Item, known: dict[str, str] | None) -> None:
        item.indexed.append((self.now(), known))
        del item.indexed[:-20]


def by_path(name: str) -> ObjectType | None:
    """The type that a path names: its name, its number or its singular, as HubSpot accepts them."""
    for type in TYPES:
        if name in (type.name, type.number, type.name.rstrip("s"), type.path):
            return type
    return {"company": COMPANIES}.get(name)
