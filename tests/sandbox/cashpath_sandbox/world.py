"""The whole sandbox in one process: stand-ins, real ERP, AWS emulator, the deployed app. Started by `up` and by tests.

Everything listens on 127.0.0.1. What people and tests need to know of a running sandbox stands in `world.json` of its
directory: addresses, the sandbox's own secrets, what the deployed stacks said of themselves.
"""

import json
import secrets
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from cashpath_sandbox.aws import PORT, ROOT, Deployed, LocalAws, free_port
from cashpath_sandbox.hubspot.portal import HubSpot
from cashpath_sandbox.shopify.standin import ShopifyStandin
from cashpath_sandbox.standin import serve
from cashpath_sandbox.stripe import running as stripe
from cashpath_sandbox.stripe.kept import API_KEY
from cashpath_sandbox.tryton import server as tryton

STAGE = ROOT / "infra" / "stages" / "local.toml"
UP = ROOT / ".cashpath" / "up"
SHOP = "cashpath-demo.myshopify.com"  # as the stage's TOML names it


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where each part listens. The stage's TOML names the same ones for `make up`."""

    aws: int = PORT
    shopify: int = 8301
    hubspot: int = 8302
    stripe: int = 8303
    tryton: int = 8304

    @classmethod
    def free(cls) -> Self:
        """Ports that nobody listens on, for a sandbox beside another one."""
        return cls(aws=free_port(), shopify=free_port(), hubspot=free_port(), stripe=free_port(), tryton=free_port())

    def stage(self, directory: Path) -> Path:
        """The local stage, with its systems at these ports."""
        text = STAGE.read_text(encoding="utf-8")
        for name in ("shopify", "hubspot", "stripe", "tryton"):
            usual, here = f"127.0.0.1:{getattr(Ports(), name)}", f"127.0.0.1:{getattr(self, name)}"
            if usual not in text:
                raise ValueError(f"{STAGE.name} does not name {usual}, where the sandbox expects {name}")
            text = text.replace(usual, here)
        file = directory / "local.toml"
        file.write_text(text, encoding="utf-8")
        return file


@dataclass(frozen=True, kw_only=True)
class World:
    """A running sandbox, as others find it. `webhooks` holds the address and the secret of each system's webhook."""

    shopify: str
    hubspot: str
    stripe: str
    tryton: str
    aws: LocalAws
    deployed: Deployed
    tokens: Mapping[str, str]
    webhooks: Mapping[str, Mapping[str, str]]

    @property
    def settings(self) -> Path:
        """The TOML of the stage that is deployed in it."""
        return self.aws.state.parent / "local.toml"

    def save(self, directory: Path) -> None:
        """Say in `directory` that this sandbox is up."""
        text = json.dumps(asdict(self), default=str, indent=2)
        (directory / "world.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> Self | None:
        """The sandbox that is up in `directory`, if one is."""
        file = directory / "world.json"
        if not file.exists():
            return None
        body = json.loads(file.read_text(encoding="utf-8"))
        aws = LocalAws(port=body["aws"]["port"], state=Path(body["aws"]["state"]))
        return cls(**{**body, "aws": aws, "deployed": Deployed(**body["deployed"])})


@contextmanager
def running(directory: Path, ports: Ports) -> Iterator[World]:
    """A sandbox with everything up, deployed and subscribed. The ERP and AWS start side by side: they take longest."""
    directory.mkdir(parents=True, exist_ok=True)
    aws = LocalAws(port=ports.aws, state=directory / "aws")
    with ExitStack() as stack, ThreadPoolExecutor(max_workers=2) as pool:
        stack.callback(aws.stop)
        deployment = pool.submit(_deployed, aws, ports.stage(directory))
        erp = tryton.start(ports.tryton, directory / "tryton")
        stack.callback(erp.stop)
        billing = stack.enter_context(stripe.start(ports.stripe, directory / "stripe"))
        tokens = {name: secrets.token_hex(16) for name in ("shop", "hubspot")} | {"stripe": API_KEY}
        shop = ShopifyStandin(shop=SHOP, token=tokens["shop"])
        portal = HubSpot(token=tokens["hubspot"])
        for standin, port in ((shop, ports.shopify), (portal, ports.hubspot)):
            server = serve(standin, port)
            stack.callback(server.shutdown)
        deployed = deployment.result()
        world = World(
            shopify=f"http://127.0.0.1:{ports.shopify}",
            hubspot=f"http://127.0.0.1:{ports.hubspot}",
            stripe=billing.url,
            tryton=erp.url,
            aws=aws,
            deployed=deployed,
            tokens=tokens | {"tryton_user": erp.user, "tryton_password": erp.password},
            webhooks=_webhooks(deployed.api_url),
        )
        _connect(world)
        world.save(directory)
        stack.callback((directory / "world.json").unlink)
        yield world


def _deployed(aws: LocalAws, stage: Path) -> Deployed:
    aws.start()
    return aws.deploy(stage)


def _webhooks(api: str) -> dict[str, dict[str, str]]:
    return {
        system: {"url": f"{api.rstrip('/')}/webhooks/{system}", "secret": secrets.token_hex(16)}
        for system in ("shop", "hubspot", "stripe")
    }


def _connect(world: World) -> None:
    """Put the secrets that Cashpath reads, and subscribe it to each system's webhooks, as an owner would by hand."""
    tokens = world.tokens
    api = {
        "shop": {"access_token": tokens["shop"]},
        "hubspot": {"access_token": tokens["hubspot"]},
        "stripe": {"api_key": tokens["stripe"]},
        "tryton": {"user": tokens["tryton_user"], "password": tokens["tryton_password"]},
    }
    for system, secret in api.items():
        world.aws.put_secret(f"cashpath/local/{system}/api", secret)
    for system, hook in world.webhooks.items():
        world.aws.put_secret(f"cashpath/local/{system}/webhook", {"secrets": [hook["secret"]]})
    shop, hubspot, stripe_ = (world.webhooks[system] for system in ("shop", "hubspot", "stripe"))
    subscribed: dict[str, Mapping[str, Any]] = {
        f"{world.shopify}/_sandbox/webhook": shop,
        f"{world.hubspot}/_sandbox/webhooks": hubspot,
        f"{world.stripe}/_sandbox/webhooks": {"url": stripe_["url"], "secrets": [stripe_["secret"]]},
    }
    for address, hook in subscribed.items():
        httpx.post(address, json=hook).raise_for_status()


def main() -> None:
    """Run a sandbox in the directory that the command names until SIGTERM or SIGINT. For `up` and the tests."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    directory, ports = Path(sys.argv[1]), Ports.free() if "--free-ports" in sys.argv else Ports()
    with running(directory, ports):
        ended.wait()


if __name__ == "__main__":
    main()
