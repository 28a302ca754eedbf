"""What a vendor's `webhooks` module works on: one HTTP request in, events out. Standard library only.

Each `webhooks` module has two functions:

    verify(request, secrets, options, now) -> None        raises BadSignature
    events(request, options) -> tuple[Event, ...]         raises Malformed; called only after `verify`
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cashpath.notice import Wish


class BadSignature(Exception):
    """The signature is missing or wrong, or its timestamp stale. Says which check failed, nothing of the body."""


class Malformed(Exception):
    """The signed body cannot be read. Says where, nothing of the values."""


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """One HTTP request. `headers` have lower-case names, `uri` is the full URI as the vendor called it, `body` raw."""

    method: str
    uri: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing a delivery tells: the record (`kind` in Cashpath's words, '' where no kind of ours fits the topic),
    its id as the system spells it, its version (epoch ms) where the body names one, the vendor's id of the event.
    `absorbs`: the id of a record of the same kind that was merged into this one. `wish`: what a person asks about
    their own data (`erase`, `access`), only where the signed body itself says so."""

    topic: str
    kind: str
    id: str
    version: int | None = None
    event: str = ""
    absorbs: str = ""
    wish: Wish = "agree"
