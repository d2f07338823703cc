"""Every visible row comes once and in order, whatever ACLs, seconds and counts do; a dropped question is noticed."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kkassist.domain.case import ServerRow
from kkassist.remote.servicenow import paging
from kkassist.remote.servicenow.paging import Batch, Cursor, TooSlow, Untrustworthy
from kkassist.remote.servicenow.query import any_of, equals, in_pieces, literal
from kkassist.remote.servicenow.values import label, moment, raw, raw_moment, server_row

BY = "sys_updated_on"
Row = tuple[str, str, bool]
"""(moment, sys_id, visible)"""


def second(at: int) -> str:
    return f"2026-03-02 08:00:{at:02}"


class Table:
    """A table that obeys the documented rules: the limit acts before the row ACL, counts are made before it."""

    def __init__(self, rows: list[Row], count: str = "right") -> None:
        self.rows = rows
        self.count = count
        self.asked: list[str] = []

    def __call__(self, query: str, offset: int, limit: int) -> Batch:
        self.asked.append(query)
        matching = sorted(row for row in self.rows if all(self._holds(row, part) for part in query.split("^")))
        window = matching[offset : offset + limit]
        total = {"right": len(matching), "none": None, "low": len(matching) // 2, "high": len(matching) + 37}
        shown = [ServerRow(one, "task", {BY: at, "sys_id": one}, {}) for at, one, visible in window if visible]
        return Batch(shown, total[self.count], self.count == "none" and offset + limit < len(matching))

    def _holds(self, row: Row, part: str) -> bool:
        found = re.fullmatch(rf"({BY}|sys_id)(>=|>|=)(.*)", part)
        if found is None:
            return True
        value = row[0] if found[1] == BY else row[1]
        return {">=": value >= found[3], ">": value > found[3], "=": value == found[3]}[found[2]]


tables = st.lists(
    st.tuples(st.integers(0, 5).map(second), st.integers(0, 4095).map(lambda n: f"{n:032x}"), st.booleans()),
    unique_by=lambda row: row[1],
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(tables, st.integers(1, 9), st.sampled_from(["right", "none", "high"]))
def test_every_visible_row_comes_once_and_in_order(rows: list[Row], limit: int, count: str) -> None:
    pages = list(paging.read(Table(rows, count), "active=true", BY, None, limit))

    found = [(row.fields[BY], row.sys_id) for page in pages for row in page.rows]
    assert found == sorted((at, one) for at, one, visible in rows if visible)
    assert all(page.cursor == Cursor(page.rows[-1].fields[BY], page.rows[-1].sys_id) for page in pages)


@settings(max_examples=100, deadline=None)
@given(tables, st.integers(1, 9), st.integers(0, 8))
def test_a_reading_goes_on_from_any_page(rows: list[Row], limit: int, stop_after: int) -> None:
    table = Table(rows)
    first = []
    for page in paging.read(table, "", BY, None, limit):
        first.append(page)
        if len(first) > stop_after:
            break
    place = first[-1].cursor if first else None
    rest = paging.read(table, "", BY, place, limit)

    found = [row.sys_id for page in (*first, *rest) for row in page.rows]
    assert found == [one for _, one, visible in sorted(rows) if visible]


def test_five_thousand_rows_of_one_second_and_low_counts() -> None:
    rows: list[Row] = [(second(1), f"{n:032x}", True) for n in range(5_000)]
    pages = paging.read(Table(rows, "low"), "", BY, None, 500)
    assert sum(len(page.rows) for page in pages) == 5_000


def test_an_answer_outside_the_question_is_not_used() -> None:
    rows: list[Row] = [(second(n), f"{n:032x}", True) for n in range(20)]

    class Dropping(Table):
        def _holds(self, row: Row, part: str) -> bool:
            return True

    with pytest.raises(Untrustworthy):
        list(paging.read(Dropping(rows), "", BY, Cursor(second(5), "f" * 32), 10))


def test_an_answer_without_order_is_not_used() -> None:
    def shuffled(query: str, offset: int, limit: int) -> Batch:
        rows = [ServerRow(f"{n:032x}", "task", {BY: second(n)}, {}) for n in (3, 1, 2)]
        return Batch(rows, 3, False)

    with pytest.raises(Untrustworthy):
        list(paging.read(shuffled, "", BY, None, 10))


def test_a_cancelled_transaction_halves_the_pages() -> None:
    table = Table([(second(n), f"{n:032x}", True) for n in range(40)])
    limits: list[int] = []

    def slow(query: str, offset: int, limit: int) -> Batch:
        limits.append(limit)
        if limit > 12:
            raise TooSlow
        return table(query, offset, limit)

    found = [row for page in paging.read(slow, "", BY, None, 40) for row in page.rows]
    assert len(found) == 40
    assert limits.count(40) == 1


@pytest.mark.parametrize(
    ("value", "expected", "shown"),
    [
        ("18", "18", ""),
        ("", "", ""),
        (None, "", ""),
        (True, "true", ""),
        (7, "7", ""),
        ({"link": "https://x/api/now/table/sys_user/abc", "value": "abc"}, "abc", ""),
        ({"display_value": "Anna Holm", "link": "https://x/api/now/table/sys_user/abc"}, "abc", "Anna Holm"),
        ({"display_value": "Igangværende", "value": "18"}, "18", "Igangværende"),
        ({"display_value": "", "value": ""}, "", ""),
    ],
)
def test_every_shape_of_a_value(value: object, expected: str, shown: str) -> None:
    assert (raw(value), label(value)) == (expected, shown)


def test_a_moments_display_is_never_kept() -> None:
    at = {"display_value": "02-03-2026 09:15:00", "value": "2026-03-02 08:15:00"}
    row = server_row({"sys_id": "a", "opened_at": at, "effective_date": {**at, "value": "2026-03-02"}}, "task")
    assert row.labels == {}
    opened = moment(row.fields["opened_at"])
    assert opened is not None and raw_moment(opened) == "2026-03-02 08:15:00"


@given(st.text())
def test_a_literal_never_ends_its_condition(value: str) -> None:
    if "\n" in value or "\r" in value:
        with pytest.raises(ValueError, match="one line"):
            literal(value)
    else:
        assert literal(value).replace("^^", "").count("^") == 0
        assert literal(value).replace("^^", "^") == value


def test_values_with_commas_are_asked_for_one_by_one() -> None:
    assert any_of("name", ["Løn, drift", "A^B"]) == "name=Løn, drift^ORname=A^^B"
    assert any_of("name", ["a", "b"]) == "nameINa,b"
    assert equals("name", "x^NQy") == "name=x^^NQy"


def test_id_lists_fit_a_url() -> None:
    ids = [f"{n:032x}" for n in range(500)]
    pieces = in_pieces(ids)
    assert [one for piece in pieces for one in piece] == ids
    assert all(len("%2C".join(piece)) < 1_300 for piece in pieces)
