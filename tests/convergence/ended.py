"""How a random history ended: what diverged, and how much happened in it. And of many, in one line."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, Self

from .fates import Wires
from .sqs import Sqs


class Lived(Protocol):
    """A world that a history was lived through in. `outcomes`: when, what notice, and how its pass ended."""

    wires: Wires
    queue: Sqs
    outcomes: list[tuple[int, Any, Any]]

    def writes(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Ended:
    """One history. `wrong` is what diverged, in plain words."""

    seed: int
    wrong: list[str]
    passes: int
    writes: int
    requests: int
    killed: int

    @classmethod
    def of(cls, seed: int, world: Lived, wrong: list[str]) -> Self:
        """The history of a seed, which is over."""
        return cls(
            seed=seed,
            wrong=wrong,
            passes=world.queue.starts,
            writes=world.writes(),
            requests=len(world.wires.log),
            killed=sum(fate.what == "killed" for _, _, fate in world.wires.log),
        )


def told(ended: Iterable[Ended]) -> str:
    """What happened in them all, in one line."""
    total: Counter[str] = Counter()
    for one in ended:
        counts = {"histories": 1, "passes": one.passes, "requests": one.requests, "vendor writes": one.writes}
        total.update({**counts, "killed": one.killed, "diverged": bool(one.wrong)})
    return ", ".join(f"{count:,} {name}" for name, count in total.items())
