"""Who may write a field: the one place where ownership is enforced. Only plans ask it.

A create seeds every field; an update leaves alone what the target system owns.
"""

from collections.abc import Mapping

from cashpath.records.keys import Kind, Role
from cashpath.records.record import Record


def owned(owners: Mapping[Role, str]) -> dict[str, Role]:
    """The owner of each field, from the fields that each role owns. Raises ValueError where two own the same."""
    matrix: dict[str, Role] = {}
    for role, names in owners.items():
        for name in names.split():
            if name in matrix:
                raise ValueError(f"{name} is owned by {matrix[name]} and by {role}")
            matrix[name] = role
    return matrix


# Who decides what, as most shops hold it: the storefront what was bought and for how much, the CRM whom the company is
# and how a sale is shown there, the ERP how somebody is taxed, billing whether and until when somebody is charged.
MATRIX: Mapping[Kind, Mapping[str, Role]] = {
    "customer": owned(
        {
            "storefront": "email first_name last_name phone locale address custom",
            "crm": "company",
            "erp": "tax_exempt",
            "billing": "payable",
        }
    ),
    "company": owned({"crm": "name domain phone address custom", "erp": "tax_id"}),
    "product": owned({"storefront": "title variants archived custom"}),
    "variant": owned({"storefront": "product sku title price recurring gift_card taxable shippable archived custom"}),
    "order": owned(
        {
            "storefront": "number ordered_at currency total total_tax state customer company email billing_address "
            "shipping_address prices_include_tax lines shipping duties fees tip rounding tenders presentment channel "
            "risk test renewal deal note custom",
            "crm": "sold_as",
        }
    ),
    # What recurs follows the order, edits included; once it runs, billing decides its cycle and when it ends.
    "subscription": owned(
        {"storefront": "items order custom", "billing": "customer currency charged_until state"},
    ),
}


def owner(kind: Kind, field: str) -> Role:
    """The one role that decides `field` of a record of this kind. Raises KeyError where nobody does."""
    return MATRIX[kind][field]


def for_role(record: Record, role: Role, exists: bool) -> frozenset[str]:
    """The fields of `record` that may be written to the system that plays `role`, where it `exists` or is created."""
    owners = MATRIX[record.key.kind]
    return frozenset(name for name, owner in owners.items() if not exists or owner != role)


def seeds(record: Record, role: Role) -> frozenset[str]:
    """The fields of `record` that a create writes besides: the role's own, which it decides from then on."""
    return for_role(record, role, exists=False) - for_role(record, role, exists=True)
