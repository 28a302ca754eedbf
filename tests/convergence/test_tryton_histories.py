"""Random histories whose ERP is a real Tryton: a few with every run, dozens as a proof."""

import pytest

from .histories import History
from .tryton import TrytonTarget

pytestmark = pytest.mark.xdist_group("tryton-histories")


def _diverged(seed: int) -> list[str]:
    return History(seed, tag=f"-{seed}", erp=TrytonTarget).run().wrong


@pytest.mark.parametrize("seed", range(100, 106))
def test_after_every_fault_tryton_holds_what_the_shop_says_once(seed: int) -> None:
    assert _diverged(seed) == []


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(200, 248))
def test_of_dozens_of_histories_none_diverges_in_tryton(seed: int) -> None:
    assert _diverged(seed) == []
