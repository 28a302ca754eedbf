"""Requests to Stripe are written as forms with brackets."""

from urllib.parse import unquote

import pytest

from cashpath.systems.stripe.forms import encode
from cashpath_sandbox.stripe.shapes import parsed


def test_nested_parameters_are_written_with_brackets() -> None:
    form = encode({"items": [{"price": "price_1", "quantity": 2}], "metadata": {"a": "b"}, "active": False})
    assert unquote(form) == "items[0][price]=price_1&items[0][quantity]=2&metadata[a]=b&active=false"


def test_what_is_to_be_unset_is_sent_empty() -> None:
    assert encode({"preferred_locales": [], "metadata": {}, "address": "", "name": None}) == (
        "preferred_locales=&metadata=&address=&name="
    )


def test_names_and_texts_survive_the_way_there() -> None:
    body = {"name": "Zoë & Söhne = 茶 [1]", "items": [{"metadata": {"cashpath_line": "l1 l2"}}, {"price": "p"}]}
    assert parsed(encode(body)) == body


def test_an_amount_in_floating_point_is_never_sent() -> None:
    with pytest.raises(TypeError, match="float"):
        encode({"unit_amount": 10.5})
