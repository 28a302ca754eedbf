"""What every step of the demo has at hand, and what the steps before it left for it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cashpath_sandbox.demo.people import People
from cashpath_sandbox.demo.rest import Rest
from cashpath_sandbox.demo.tell import Teller
from cashpath_sandbox.demo.traffic import Webhooks
from cashpath_sandbox.eyes import Eyes
from cashpath_sandbox.world import World


@dataclass
class Stage:
    """One run of the demo. `kept` holds ids by what they are, for the steps that come after."""

    world: World
    eyes: Eyes
    people: People
    teller: Teller
    rest: Rest
    webhooks: Webhooks
    came_up: float
    kept: dict[str, str] = field(default_factory=dict)


def cashpath(world: World, *arguments: str) -> str:
    """What the `cashpath` command prints, run as an operator does: a process of its own, AWS named by its environment.

    What it says on refusing is in the answer as well.
    """
    environment = {**os.environ, **world.aws.environment}
    command = [str(Path(sys.executable).with_name("cashpath")), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    return done.stdout + done.stderr


def exceptions(world: World, record: str = "") -> list[Mapping[str, Any]]:
    """What is stuck now, of a record or of all, as `cashpath exceptions list --json` prints it."""
    said = cashpath(world, "exceptions", "list", "--json")
    found: list[Mapping[str, Any]] = json.loads(said)
    return [one for one in found if one["id"].endswith(record)]
