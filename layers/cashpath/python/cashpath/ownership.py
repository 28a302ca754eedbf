"""Who may write a field: the one place where ownership is enforced. Only plans ask it.

A create seeds every field; an update leaves alone what the target system owns. A brand may give a field to another
owner, and say what becomes of a change by somebody else: it is put right, or raised as drift.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cashpath.records.keys import Kind, Role
from cashpath.records.record import Record

Policy = Literal["put_right", "raise"]


def owned(owners: Mapping[Role, str]) -> dict[str, Role]:
    """The owner of each field, from the fields that each role owns. Raises ValueError where two own the same."""
    matrix: dict[str, Role] = {}
    for role, names in owners.items():
        for name in names.split():
            if name in matrix:
                raise ValueError(f"{name} is owned by {matrix[name]} and by {role}")
            matrix[name] = role
    return matrix


_ACCOUNT: Mapping[Role, str] = {
    "crm": "account_owner sales_status contract_start contract_end",
    "erp": "tax_exempt payment_terms credit_limit receivable_account",
}
# Who decides what, as most shops hold it: the storefront what was bought, by whom and for how much, the CRM whom the
# company is, who looks after it and what was agreed, the ERP how somebody is taxed and how they pay, billing whether
# and until when somebody is charged.
MATRIX: Mapping[Kind, Mapping[str, Role]] = {
    "customer": owned(
        {
            "storefront": "email first_name last_name phone locale address addresses marketing",
            "crm": "company also_for " + _ACCOUNT["crm"],
            "erp": "tax_id archived " + _ACCOUNT["erp"],
            "billing": "currency payable",
        }
    ),
    "company": owned(
        {
            "storefront": "locations",
            "crm": "name domain phone address " + _ACCOUNT["crm"],
            "erp": "tax_id archived currency " + _ACCOUNT["erp"],
        }
    ),
    "product": owned({"storefront": "title variants archived"}),
    "variant": owned(
        {
            "storefront": "product sku title price prices tiers recurring nature parts gift_card taxable tax_category "
            "shippable archived",
        }
    ),
    "order": owned(
        {
            "storefront": "number ordered_at currency total total_tax state customer company email billing_address "
            "shipping_address prices_include_tax lines shipping duties fees tip rounding tenders presentment channel "
            "risk test renewal deal note",
            "crm": "sold_as",
        }
    ),
    # What recurs follows the order, edits included; once it runs, billing decides its cycle and when it ends.
    "subscription": owned(
        {"storefront": "items order", "billing": "customer currency charged_until state"},
    ),
}
CATALOGUE: frozenset[Kind] = frozenset({"product", "variant"})


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """A brand's matrix: the owner of each field by kind, and the fields (`kind.field`) whose changes by others are
    raised as drift; those of all other fields are put right. A mapped field is `custom.<name>`."""

    owners: Mapping[Kind, Mapping[str, Role]] = field(default_factory=lambda: MATRIX)
    raised: frozenset[str] = frozenset()

    def owner(self, kind: Kind, field: str) -> Role:
        """The one role that decides `field` of a record of this kind. Raises KeyError where nobody does."""
        return self.owners[kind][field]

    def for_role(self, record: Record, role: Role, exists: bool) -> frozenset[str]:
        """The fields of `record` that may be written to the system that plays `role`, where it `exists` or is
        created."""
        owners = self.owners[record.key.kind]
        return frozenset(name for name, owner in owners.items() if not exists or owner != role)

    def seeds(self, record: Record, role: Role) -> frozenset[str]:
        """The fields of `record` that a create writes besides: the role's own, which it decides from then on."""
        return self.for_role(record, role, exists=False) - self.for_role(record, role, exists=True)

    def policy(self, kind: Kind, field: str) -> Policy:
        """What becomes of a change of `field` by somebody who does not own it."""
        return "raise" if f"{kind}.{field}" in self.raised else "put_right"


DEFAULT = Ownership()


def catalogue_of(role: Role) -> Mapping[Kind, Mapping[str, Role]]:
    """The matrix where `role` owns the catalogue: every field of products and variants is its."""
    return {kind: dict.fromkeys(fields, role) if kind in CATALOGUE else fields for kind, fields in MATRIX.items()}


def with_changes(
    matrix: Mapping[Kind, Mapping[str, Role]], changes: Mapping[Kind, Mapping[str, Role]]
) -> Mapping[Kind, Mapping[str, Role]]:
    """The matrix with some fields given to other owners, or fields added (`custom.<name>`)."""
    kinds: Iterable[Kind] = matrix
    return {kind: {**matrix[kind], **changes.get(kind, {})} for kind in kinds}
