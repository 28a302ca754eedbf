"""What to paste into a shell, so that the commands that are printed work in it."""

import shlex
import sys
from pathlib import Path

from cashpath_sandbox.world import World


def export_line(world: World) -> str:
    """One line that gives a shell what `cashpath` needs of a running sandbox, the command itself included."""
    environment = {**world.aws.environment, "CASHPATH_STAGE": "local", "CASHPATH_SETTINGS": str(world.settings)}
    named = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
    return f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH" {named}'
