"""The in-memory vendors keep the port's rules: every test of the conformance suite, tried on each of their roles."""

import inspect
from collections.abc import Callable
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from cashpath.records.keys import ROLES, Role
from cashpath_sandbox.memory_subject import subject
from cashpath_sandbox.trial import Trials

SUITE = Path(__file__).parents[1] / "conformance"
Rule = Callable[[Trials], Any]


def _rules() -> list[Rule]:
    found: list[Rule] = []
    for path in sorted(SUITE.glob("test_*.py")):
        spec = spec_from_file_location(f"conformance_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        tests = [each for name, each in vars(module).items() if name.startswith("test_")]
        found += [test for test in tests if [*inspect.signature(test).parameters] == ["trials"]]
    return found


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule.__name__)
def test_an_in_memory_vendor_keeps_the_rule(rule: Rule, role: Role) -> None:
    rule(Trials(f"memory {role}", partial(subject, role)))


def test_the_conformance_suite_is_found() -> None:
    assert len(_rules()) > 15
