"""A compact GraphQL reader and executor: queries, variables, fragments, @include and @skip.

What a field gives is decided by resolvers per type (`Types`). A fault anywhere makes the whole answer one error,
as the strict client of a strict server expects.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r'(?P<skip>[\s,\ufeff]+|\#[^\n]*)|(?P<block>"""(?:[^"]|"(?!""))*""")|(?P<text>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[_A-Za-z]\w*)|(?P<mark>\.\.\.|[{}()\[\]:!=$@|&])"
)


class GraphqlError(ValueError):
    """The query cannot be read or asks for what is not there."""


@dataclass(frozen=True, slots=True)
class Node:
    """An object of the answer: its type's name and what the resolvers work on."""

    kind: str
    value: object


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Selected:
    """A field, an inline fragment (`condition` alone) or a named fragment (`spread`)."""

    name: str = ""
    alias: str = ""
    arguments: Mapping[str, object] = field(default_factory=dict)
    selection: tuple["Selected", ...] | None = None
    directives: tuple[tuple[str, Mapping[str, object]], ...] = ()
    condition: str = ""
    spread: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `variables` gives per name whether it is required and its default."""

    kind: str
    name: str
    variables: Mapping[str, tuple[bool, object]]
    selection: tuple[Selected, ...]


@dataclass(frozen=True, slots=True)
class Document:
    operations: tuple[Operation, ...]
    fragments: Mapping[str, tuple[Selected, ...]]


Resolver = Callable[[object, Mapping[str, object]], object]
Types = Mapping[str, Mapping[str, Resolver]]


def execute(
    text: str, variables: Mapping[str, object], name: str | None, types: Types, root: Node
) -> dict[str, object]:
    """The value of `data` for a query; GraphqlError where it cannot be answered."""
    document = _Reader(text).document()
    operations = [one for one in document.operations if name in {None, one.name}]
    if len(operations) != 1:
        raise GraphqlError("Must provide operation name if query contains multiple operations.")
    if operations[0].kind != "query":
        raise GraphqlError("The practice city answers queries only.")
    return _Run(document, _given(operations[0], variables), types).answer(root, operations[0].selection)


def _given(operation: Operation, variables: Mapping[str, object]) -> dict[str, object]:
    """Variables with their defaults; one that was neither given nor has a default stays away."""
    given = {}
    for name, (required, default) in operation.variables.items():
        if name in variables:
            given[name] = variables[name]
        elif default is not None:
            given[name] = default
        if required and given.get(name) is None:
            raise GraphqlError(f"Variable '${name}' of required type was not provided.")
    return given


@dataclass(frozen=True, slots=True)
class _Run:
    document: Document
    variables: Mapping[str, object]
    types: Types

    def answer(self, node: Node, selection: Sequence[Selected]) -> dict[str, object]:
        told: dict[str, object] = {}
        for one in self._fields(node.kind, selection):
            told[one.alias] = self._field(node, one)
        return told

    def _field(self, node: Node, one: Selected) -> object:
        if one.name == "__typename":
            return node.kind
        resolver = self.types[node.kind].get(one.name)
        if resolver is None:
            raise GraphqlError(f"Cannot query field '{one.name}' on type '{node.kind}'.")
        value = resolver(node.value, self._arguments(one.arguments))
        return self._complete(value, one, node.kind)

    def _complete(self, value: object, one: Selected, kind: str) -> object:
        if isinstance(value, list):
            return [self._complete(part, one, kind) for part in value]
        if isinstance(value, Node):
            if one.selection is None:
                raise GraphqlError(
                    f"Field '{one.name}' of type '{value.kind}' must have a selection of subfields."
                )
            return self.answer(value, one.selection)
        if value is not None and one.selection is not None:
            raise GraphqlError(
                f"Field '{one.name}' must not have a selection since '{kind}.{one.name}' is a leaf."
            )
        return value

    def _fields(self, kind: str, selection: Sequence[Selected]) -> Iterator[Selected]:
        for one in selection:
            if not self._wanted(one):
                continue
            if one.spread:
                if one.spread not in self.document.fragments:
                    raise GraphqlError(f"Unknown fragment '{one.spread}'.")
                yield from self._fields(kind, self.document.fragments[one.spread])
            elif not one.name:
                yield from self._fields(kind, one.selection or ()) if one.condition in {"", kind} else ()
            else:
                yield one

    def _wanted(self, one: Selected) -> bool:
        for name, arguments in one.directives:
            holds = bool(self._arguments(arguments).get("if"))
            if (name == "include" and not holds) or (name == "skip" and holds):
                return False
        return True

    def _arguments(self, arguments: Mapping[str, object]) -> dict[str, object]:
        return {name: self._value(value) for name, value in arguments.items() if not self._absent(value)}

    def _absent(self, value: object) -> bool:
        return isinstance(value, Variable) and self._known(value) not in self.variables

    def _known(self, variable: Variable) -> str:
        if not any(variable.name in operation.variables for operation in self.document.operations):
            raise GraphqlError(f"Variable '${variable.name}' is not defined.")
        return variable.name

    def _value(self, value: object) -> object:
        if isinstance(value, Variable):
            return self.variables[self._known(value)]
        if isinstance(value, list):
            return [self._value(part) for part in value]
        if isinstance(value, dict):
            return self._arguments(value)
        return value


class _Reader:
    """Recursive descent over the tokens of a document."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._place = 0

    def document(self) -> Document:
        operations: list[Operation] = []
        fragments: dict[str, tuple[Selected, ...]] = {}
        while self._place < len(self._tokens):
            if self._peek() == "fragment":
                self._take()
                name = self._name()
                self._take()
                self._name()
                fragments[name] = self._selection()
            else:
                operations.append(self._operation())
        return Document(tuple(operations), fragments)

    def _operation(self) -> Operation:
        if self._peek() == "{":
            return Operation("query", "", {}, self._selection())
        kind = self._name()
        if kind not in {"query", "mutation", "subscription"}:
            raise GraphqlError(f"Syntax Error: Unexpected Name '{kind}'.")
        name = self._name() if self._peek() not in {"(", "{", "@"} else ""
        variables: dict[str, tuple[bool, object]] = {}
        if self._accept("("):
            while not self._accept(")"):
                self._expect("$")
                variable = self._name()
                self._expect(":")
                required = self._type()
                default = self._value() if self._accept("=") else None
                variables[variable] = (required and default is None, default)
        self._directives()
        return Operation(kind, name, variables, self._selection())

    def _type(self) -> bool:
        """Reads a type and says whether it is required."""
        if self._accept("["):
            self._type()
            self._expect("]")
        else:
            self._name()
        return self._accept("!")

    def _selection(self) -> tuple[Selected, ...]:
        self._expect("{")
        selected = [self._selected()]
        while not self._accept("}"):
            selected.append(self._selected())
        return tuple(selected)

    def _selected(self) -> Selected:
        if self._accept("..."):
            return self._fragment()
        name = alias = self._name()
        if self._accept(":"):
            name = self._name()
        arguments = self._arguments()
        directives = self._directives()
        selection = self._selection() if self._peek() == "{" else None
        return Selected(name, alias, arguments, selection, directives)

    def _fragment(self) -> Selected:
        if self._peek() in {"{", "@"} or self._peek() == "on":
            condition = ""
            if self._accept("on"):
                condition = self._name()
            directives = self._directives()
            return Selected(condition=condition, directives=directives, selection=self._selection())
        name = self._name()
        return Selected(spread=name, directives=self._directives())

    def _directives(self) -> tuple[tuple[str, Mapping[str, object]], ...]:
        found = []
        while self._accept("@"):
            name = self._name()
            found.append((name, self._arguments()))
        return tuple(found)

    def _arguments(self) -> dict[str, object]:
        arguments: dict[str, object] = {}
        if self._accept("("):
            while not self._accept(")"):
                name = self._name()
                self._expect(":")
                arguments[name] = self._value()
        return arguments

    def _value(self) -> object:
        kind, text = self._take()
        if kind == "text":
            return json.loads(text)
        if kind == "block":
            return text[3:-3].strip("\n")
        if kind == "number":
            return json.loads(text)
        if kind == "name":
            return {"true": True, "false": False, "null": None}.get(text, text)
        if text == "$":
            return Variable(self._name())
        if text == "[":
            values = []
            while not self._accept("]"):
                values.append(self._value())
            return values
        if text == "{":
            fields: dict[str, object] = {}
            while not self._accept("}"):
                name = self._name()
                self._expect(":")
                fields[name] = self._value()
            return fields
        raise GraphqlError(f"Syntax Error: Unexpected '{text}'.")

    def _peek(self) -> str:
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def _take(self) -> tuple[str, str]:
        if self._place >= len(self._tokens):
            raise GraphqlError("Syntax Error: Unexpected <EOF>.")
        self._place += 1
        return self._tokens[self._place - 1]

    def _accept(self, text: str) -> bool:
        found = self._peek() == text
        self._place += found
        return found

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise GraphqlError(f"Syntax Error: Expected '{text}', found '{self._peek() or '<EOF>'}'.")

    def _name(self) -> str:
        kind, text = self._take()
        if kind != "name":
            raise GraphqlError(f"Syntax Error: Expected Name, found '{text}'.")
        return text


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise GraphqlError(f"Syntax Error: Cannot parse the unexpected character '{text[place]}'.")
        if match.lastgroup != "skip":
            yield match.lastgroup, match.group()
        place = match.end()
