"""The controls: flow modes and brakes, one item, read at most every few seconds by a warm function.

What this function itself changes it sees at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cashpath.ledger import names
from cashpath.ledger.store import Op, Refused, Store
from cashpath.ledger.values import Values
from cashpath.records.keys import SystemId
from cashpath.settings.slices import Mode


@dataclass(frozen=True, kw_only=True)
class Brake:
    """A system is left alone until `until` (epoch ms), and why. `hops` counts the brakes in a row without an answer
    in between."""

    until: int
    why: str
    hops: int = 0


@dataclass(frozen=True, kw_only=True)
class Controls:
    """`modes` by flow and brand, where an operator set one. `brakes` by system, run out or not. `paused` and `left`:
    since when (epoch ms) a flow is paused, and when a flow of a brand was last live."""

    modes: Mapping[tuple[str, str], Mode] = field(default_factory=dict)
    brakes: Mapping[SystemId, Brake] = field(default_factory=dict)
    paused: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[tuple[str, str], int] = field(default_factory=dict)


class ControlsItem:
    """The item and this function's copy of it. Its attributes are `mode|flow|brand`, `brake|system|until`, …: flat,
    so that each is set by itself."""

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        self._store = store
        self._now = now
        self._copy = Controls()
        self._read_at: int | None = None

    def read(self, max_age: float) -> Controls:
        """The controls, not older than `max_age` seconds."""
        now, read_at = self._now(), self._read_at  # once: another pass of a bulk message may forget it meanwhile
        if read_at is None or not 0 <= now - read_at < max_age * 1000:
            self._copy = _controls(self._store.get(names.CONTROLS) or {})
            self._read_at = now
        return self._copy

    def set_brake(self, system: SystemId, until: int, why: str) -> None:
        """Brake a system. While a brake is in force, others' failures only prolong it: they count no hop, but the
        failure of the pass that probes does."""
        attributes, now = _brake_names(system), self._now()
        first = Op(
            verb="Update",
            pk=names.CONTROLS,
            update="SET #u = :until, #w = :why REMOVE #p ADD #h :one",
            condition="attribute_not_exists(#u) OR #u <= :now OR #p = #u",
            names=attributes,
            values={"until": until, "why": why, "one": 1, "now": now},
        )
        longer = Op(
            verb="Update",
            pk=names.CONTROLS,
            update="SET #u = :until, #w = :why",
            condition="#u < :until",
            names=attributes,
            values={"until": until, "why": why},
        )
        if isinstance(self._write(first), Refused):
            self._write(longer)

    def clear_brake(self, system: SystemId) -> None:
        """The system answered."""
        self._write(Op(verb="Update", pk=names.CONTROLS, update="REMOVE #u, #w, #h, #p", names=_brake_names(system)))

    def may_probe(self, system: SystemId, brake: Brake, until: int) -> bool:
        """Whether this pass may try a system whose `brake` ran out; the others leave it alone until `until`. True as
        well where the brake is gone by now."""
        probe = Op(
            verb="Update",
            pk=names.CONTROLS,
            update="SET #u = :until, #p = :until",
            condition="#u = :ran_out AND #u <= :now",
            names=_brake_names(system),
            values={"until": until, "ran_out": brake.until, "now": self._now()},
        )
        answer = self._write(probe)
        if isinstance(answer, Refused):
            return f"brake|{system}|until" not in (answer.item or {})
        return True

    def set_mode(self, flow: str, brand: str, mode: Mode) -> int | None:
        """Set what a flow does for a brand; when it was last live (epoch ms), where it ever was."""
        to = {"mode": f"mode|{flow}|{brand}", "left": f"left|{flow}|{brand}"}
        leave = Op(
            verb="Update",
            pk=names.CONTROLS,
            update="SET #mode = :mode, #left = :now",
            condition="#mode = :live",
            names=to,
            values={"mode": mode, "now": self._now(), "live": "live"},
        )
        before = self._write(leave) if mode != "live" else Refused(None)
        if isinstance(before, Refused):
            before = self._write(
                Op(verb="Update", pk=names.CONTROLS, update="SET #mode = :mode", names=to, values={"mode": mode})
            )
            return _whole(before, to["left"])
        return self._now()

    def set_paused(self, flow: str, since: int | None) -> int | None:
        """Note that a flow is paused since `since`, or is not (None); since when it was paused before."""
        name = f"paused|{flow}"
        if since is None:
            op = Op(verb="Update", pk=names.CONTROLS, update="REMOVE #paused", names={"paused": name})
        else:
            op = Op(
                verb="Update",
                pk=names.CONTROLS,
                update="SET #paused = if_not_exists(#paused, :since)",
                names={"paused": name},
                values={"since": since},
            )
        return _whole(self._write(op), name)

    def _write(self, op: Op) -> Values | Refused | None:
        self._read_at = None
        return self._store.write(op)


def _whole(item: Values | Refused | None, name: str) -> int | None:
    value = None if item is None or isinstance(item, Refused) else item.get(name)
    return value if isinstance(value, int) else None


def _brake_names(system: SystemId) -> dict[str, str]:
    parts = {"u": "until", "w": "why", "h": "hops", "p": "probe"}
    return {short: f"brake|{system}|{name}" for short, name in parts.items()}


def _controls(item: Values) -> Controls:
    modes: dict[tuple[str, str], Mode] = {}
    left: dict[tuple[str, str], int] = {}
    paused: dict[str, int] = {}
    brakes: dict[SystemId, Brake] = {}
    for name, value in item.items():
        match name.split("|"):
            case ["mode", flow, brand]:
                modes[flow, brand] = value
            case ["left", flow, brand]:
                left[flow, brand] = value
            case ["paused", flow]:
                paused[flow] = value
            case ["brake", system, "until"]:
                why, hops = item.get(f"brake|{system}|why", ""), item.get(f"brake|{system}|hops", 0)
                brakes[SystemId(system)] = Brake(until=value, why=why, hops=hops)
    return Controls(modes=modes, brakes=brakes, paused=paused, left=left)
