"""A postal address."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where someone is billed or shipped to. `country` is ISO 3166-1 alpha-2, `region` the ISO 3166-2 part after it."""

    name: str = ""
    company: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    postcode: str = ""
    region: str = ""
    country: str = ""
    phone: str = ""
