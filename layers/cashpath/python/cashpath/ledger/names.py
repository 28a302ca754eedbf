"""How the ledger's items are named: one partition key for each thing, told apart by its first letter."""

import hmac
from datetime import UTC, datetime
from zlib import crc32

from cashpath.records.keys import RecordKey, SystemId

SHARDS = 4  # partitions of a brand's day in the index of what is due
HASHED = "hmac:"


def record(key: RecordKey) -> str:
    """A root, or the pointer from a record to its root."""
    return f"R#{key}"


def link(key: RecordKey, system: SystemId) -> str:
    """The id of a record in a system, or the claim on it."""
    return f"L#{system}|{key}"


def link_key(pk: str) -> RecordKey:
    """The key of the record whose link is the item `pk`."""
    return RecordKey.parse(pk.partition("|")[2])


def match(hashed: str) -> str:
    """What a record is matched by, hashed."""
    return f"M#{hashed}"


def cursor(name: str) -> str:
    """How far a sweep has come."""
    return f"S#{name}"


CONTROLS = "C#controls"
DUE_DAYS = "D#claims"  # which brand's days have claims in the index of what is due


def hashed(criterion: str, system: SystemId, key: bytes) -> str:
    """The keyed hash of what a record is matched by in a system: an email never stands in the ledger."""
    if criterion.startswith(HASHED):
        return criterion
    return HASHED + hmac.new(key, f"{system}|{criterion}".encode(), "sha256").hexdigest()


def claim(key: RecordKey, system: SystemId) -> str:
    """The name under which a root lists its open claim."""
    return f"{system}|{key}"


def day(brand: str, at: int) -> str:
    """A brand's day (UTC) of what is due at `at`, epoch ms."""
    return f"{brand}|{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}"


def due(day_name: str, shard: int) -> str:
    """The partition of one shard of a brand's day."""
    return f"claims|{day_name}|{shard}"


def drift(brand: str, shard: int) -> str:
    """The partition of one shard of a brand's roots of which a field disagrees with its owner's."""
    return f"drift|{brand}|{shard}"


def missing(brand: str, shard: int) -> str:
    """The partition of one shard of a brand's roots of which records are missing somewhere, and no field disagrees."""
    return f"missing|{brand}|{shard}"


def shard(root: RecordKey) -> int:
    """Which shard a root's due work is in."""
    return crc32(str(root).encode()) % SHARDS
