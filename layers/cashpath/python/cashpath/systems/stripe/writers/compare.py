"""What the writers of all kinds compare, and whom they ask where something is gone."""

from collections.abc import Mapping
from typing import Any

from cashpath.faults import NeedsPerson, NotYet
from cashpath.systems.port import Wanted

State = Mapping[str, object]


def difference(target: State, current: State) -> dict[str, object]:
    """What has to change, by name."""
    return {name: value for name, value in target.items() if current.get(name) != value}


def present(found: dict[str, Any] | None, id: str, what: str) -> dict[str, Any]:
    """The object. Raises NeedsPerson where it is gone: what we linked is never created anew."""
    if found is None:
        raise NeedsPerson(
            f"the {what} {id} is gone in Stripe",
            remedy="end its link so that it is created again, or link another one, then redrive",
            owner="billing",
            code="target_gone",
        )
    return found


def referenced(wanted: Wanted) -> None:
    """Raises NotYet while a record that this one names has no id in Stripe."""
    missing = [str(key) for key in wanted.record.references() if not wanted.refs.get(key)]
    if missing:
        raise NotYet(f"{wanted.record.key} waits for {', '.join(missing)}")
