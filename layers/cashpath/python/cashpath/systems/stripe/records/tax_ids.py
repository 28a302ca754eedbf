"""Tax numbers: which of Stripe's types one is, told by how it is written, and how Stripe writes it. Pure.

Stripe, "Customer tax IDs", https://docs.stripe.com/billing/customer/tax-ids: types and examples; it refuses a number
that does not have the form of its type (`tax_id_invalid`). The forms of EU numbers are those of the European
Commission, "VIES: VAT identification numbers", https://ec.europa.eu/taxation_customs/vies.
"""

import re
from typing import Literal, NamedTuple

Type = Literal["eu_vat", "gb_vat", "ch_vat", "ch_uid", "no_vat", "us_ein", "in_gst", "br_cnpj"]


class Typed(NamedTuple):
    """A tax number that Stripe has a type for."""

    type: Type
    value: str


_BRITISH = r"(\d{9}|\d{12}|(GD|HA)\d{3})"
_EU = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{9}",
    "ES": r"[A-Z\d]\d{7}[A-Z\d]",
    "FI": r"\d{8}",
    "FR": r"[A-Z\d]{2}\d{9}",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d[A-Z\d]\d{5}[A-Z]{1,2}",
    "IT": r"\d{11}",
    "LT": r"(\d{9}|\d{12})",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{12}",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": _BRITISH,  # Northern Ireland, which stays in the EU's system for goods
}
_SWISS = re.compile(r"CHE(\d{3})(\d{3})(\d{3})(MWST|TVA|IVA)?")


def typed(text: str) -> Typed | None:
    """The number in `text` as Stripe takes it; None where its writing tells no type. Typing the value again gives the
    same."""
    written = text.strip().upper()
    compact = re.sub(r"[\s.\-]", "", written)
    if re.fullmatch(_EU.get(compact[:2], "(?!)"), compact[2:], re.ASCII):
        return Typed("eu_vat", compact)
    if compact[:2] == "GB" and re.fullmatch(_BRITISH, compact[2:], re.ASCII):
        return Typed("gb_vat", compact)
    if swiss := _SWISS.fullmatch(compact):
        uid = f"CHE-{'.'.join(swiss.group(1, 2, 3))}"
        return Typed("ch_vat", f"{uid} {swiss.group(4)}") if swiss.group(4) else Typed("ch_uid", uid)
    if norwegian := re.fullmatch(r"(?:NO)?(\d{9}MVA)", compact, re.ASCII):
        return Typed("no_vat", norwegian.group(1))
    if re.fullmatch(r"\d{2}-\d{7}", written, re.ASCII):
        return Typed("us_ein", written)
    if re.fullmatch(r"\d{2}[A-Z]{5}\d{4}[A-Z][A-Z\d]Z[A-Z\d]", compact, re.ASCII):
        return Typed("in_gst", compact)
    if re.fullmatch(r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", written, re.ASCII):
        return Typed("br_cnpj", written)
    return None


def normal(text: str) -> str:
    """The number as Stripe will hold it: in the writing of its type, else as it is."""
    known = typed(text)
    return known.value if known else text.strip()
