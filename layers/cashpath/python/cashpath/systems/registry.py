"""Which package connects which vendor. Imported on use: a function pays only for the vendors it talks to."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a receiver asks for a vendor's webhooks, and needs no port
    from cashpath.systems.port import Facts, System

VENDORS = {
    "shopify": "cashpath.systems.shopify",
    "hubspot": "cashpath.systems.hubspot",
    "stripe": "cashpath.systems.stripe",
    "tryton": "cashpath.systems.tryton",
}


def webhooks(vendor: str) -> Any:
    """The vendor's `webhooks` module: no httpx in it, so a receiver may import it."""
    return import_module(f"{VENDORS[vendor]}.webhooks")


def connector(vendor: str) -> "Callable[..., System]":
    """The vendor's connector class, called with a `Connection` (systems/connection.py)."""
    connect: Callable[..., System] = import_module(f"{VENDORS[vendor]}.client").Connector
    return connect


def facts(vendor: str, options: Mapping[str, Any]) -> "Facts":
    """What a system of the vendor with these options can do."""
    found: Facts = import_module(f"{VENDORS[vendor]}.facts").facts(options)
    return found
