"""Nothing that names a person stands in a log or a queue, whatever happened before in these tests."""

import json
from collections.abc import Iterator

import pytest

from cashpath_sandbox.eyes import Eyes

from .agreement import agree
from .merchant import Merchant
from .stack import FLOW, Stack
from .until import until

pytestmark = pytest.mark.xdist_group("e2e")


def personal(merchant: Merchant) -> set[str]:
    """Whatever orders said of their buyers, as it is and as JSON spells it."""
    said = set(_said(merchant))
    return said | {json.dumps(text)[1:-1] for text in said}


def _said(merchant: Merchant) -> Iterator[str]:
    """Addresses, names, numbers."""
    for order in merchant.placed:
        if buyer := order.basket.buyer:
            yield from (text for text in (buyer.email, buyer.phone, buyer.last) if text)
            yield from ([str(buyer.company["name"])] if buyer.company else [])
            yield order.made.body["billing_address"]["address1"]


def test_no_queue_holds_anything_about_a_person(merchant: Merchant, stack: Stack, eyes: Eyes) -> None:
    stack.drains(within=90)
    stack.operator("pause", FLOW)
    order = merchant.places("plain")
    told = until(lambda: [text for text in stack.messages() if order.id in text], within=30, about="the notice waits")
    said = personal(merchant)
    assert order.email in said
    stack.operator("resume", FLOW)
    agree(eyes, order.origin, order.amounts, within=90)
    assert [text for text in said if any(text in message for message in told)] == []


def test_no_log_holds_anything_about_a_person(merchant: Merchant, stack: Stack) -> None:
    stack.drains(within=90)
    lines, said = list(stack.logs()), personal(merchant)
    assert len(lines) > len(merchant.placed)
    assert [(text, group, line) for group, line in lines for text in said if text in line] == []
