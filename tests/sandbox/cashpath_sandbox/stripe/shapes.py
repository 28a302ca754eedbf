"""What requests and answers of Stripe's API v1 look like: nested forms, lists, errors. Pure; knows no connector."""

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

Doc = dict[str, Any]


class Refusal(Exception):
    """An error answer as https://docs.stripe.com/api/errors describes it. `stored`: whether the endpoint had begun,
    so that the answer is kept for the request's idempotency key; a failed validation is not."""

    def __init__(self, status: int, message: str, *, code: str = "", param: str = "", stored: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.stored = stored
        kind = "card_error" if status == 402 else "invalid_request_error"
        self.error = {"type": kind, "message": message} | {k: v for k, v in (("code", code), ("param", param)) if v}


def missing(what: str, id: str, *, param: str = "id", status: int = 400) -> Refusal:
    """No such object. Named in a path it is a 404, named in a parameter a 400."""
    return Refusal(status, f"No such {what}: '{id}'", code="resource_missing", param=param)


def new_id(prefix: str) -> str:
    """A fresh id."""
    return f"{prefix}_{secrets.token_hex(12)}"


def parsed(form: str) -> Doc:
    """A form with brackets as a tree; `x[0]`, `x[1]` and `x[]` become lists."""
    tree: Doc = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        head, *rest = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        place: Doc = tree
        for part in [head, *rest][:-1]:
            place = place.setdefault(part, {})
        last = rest[-1] if rest else head
        place[last or str(len(place))] = value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {k: _listed(v) for k, v in value.items()}
    return [inner[k] for k in sorted(inner, key=int)] if inner and all(k.isdigit() for k in inner) else inner


def known(body: Doc, *names: str) -> None:
    """Refuses a parameter that the endpoint of the stand-in does not know."""
    for name in body:
        if name not in {*names, "expand"}:
            raise Refusal(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def merged(metadata: Mapping[str, str], change: Any) -> dict[str, str]:
    """Metadata after an update: named keys set or, when empty, unset; an empty value unsets them all."""
    if change == "":
        return {}
    both = {**metadata, **(change or {})}
    return {k: v for k, v in both.items() if v != ""}


def page(docs: Iterable[Doc], query: Doc, url: str) -> Doc:
    """A page of `docs`, newest first, as `limit`, `starting_after` and `created` ask."""
    kept = [doc for doc in docs if _in_time(doc, query.get("created"))]
    kept.sort(key=lambda doc: doc["created"], reverse=True)
    after = query.get("starting_after")
    if after:
        kept = kept[next(i for i, doc in enumerate(kept) if doc["id"] == after) + 1 :]
    limit = int(query.get("limit", 10))
    if not 1 <= limit <= 100:
        raise Refusal(400, "Invalid integer: limit", code="parameter_invalid_integer", param="limit")
    return {"object": "list", "url": url, "data": kept[:limit], "has_more": len(kept) > limit}


def _in_time(doc: Doc, created: Any) -> bool:
    at = doc["created"]
    match created:
        case None:
            return True
        case str():
            return bool(at == int(created))
    tests = {"gte": lambda x: at >= x, "gt": lambda x: at > x, "lte": lambda x: at <= x, "lt": lambda x: at < x}
    return all(tests[name](int(value)) for name, value in created.items())
