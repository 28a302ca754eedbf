"""Collects the suite: each test states one rule, and runs for every vendor whose checklist says the rule is done.

A vendor's subject is `subjects/<vendor>.py`, loaded by path. Its checklist is read from its package.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from cashpath.systems.registry import VENDORS
from cashpath_sandbox.subject import Subject
from cashpath_sandbox.trial import Trials

SUBJECTS = Path(__file__).parent / "subjects"
RULES = (
    "read-missing-is-none",
    "create-carries-origin-and-is-found",
    "read-back-equals-normalised",
    "second-write-changes-nothing",
    "edit-is-carried",
    "hand-edit-is-seen-by-held",
    "write-waits-for-its-references",
    "write-many-equals-write",
    "write-survives-a-kill",
    "edit-survives-a-kill",
    "candidates-match-exactly",
    "changed-since-tells-of-creates-and-edits",
    "versions-never-go-back",
    "erase-removes-personal-data",
    "unanswered-writes-are-reported",
    "rate-limit-is-a-kind",
    "down-is-a-kind",
    "refused-credentials-are-read-again-once",
    "what-is-not-supported-says-so",
)


@dataclass(frozen=True)
class Row:
    """One row of a checklist. `kinds`: the kinds that are exempt, where the rule is done for the others."""

    rule: str
    status: str
    reason: str = ""
    page: str = ""
    operation: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether the rule is tried at all."""
        return self.status == "done" or bool(self.kinds)


def vendors() -> list[str]:
    """The vendors whose subject is there. Those without one fail `test_checklist.py`."""
    return [vendor for vendor in VENDORS if (SUBJECTS / f"{vendor}.py").exists()]


@cache
def make_subject(vendor: str) -> Callable[[], Subject]:
    """The `subject` function of a vendor's file."""
    spec = spec_from_file_location(f"conformance_subject_{vendor}", SUBJECTS / f"{vendor}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    made: Callable[[], Subject] = module.subject
    return made


@cache
def rows(vendor: str) -> Mapping[str, Row]:
    """A vendor's checklist; a rule that it does not name is taken for done, and fails `test_checklist.py`."""
    file = files(VENDORS[vendor]) / "checklist.toml"
    body: Mapping[str, Mapping[str, Any]] = tomllib.loads(file.read_text())["rules"] if file.is_file() else {}
    told = {rule: Row(rule, **{**row, "kinds": tuple(row.get("kinds", ()))}) for rule, row in body.items()}
    return {**{rule: Row(rule, "done") for rule in RULES}, **told}


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark that names a rule."""
    config.addinivalue_line("markers", "rule(name): the rule of the port that this test states")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `trials` runs once for each vendor that follows its rule."""
    if "trials" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("rule")
        assert mark is not None, f"{metafunc.function.__name__} states no rule"
        (rule,) = mark.args
        assert rule in RULES, f"{rule} is not among the rules of the suite"
        metafunc.parametrize("trials", [(v, rule) for v in vendors() if rows(v)[rule].runs], ids=_vendor, indirect=True)


def _vendor(pair: tuple[str, str]) -> str:
    return pair[0]


@pytest.fixture
def trials(request: pytest.FixtureRequest) -> Trials:
    """The trials of this test's rule for one vendor."""
    vendor, rule = request.param
    return Trials(vendor, make_subject(vendor), frozenset(rows(vendor)[rule].kinds))


@pytest.fixture
def checklist() -> Callable[[str], Mapping[str, Row]]:
    """A vendor's checklist, as its file says it."""
    return rows


@pytest.fixture
def subject_of() -> Callable[[str], Subject]:
    """A fresh subject of a vendor."""
    return lambda vendor: make_subject(vendor)()


@pytest.fixture
def rules() -> tuple[str, ...]:
    """The rules of the suite."""
    return RULES


@pytest.fixture
def subjects() -> Path:
    """The folder of the subjects."""
    return SUBJECTS
