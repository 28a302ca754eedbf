"""What cdk-nag finds stops a deployment, unless somebody said why it is right."""

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from infra import target
from infra.app import build

from cashpath.settings.load import load

pytestmark = pytest.mark.xdist_group("infra")

EXAMPLE = Path(__file__).parents[2] / "infra" / "stages" / "example.toml"


def test_a_finding_without_a_reason_stops_the_synthesis(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    kept, _ = build(app, load(EXAMPLE), target.aws())
    s3.Bucket(kept, "Open")
    with pytest.raises(RuntimeError, match="AwsSolutions-S1"):
        app.synth()
