"""Thousands of random histories, counted: `python -m tests.convergence.proof [--histories N] [--first SEED]`.

With `--without GUARD` it says how many histories need that guard, which is none of `make proof`'s business.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext

from .guards import GUARDS, without
from .histories import Ended, History

CHUNK = 50


def chunk(first: int, count: int, guard: str = "") -> list[Ended]:
    """So many histories from a seed on, in this process."""
    with without(guard) if guard else nullcontext():
        return [History(seed).run() for seed in range(first, first + count)]


def told(ended: Iterable[Ended]) -> str:
    """What happened in them all, in one line."""
    total: Counter[str] = Counter()
    for one in ended:
        counts = {"histories": 1, "passes": one.passes, "requests": one.requests, "vendor writes": one.writes}
        total.update({**counts, "killed": one.killed, "diverged": bool(one.wrong)})
    return ", ".join(f"{count:,} {name}" for name, count in total.items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=3_000)
    parser.add_argument("--first", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--without", choices=sorted(GUARDS), default="")
    asked = parser.parse_args()
    starts = range(asked.first, asked.first + asked.histories, CHUNK)
    with ProcessPoolExecutor(asked.workers) as pool:
        chunks = pool.map(chunk, starts, [CHUNK] * len(starts), [asked.without] * len(starts))
        ended = [one for some in chunks for one in some]
    for one in ended:
        if one.wrong:
            sys.stdout.write(f"seed {one.seed}: {'; '.join(one.wrong)}\n")
    sys.stdout.write(f"{f'without {asked.without}' if asked.without else 'all guards on'}: {told(ended)}\n")
    return int(any(one.wrong for one in ended) is not bool(asked.without))


if __name__ == "__main__":
    sys.exit(main())
