"""Arrows point one way: what each part of the package may import, read from its source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import cashpath

PACKAGE = Path(cashpath.__file__).parent
VENDORS = {"shopify", "hubspot", "stripe", "tryton"}
PURE = {"cashpath.records", "cashpath.faults", "cashpath.plan", "cashpath.ownership", "cashpath.notice"}
MAY_IMPORT = {
    "records": {"cashpath.records"},
    "plan.py": {"cashpath.records"},
    "faults.py": {"cashpath.records"},
    "notice.py": set[str](),
    "ownership.py": {"cashpath.records"},
    "systems": {"cashpath.records", "cashpath.faults", "cashpath.notice", "cashpath.systems"}
    | {"cashpath.settings.slices"},  # the desk: what a brand decides
    "flows": PURE
    | {"cashpath.flows", "cashpath.systems.port", "cashpath.systems.desk"}
    | {"cashpath.ledger.seen", "cashpath.settings.slices"},
}


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _files(part: str) -> list[Path]:
    path = PACKAGE / part
    return [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_each_part_imports_only_what_lies_below_it(part: str) -> None:
    files = _files(part)
    assert files
    for file in files:
        for module in _imports(file):
            if module.split(".")[0] == "cashpath" and module != "cashpath":
                allowed = any(module == m or module.startswith(m + ".") for m in MAY_IMPORT[part])
                assert allowed, f"{file.relative_to(PACKAGE)} imports {module}"


def test_nothing_outside_a_vendors_package_and_the_registry_names_a_vendor() -> None:
    for file in PACKAGE.rglob("*.py"):
        relative = file.relative_to(PACKAGE)
        if relative.parts[:1] == ("systems",):
            continue
        for module in _imports(file):
            assert not VENDORS & set(module.split(".")), f"{relative} imports {module}"


def test_flows_import_parts_and_never_each_other() -> None:
    flows = {f.stem for f in (PACKAGE / "flows").glob("*.py")} - {"__init__", "manifest"}
    for file in (PACKAGE / "flows").rglob("*.py"):
        for module in _imports(file):
            other = module.removeprefix("cashpath.flows.").split(".")[0]
            assert not (module.startswith("cashpath.flows.") and other in flows - {file.stem}), (
                f"{file} imports {module}"
            )


def test_a_receiver_pays_for_no_http_client_of_a_vendor() -> None:
    for file in (PACKAGE / "systems").glob("*/webhooks.py"):
        outside = {m.split(".")[0] for m in _imports(file)} & {"httpx", "pydantic", "boto3", "aws_lambda_powertools"}
        assert not outside, f"{file.parent.name}/webhooks.py imports {outside}"
