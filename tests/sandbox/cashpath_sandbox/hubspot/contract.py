"""HubSpot's published API as a check of every exchange: what we send and what the stand-in answers.

The specifications (OpenAPI 3.0) are not part of the project: `$CASHPATH_SPECS` names their folder, else
`../shared/specs` beside the checkout. A checkout without them warns what was not tested; with `CI=true` that fails.
"""

import copy
import json
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

# Calls that none of the specifications at hand covers (of owners there is one: "Crm Owners", rollout 2026-03);
# `test_contract` asserts that these and no others are made.
UNCOVERED = frozenset(
    {
        ("GET", "/crm/owners/2026-03/{ownerId}"),
        ("POST", "/oauth/v2/private-apps/get/access-token-info"),
        ("GET", "/crm/properties/2026-03/{objectType}"),
        ("POST", "/crm/properties/2026-03/{objectType}"),
        ("GET", "/crm/properties/2026-03/{objectType}/groups"),
        ("POST", "/crm/properties/2026-03/{objectType}/groups"),
    }
)


class Violation(AssertionError):
    """A request or an answer that the published API does not allow."""


@dataclass(frozen=True)
class Operation:
    """One operation of one specification."""

    spec: str
    template: str
    method: str
    body: Mapping[str, Any]

    @property
    def literal(self) -> int:
        """How many parts of the path are no parameter: the more, the better a match."""
        return sum(not part.startswith("{") for part in self.template.split("/"))


@dataclass
class Specs:
    """The specifications, ready to validate with."""

    operations: tuple[Operation, ...]
    registry: Any
    used: set[tuple[str, str]] = field(default_factory=set)
    uncovered: set[tuple[str, str]] = field(default_factory=set)

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that a request is; None where it is one of `UNCOVERED`. Raises Violation where it is none."""
        fitting = [o for o in self.operations if o.method == method.lower() and _fits(o.template, path)]
        if fitting:
            best = max(fitting, key=lambda o: o.literal)
            self.used.add((method, best.template))
            return best
        for known in UNCOVERED:
            if known[0] == method and _fits(known[1], path):
                self.uncovered.add(known)
                return None
        raise Violation(f"{method} {path}: no published operation")

    def check(self, spec: str, schema: Mapping[str, Any], value: Any, what: str) -> None:
        """Raises Violation where a value is not of a schema."""
        rooted = _rooted(schema, spec)
        errors = list(Draft202012Validator(rooted, registry=self.registry).iter_errors(value))
        if errors:
            told = "; ".join(f"{e.json_path}: {e.message[:200]}" for e in errors[:3])
            raise Violation(f"{what}: {told}")


@dataclass
class Contract(httpx.BaseTransport):
    """A transport that checks each exchange of `inner`. `specs` None checks nothing (no specifications here)."""

    inner: httpx.BaseTransport
    specs: Specs | None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        if self.specs is None:
            return self.inner.handle_request(request)
        operation = self.specs.operation(request.method, request.url.raw_path.decode().partition("?")[0])
        if operation:
            self._request(self.specs, operation, request, body)
        response = self.inner.handle_request(request)
        response.read()
        if operation:
            self._response(self.specs, operation, response)
        return response

    def close(self) -> None:
        self.inner.close()

    def _request(self, specs: Specs, operation: Operation, request: httpx.Request, body: bytes) -> None:
        what = f"request {request.method} {operation.template}"
        declared = {p["name"] for p in operation.body.get("parameters", ()) if p["in"] == "query"}
        unknown = set(request.url.params.keys()) - declared
        if unknown:
            raise Violation(f"{what}: no such parameters: {sorted(unknown)}")
        wanted = operation.body.get("requestBody")
        if not wanted:
            if body:
                raise Violation(f"{what} takes no body")
            return
        specs.check(operation.spec, wanted["content"]["application/json"]["schema"], json.loads(body), what)

    def _response(self, specs: Specs, operation: Operation, response: httpx.Response) -> None:
        what = f"answer {response.status_code} of {operation.method.upper()} {operation.template}"
        if response.status_code >= 400:
            if response.content != b"{}":  # a fault that the sandbox was told to make has no body
                error = {"$ref": "#/components/schemas/Error"}
                specs.check(operation.spec, error, response.json(), what)
            return
        declared = operation.body["responses"].get(str(response.status_code))
        if declared is None:
            raise Violation(f"{what}: no such status is published")
        content = declared.get("content", {})
        if not content:
            if response.content:
                raise Violation(f"{what} has no body")
            return
        [media] = content.values()
        specs.check(operation.spec, media["schema"], response.json(), what)


def checked(inner: httpx.BaseTransport) -> Contract:
    """`inner`, each exchange checked against the published API, where the specifications are at hand."""
    return Contract(inner, specs())


@cache
def specs() -> Specs | None:
    """The published specifications; None, with a warning, where this checkout has none."""
    folder = Path(os.environ.get("CASHPATH_SPECS") or Path(__file__).parents[5] / "shared" / "specs") / "hubspot"
    files = sorted(folder.glob("*.json"))
    if not files:
        message = "HubSpot's specifications are not here ($CASHPATH_SPECS): its requests and answers were not validated"
        if os.environ.get("CI") == "true":
            raise Violation(message)
        warnings.warn(message, stacklevel=2)
        return None
    operations: list[Operation] = []
    registry: Any = Registry()
    for file in files:
        document = json.loads(file.read_text(encoding="utf-8"))
        for template, methods in document["paths"].items():
            operations += [Operation(file.stem, template, m, o) for m, o in methods.items() if m in _METHODS]
        resource: Any = DRAFT202012.create_resource(_closed(document))
        registry = registry.with_resource(_uri(file.stem), resource)
    return Specs(tuple(operations), registry)


_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


def _fits(template: str, path: str) -> bool:
    pattern = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in template.split("/"))
    return re.fullmatch(pattern, path) is not None


def _uri(spec: str) -> str:
    return f"urn:hubspot:{spec}"


def _rooted(schema: Any, spec: str) -> Any:
    """A schema whose references start at its document."""
    match schema:
        case dict():
            return {
                k: f"{_uri(spec)}{v}" if k == "$ref" and str(v).startswith("#") else _rooted(v, spec)
                for k, v in schema.items()
            }
        case list():
            return [_rooted(part, spec) for part in schema]
    return schema


def _closed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with every schema but that of errors closed: a field that HubSpot does not name is refused."""
    closed: dict[str, Any] = copy.deepcopy(dict(document))
    for name, schema in closed["components"]["schemas"].items():
        if name in ("Error", "ErrorDetail"):
            continue
        for part in _schemas(schema):
            if part.get("type") == "object" and part.get("properties"):
                part.setdefault("additionalProperties", False)
            if part.get("nullable") and isinstance(part.get("type"), str):
                part["type"] = [part["type"], "null"]
    return closed


def _schemas(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for part in schema.values():
            yield from _schemas(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _schemas(part)
