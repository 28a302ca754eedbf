"""A checked stage becomes one JSON slice for each function: what it needs to know, and no more."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cashpath.flows.manifest import FLOWS
from cashpath.records.keys import Role, SystemId
from cashpath.settings.options import POLLED
from cashpath.settings.slices import Mode, Rules, SystemSlice
from cashpath.settings.stage import Stage


def receivers(stage: Stage) -> Mapping[Role, tuple[SystemId, ...]]:
    """The systems that send webhooks, by role: one receiver each."""
    found: dict[Role, tuple[SystemId, ...]] = {}
    for id, system in stage.systems.items():
        if system.vendor not in POLLED:
            found[system.role] = (*found.get(system.role, ()), SystemId(id))
    return found


def polled(stage: Stage) -> tuple[SystemId, ...]:
    """The systems that send no webhooks."""
    return tuple(SystemId(id) for id, system in stage.systems.items() if system.vendor in POLLED)


def receiver_slice(stage: Stage, role: Role) -> str:
    """What the receiver of a role loads: its systems with their webhook secrets, and which flow wants which kind."""
    systems = [_system(stage, id, stage.webhook_secret(id)) for id in receivers(stage)[role]]
    wants: dict[str, list[str]] = {}
    for flow, facts in FLOWS.items():
        for kind in sorted(facts.wants.get(role, ())):
            wants.setdefault(kind, []).append(flow)
    return _json(stage=stage.name, role=role, systems=systems, wants=wants, max_body=4 * 1024 * 1024)


def flow_slice(stage: Stage, flow: str) -> str:
    """What a function that runs a flow, or works on what flows left, loads."""
    systems = [_system(stage, id, stage.api_secret(id)) for id in stage.systems]
    return _json(stage=stage.name, flow=flow, systems=systems, brands=[_brand(stage, id) for id in stage.brands])


def system(stage: Stage, id: str) -> SystemSlice:
    """One system, as functions that call it know it."""
    return SystemSlice(**_system(stage, id, stage.api_secret(id)))


def _system(stage: Stage, id: str, secret: str) -> dict[str, Any]:
    system = stage.systems[id]
    options = stage.options(id).model_dump(mode="json", exclude_none=True)
    slice = SystemSlice(
        id=SystemId(id),
        vendor=system.vendor,
        role=system.role,
        secret=secret,
        options=options,
        fields=stage.mapped(id),
    )
    return asdict(slice)


def _brand(stage: Stage, id: str) -> dict[str, Any]:
    brand = stage.brands[id]
    modes: dict[str, Mode] = {flow: brand.flows.get(flow, "off") for flow in FLOWS}
    rules = Rules(
        cutover=brand.cutover.isoformat(),
        customers_to=brand.customers_to,
        ownership=stage.ownership(id),
        **brand.rules.model_dump(),
    )
    owners = rules.ownership
    told = {**asdict(rules), "ownership": {"owners": owners.owners, "raised": sorted(owners.raised)}}
    return {"id": id, "systems": dict(brand.systems), "modes": modes, "rules": told, "hint": brand.hint}


def _json(**body: object) -> str:
    return json.dumps(body, indent=1)
