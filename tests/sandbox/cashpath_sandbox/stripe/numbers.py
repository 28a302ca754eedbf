"""Tax numbers as Stripe checks them when they are added: https://docs.stripe.com/billing/customer/tax-ids."""

import re

from cashpath_sandbox.stripe.shapes import Doc, Refusal

_FORMS = {
    "eu_vat": r"(AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI)[0-9A-Z]{6,12}",
    "gb_vat": r"GB(\d{9}|\d{12}|(GD|HA)\d{3})",
    "ch_vat": r"CHE-\d{3}\.\d{3}\.\d{3} (MWST|TVA|IVA)",
    "ch_uid": r"CHE-\d{3}\.\d{3}\.\d{3}",
    "no_vat": r"\d{9}MVA",
    "us_ein": r"\d{2}-\d{7}",
    "in_gst": r"\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]Z[0-9A-Z]",
    "br_cnpj": r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}",
}
UNLUCKY = "DE000000000"  # the stand-in's own: of the right form, and refused all the same


def checked(number: Doc) -> Doc:
    """The number. Raises Refusal where its type is unknown here, or it does not have the form of its type."""
    form = _FORMS.get(number.get("type", ""))
    if form is None:
        raise Refusal(400, f"Invalid type: {number.get('type')}", param="type")
    if not re.fullmatch(form, number["value"]) or number["value"] == UNLUCKY:
        raise Refusal(400, f"Invalid value for {number['type']}.", code="tax_id_invalid", param="value")
    return number
