"""All notices delivered once more, when everything is over, change nothing."""

from .directed import Directed


def test_a_duplicate_that_was_killed_leaves_nothing_to_write_again() -> None:
    history = Directed()
    key, version = history.edit(tell=False)
    for seconds in (5, 10):  # the same webhook twice; the second is covered by the pass of the first
        history.world.notify(key, version, after=seconds * 1000)
    history.later(9)
    history.happens("ledger", "update_item R#", "killed", nth=2)  # as the second gives the lease back
    assert history.ends() == []
    assert history.world.redeliver() == 0
