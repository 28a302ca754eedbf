"""The example stage, synthesised once for AWS; cdk-nag runs with it, so synthesis itself is the first test."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from infra import target
from infra.app import build

from cashpath.settings.load import load

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the assembly of the example stage is. Fails where cdk-nag finds anything."""
    out = tmp_path_factory.mktemp("cdk.out")
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(outdir=str(out), context=context)
    build(app, load(ROOT / "infra" / "stages" / "example.toml"), target.aws())
    app.synth()
    return out


def template(assembly: Path, stack: str) -> Template:
    """A stack's template."""
    file = assembly / f"cashpath-production-{stack}.template.json"
    return Template.from_json(json.loads(file.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def kept(assembly: Path) -> Template:
    return template(assembly, "kept")


@pytest.fixture(scope="session")
def released(assembly: Path) -> Template:
    return template(assembly, "released")
