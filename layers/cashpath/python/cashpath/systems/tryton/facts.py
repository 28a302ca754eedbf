"""What a Tryton database can tell and hold, by its system's options. Pure data."""

from collections.abc import Mapping
from typing import Any

from cashpath.records import Kind
from cashpath.systems.port import Facts, KindFacts

_ACCOUNT = "phone address tax_id currency payment_terms receivable_account archived tax_exempt credit_limit"
_CUSTOMER = f"{_ACCOUNT} first_name last_name email locale addresses company also_for"
_COMPANY = f"{_ACCOUNT} name locations"
_VARIANT = "sku title shippable gift_card archived price taxable tax_category parts"
_ORDER = """number ordered_at currency total total_tax state customer company billing_address shipping_address
prices_include_tax lines shipping duties fees tip rounding note"""
CUSTOMER, COMPANY, VARIANT, ORDER = (frozenset(names.split()) for names in (_CUSTOMER, _COMPANY, _VARIANT, _ORDER))
# Fields of a customer that a type of relation between parties holds: field, option that names the type.
RELATIONS: Mapping[str, str] = {"company": "contact_relation", "also_for": "further_relation"}
# Fields that a system tells and holds only where its options say how: field, option.
OPTIONAL: Mapping[str, str] = {
    "tax_exempt": "exempt_tax_rule",
    "credit_limit": "credit_limits",
    "price": "list_price",
    "taxable": "untaxed_category",
    "tax_category": "tax_categories",
    "parts": "kits",
    **RELATIONS,
}
# Fields that are told where an option says so, and never written.
TOLD: Mapping[str, str] = {"recurring": "services"}


def relates(options: Mapping[str, Any]) -> bool:
    """Whether the options name a type of relation for the companies that a person buys for."""
    return any(options.get(option) for option in RELATIONS.values())


def facts(options: Mapping[str, Any]) -> Facts:
    """The facts of a system with these options."""
    missing = frozenset(field for field, option in OPTIONAL.items() if not options.get(option))
    customer, company, variant = CUSTOMER - missing, COMPANY - missing, VARIANT - missing
    kinds: dict[Kind, KindFacts] = {
        "customer": KindFacts(
            reads=True,
            tells=customer,
            fields=customer,
            references=frozenset({"company"}) if relates(options) else frozenset(),
            matches=frozenset({"email"}),
            merges=True,
        ),
        "company": KindFacts(reads=True, tells=company, fields=company, matches=frozenset({"tax_id"}), merges=True),
        "product": KindFacts(reads=True, tells=frozenset({"title", "variants", "archived"})),
        "variant": KindFacts(
            reads=True,
            tells=variant | {"product", "nature"} | {field for field, option in TOLD.items() if options.get(option)},
            fields=variant,
            references=frozenset({"variant"}) if "parts" in variant else frozenset(),
            matches=frozenset({"sku"}),
        ),
        "order": KindFacts(
            reads=True,
            tells=frozenset({"number", "currency", "total", "total_tax", "note"}),
            fields=ORDER,
            references=frozenset({"customer", "company", "variant"}),
            matches=frozenset({"number"}),
        ),
    }
    return Facts(vendor="tryton", role="erp", polled=True, kinds=kinds)
