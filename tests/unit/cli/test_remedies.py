"""What an exception tells a person to type is a command that can be typed."""

import re
import shlex

import pytest
from typer.testing import CliRunner

from cashpath.cli.app import app
from cashpath.cli.person import Office
from cashpath.cli.stage import Stage
from cashpath.flows.parts import matching
from cashpath.flows.parts.copies import Copy, lost
from cashpath.records import Customer, Kind, RecordKey, SystemId
from cashpath.systems.port import KindFacts, Reading

COMMAND = re.compile(r"`cashpath ([^`]+)`")
SHOP, ERP = SystemId("shop"), SystemId("erp")


class Reached(Exception):
    """The command was called with all that it needs, and has begun."""


@pytest.fixture(autouse=True)
def _commands_only_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    def reached(*_: object) -> None:
        raise Reached

    monkeypatch.setenv("CASHPATH_SETTINGS", "any.toml")
    monkeypatch.setattr(Office, "of", reached)
    monkeypatch.setattr(Stage, "ledger", property(reached))


def named(remedy: str) -> list[str]:
    """The one command that a remedy names, as a shell reads it."""
    [found] = COMMAND.findall(remedy)
    return shlex.split(found)


def begins(words: list[str]) -> bool:
    """Whether these words call a command with all that it needs."""
    return isinstance(CliRunner().invoke(app, words).exception, Reached)


@pytest.mark.parametrize("kind", ["customer", "company", "variant", "product", "order"])
def test_who_is_told_of_several_matches_can_type_what_settles_it(kind: Kind) -> None:
    found = [Reading(at=RecordKey(ERP, kind, id), record=Customer(key=RecordKey(ERP, kind, id))) for id in "12"]
    words = named(matching.ambiguous(RecordKey(SHOP, kind, "7"), "erp", found).remedy)
    assert words[-3:] == [f"shop/{kind}/7", "erp", "1"]
    assert begins(words)


@pytest.mark.parametrize("kind", ["customer", "variant"])
def test_who_is_told_of_a_deleted_copy_can_type_what_makes_it_anew(kind: Kind) -> None:
    copy = Copy(system=ERP, id="1", facts=KindFacts(), spell=lambda _: {})
    words = named(lost(RecordKey(SHOP, kind, "7"), "erp", copy).remedy)
    assert words == ["unlink", f"shop/{kind}/7", "erp"]
    assert begins(words)


def test_a_command_that_lacks_an_argument_does_not_begin() -> None:
    assert not begins(["unlink", "shop/customer/7"])
