"""The CDK app. `cdk deploy --all -c stage=infra/stages/<name>.toml`; with `-c endpoint=…` into the emulator there."""

import sys
from pathlib import Path

import aws_cdk as cdk

from cashpath.settings.load import StageError, load
from cashpath.settings.stage import Stage
from infra import target
from infra.kept import Kept
from infra.released import Released


def build(app: cdk.App, stage: Stage, where: target.Target) -> tuple[Kept, Released]:
    """The two stacks of a stage, checked by cdk-nag where they are for AWS; for the emulator it would cost seconds."""
    kept = Kept(app, stage)
    released = Released(app, stage, kept, where)
    if not where.endpoint:
        from infra import nag

        nag.check(app, kept, released)
    return kept, released


def main() -> None:
    """Synthesise the stage that the context names."""
    app = cdk.App()
    file, endpoint = app.node.try_get_context("stage"), app.node.try_get_context("endpoint")
    if not file:
        sys.exit("which stage? say -c stage=infra/stages/<name>.toml")
    try:
        stage = load(Path(file))
    except StageError as error:
        sys.exit(str(error))
    build(app, stage, target.emulator(endpoint) if endpoint else target.aws())
    app.synth()


if __name__ == "__main__":
    main()
