"""Thousands of random histories, counted: `make proof`, or `python -m tests.convergence.proof`.

Their seeds are fresh each time and printed, so that any of them can be lived through again: `--first SEED`. With
`--story` each request of a history is told; with `--without GUARD` it is said how many histories need that guard.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .guards import GUARDS, without
from .histories import Ended, History
from .tryton import TrytonTarget

CHUNK = 25  # histories in memory that a worker lives through in one go


@dataclass(frozen=True)
class Task:
    """So many histories from a seed on, in memory or on a real Tryton, one guard out of the code or none."""

    first: int
    count: int = 1
    tryton: bool = False
    guard: str = ""


def history(seed: int, *, tryton: bool) -> History:
    """The history of a seed. Histories on Tryton share its server, so each marks what is its own."""
    return History(seed, tag=f"-{seed}", erp=TrytonTarget) if tryton else History(seed)


def lived(task: Task) -> tuple[Task, list[Ended]]:
    """The histories of a task, in this process."""
    with without(task.guard) if task.guard else nullcontext():
        return task, [history(task.first + n, tryton=task.tryton).run() for n in range(task.count)]


def tasks(asked: argparse.Namespace) -> Iterator[Task]:
    """What is to be done: the slow ones first, so that both processes end at about the same time."""
    first, end = asked.first, asked.first + asked.histories
    yield from (Task(seed, 1, True, asked.without) for seed in range(first, first + asked.tryton))
    yield from (Task(seed, min(CHUNK, end - seed), False, asked.without) for seed in range(first, end, CHUNK))


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


def told(ended: Iterable[Ended]) -> str:
    """What happened in them all, in one line."""
    total: Counter[str] = Counter()
    for one in ended:
        counts = {"histories": 1, "passes": one.passes, "requests": one.requests, "vendor writes": one.writes}
        total.update({**counts, "killed": one.killed, "diverged": bool(one.wrong)})
    return ", ".join(f"{count:,} {name}" for name, count in total.items())


def story(of: History) -> Iterator[str]:
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
    parser.add_argument("--histories", type=int, default=10_000, help="how many in memory")
    parser.add_argument("--tryton", type=int, default=100, help="how many on a real Tryton")
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
            one = history(seed, tryton=task.tryton)
            found = one.run().wrong
            wrong += bool(found)
            sys.stdout.writelines(f"{line}\n" for line in [f"seed {seed}", *story(one), *(found or ["all is well"])])
    return int(wrong > 0)


def main() -> int:
    asked = _asked()
    if asked.story:
        return _tell(asked)
    sys.stdout.write(f"{asked.histories:,} histories in memory and {asked.tryton} on Tryton, from seed {asked.first}\n")
    lives: dict[bool, list[Ended]] = {False: [], True: []}
    columns = (TextColumn("histories"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        bar = progress.add_task("histories", total=asked.histories + asked.tryton)
        for task, some in ended(tasks(asked), asked.workers, asked.seconds):
            progress.advance(bar, len(some))
            lives[task.tryton] += some
            for one in some:
                if one.wrong and not asked.without:
                    again = "--histories 0 --tryton 1" if task.tryton else "--histories 1 --tryton 0"
                    progress.print(f"seed {one.seed}: {'; '.join(one.wrong)}", markup=False)
                    progress.print(f"  again: python -m tests.convergence.proof --first {one.seed} {again} --story")
    name = f"without {asked.without}" if asked.without else "all guards on"
    for where, some in (("on Tryton", lives[True]), ("in memory", lives[False])):
        sys.stdout.write(f"{name}, {where}: {told(some)}\n" if some else "")
    diverged = any(one.wrong for some in lives.values() for one in some)
    return int(diverged is not bool(asked.without))


if __name__ == "__main__":
    sys.exit(main())
