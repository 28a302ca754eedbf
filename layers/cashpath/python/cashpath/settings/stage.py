"""One stage as its owner describes it in TOML: its systems, its brands, the flows' first modes. Read by `load`.

Only synthesis and the command line import this; functions load the slices that `compiled` makes of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cashpath.ownership import Ownership
from cashpath.records.keys import ROLES, BrandId, Kind, Role, SystemId
from cashpath.settings.fields import CustomField, FieldHolder, FieldName
from cashpath.settings.options import VENDORS, Options
from cashpath.settings.owners import OwnershipTable, ownership_of
from cashpath.settings.slices import CUSTOMERS_TO, Mode

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
Become = Literal["order", "deal"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class StageTable(_Part):
    """`[stage]`: its name, who is told when something is wrong, the address that vendors call where it is not API
    Gateway's own, and how long logs are kept."""

    name: Name
    alarms: tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")], ...] = ()
    public_url: str = ""
    log_days: Literal[7, 14, 30, 60, 90, 180, 365] = 30
    kept: bool = True


class SystemTable(_Part):
    """`[systems.<id>]`: one vendor account, the role it plays, the names of its secrets, its vendor's options."""

    vendor: str
    role: Role
    secret: str | None = None
    webhook_secret: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    fields: dict[Kind, dict[FieldName, FieldHolder]] = Field(default_factory=dict)


class RulesTable(_Part):
    """`[brands.<id>.rules]`: see `cashpath.settings.slices.Rules`."""

    consumer_orders: Become = "order"
    renewals: Become = "order"
    company_orders: Become = "deal"
    skip_channels: tuple[str, ...] = ()
    live: bool = True
    move_subscribers: bool = False


class BrandTable(_Part):
    """`[brands.<id>]`: the system of each role, the date before which nothing is created, where customers go by the
    role where they began, rules, owners and flow modes."""

    storefront: str | None = None
    crm: str | None = None
    billing: str | None = None
    erp: str | None = None
    cutover: datetime
    hint: str = ""
    customers_to: dict[Role, tuple[Role, ...]] = Field(default_factory=lambda: dict(CUSTOMERS_TO))
    rules: RulesTable = RulesTable()
    ownership: OwnershipTable = OwnershipTable()
    flows: dict[str, Mode] = Field(default_factory=dict)

    @field_validator("cutover")
    @classmethod
    def _with_offset(cls, at: datetime) -> datetime:
        if at.tzinfo is None:
            raise ValueError("needs a time zone, as in 2026-01-01T00:00:00Z")
        return at

    @property
    def systems(self) -> Mapping[Role, SystemId]:
        """The brand's systems, by role."""
        named: dict[Role, str | None] = {role: getattr(self, role) for role in ROLES}
        return {role: SystemId(id) for role, id in named.items() if id}


class Stage(_Part):
    """A whole stage, checked. `options` of a system are its vendor's model, whatever the TOML left out filled in."""

    stage: StageTable
    systems: dict[Name, SystemTable]
    brands: dict[Name, BrandTable]
    fields: dict[Kind, dict[FieldName, CustomField]] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """The stage's name: in the names of its stacks, queues, functions and secrets."""
        return self.stage.name

    def options(self, id: str) -> Options:
        """A system's options as its vendor's model."""
        return VENDORS[self.systems[id].vendor][0].model_validate(self.systems[id].options)

    def api_secret(self, id: str) -> str:
        """The name of the secret that calls to the system are made with."""
        return self.systems[id].secret or f"cashpath/{self.name}/{id}/api"

    def webhook_secret(self, id: str) -> str:
        """The name of the secret that the system's webhooks are checked with."""
        return self.systems[id].webhook_secret or f"cashpath/{self.name}/{id}/webhook"

    def of_role(self, role: Role) -> tuple[SystemId, ...]:
        """The systems that play a role."""
        return tuple(SystemId(id) for id, system in self.systems.items() if system.role == role)

    def brands_of(self, id: str) -> tuple[BrandId, ...]:
        """The brands that name a system."""
        return tuple(BrandId(brand) for brand, table in self.brands.items() if id in table.systems.values())

    def mapped(self, id: str) -> dict[str, dict[str, dict[str, Any]]]:
        """A system's mapped fields as plain JSON, as `systems.mapping.FieldMap.of_settings` reads them."""
        return {
            kind: {
                name: {
                    "field": holder.field,
                    "type": self.fields[kind][name].type,
                    "path": holder.path,
                    "values": dict(holder.values) or {value: value for value in self.fields[kind][name].values},
                    "writes": holder.writes,
                }
                for name, holder in holders.items()
            }
            for kind, holders in self.systems[id].fields.items()
        }

    def ownership(self, brand: str) -> Ownership:
        """Who decides which field for a brand."""
        return ownership_of(self.brands[brand].ownership, self.fields)
