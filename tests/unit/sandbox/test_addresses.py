"""What a sandbox says of itself can be pasted: every command is one that a shell reads, and is whole on its line."""

import subprocess
from pathlib import Path

from cashpath_sandbox.addresses import addresses
from cashpath_sandbox.aws import Deployed, LocalAws
from cashpath_sandbox.shell import export_line
from cashpath_sandbox.world import World

NOTHING = Deployed(
    api_url="http://127.0.0.1:1/$default/",
    ledger="",
    exceptions="",
    queues={},
    dead_letters={},
    functions={},
    mappings={},
)
WORLD = World(
    shopify="http://127.0.0.1:2",
    hubspot="http://127.0.0.1:3",
    stripe="http://127.0.0.1:4",
    tryton="http://127.0.0.1:5",
    aws=LocalAws(port=6, state=Path("/a folder/up/aws")),
    deployed=NOTHING,
    tokens={"hubspot": "h", "stripe": "s", "tryton_user": "u", "tryton_password": "p"},
    webhooks={"shop": {"url": "http://127.0.0.1:1/$default/webhooks/shop", "secret": "x"}},
)


def test_a_shell_understands_each_command_to_poke_the_sandbox_with() -> None:
    poke = addresses(WORLD).partition("[bold]Poke[/bold]\n")[2]
    commands = [line[26:] for line in poke.splitlines() if line.strip()]
    assert len(commands) == 10
    for command in commands:
        read = subprocess.run(["/bin/bash", "-n", "-c", command], capture_output=True, text=True)
        assert read.returncode == 0, f"{command}: {read.stderr}"


def test_the_line_to_export_leads_to_the_sandbox_and_its_settings() -> None:
    asked = 'echo "$AWS_ENDPOINT_URL $CASHPATH_STAGE $CASHPATH_SETTINGS"; command -v cashpath'
    shell = subprocess.run(
        ["/bin/bash", "-c", f"{export_line(WORLD)}\n{asked}"], env={"PATH": "/bin"}, capture_output=True, text=True
    )
    assert shell.stdout.startswith("http://127.0.0.1:6 local /a folder/up/local.toml\n/")
