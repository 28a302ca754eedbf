"""GraphQL as far as a client of Admin GraphQL needs it: a document is parsed and walked over nested dicts.

Not an executor: there is no type system, so a field that the stand-in does not carry is refused as Shopify refuses an
unknown one, and arguments are understood by the field that takes them. Documents are checked against Shopify's own
schema by a test.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import GraphQLError, parse
from graphql.language.ast import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.utilities import value_from_ast_untyped

Node = dict[str, Any]
Args = Mapping[str, Any]


class Refusal(Exception):
    """An error that Shopify would answer under `errors`."""

    def __init__(self, message: str, code: str, **extensions: Any) -> None:
        super().__init__(message)
        self.error = {"message": message, "extensions": {"code": code, **extensions}}


def connection(nodes: Sequence[Node]) -> Callable[[Args], Node]:
    """A connection over `nodes`: forward paging by `first` and `after`, cursors that name a place."""

    def page(args: Args) -> Node:
        if not args.get("first"):
            raise Refusal("you must provide one of first or last", "BAD_REQUEST")
        start = _place(args["after"]) + 1 if args.get("after") else 0
        some = nodes[start : start + min(int(args["first"]), 250)]
        edges = [{"cursor": _cursor(start + i), "node": node} for i, node in enumerate(some)]
        more = start + len(some) < len(nodes)
        info = {
            "hasNextPage": more,
            "hasPreviousPage": start > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        }
        return {"nodes": list(some), "edges": edges, "pageInfo": info}

    return page


def _cursor(place: int) -> str:
    return base64.b64encode(f"place:{place}".encode()).decode()


def _place(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("place:"))
    except ValueError:
        raise Refusal("Invalid cursor for current pagination sort.", "argumentLiteralsIncompatible") from None


@dataclass
class Walk:
    """One query on its way through the nodes. `cost` counts what it touched: one point for each object."""

    variables: Args
    fragments: Mapping[str, FragmentDefinitionNode] = field(default_factory=dict)
    cost: int = 0

    def select(self, value: Any, selections: SelectionSetNode | None) -> Any:
        """What of `value` the selections ask for."""
        if value is None or selections is None:
            return value
        if isinstance(value, list | tuple):
            return [self.select(item, selections) for item in value]
        self.cost += 1
        found: Node = {}
        self._into(found, value, selections)
        return found

    def _into(self, found: Node, value: Node, selections: SelectionSetNode) -> None:
        for selection in selections.selections:
            match selection:
                case FieldNode():
                    name = selection.alias.value if selection.alias else selection.name.value
                    found[name] = self._field(value, selection)
                case InlineFragmentNode():
                    wanted = selection.type_condition
                    if wanted is None or wanted.name.value == value.get("__typename"):
                        self._into(found, value, selection.selection_set)
                case FragmentSpreadNode():
                    fragment = self.fragments[selection.name.value]
                    if fragment.type_condition.name.value == value.get("__typename"):
                        self._into(found, value, fragment.selection_set)

    def _field(self, value: Node, node: FieldNode) -> Any:
        name = node.name.value
        if name not in value:
            kind = value.get("__typename", "this type")
            raise Refusal(
                f"Field '{name}' doesn't exist on type '{kind}'", "undefinedField", typeName=kind, fieldName=name
            )
        args = {a.name.value: value_from_ast_untyped(a.value, dict(self.variables)) for a in node.arguments}
        held = value[name]
        return self.select(held(args) if callable(held) else held, node.selection_set)


@dataclass(frozen=True)
class Query:
    """A parsed document."""

    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]

    @classmethod
    @lru_cache
    def parse(cls, text: str) -> "Query":
        """Raises Refusal where the text is no GraphQL, or no query."""
        try:
            document: DocumentNode = parse(text)
        except GraphQLError as error:
            raise Refusal(f"syntax error: {error.message}", "PARSE_ERROR") from error
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        if len(operations) != 1 or operations[0].operation.value not in ("query", "mutation"):
            raise Refusal("the stand-in answers one query or mutation at a time", "BAD_REQUEST")
        return cls(operations[0], fragments)

    @property
    def changes(self) -> bool:
        """Whether it is a mutation."""
        return self.operation.operation.value == "mutation"

    def run(self, root: Node, variables: Args) -> tuple[Node, int]:
        """The data, and what it cost."""
        walk = Walk(variables, self.fragments)
        data = walk.select(root, self.operation.selection_set)
        return data, walk.cost

    def asked(self, variables: Args) -> int:
        """The points that the query may cost at most: one for each object, a connection by its `first`, `nodes` by how
        many are asked for."""
        return self._worth(self.operation.selection_set, variables)

    def _worth(self, selections: SelectionSetNode, variables: Args) -> int:
        return sum(self._selection(selection, variables) for selection in selections.selections)

    def _selection(self, selection: Any, variables: Args) -> int:
        if isinstance(selection, FragmentSpreadNode):
            return self._worth(self.fragments[selection.name.value].selection_set, variables)
        if isinstance(selection, InlineFragmentNode):
            return self._worth(selection.selection_set, variables)
        if selection.selection_set is None or selection.name.value == "pageInfo":
            return 0
        worth = self._worth(selection.selection_set, variables)
        given = {a.name.value: value_from_ast_untyped(a.value, dict(variables)) for a in selection.arguments}
        if isinstance(ids := given.get("ids"), list):
            return len(ids) * max(worth, 1)
        first = given.get("first")
        inner = {s.name.value for s in selection.selection_set.selections if isinstance(s, FieldNode)}
        if first is not None and inner & {"nodes", "edges"}:
            return int(first) * max(worth, 1)
        return worth + 1
