"""What of a record is personal: the values by which somebody could be known. What is told outside leaves them out."""

from collections.abc import Iterable, Iterator

from cashpath.records.address import Address
from cashpath.records.customer import Customer
from cashpath.records.order import Order
from cashpath.records.record import Record


def personal(records: Iterable[Record | None]) -> frozenset[str]:
    """What records say of the people they are about: names, addresses, how they are reached."""
    return frozenset(value for record in records if record is not None for value in _values(record) if value.strip())


def _values(record: Record) -> Iterator[str]:
    match record:
        case Customer():
            yield from (record.name, record.first_name, record.last_name, record.email, record.phone, record.tax_id)
            for address in (record.address, *record.addresses):
                yield from _of_address(address)
        case Order():
            yield record.email
            for address in (record.billing_address, record.shipping_address):
                yield from _of_address(address)


def _of_address(address: Address | None) -> Iterator[str]:
    if address is not None:
        yield from (address.name, address.phone, address.street, address.street2)
