"""How Stripe's API v1 wants parameters: form-encoded, nested with brackets. Pure.

Stripe, "API Reference", https://docs.stripe.com/api: request bodies are form-encoded; posting an empty value unsets.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlencode


def encode(parameters: Mapping[str, object]) -> str:
    """`parameters` as a form: `items[0][price]=…`, booleans as true and false, an empty list or None as an empty
    value, which unsets it. The order is that of the mapping, so equal parameters give equal bytes."""
    return urlencode([pair for name, value in parameters.items() for pair in _pairs(name, value)])


def _pairs(name: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case bool():
            yield name, "true" if value else "false"
        case Mapping() if value:
            for key, inner in value.items():
                yield from _pairs(f"{name}[{key}]", inner)
        case str() | int():
            yield name, str(value)
        case Sequence() if value:
            for i, inner in enumerate(value):
                yield from _pairs(f"{name}[{i}]", inner)
        case None | Mapping() | Sequence():
            yield name, ""
        case _:
            raise TypeError(f"{name}: a {type(value).__name__} cannot be sent to Stripe")
