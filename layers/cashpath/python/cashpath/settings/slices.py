"""A function's slice of the settings, as it ships beside the handler in `settings.json`. Standard library only.

`cashpath.settings.stage` checks the stage's TOML with pydantic and compiles these; functions only load them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:  # a receiver loads a slice and needs no record
    from cashpath.ownership import Ownership
    from cashpath.records.keys import BrandId, Role, SystemId

Mode = Literal["off", "shadow", "live"]


@dataclass(frozen=True, kw_only=True)
class SystemSlice:
    """One vendor account. `secret` names its secret in Secrets Manager, `options` is its table of the TOML,
    `fields` its mapped fields as `systems.mapping` reads them."""

    id: "SystemId"
    vendor: str
    role: "Role"
    secret: str
    options: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


CUSTOMERS_TO: "Mapping[Role, tuple[Role, ...]]" = {"storefront": ("crm", "billing", "erp")}


def _default_ownership() -> "Ownership":
    from cashpath.ownership import DEFAULT  # a receiver loads a slice and needs no record

    return DEFAULT


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a brand decides about its orders.

    `cutover`: ISO 8601; what is older is linked, never created. `consumer_orders` and `renewals`: what they become
    in the CRM. `skip_channels`: channels that another connector books. `test_orders`: whether test orders reach the
    ERP. `live`: whether the brand's ERP holds real books. `customers_to`: the roles that a customer or company goes to
    by the role where it began; where it goes to none, orders still take it along. `move_subscribers`: whether those who
    subscribed at a price that has changed are moved to the new one. `ownership`: who decides which field.
    """

    cutover: str
    consumer_orders: Literal["order", "deal"] = "order"
    renewals: Literal["order", "deal"] = "order"
    company_orders: Literal["order", "deal"] = "deal"
    skip_channels: tuple[str, ...] = ()
    live: bool = True
    customers_to: "Mapping[Role, tuple[Role, ...]]" = field(default_factory=lambda: CUSTOMERS_TO)
    move_subscribers: bool = False
    ownership: "Ownership" = field(default_factory=_default_ownership)


@dataclass(frozen=True, kw_only=True)
class BrandSlice:
    """One brand: its system for each role, its first flow modes, its rules. `hint` is what a record of a shared
    system says of the brand ('' where no system of it is shared)."""

    id: "BrandId"
    systems: "Mapping[Role, SystemId]"
    modes: Mapping[str, Mode]
    rules: Rules
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class FlowSlice:
    """The settings of a function that runs a flow, or that works on what flows left."""

    stage: str
    flow: str
    systems: "Mapping[SystemId, SystemSlice]"
    brands: "Mapping[BrandId, BrandSlice]"

    @classmethod
    def load(cls, path: Path) -> Self:
        """The slice in a file. Raises KeyError or TypeError where the file is not one: it is built by us."""
        return cls.parse(path.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The slice in a text, as `compiled.flow_slice` makes it."""
        body = json.loads(text)
        systems = {s["id"]: SystemSlice(**s) for s in body["systems"]}
        brands = {b["id"]: _brand(b) for b in body["brands"]}
        return cls(stage=body["stage"], flow=body["flow"], systems=systems, brands=brands)


def _brand(body: Mapping[str, Any]) -> BrandSlice:
    from cashpath.ownership import Ownership

    rules = dict(body["rules"])
    ownership = rules["ownership"]
    rules["ownership"] = Ownership(owners=ownership["owners"], raised=frozenset(ownership["raised"]))
    rules["skip_channels"] = tuple(rules.get("skip_channels", ()))
    rules["customers_to"] = {role: tuple(roles) for role, roles in rules["customers_to"].items()}
    return BrandSlice(**{**body, "rules": Rules(**rules)})


@dataclass(frozen=True, kw_only=True)
class ReceiverSlice:
    """The settings of one receiver: the systems of its role (`secret` is the webhook secret), which flows want which
    kind, and how many bytes a body may have."""

    stage: str
    role: "Role"
    systems: "Mapping[SystemId, SystemSlice]"
    wants: Mapping[str, tuple[str, ...]]
    max_body: int = 4 * 1024 * 1024

    @classmethod
    def load(cls, path: Path) -> Self:
        """The slice in a file. Raises KeyError or TypeError where the file is not one: it is built by us."""
        body = json.loads(path.read_text(encoding="utf-8"))
        systems = {s["id"]: SystemSlice(**s) for s in body["systems"]}
        wants = {kind: tuple(flows) for kind, flows in body["wants"].items()}
        return cls(stage=body["stage"], role=body["role"], systems=systems, wants=wants, max_body=body["max_body"])
