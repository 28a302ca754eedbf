"""The layer is all that a function has besides Lambda's own boto3: what runs in the emulator must not lean on more."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from infra import bundle, target

from cashpath.flows.manifest import FLOWS
from cashpath.settings import compiled
from cashpath.settings.load import load
from cashpath.systems.registry import VENDORS

pytestmark = pytest.mark.xdist_group("infra")

RUNTIME = ("boto3", "botocore", "s3transfer", "urllib3", "dateutil", "six", "jmespath")  # what Lambda's Python has
LOCAL = Path(__file__).parents[2] / "infra" / "stages" / "local.toml"
ENVIRONMENT = {
    "CASHPATH_QUEUES": "{}",
    "CASHPATH_DEAD_LETTERS": "{}",
    "CASHPATH_LEDGER": "ledger",
    "CASHPATH_EXCEPTIONS": "exceptions",
    "CASHPATH_ROLE": "storefront",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "POWERTOOLS_TRACE_DISABLED": "1",
}


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but what Lambda's own Python comes with."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        place = origin.parent if origin.name == "__init__.py" else origin
        (folder / place.name).symlink_to(place)
    return folder


def run(code: str, runtime: Path, folder: Path) -> str:
    """Run code as a function would run: the layer and the runtime's packages on the path, no site-packages."""
    layer = bundle.layer(target.emulator("http://127.0.0.1:1")) / "python"
    paths = [str(layer), str(folder), str(runtime)]
    start = f"import sys; sys.path[:0] = {paths}; "
    environment = {**ENVIRONMENT, "LAMBDA_TASK_ROOT": str(folder)}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start + code], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr[-2000:]


@pytest.mark.parametrize("function", ["receive", "record_exceptions", "reconcile", *FLOWS])
def test_a_function_starts_with_the_layer_alone(runtime: Path, function: str) -> None:
    stage = load(LOCAL)
    slices = {"settings.json": compiled.flow_slice(stage, function)}
    slices["settings.storefront.json"] = compiled.receiver_slice(stage, "storefront")
    folder = bundle.function(function, slices)
    assert run("import handler; print(callable(handler.handler))", runtime, folder) == "True\n"


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_connector_starts_with_the_layer_alone(runtime: Path, vendor: str, tmp_path: Path) -> None:
    code = f"import cashpath.systems.{vendor}.client; from cashpath.systems.registry import facts; "
    code += f"import json; print(json.dumps(facts({vendor!r}, {{}}).vendor))"
    assert json.loads(run(code, runtime, tmp_path)) == vendor
