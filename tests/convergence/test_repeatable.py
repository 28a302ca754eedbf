"""A seed that fails must fail again: a history draws nothing from the order in which a set gives what it holds."""

import os
import subprocess
import sys

import pytest

from .proof import Sort

STORY = "from tests.convergence.proof import history; h = history({seed}, {sort!r}); h.run(); print(h.world.wires.log)"


@pytest.mark.parametrize("sort", ["order", "customer", "company", "merge", "erasure", "product", "deletion"])
def test_a_seed_tells_the_same_history_whatever_python_hashes_by(sort: Sort) -> None:
    stories = {
        subprocess.run(
            [sys.executable, "-c", STORY.format(seed=31, sort=sort)],
            env={**os.environ, "PYTHONHASHSEED": by},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for by in ("1", "2")
    }
    assert len(stories) == 1
    assert len(stories.pop()) > 10_000
