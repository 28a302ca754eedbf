"""Who buys: a person, and the company a person may buy for."""

from dataclasses import dataclass

from cashpath.records.address import Address
from cashpath.records.keys import RecordKey
from cashpath.records.record import Record


def normal_email(email: str) -> str:
    """An email address as matching compares it: without surrounding space, in lower case."""
    return email.strip().lower()


@dataclass(frozen=True, kw_only=True)
class Customer(Record):
    """A person who buys. `locale` is BCP 47, `phone` E.164 where the source knows it so.

    `payable` says whether billing holds a payment method that it may charge; only billing knows it.
    """

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    locale: str = ""
    address: Address | None = None
    company: RecordKey | None = None
    tax_exempt: bool = False
    payable: bool | None = None

    @property
    def name(self) -> str:
        """The full name; the email address where no name is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def references(self) -> tuple[RecordKey, ...]:
        """The company, where the person buys for one."""
        return (self.company,) if self.company else ()


@dataclass(frozen=True, kw_only=True)
class Company(Record):
    """An organisation that buys. `tax_id` as the authority writes it, a VAT number with its country prefix."""

    name: str = ""
    tax_id: str = ""
    domain: str = ""
    phone: str = ""
    address: Address | None = None
