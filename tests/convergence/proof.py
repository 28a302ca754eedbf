"""Thousands of random histories, counted: `make proof`, or `python -m tests.convergence.proof`.

Their seeds are fresh each time and printed, so that any of them can be lived through again: `--first SEED`. With
`--story` each request of a history is told; with `--without GUARD` it is said how many histories need that guard.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom
from typing import Literal, Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from . import goods, people
from .ended import Ended, Lived, told
from .guards import GUARDS, without
from .histories import History
from .tryton import TrytonTarget

CHUNK = 25  # histories in memory that a worker lives through in one go


Sort = Literal["order", "tryton", "customer", "company", "merge", "erasure", "product", "deletion"]
STORMS: Sequence[Sort] = ("customer", "company", "merge", "erasure", "product", "deletion")


class AnyHistory(Protocol):
    """A random history of any sort."""

    @property
    def world(self) -> Lived: ...
    def run(self) -> Ended: ...


@dataclass(frozen=True)
class Task:
    """So many histories of a sort from a seed on, one guard out of the code or none."""

    sort: Sort
    first: int
    count: int = 1
    guard: str = ""


def history(seed: int, sort: Sort) -> AnyHistory:
    """The history of a seed. Those on Tryton share its server, so each marks what is its own."""
    match sort:
        case "order":
            return History(seed)
        case "tryton":
            return History(seed, tag=f"-{seed}", erp=TrytonTarget)
        case "customer":
            return people.Storm(seed)
        case "company":
            return people.Storm(seed, sort=people.COMPANIES)
        case "merge":
            return people.Storm(seed, merges=True)
        case "erasure":
            return people.Storm(seed, erases=True)
        case "product":
            return goods.Storm(seed)
        case "deletion":
            return goods.Storm(seed, deletes=True)


def lived(task: Task) -> tuple[Task, list[Ended]]:
    """The histories of a task, in this process."""
    with without(task.guard) if task.guard else nullcontext():
        return task, [_one(task.first + n, task.sort) for n in range(task.count)]


def _one(seed: int, sort: Sort) -> Ended:
    lived = history(seed, sort)
    try:
        return lived.run()
    except Exception as error:  # its seed is what matters, and the others go on
        return Ended.of(seed, lived.world, [f"raised {error!r}"])


def tasks(asked: argparse.Namespace) -> Iterator[Task]:
    """What is to be done: the slow ones first, so that both processes end at about the same time."""
    first, end = asked.first, asked.first + asked.histories
    yield from (Task("tryton", seed, 1, asked.without) for seed in range(first, first + asked.tryton))
    for n, seed in enumerate(range(first, first + asked.storms)):
        yield Task(asked.sort or STORMS[n % len(STORMS)], seed, 1, asked.without)
    yield from (Task("order", seed, min(CHUNK, end - seed), asked.without) for seed in range(first, end, CHUNK))


def ended(todo: Iterable[Task], workers: int, seconds: float) -> Iterator[tuple[Task, list[Ended]]]:
    """What came of the tasks, as it comes. None is begun after so many seconds."""
    until, running = time.monotonic() + seconds, set[Future[tuple[Task, list[Ended]]]]()
    with ProcessPoolExecutor(workers) as pool:
        for task in todo:
            if time.monotonic() > until:
                break
            running.add(pool.submit(lived, task))
            if len(running) > 2 * workers:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)


def story(of: AnyHistory) -> Iterator[str]:
    """Everything that happened in a history, in order: seconds, and a request with its fate or a pass with its end."""
    world = of.world
    events = [(at, f"{sent.to}: {sent.what} {fate.what}") for at, sent, fate in world.wires.log]
    events += [
        (at, f"   ended {notice.system}/{notice.kind}/{notice.id} v{notice.version}: {outcome.word} {outcome.why}")
        for at, notice, outcome in world.outcomes
    ]
    began = min((at for at, _ in events), default=0)
    yield from (f"{(at - began) / 1000:9.3f} {what}" for at, what in sorted(events, key=lambda event: event[0]))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=10_000, help="how many of orders")
    parser.add_argument("--tryton", type=int, default=100, help="how many on a real Tryton")
    parser.add_argument("--storms", type=int, default=250, help="how many of people and goods")
    parser.add_argument("--sort", choices=STORMS, default="", help="the only sort of those")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--first", type=int, default=SystemRandom().randrange(10**6, 10**9), help="the first seed")
    seeds.add_argument("--today", action="store_true", help="the first seed is the day's")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin none after so long")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--story", action="store_true", help="tell what happens, one history after the other")
    parser.add_argument("--without", choices=sorted(GUARDS), default="")
    asked = parser.parse_args()
    if asked.today:
        asked.first = int(f"{datetime.now(UTC):%Y%m%d}00000")
    return asked


def _tell(asked: argparse.Namespace) -> int:
    """Live through the histories in this process and tell all of it."""
    wrong = 0
    for task in tasks(asked):
        for seed in range(task.first, task.first + task.count):
            one = history(seed, task.sort)
            found = one.run().wrong
            wrong += bool(found)
            sys.stdout.writelines(f"{line}\n" for line in [f"seed {seed}", *story(one), *(found or ["all is well"])])
    return int(wrong > 0)


def _again(task: Task, seed: int) -> str:
    """The arguments that live through one history of a task again."""
    counts = {"order": 0, "tryton": 0, "storms": 0} | {task.sort if task.sort in ("order", "tryton") else "storms": 1}
    sort = f" --sort {task.sort}" if counts["storms"] else ""
    return f"--first {seed} --histories {counts['order']} --tryton {counts['tryton']} --storms {counts['storms']}{sort}"


def _shown(asked: argparse.Namespace) -> Iterator[tuple[Task, list[Ended]]]:
    """What came of the tasks, with a bar for whoever watches, else with a line for each tenth of them."""
    total, done = asked.histories + asked.tryton + asked.storms, 0
    columns = (TextColumn("histories"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=not sys.stdout.isatty()) as progress:
        bar = progress.add_task("histories", total=total)
        for task, some in ended(tasks(asked), asked.workers, asked.seconds):
            yield task, some
            progress.advance(bar, len(some))
            before, done = done, done + len(some)
            if progress.disable and 10 * done // total > 10 * before // total:
                sys.stdout.write(f"{done:,} of {total:,}\n")
                sys.stdout.flush()


def _sorts(asked: argparse.Namespace) -> set[Sort]:
    """The sorts of which there must be a history, for anything to be proved."""
    return {task.sort for task in tasks(asked)}


def main() -> int:
    asked = _asked()
    if asked.story:
        return _tell(asked)
    counts = f"{asked.histories:,} of orders, {asked.tryton} on Tryton, {asked.storms:,} of people and goods"
    sys.stdout.write(f"histories: {counts}; from seed {asked.first}\n")
    sys.stdout.flush()
    lives: dict[Sort, list[Ended]] = {}
    for task, some in _shown(asked):
        lives.setdefault(task.sort, []).extend(some)
        for one in some:
            if one.wrong and not asked.without:
                sys.stdout.write(f"{task.sort}, seed {one.seed}: {'; '.join(one.wrong)}\n")
                sys.stdout.write(f"  .venv/bin/python -m tests.convergence.proof {_again(task, one.seed)} --story\n")
    name = f"without {asked.without}" if asked.without else "all guards on"
    for sort, some in lives.items():
        sys.stdout.write(f"{name}, {sort}: {told(some)}\n")
    if not lives.keys() >= _sorts(asked):
        sys.stdout.write(f"no time for any of {', '.join(sorted(_sorts(asked) - lives.keys()))}: nothing is proved\n")
        return 1
    diverged = any(one.wrong for some in lives.values() for one in some)
    return int(diverged is not bool(asked.without))


if __name__ == "__main__":
    sys.exit(main())
