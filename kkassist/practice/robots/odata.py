"""The part of OData that an orchestrator's clients use: $filter, $orderby, $select, $top, $skip, $count.

A query that the grammar does not know is an `ODataError`, as the real service answers 400 with code 1000.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

Row = Mapping[str, object]
Predicate = Callable[[Row], bool]

MAX_TOP = 1000
MAX_EXPRESSIONS = 100

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?(?![\w:-]))|(?P<stamp>\d{4}-\d\d-\d\d[\w:.+-]*)"
    r"|(?P<punctuation>[(),])|(?P<word>[A-Za-z_][\w/]*))"
)
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}
_LITERALS = {"null": None, "true": True, "false": False}


def instant(at: datetime) -> str:
    """An instant as the orchestrator writes it: UTC with milliseconds, so that texts sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parsed(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ODataError(f"{text} is not a time.") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class ODataError(ValueError):
    """A query option that cannot be understood or is not allowed."""


@dataclass(frozen=True, slots=True)
class Page:
    """The rows asked for; `total` is the number before $top and $skip, None where $count was not asked for."""

    rows: list[dict[str, object]]
    total: int | None


def query(rows: Sequence[dict[str, object]], options: Mapping[str, str], fields: frozenset[str]) -> Page:
    """Applies the query options to `rows`, whose complete set of field names is `fields`."""
    wanted = options.get("$filter", "")
    kept = [row for row in rows if predicate(row)] if (predicate := parse_filter(wanted, fields)) else list(rows)
    for name, descending in reversed(_orders(options.get("$orderby", ""), fields)):
        kept.sort(key=lambda row, name=name: _sort_key(row.get(name)), reverse=descending)  # type: ignore[misc]
    top = min(_whole_number(options, "$top", MAX_TOP), MAX_TOP)
    skip = _whole_number(options, "$skip", 0)
    page = kept[skip : skip + top]
    if select := _names(options.get("$select", ""), fields):
        page = [{name: row[name] for name in select if name in row} for row in page]
    return Page(page, len(kept) if options.get("$count", "").lower() == "true" else None)


def parse_filter(text: str, fields: frozenset[str]) -> Predicate | None:
    """The condition as a function of a row, or None for an empty filter."""
    if not text.strip():
        return None
    parser = _Filter(list(_tokens(text)), fields)
    predicate = parser.either()
    if parser.more():
        raise ODataError(f"The filter goes on after its end: {text}")
    return predicate


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    end = len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise ODataError(f"The filter cannot be read at position {place}: {text}")
        yield _Token(match.lastgroup, match.group(match.lastgroup))
        place = match.end()


class _Filter:
    """Recursive descent: or, and, not, parentheses, comparisons, startswith/endswith/contains, in."""

    def __init__(self, tokens: list[_Token], fields: frozenset[str]) -> None:
        self._tokens = tokens
        self._fields = fields
        self._place = 0
        self._expressions = 0

    def more(self) -> bool:
        return self._place < len(self._tokens)

    def either(self) -> Predicate:
        parts = [self._all()]
        while self._accept("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _all(self) -> Predicate:
        parts = [self._one()]
        while self._accept("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _one(self) -> Predicate:
        if self._accept("not"):
            inner = self._one()
            return lambda row: not inner(row)
        if self._accept("("):
            inner = self.either()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        self._expressions += 1
        if self._expressions > MAX_EXPRESSIONS:
            raise ODataError(f"A filter has at most {MAX_EXPRESSIONS} expressions.")
        word = self._next("word")
        if word in _FUNCTIONS:
            return self._function(_FUNCTIONS[word])
        name = self._field(word)
        operator = self._next("word")
        if operator == "in":
            values = self._values()
            return lambda row: row.get(name) in values
        return _compare(name, operator, self._value())

    def _function(self, function: Callable[[str, str], bool]) -> Predicate:
        self._expect("(")
        name = self._field(self._next("word"))
        self._expect(",")
        value = self._value()
        self._expect(")")
        if not isinstance(value, str):
            raise ODataError("The second argument of the function is a text.")
        return lambda row: isinstance(text := row.get(name), str) and function(text, value)

    def _values(self) -> list[object]:
        self._expect("(")
        values = [self._value()]
        while self._accept(","):
            values.append(self._value())
        self._expect(")")
        return values

    def _value(self) -> object:
        token = self._take()
        if token.kind == "text":
            return token.text[1:-1].replace("''", "'")
        if token.kind == "number":
            return float(token.text) if "." in token.text else int(token.text)
        if token.kind == "stamp":
            return instant(_parsed(token.text))
        if token.kind == "word" and token.text in _LITERALS:
            return _LITERALS[token.text]
        raise ODataError(f"{token.text} is not a value.")

    def _field(self, name: str) -> str:
        if name not in self._fields:
            raise ODataError(f"Could not find a property named '{name}'.")
        return name

    def _accept(self, text: str) -> bool:
        found = self.more() and self._tokens[self._place].text == text and self._tokens[self._place].kind != "text"
        self._place += found
        return found

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise ODataError(f"{text} is missing in the filter.")

    def _next(self, kind: str) -> str:
        token = self._take()
        if token.kind != kind:
            raise ODataError(f"{token.text} is not expected there.")
        return token.text

    def _take(self) -> _Token:
        if not self.more():
            raise ODataError("The filter ends too early.")
        self._place += 1
        return self._tokens[self._place - 1]


def _compare(name: str, operator: str, value: object) -> Predicate:
    if operator == "eq":
        return lambda row: row.get(name) == value
    if operator == "ne":
        return lambda row: row.get(name) != value
    if operator in {"gt", "ge", "lt", "le"}:
        return lambda row: _ordered(row.get(name), operator, value)
    raise ODataError(f"The operator {operator} is not known.")


def _ordered(left: object, operator: str, right: object) -> bool:
    """Comparison with null is false, as OData says; instants in UTC compare as their ISO texts."""
    if left is None or right is None:
        return False
    if isinstance(left, str) != isinstance(right, str):
        raise ODataError("A text cannot be compared with a number.")
    a, b = _sort_key(left), _sort_key(right)
    return {"gt": a > b, "ge": a >= b, "lt": a < b, "le": a <= b}[operator]


def _sort_key(value: object) -> tuple[bool, float, str]:
    if isinstance(value, str):
        return (True, 0.0, value)
    return (value is not None, float(value) if isinstance(value, int | float) else 0.0, "")


def _orders(text: str, fields: frozenset[str]) -> list[tuple[str, bool]]:
    orders = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, direction = part.partition(" ")
        if name not in fields or direction.strip() not in {"", "asc", "desc"}:
            raise ODataError(f"Cannot sort by '{part}'.")
        orders.append((name, direction.strip() == "desc"))
    return orders


def _names(text: str, fields: frozenset[str]) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in fields:
            raise ODataError(f"Could not find a property named '{name}'.")
    return names


def _whole_number(options: Mapping[str, str], name: str, default: int) -> int:
    text = options.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise ODataError(f"{name} is a whole number.")
    return int(text)
