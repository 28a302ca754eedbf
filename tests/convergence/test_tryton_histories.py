"""Random histories whose ERP is a real Tryton: a few with every run, a hundred with `make proof` (proof.py)."""

from typing import Any

import pytest

from .histories import History
from .proof import history
from .tryton import TrytonTarget

pytestmark = pytest.mark.xdist_group("tryton-histories")


@pytest.mark.parametrize("seed", range(100, 105))
def test_after_every_fault_tryton_holds_what_the_shop_says_once(seed: int) -> None:
    assert history(seed, "tryton").run().wrong == []


def test_a_seed_tells_the_same_history_again_on_tryton() -> None:
    """Ids differ, which Tryton counts on, and so do tags; when what is sent, and what becomes of it, does not."""

    def log(tag: str) -> list[Any]:
        lived = History(105, tag=tag, erp=TrytonTarget)
        assert lived.run().wrong == []
        return [(at, sent.to, sent.what.split(" ")[0], fate) for at, sent, fate in lived.world.wires.log]

    assert log("-105a") == log("-105b")
