"""Encoded queries: `^` and, `^OR` or with the condition before, `^NQ` or with a whole new group, `^^` a caret.

A part that cannot be understood is dropped and the rest runs, so a typo broadens the result; that is how the
real instance behaves unless `glide.invalid_query.returns_no_rows` is set.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from kkassist.practice.servicenow.clock import parse_stamp, stamp
from kkassist.practice.servicenow.schema import TABLES, clock_field, fields_of, is_kind_of
from kkassist.practice.servicenow.script import evaluate
from kkassist.practice.servicenow.session import Session
from kkassist.practice.servicenow.tables import Row, Tables, display_of, has_field

Test = Callable[[Row], bool]
Getter = Callable[[Row], str]

_OPERATORS: Final = (
    "ISNOTEMPTY", "ISEMPTY", "EMPTYSTRING", "ANYTHING", "NOT LIKE", "NOTLIKE", "DOES NOT CONTAIN", "NOT IN",
    "NOTIN", "NOTON", "STARTSWITH", "ENDSWITH", "CONTAINS", "BETWEEN", "RELATIVEGT", "RELATIVEGE", "RELATIVELT",
    "RELATIVELE", "RELATIVEEE", "DATEPART", "NSAMEAS", "SAMEAS", "GT_OR_EQUALS_FIELD", "LT_OR_EQUALS_FIELD",
    "GT_FIELD", "LT_FIELD", "INSTANCEOF", "DYNAMIC", "LIKE", "IN", "ON", "!=", "<=", ">=", "<", ">", "=", "%",
)  # fmt: skip
_CONDITION: Final = re.compile(
    rf"([a-z][a-z0-9_.]*)({'|'.join(re.escape(name) for name in _OPERATORS)})(.*)", re.DOTALL
)
_RELATED: Final = re.compile(r"RLQUERY([a-z0-9_]+)\.([a-z0-9_]+),(>=|<=|>|<|=)(\d+)(?:,m2m)?")
_TEXT: Final = re.compile(r"(?:123TEXTQUERY321|IR_AND_QUERY)=(.*)", re.DOTALL)
_CARET: Final = "\0"
_ME: Final = "90d1921e5f510100a9ad2572f2b477fe"
_MY_GROUPS: Final = "d6435e965f510100a9ad2572f2b477fe"
_UNITS: Final = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2629800, "year": 31557600}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NEVER: Final[Test] = lambda _: False  # noqa: E731


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Alternative:
    """One condition, with what an index can use of it."""

    test: Test
    field: str = ""
    equals: str = ""
    at_least: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query over one table. `groups` are OR-ed; in each, every clause; in a clause, any alternative."""

    table: str
    groups: tuple[tuple[tuple[Alternative, ...], ...], ...]
    orders: tuple[Order, ...]
    dropped: tuple[str, ...]
    """The parts that were not understood."""

    def test(self) -> Test:
        """Whether a row is in the result, as one function."""
        groups = [_all_of([_any_of([one.test for one in clause]) for clause in group]) for group in self.groups]
        return _any_of(groups)


@dataclass(frozen=True, slots=True)
class Reader:
    """Parses queries for one user at one instant."""

    tables: Tables
    session: Session
    now: datetime
    strict: bool = False
    """`glide.invalid_query.returns_no_rows`."""

    def parse(self, table: str, text: str, filters: Iterable[tuple[str, str]] = ()) -> Query:
        """The query, with `name=value` filters of the address (equality with raw or display value) added."""
        groups: list[list[list[Alternative]]] = [[]]
        orders: list[Order] = []
        dropped: list[str] = []
        parts = iter(text.replace("^^", _CARET).split("^"))
        for raw in parts:
            part = raw.replace(_CARET, "^")
            if part.startswith("ORDERBY"):
                self._take_order(table, part, orders, dropped)
            elif part.startswith("NQ"):
                groups.append([])
                self._take(table, part[2:], groups[-1], dropped, joined=False)
            elif part.startswith("RLQUERY"):
                self._take_related(part, parts, groups[-1], dropped)
            elif part.startswith("OR"):
                self._take(table, part[2:], groups[-1], dropped, joined=True)
            elif part not in {"", "EQ", "ENDRLQUERY"} and not part.startswith("GROUPBY"):
                self._take(table, part, groups[-1], dropped, joined=False)
        for name, value in filters:
            shown = self._shown_or_raw(table, name, value)
            if shown:
                for group in groups:
                    group.append([shown])
        if dropped and self.strict:
            groups = []
        filled = tuple(tuple(tuple(clause) for clause in group) for group in groups)
        return Query(table, filled, tuple(orders), tuple(dropped))

    def _take(
        self, table: str, part: str, group: list[list[Alternative]], dropped: list[str], *, joined: bool
    ) -> None:
        if not part:
            return
        one = self._condition(table, part)
        if one is None:
            dropped.append(part)
        elif joined and group:
            group[-1].append(one)
        else:
            group.append([one])

    def _take_order(self, table: str, part: str, orders: list[Order], dropped: list[str]) -> None:
        descending = part.startswith("ORDERBYDESC")
        field = part[len("ORDERBYDESC" if descending else "ORDERBY") :]
        if has_field(table, field):
            orders.append(Order(field, descending))
        else:
            dropped.append(part)

    def _take_related(
        self, part: str, rest: Iterator[str], group: list[list[Alternative]], dropped: list[str]
    ) -> None:
        inner: list[str] = []
        for raw in rest:
            if raw == "ENDRLQUERY":
                break
            inner.append(raw.replace(_CARET, "^^"))
        found = _RELATED.fullmatch(part)
        if found is None or found[1] not in TABLES or not has_field(found[1], found[2]):
            dropped.append(part)
            return
        query = self.parse(found[1], "^".join(inner))
        counts: dict[str, int] = {}
        matches = query.test()
        for row in self.tables.rows(found[1]):
            if matches(row):
                counts[row.get(found[2], "")] = counts.get(row.get(found[2], ""), 0) + 1
        compare, wanted = _COMPARE[found[3]], int(found[4])
        group.append([Alternative(lambda row: compare(counts.get(row["sys_id"], 0), wanted))])

    def _condition(self, table: str, part: str) -> Alternative | None:
        words = _TEXT.fullmatch(part)
        if words:
            return Alternative(_text_test(table, words[1]))
        found = _CONDITION.fullmatch(part)
        if found is None or not has_field(table, found[1]):
            return None
        path, operator, value = found[1], found[2], found[3]
        if operator == "DYNAMIC":
            return self._dynamic(table, path, value)
        if value.startswith("javascript:") and operator not in {"ON", "NOTON", "BETWEEN", "DATEPART"}:
            values = evaluate(value.removeprefix("javascript:"), self.session, self.now)
            if values is None:
                return None
            return self._test(table, path, "IN" if len(values) != 1 else operator, ",".join(values))
        return self._test(table, path, operator, value)

    def _dynamic(self, table: str, path: str, value: str) -> Alternative | None:
        if value == _ME:
            return self._test(table, path, "=", self.session.user_id)
        if value == _MY_GROUPS:
            return self._test(table, path, "IN", ",".join(sorted(self.session.group_ids)))
        return None

    def _test(self, table: str, path: str, operator: str, value: str) -> Alternative | None:
        kind = _field_type(table, path)
        get = getter(self.tables, table, path)
        if operator in _TWO_FIELDS:
            return self._two_fields(table, path, operator, value)
        if operator == "INSTANCEOF":
            return Alternative(lambda row: value in TABLES and is_kind_of(get(row) or table, value))
        if operator in _WORDS or kind != "reference":
            shown = get
        if operator in _WORDS and kind == "reference":
            shown = _display_getter(self.tables, table, path, get)
        if operator in _WORDS:
            return Alternative(_WORDS[operator](shown, value.casefold()))
        if operator in {"ON", "NOTON", "BETWEEN", "DATEPART"} or operator.startswith("RELATIVE"):
            test = self._date_test(get, operator, value)
            return Alternative(test) if test else None
        return _compared(_Left(path, kind, get, path == clock_field(table)), operator, value)

    def _two_fields(self, table: str, path: str, operator: str, other: str) -> Alternative | None:
        if not has_field(table, other):
            return None
        left, right = getter(self.tables, table, path), getter(self.tables, table, other)
        compare = _TWO_FIELDS[operator]
        return Alternative(lambda row: compare(left(row), right(row)))

    def _date_test(self, get: Getter, operator: str, value: str) -> Test | None:
        if operator.startswith("RELATIVE"):
            return self._relative(get, operator.removeprefix("RELATIVE"), value)
        if operator == "DATEPART":
            return self._date_part(get, value)
        parts = value.split("@")
        bounds = [self._instant(part) for part in (parts[-2:] if len(parts) > 1 else [])]
        if len(bounds) != 2 or bounds[0] is None or bounds[1] is None:
            return None
        low, high = bounds[0], bounds[1]
        if operator == "NOTON":
            return lambda row: not low <= get(row) <= high
        return lambda row: low <= get(row) <= high

    def _instant(self, text: str) -> str | None:
        if not text.startswith("javascript:"):
            return text
        values = evaluate(text.removeprefix("javascript:"), self.session, self.now)
        return values[0] if values else None

    def _relative(self, get: Getter, operator: str, value: str) -> Test | None:
        parts = value.split("@")
        if len(parts) != 4 or parts[1] not in _UNITS or not parts[3].isdigit():
            return None
        seconds = _UNITS[parts[1]] * int(parts[3]) * (-1 if parts[2] == "ago" else 1)
        moment = self.now + timedelta(seconds=seconds)
        bound = stamp(moment)
        if operator == "EE":
            day = moment.astimezone(self.session.zone).date()
            return lambda row: _local_day(get(row), self.session) == day.isoformat()
        compare = _COMPARE[{"GT": ">", "GE": ">=", "LT": "<", "LE": "<="}[operator]]
        return lambda row: bool(get(row)) and compare(get(row), bound)

    def _date_part(self, get: Getter, value: str) -> Test | None:
        name = value.partition("@")[0].lower()
        if name not in _WEEKDAYS:
            return None
        wanted = _WEEKDAYS.index(name)

        def test(row: Row) -> bool:
            instant = parse_stamp(get(row))
            return instant is not None and instant.astimezone(self.session.zone).weekday() == wanted

        return test

    def _shown_or_raw(self, table: str, name: str, value: str) -> Alternative | None:
        """An equality filter of the address: raw or display value; an unknown name filters nothing."""
        if not has_field(table, name):
            return None
        raw = self._test(table, name, "=", value)
        if raw is None or _field_type(table, name) != "reference":
            return raw
        show = _display_getter(self.tables, table, name, getter(self.tables, table, name))
        wanted = value.casefold()
        return Alternative(lambda row: raw.test(row) or show(row).casefold() == wanted)


def getter(tables: Tables, table: str, path: str) -> Getter:
    """Reads the raw value of a (dot-walked) field; "" where a reference on the way is empty or gone."""
    name, _, rest = path.partition(".")
    if not rest:
        return lambda row: row.get(name, "")
    target = fields_of(table)[name].reference
    deeper = getter(tables, target, rest)

    def walk(row: Row) -> str:
        found = tables.get(target, row.get(name, ""))
        return deeper(found) if found else ""

    return walk


def last_table(table: str, path: str) -> str:
    """The table that the last field of a dot-walked path belongs to."""
    name, _, rest = path.partition(".")
    return last_table(fields_of(table)[name].reference, rest) if rest else table


def _field_type(table: str, path: str) -> str:
    return fields_of(last_table(table, path))[path.rpartition(".")[2]].type


def _display_getter(tables: Tables, table: str, path: str, get: Getter) -> Getter:
    target = fields_of(last_table(table, path))[path.rpartition(".")[2]].reference
    return lambda row: display_of(tables, target, get(row)) if get(row) else ""


def _local_day(raw: str, session: Session) -> str:
    instant = parse_stamp(raw)
    return instant.astimezone(session.zone).date().isoformat() if instant else ""


def _text_test(table: str, words: str) -> Test:
    wanted = words.casefold().split()
    names = [name for name, field in fields_of(table).items() if field.type == "string"]
    return lambda row: all(any(word in row.get(name, "").casefold() for name in names) for word in wanted)


def _not_words(make: Callable[[Getter, str], Test]) -> Callable[[Getter, str], Test]:
    def negated(get: Getter, value: str) -> Test:
        test = make(get, value)
        return lambda row: not test(row)

    return negated


def _contains(get: Getter, value: str) -> Test:
    return lambda row: value in get(row).casefold()


def _starts(get: Getter, value: str) -> Test:
    return lambda row: get(row).casefold().startswith(value)


def _ends(get: Getter, value: str) -> Test:
    return lambda row: get(row).casefold().endswith(value)


_WORDS: Final[dict[str, Callable[[Getter, str], Test]]] = {
    "LIKE": _contains,
    "CONTAINS": _contains,
    "%": _contains,
    "STARTSWITH": _starts,
    "ENDSWITH": _ends,
    "NOT LIKE": _not_words(_contains),
    "NOTLIKE": _not_words(_contains),
    "DOES NOT CONTAIN": _not_words(_contains),
}
_TWO_FIELDS: Final[dict[str, Callable[[str, str], bool]]] = {
    "SAMEAS": lambda left, right: left == right,
    "NSAMEAS": lambda left, right: left != right,
    "GT_FIELD": lambda left, right: left > right,
    "LT_FIELD": lambda left, right: left < right,
    "GT_OR_EQUALS_FIELD": lambda left, right: left >= right,
    "LT_OR_EQUALS_FIELD": lambda left, right: left <= right,
}
_COMPARE: Final[dict[str, Callable[[float | str, float | str], bool]]] = {
    "=": lambda left, right: left == right,
    ">": lambda left, right: left > right,  # type: ignore[operator]
    ">=": lambda left, right: left >= right,  # type: ignore[operator]
    "<": lambda left, right: left < right,  # type: ignore[operator]
    "<=": lambda left, right: left <= right,  # type: ignore[operator]
}


@dataclass(frozen=True, slots=True)
class _Left:
    """The left side of a condition."""

    path: str
    kind: str
    get: Getter
    is_clock: bool
    """Whether it is the field that the rows are kept in the order of."""

    @property
    def folds(self) -> bool:
        """Whether it compares without regard to case, as the real databases do."""
        return self.kind in {"string", "choice", "journal"}

    def read(self, row: Row) -> str:
        """The value as it is compared."""
        return self.get(row).casefold() if self.folds else self.get(row)


_EXACT: Final = frozenset({"sys_id", "element_id", "table_sys_id", "user_name", "number", "correlation_id"})


def _compared(left: _Left, operator: str, value: str) -> Alternative:
    """Equality, membership, emptiness and order."""
    get, wanted = left.get, value.casefold() if left.folds else value
    if operator in _EMPTINESS:
        return Alternative(_EMPTINESS[operator](get))
    if operator == "=":
        indexed = value if left.kind == "reference" or left.path in _EXACT else ""
        low = value if left.is_clock else ""
        return Alternative(_equality(left, wanted), left.path if indexed else "", indexed, low)
    if operator == "!=":
        return Alternative(_difference(left, wanted))
    if operator in {"IN", "NOT IN", "NOTIN"}:
        members, inside = frozenset(wanted.split(",")), operator == "IN"
        return Alternative(lambda row: (left.read(row) in members) is inside)
    low = value if operator in {">", ">="} and left.is_clock else ""
    return Alternative(_ordered(left, operator, wanted), at_least=low)


_EMPTINESS: Final[dict[str, Callable[[Getter], Test]]] = {
    "ANYTHING": lambda _: lambda _row: True,
    "ISEMPTY": lambda get: lambda row: not get(row),
    "EMPTYSTRING": lambda get: lambda row: not get(row),
    "ISNOTEMPTY": lambda get: lambda row: bool(get(row)),
}


def _equality(left: _Left, wanted: str) -> Test:
    get = left.get
    if left.kind == "boolean":
        truth = wanted in {"true", "1"}
        return lambda row: (get(row) == "true") is truth
    if left.folds:
        return lambda row: get(row).casefold() == wanted
    return lambda row: get(row) == wanted


def _difference(left: _Left, wanted: str) -> Test:
    if left.kind == "boolean" and wanted not in {"true", "1"}:
        return lambda row: left.get(row) == "true"
    return lambda row: left.read(row) != wanted


def _ordered(left: _Left, operator: str, wanted: str) -> Test:
    compare, get = _COMPARE[operator], left.get
    if left.kind in {"integer", "decimal", "choice"}:
        bound = _number(wanted)
        return _NEVER if bound is None else _number_test(get, compare, bound)
    if left.folds:
        return lambda row: compare(get(row).casefold(), wanted)
    return lambda row: bool(get(row)) and compare(get(row), wanted)


def _number_test(get: Getter, compare: Callable[[float | str, float | str], bool], bound: float) -> Test:
    def test(row: Row) -> bool:
        value = _number(get(row))
        return value is not None and compare(value, bound)

    return test


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _any_of(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda row: first(row) or second(row)
    return lambda row: any(test(row) for test in tests)


def _all_of(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def every(row: Row) -> bool:
        for test in tests:  # noqa: SIM110 - the loop is twice as fast as all(), and runs for each row
            if not test(row):
                return False
        return True

    return every


def _looked_up(tables: Tables, query: Query) -> list[Row] | None:
    """The few rows that an index by value leaves, where the query has an equality it can use."""
    for clause in query.groups[0] if len(query.groups) == 1 else ():
        one = clause[0]
        if len(clause) != 1 or not one.equals:
            continue
        if one.field == "sys_id":
            row = tables.get(query.table, one.equals)
            return [row] if row else []
        if tables.is_hashed(query.table, one.field):
            return tables.where(query.table, one.field, one.equals)
    return None


def _lower_bound(group: Sequence[Sequence[Alternative]]) -> str:
    return max((clause[0].at_least for clause in group if len(clause) == 1), default="")


def run(tables: Tables, query: Query, enough: int | None = None) -> list[Row]:
    """The matching rows in the asked order. `enough` lets it stop early where the rows are kept in that order."""
    if not query.groups:
        return []
    matches, few = query.test(), _looked_up(tables, query)
    if few is not None:
        return _sorted(tables, query, [row for row in few if matches(row)])
    since = min(_lower_bound(group) for group in query.groups)
    found = filter(matches, tables.rows(query.table, since))
    if query.orders != (Order(clock_field(query.table), False), Order("sys_id", False)):
        return _sorted(tables, query, list(found))
    return list(islice(found, enough))


def _sorted(tables: Tables, query: Query, found: list[Row]) -> list[Row]:
    """Sorted by the asked fields; what they leave open comes in another order each time, as there is none."""
    if not any(order.field == "sys_id" for order in query.orders):
        cut = random.randrange(len(found)) if found else 0
        found = found[cut:] + found[:cut]
    for order in reversed(query.orders):
        found.sort(key=_sort_key(tables, query.table, order.field), reverse=order.descending)
    return found


def _sort_key(tables: Tables, table: str, path: str) -> Callable[[Row], tuple[float, str]]:
    get = getter(tables, table, path)
    kind = _field_type(table, path)
    if kind in {"integer", "decimal", "choice"}:
        return lambda row: (_number(get(row)) or 0.0, get(row))
    if kind == "reference":
        show = _display_getter(tables, table, path, get)
        return lambda row: (0.0, show(row).casefold())
    return lambda row: (0.0, get(row).casefold())
