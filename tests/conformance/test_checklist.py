"""Every vendor is on trial, and its checklist tells for each rule whether it is followed, or why not."""

import tomllib
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from cashpath.faults import Unsupported
from cashpath.records import Kind, RecordKey, SystemId
from cashpath.systems.port import System
from cashpath.systems.registry import VENDORS
from cashpath_sandbox.subject import Subject
from cashpath_sandbox.trial import Trial


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_vendor_that_the_registry_names_is_on_trial(vendor: str, subjects: Path) -> None:
    assert (subjects / f"{vendor}.py").is_file(), f"{vendor} brings no subject to the conformance suite"


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_checklist_answers_every_rule_and_no_other(vendor: str, rules: tuple[str, ...]) -> None:
    checklist = tomllib.loads((files(VENDORS[vendor]) / "checklist.toml").read_text())["rules"]
    assert sorted(checklist) == sorted(rules)


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_exemption_says_why_and_where_the_vendor_says_so(vendor: str) -> None:
    checklist = tomllib.loads((files(VENDORS[vendor]) / "checklist.toml").read_text())["rules"]
    for rule, row in checklist.items():
        assert row["status"] in ("done", "exempt"), rule
        if row["status"] == "exempt":
            assert row["reason"], rule
            assert row["page"], rule


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_exempt_answers_that_it_is_not_supported(
    vendor: str, checklist: Callable[[str], Mapping[str, Any]], subject_of: Callable[[str], Subject]
) -> None:
    exempt = [row for row in checklist(vendor).values() if row.status == "exempt" and row.operation]
    subject = subject_of(vendor)
    for row in exempt:
        for kind in row.kinds or tuple(subject.system.facts.kinds):
            with pytest.raises(Unsupported):
                _call(subject.system, row.operation, kind, subject)


def _call(system: System, operation: str, kind: Kind, subject: Subject) -> None:
    """Call a method of the port as a flow would, for a record of this kind."""
    key = RecordKey(SystemId("elsewhere"), kind, "1")
    match operation:
        case "erase":
            system.erase(kind, "1")
        case "find":
            system.find(kind, key, since=subject.now())
        case "candidates":
            system.candidates(kind, "email:ada@example.com")
        case "changed_since":
            list(system.changed_since(kind, subject.now()))
        case "write" | "write_many" | "held" | "normalised":
            trial = Trial(kind, subject)
            record = subject.samples[kind](1)[-1]
            wanted = trial.wanted(record)
            match operation:
                case "write":
                    system.write(wanted)
                case "write_many":
                    for result in system.write_many([wanted]):
                        if isinstance(result, Exception):
                            raise result
                case "held":
                    system.held(kind, "1", wanted)
                case "normalised":
                    system.normalised(wanted)
        case _:
            raise LookupError(f"the port has no operation {operation}")
