"""One person or company wherever they are, as operators see them: `customers` and `erasures` stand on it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import typer

from cashpath.cli.prepare import connected
from cashpath.cli.settings import loaded
from cashpath.cli.stage import Stage

if TYPE_CHECKING:
    from cashpath.brakes import BrandDesk
    from cashpath.flows.parts.copies import Copies
    from cashpath.ledger.answers import Held
    from cashpath.ledger.seen import Seen
    from cashpath.records import RecordKey, SystemId
    from cashpath.settings.slices import FlowSlice
    from cashpath.systems.port import Reading, System

FLOW = "sync_customers"
LEASE = timedelta(seconds=90)  # for which an operator's command keeps a root to itself


@dataclass
class Office:
    """Where an operator works on people: the stage, its settings, and the systems with the operator's own rights."""

    stage: Stage
    settings: "FlowSlice"
    _systems: "dict[SystemId, System]" = field(default_factory=dict)

    @classmethod
    def of(cls, stage: Stage, settings: Path) -> "Office":
        """The office of a stage whose TOML is `settings`."""
        from cashpath.settings import compiled
        from cashpath.settings.slices import FlowSlice

        return cls(stage, FlowSlice.parse(compiled.flow_slice(loaded(settings), FLOW)))

    def connect(self, id: "SystemId") -> "System":
        """The connector of a system."""
        if id not in self.settings.systems:
            known = ", ".join(sorted(self.settings.systems))
            raise typer.BadParameter(f"the settings name no system {id!r}; they name {known}")
        if id not in self._systems:
            self._systems[id] = connected(self.stage, self.settings.systems[id])
        return self._systems[id]

    def desk(self, brand: str) -> "BrandDesk":
        """The systems of a brand."""
        from cashpath.brakes import Brakes, BrandDesk
        from cashpath.records import BrandId

        brakes = Brakes(self.stage.ledger, self.stage.now, Random())
        return BrandDesk(self.settings.brands[BrandId(brand)], self.connect, self.stage.ledger, brakes)

    def seen(self, at: "RecordKey") -> "Seen":
        """What the ledger knows of the root of a record. Ends the command where it knows nothing."""
        seen = self.stage.ledger.peek(at)
        if seen is None:
            raise typer.BadParameter(f"the ledger knows nothing of {at}")
        return seen

    def copies(self, seen: "Seen") -> "Copies":
        """The root's record in every system of its brand that has it."""
        from cashpath.flows.parts.copies import read_copies

        desk, root = self.desk(seen.brand), seen.root
        return read_copies(desk, root, self.settings.systems[root.system].role, desk.links([root]))

    def absorbed(self, seen: "Seen") -> "Mapping[RecordKey, Reading]":
        """What else is the same person's: records that a system could not merge."""
        from cashpath.records import RecordKey

        desk = self.desk(seen.brand)
        at = {RecordKey(desk.systems[role], key.kind, id) for (key, role), id in desk.links(seen.absorbed).items()}
        found = {key: desk.at(key.system).read(key.kind, key.id) for key in sorted(at)}
        return {key: reading for key, reading in found.items() if reading and reading.merged_into is None}

    def namesakes(self, seen: "Seen", copies: "Copies") -> "dict[SystemId, list[str]]":
        """What each system has with the person's email address and not as one of theirs: ids, since it may be somebody
        else."""
        from cashpath.flows.parts import erasing
        from cashpath.flows.parts.people import PeopleView

        desk, root = self.desk(seen.brand), seen.root
        roles = {system: role for role, system in desk.systems.items()}
        view = PeopleView(root=root, copies=copies, links=desk.links([root]), roles=roles, absorbed=seen.absorbed)
        found = erasing.with_namesakes(erasing.with_absorbed(view, desk), desk).namesakes
        return {desk.systems[role]: [reading.at.id for reading in readings] for role, readings in found.items()}

    def hold(self, at: "RecordKey") -> "Held":
        """The lease of a record's root, as a pass takes it; it becomes one where the ledger does not know it. Ends the
        command where a pass has it."""
        from cashpath.brakes import millis
        from cashpath.faults import Fault
        from cashpath.ledger.answers import Held
        from cashpath.roots import Lease, brand_of, hold

        def read(key: "RecordKey") -> "Reading | None":
            return self.connect(key.system).read(key.kind, key.id)

        lease = Lease(owner=f"operator-{uuid.uuid4().hex}", until=millis(self.stage.now() + LEASE))
        try:
            held = hold(at, lease, self.stage.ledger, read, lambda reading: brand_of(self.settings, reading).id)
        except Fault as fault:
            raise typer.BadParameter(str(fault)) from fault
        if not isinstance(held, Held):
            raise typer.BadParameter(f"a pass is at work on {at}; try again in a minute")
        return held


def send(stage: Stage, at: "RecordKey", *, flow: str = FLOW, **said: Any) -> None:
    """Send a notice of a record to a flow. Ends the command where its queue does not take it."""
    from cashpath.notice import Notice

    notice = Notice(flow=flow, system=at.system, kind=at.kind, id=at.id, received=stage.millis, **said)
    if stage.queues.send([notice]):
        raise typer.BadParameter(f"the queue did not take the notice of {at}; run this again")


def check_is_there(system: "System", at: "RecordKey", id: str) -> None:
    """Ends the command where the system has no such record, or has merged it away."""
    found = system.read(at.kind, id)
    if found is None:
        raise typer.BadParameter(f"{system.id} has no {at.kind} {id}")
    if found.merged_into is not None:
        raise typer.BadParameter(f"{id} was merged into {found.merged_into.id} of {system.id}; name that one")
