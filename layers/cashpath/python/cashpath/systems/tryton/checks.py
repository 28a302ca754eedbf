"""What a Tryton database lacks for what Cashpath is to do there: access, modules, names, mapped fields. Reads only."""

from collections.abc import Iterator, Mapping, Sequence

from cashpath.faults import NeedsPerson
from cashpath.records import Kind
from cashpath.systems.mapping import FieldMap, Type
from cashpath.systems.tryton.books import Database
from cashpath.systems.tryton.facts import RELATIONS, relates

# What the connector reads, the field of it that a module must have added, and the module.
NEEDED: Sequence[tuple[str, str, str]] = (
    ("party.party", "identifiers", "party"),
    ("party.party", "account_receivable", "account"),
    ("party.party", "customer_payment_term", "account_invoice"),
    ("party.party", "customer_currency", "sale"),
    ("party.address", "contact_mechanisms", "party"),
    ("party.contact_mechanism", "comment", "party"),
    ("party.identifier", "code", "party"),
    ("product.template", "account_category", "account_product"),
    ("product.product", "suffix_code", "product"),
    ("product.identifier", "code", "product"),
    ("sale.sale", "sale_date", "sale"),
    ("sale.line", "unit_price", "sale"),
    ("account.tax", "rate", "account"),
    ("account.tax.rule", "kind", "account"),
    ("account.invoice.payment_term", "name", "account_invoice"),
)
# What an option needs besides: the same, by option.
OPTIONAL: Mapping[str, tuple[str, str, str]] = {
    "kits": ("product.template", "components", "product_kit"),
    "services": ("sale.subscription.service", "consumption_recurrence", "sale_subscription"),
}
MAPPED: Sequence[tuple[Kind, str]] = (
    ("customer", "party.party"),
    ("company", "party.party"),
    ("variant", "product.template"),
    ("product", "product.template"),
)
# Tryton's types of field that can hold each type of mapped field.
MAPPABLE: Mapping[Type, frozenset[str]] = {
    "text": frozenset({"char", "text", "selection"}),
    "number": frozenset({"integer", "char"}),
    "boolean": frozenset({"boolean"}),
    "date": frozenset({"date", "char"}),
}
SETTINGS = "correct it in the system's settings, or create it in Tryton"


class Checks:
    """Asks one database."""

    def __init__(self, database: Database, mapping: FieldMap) -> None:
        self._database = database
        self._mapping = mapping

    def missing(self) -> list[str]:
        """What is missing, one sentence each with its remedy."""
        refused = [*self._access(), *self._credit_limits(), *self._relations()]
        return refused or [*self._mapped(), *self._named(), *self._currency()]

    def _access(self) -> Iterator[str]:
        asked = [needed for option, needed in OPTIONAL.items() if self._database.options.get(option)]
        for model, field, module in (*NEEDED, *asked):
            try:
                self._database.search(model, [], (field,), limit=1, company=self._database.company(""))
            except NeedsPerson as fault:
                if fault.code in ("erp_refused", "erp_says_no"):
                    yield f"Cashpath's user may not read {model}: add it to the groups that may (Administration, Users)"
                else:
                    yield f"Tryton has no {field} of {model}: activate the module {module}, or allow the user to it"

    def _credit_limits(self) -> Iterator[str]:
        wanted = self._database.options.get("credit_limits")
        if wanted and "credit_limit_amount" not in self._database.field_types("party.party"):
            yield (
                "Tryton shows no credit limits (credit_limits): activate the module account_credit_limit and add "
                "Cashpath's user to the group Credit Limit"
            )

    def _relations(self) -> Iterator[str]:
        if relates(self._database.options) and "relations" not in self._database.field_types("party.party"):
            yield (
                "Tryton shows no relations between parties (contact_relation, further_relation): activate the module "
                "party_relationship, or allow Cashpath's user to them"
            )

    def _mapped(self) -> Iterator[str]:
        for kind, model in MAPPED:
            for mapped in self._mapping.of(kind):
                type = self._database.field_types(model).get(mapped.field)
                what = f"the mapping of {kind}.custom.{mapped.name}"
                if type is None:
                    yield f"Tryton's {model} has no field {mapped.field!r}: correct {what}"
                elif type not in MAPPABLE[mapped.type]:
                    yield f"Tryton's {model}.{mapped.field} is of type {type}, and not {mapped.type}: correct {what}"

    def _named(self) -> Iterator[str]:
        """What the settings name and Tryton does not have."""
        options, books = self._database.options, self._database.books("")
        if options.get("exempt_tax_rule") and books.exempt_rule is None:
            yield f"Tryton has no tax rule for sales {options['exempt_tax_rule']!r} (exempt_tax_rule): {SETTINGS}"
        found = {
            "payment_term": books.payment_term,
            "guest_party": books.guests,
            "goods_category": books.goods_category,
            "gift_category": books.gift_category,
        }
        for option, id in found.items():
            if options.get(option) and id is None:
                yield f"Tryton has no {option.replace('_', ' ')} {options[option]!r} ({option}): {SETTINGS}"
        for field, option in RELATIONS.items():
            if options.get(option) and field not in books.relations:
                yield (
                    f"Tryton has no type of relation {options[option]!r} ({option}), by the name it has in English: "
                    f"{SETTINGS} (Party, Configuration, Relation Types)"
                )
        wanted = [("untaxed_category", options.get("untaxed_category"))]
        wanted.extend(("tax_categories", name) for name in (options.get("tax_categories") or {}).values())
        for option, name in wanted:
            if name and name not in books.categories:
                yield f"Tryton has no accounting category {name!r} ({option}): {SETTINGS}"

    def _currency(self) -> Iterator[str]:
        options, books = self._database.options, self._database.books("")
        if options.get("list_price") != "as_shown" and not options.get("credit_limits"):
            return
        code = books.currency_codes.get(books.company_currency, "")
        if options.get("currency") != code:
            named = options.get("currency") or "no currency"
            yield f"the books are in {code} and the settings name {named} as currency: set currency = {code!r} there"
