"""How a random history of edits is lived through: it settles, a storm comes with every fault, and then all is quiet."""

from collections.abc import Callable, Iterator
from random import Random
from typing import TYPE_CHECKING

from .fates import Chance

if TYPE_CHECKING:
    from .people import PeopleWorld

STORM = 300_000  # ms


def live_through(
    world: "PeopleWorld",
    chance: Chance,
    rng: Random,
    acts: list[Callable[[], None]],
    divergences: Callable[[], Iterator[str]],
) -> list[str]:
    """Let `acts` happen at random moments of a storm, and say what is wrong before it, after it, and once all that was
    ever emitted has been delivered again."""
    clock = world.clock
    if not clock.run():
        return ["time does not pass"]
    if wrong := list(divergences()):
        return ["before any edit", *wrong]
    chance.faults = world.shuffled = True
    for act in acts:
        clock.after(rng.randrange(STORM), act)
    clock.run(until=clock.ms + STORM)
    chance.faults = world.shuffled = False
    if not clock.run():
        return ["never drains"]
    wrong = [*divergences(), *_unsettled(world)]
    if not wrong and (writes := world.redeliver()):
        wrong = [f"all notices delivered again cause {writes} writes", *divergences()]
    return wrong


def _unsettled(world: "PeopleWorld") -> Iterator[str]:
    """What no person has to settle, and is a trouble all the same."""
    for message in world.queue.dead:
        yield f"a notice ended as a dead letter: {message.failures}"
    for failure in [*world.queue.failures, *world.office.failures]:
        yield f"a worker failed: {failure!r}"
    for name, cause in world.office.open().items():
        yield f"an open exception of {name}: {cause.cause}"
