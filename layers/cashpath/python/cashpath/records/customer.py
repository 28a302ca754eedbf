"""Who buys: a person, and the company a person may buy for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, Self

from cashpath.records.address import Address
from cashpath.records.keys import RecordKey
from cashpath.records.money import Money
from cashpath.records.record import Record

Consent = Literal["", "subscribed", "unsubscribed", "pending"]


def normal_email(email: str) -> str:
    """An email address as matching compares it: without surrounding space, in lower case."""
    return email.strip().lower()


@dataclass(frozen=True, kw_only=True)
class Account(Record):
    """What people and companies have in common: how they are reached, sold to, taxed and booked.

    `phone` is E.164 where the source knows it so. `tax_id` is written as the authority writes it, a VAT number with its
    country prefix. `currency` is ISO 4217, the one that they are billed in. `account_owner` is the email address of the
    colleague who looks after them, `sales_status` the CRM's own word (`lead`, `customer`), the contract dates its too.
    `payment_terms` and `receivable_account` are names of the ERP's. `archived`: no longer dealt with.
    """

    phone: str = ""
    address: Address | None = None
    tax_id: str = ""
    tax_exempt: bool = False
    currency: str = ""
    account_owner: str = ""
    sales_status: str = ""
    contract_start: date | None = None
    contract_end: date | None = None
    payment_terms: str = ""
    credit_limit: Money | None = None
    receivable_account: str = ""
    archived: bool = False


@dataclass(frozen=True, kw_only=True)
class Customer(Account):
    """A person who buys. `locale` is BCP 47. `address` is the one used by default, `addresses` are the others.

    `company` is the one that they buy for, `also_for` are further ones. `marketing` is the consent to marketing email,
    '' where nobody asked. `payable` says whether billing holds a payment method that it may charge; only billing
    knows it.
    """

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    locale: str = ""
    addresses: tuple[Address, ...] = ()
    company: RecordKey | None = None
    also_for: tuple[RecordKey, ...] = ()
    marketing: Consent = ""
    payable: bool | None = None

    @property
    def name(self) -> str:
        """The full name; the email address where no name is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def references(self) -> tuple[RecordKey, ...]:
        """The companies that the person buys for."""
        return tuple(dict.fromkeys(key for key in (self.company, *self.also_for) if key))

    def renamed(self, keys: Mapping[RecordKey, RecordKey]) -> Self:
        """This person, naming companies by these keys."""
        return replace(
            self,
            company=self.company and keys.get(self.company, self.company),
            also_for=tuple(keys.get(key, key) for key in self.also_for),
        )


@dataclass(frozen=True, kw_only=True)
class Location:
    """One place of a company that buys for itself. `key` names it for good; `tax_id` where it has its own."""

    key: str
    name: str = ""
    address: Address | None = None
    phone: str = ""
    tax_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Company(Account):
    """An organisation that buys. `address` is where it is billed, `locations` are all its places."""

    name: str = ""
    domain: str = ""
    locations: tuple[Location, ...] = ()
