"""All notices delivered once more, when everything is over, change nothing."""

from .directed import Directed, Setting
from .world import WATCHED


def test_an_order_brought_over_once_is_not_written_again_when_its_webhook_comes_again() -> None:
    history = Directed(Setting(recurring=True))
    history.edit()
    assert history.ends() == []
    assert history.world.redeliver() == 0


def test_an_order_brought_over_is_not_written_again_when_the_targets_tell_of_it() -> None:
    history = Directed(Setting(recurring=True))
    history.edit()
    history.later(30)
    before = history.world.writes()
    for target, kind in WATCHED.items():
        for row in history.world.books[target].of(kind):
            history.tell(row.record.key, row.version)
    assert history.ends() == []
    assert history.world.writes() == before


def test_a_duplicate_that_was_killed_leaves_nothing_to_write_again() -> None:
    history = Directed()
    key, version = history.edit(tell=False)
    for seconds in (5, 10):  # the same webhook twice; the second is covered by the pass of the first
        history.world.notify(key, version, after=seconds * 1000)
    history.later(9)
    history.happens("ledger", "update_item R#", "killed", nth=2)  # as the second gives the lease back
    assert history.ends() == []
    assert history.world.redeliver() == 0


def test_what_a_pass_could_not_clear_up_after_a_killed_one_is_cleared_up_by_the_next() -> None:
    history = Directed()
    key, version = history.edit(tell=False)
    for seconds in (5, 10):
        history.world.notify(key, version, after=seconds * 1000)
    history.later(9)
    history.happens("ledger", "update_item R#", "killed", nth=2)
    history.later(60)
    history.happens("crm", "change order", "down")  # while the duplicate, redelivered, writes again what is in doubt
    assert history.ends() == []
    assert history.world.redeliver() == 0
