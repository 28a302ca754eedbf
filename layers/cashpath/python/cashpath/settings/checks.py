"""What makes a stage impossible although each of its lines is well formed. Each check yields lines for its reader."""

from collections.abc import Iterator

from pydantic import ValidationError

from cashpath.flows.manifest import FLOWS
from cashpath.settings import fields, owners
from cashpath.settings.options import VENDORS
from cashpath.settings.stage import BrandTable, Stage
from cashpath.settings.wording import plain
from cashpath.systems import registry
from cashpath.systems.mapping import FieldMap
from cashpath.systems.port import Facts


def problems(stage: Stage) -> list[str]:
    """Everything that is wrong with a stage; the later checks only where the earlier ones found nothing."""
    for check in (_systems, _brands, _secrets, _shared, _fields, _owners, _flows):
        if found := list(check(stage)):
            return found
    return []


def _systems(stage: Stage) -> Iterator[str]:
    for id, system in stage.systems.items():
        if system.vendor not in VENDORS:
            known = ", ".join(VENDORS)
            yield f"systems.{id}.vendor: Cashpath has no connector for {system.vendor!r}; write one of {known}"
            continue
        options, role = VENDORS[system.vendor]
        if system.role != role:
            yield f"systems.{id}.role: {system.vendor} plays the role {role!r}, not {system.role!r}"
        try:
            options.model_validate(system.options)
        except ValidationError as error:
            yield from plain(error, f"systems.{id}.options")


def _brands(stage: Stage) -> Iterator[str]:
    if not stage.brands:
        yield "brands: there is none; describe the shop or legal entity that sells as [brands.<name>]"
    for id, brand in stage.brands.items():
        for role, system in brand.systems.items():
            if system not in stage.systems:
                known = ", ".join(stage.systems) or "none"
                yield (
                    f"brands.{id}.{role}: there is no system {system!r}; describe it as [systems.{system}], or name "
                    f"another (described are: {known})"
                )
            elif stage.systems[system].role != role:
                yield (
                    f"brands.{id}.{role}: {system!r} plays the role {stage.systems[system].role!r}; "
                    f"name a system with role = {role!r}"
                )
        for flow in brand.flows:
            if flow not in FLOWS:
                yield f"brands.{id}.flows.{flow}: there is no such flow; known are {', '.join(FLOWS)}"


def _secrets(stage: Stage) -> Iterator[str]:
    used: dict[str, str] = {}
    for id in stage.systems:
        for setting, secret in (("secret", stage.api_secret(id)), ("webhook_secret", stage.webhook_secret(id))):
            place = f"systems.{id}.{setting}"
            if secret in used:
                yield (
                    f"{place}: the secret {secret!r} is already that of {used[secret]}; whoever can forge for one "
                    "could forge for the other, so give each its own"
                )
            used[secret] = place


def _shared(stage: Stage) -> Iterator[str]:
    """Brands that share the system in which records begin can only be told apart by what the record says."""
    for id, system in stage.systems.items():
        brands = stage.brands_of(id)
        if len(brands) < 2 or system.role not in ("storefront", "crm"):
            continue
        hints = [stage.brands[brand].hint for brand in brands]
        for brand, hint in zip(brands, hints, strict=True):
            if not hint:
                yield (
                    f"brands.{brand}.hint is missing: {', '.join(brands)} share the system {id!r}; write what its "
                    'records say of this brand, as in hint = "acme-de"'
                )
            elif hints.count(hint) > 1:
                yield f"brands.{brand}.hint: {hint!r} is also another brand's of {id!r}; each needs its own"


def _fields(stage: Stage) -> Iterator[str]:
    """The fields that brands map for themselves."""
    for id, system in stage.systems.items():
        knows = facts_of(stage, id).kinds
        for kind in system.fields:
            if kind not in knows:
                yield f"systems.{id}.fields.{kind}: {system.vendor} knows no {kind}, so it holds no fields of one"
    yield from fields.problems(
        stage.fields,
        {id: (table.role, table.fields) for id, table in stage.systems.items()},
        {
            id: fields.Seller(
                systems={role: str(system) for role, system in brand.systems.items()}, owners=brand.ownership.changes
            )
            for id, brand in stage.brands.items()
        },
    )


def _owners(stage: Stage) -> Iterator[str]:
    """Each field has one owner, whose system can tell it."""
    for id, brand in stage.brands.items():
        systems = {role: str(system) for role, system in brand.systems.items()}
        facts = {role: facts_in(stage, system) for role, system in systems.items()}
        yield from owners.problems(id, brand.ownership, stage.fields, facts, systems)


def facts_in(stage: Stage, system: str) -> Facts:
    """What a system of the stage can do, its mapped fields included."""
    return FieldMap.of_settings(stage.mapped(system)).added_to(facts_of(stage, system))


def _flows(stage: Stage) -> Iterator[str]:
    for id, brand in stage.brands.items():
        for flow, mode in brand.flows.items():
            if mode != "off":
                yield from _flow(stage, id, brand, flow)


def _flow(stage: Stage, id: str, brand: BrandTable, flow: str) -> Iterator[str]:
    """A flow that is on needs systems that hold what it writes."""
    for role, kinds in FLOWS[flow].writes.items():
        system = brand.systems.get(role)
        if system is None:
            if role == "erp" and flow == "create_orders":
                yield f"brands.{id}.erp is missing: {flow} books orders there; name the brand's ERP, or switch it off"
            continue
        has = {kind for kind, facts in facts_of(stage, system).kinds.items() if facts.fields}
        if lacking := sorted(kinds - has):
            yield (
                f"brands.{id}.flows.{flow}: it writes {', '.join(lacking)} to the {role}, which "
                f"{stage.systems[system].vendor} ({system!r}) cannot hold; name another system, or switch the flow off"
            )


def facts_of(stage: Stage, system: str) -> Facts:
    """What a system's connector declares of itself, as its options are set."""
    table = stage.systems[system]
    return registry.facts(table.vendor, table.options)
