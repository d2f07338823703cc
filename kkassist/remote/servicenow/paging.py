"""Reading a list whole while it changes: keyset pages by (moment, sys_id).

A page may be short or empty because row ACLs act after the limit; thousands of rows may share a second; counts may
be missing or wrong. The rules:

* the next page is asked for from the last row's moment on, inclusive, and rows seen already are left out;
* a second that fills a page is read by sys_id alone, then the list goes on after it;
* a page without a new row is stepped over by offset while the count or the link says that more follow;
* a row that changed after it was found stands out of the order as the newest of its page: it is left out here and
  comes again further on;
* an answer with rows outside the question, or in another order, means that a part of the query was dropped:
  `Untrustworthy`, and nothing of it is used.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from kkassist.domain.case import ServerRow
from kkassist.domain.errors import OutOfReach
from kkassist.domain.language import say
from kkassist.remote.servicenow.query import both, key_of

_LINK: Final = re.compile(r"""<([^>]*)>\s*;\s*rel\s*=\s*["']?(\w+)""")
_LONGEST_STEP: Final = 10_000
_BARREN_AT_MOST: Final = 200
"""Pages without a new row in succession before a count that promises more is held for wrong."""
_IN_DOUBT_AT_MOST: Final = 3
"""Pages without a new row that are followed by the link alone, against a count that says that all is read."""
_LEAST_LIMIT: Final = 5
_ASKED_AGAIN: Final = 2


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a list was read to: the raw moment (UTC) and the sys_id of the last row."""

    moment: str
    sys_id: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """New rows in order; `cursor` is the last one's place, to be kept together with the rows."""

    rows: tuple[ServerRow, ...]
    cursor: Cursor
    total: int
    """How many rows the server counts from here on, 0 when it did not say. ACLs may hide some of them."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One answer: its rows, the server's count and whether its links name a next page."""

    rows: Sequence[ServerRow]
    total: int | None
    has_next: bool


Ask = Callable[[str, int, int], Batch]
"""(query, offset, limit) → the answer. Raises `TooSlow` when the server gave up on so many rows."""


class TooSlow(Exception):
    """The server cancelled the transaction: fewer rows must be asked for."""


class Untrustworthy(OutOfReach):
    """The answer holds what was not asked for: a part of the query was dropped on the way."""

    def __init__(self, log_detail: str) -> None:
        sentence = say("ServiceNow svarede med andet, end der blev spurgt om. Intet er gemt; meld det til IT.")
        super().__init__(sentence, system="servicenow", log_detail=log_detail)


@dataclass(slots=True)
class _Reading:
    """One list on its way."""

    ask: Ask
    query: str
    field: str
    limit: int
    cursor: Cursor | None

    def pages(self) -> Iterator[Page]:
        inclusive = True
        while True:
            page, more, crowded = self._next_page(self._from_here(inclusive), self._floor(inclusive))
            if page is not None:
                yield page
            if crowded:
                yield from self._rest_of_second()
                inclusive = False
            elif not more:
                return
            else:
                inclusive = True

    def _from_here(self, inclusive: bool) -> str:
        bound = "" if self.cursor is None else f"{self.field}{'>=' if inclusive else '>'}{self.cursor.moment}"
        order = "ORDERBYsys_id" if self.field == "sys_id" else f"ORDERBY{self.field}^ORDERBYsys_id"
        return both(self.query, bound, order)

    def _floor(self, inclusive: bool) -> tuple[str, str]:
        if self.cursor is None:
            return "", ""
        return self.cursor.moment, "" if inclusive else "~"

    def _rest_of_second(self) -> Iterator[Page]:
        """The rows that share the cursor's second, however many."""
        assert self.cursor is not None
        second = self.cursor.moment
        more = True
        while more:
            bounds = f"{self.field}={second}^sys_id>{self.cursor.sys_id}"
            query = both(self.query, bounds, "ORDERBYsys_id")
            page, more, _ = self._next_page(query, (second, self.cursor.sys_id), second)
            if page is not None:
                yield page

    def _next_page(self, query: str, floor: tuple[str, str], second: str = "") -> tuple[Page | None, bool, bool]:
        """The next new rows of this question, whether more may follow, and whether one second filled the page."""
        offset, step, in_doubt = 0, self.limit, 0
        for _ in range(_BARREN_AT_MOST):
            batch, step = self._batch(query, offset, step, floor, second)
            seen = (self.cursor.moment, self.cursor.sys_id) if self.cursor else ("", "")
            fresh = tuple(row for row in batch.rows if key_of(row, self.field) > seen)
            count = len(batch.rows)
            crowded = not second and count > 1 and key_of(batch.rows[0], self.field)[0] == self._last_moment(batch)
            if fresh:
                self.cursor = Cursor(*key_of(fresh[-1], self.field))
                agrees = batch.total == offset + count and count < step and not batch.has_next
                return Page(fresh, self.cursor, batch.total or 0), not agrees, crowded and not agrees
            if crowded and count >= step:
                return None, True, True
            follows = batch.total is not None and offset + step < batch.total
            in_doubt += batch.has_next and not follows and batch.total is not None
            if count < step and (in_doubt > _IN_DOUBT_AT_MOST or not (follows or batch.has_next)):
                return None, False, False
            offset += step
            step = min(2 * step, _LONGEST_STEP)
        return None, False, False

    def _last_moment(self, batch: Batch) -> str:
        return key_of(batch.rows[-1], self.field)[0]

    def _batch(self, query: str, offset: int, step: int, floor: tuple[str, str], second: str) -> tuple[Batch, int]:
        """One answer that keeps to the question, and the limit it was given with."""
        asked_again = 0
        patience = 3
        while True:
            try:
                batch = self.ask(query, offset, step)
            except TooSlow:
                patience -= step <= _LEAST_LIMIT
                if not patience:
                    raise _gave_up() from None
                step = max(min(step, _LEAST_LIMIT), step // 2)
                self.limit = min(self.limit, step)
                continue
            settled = batch if second else self._without_latecomers(batch)
            fault = self._fault(settled.rows, floor, second)
            if not fault:
                return settled, step
            if asked_again == _ASKED_AGAIN:
                raise Untrustworthy(fault)
            asked_again += 1

    def _without_latecomers(self, batch: Batch) -> Batch:
        """The answer without rows that changed after they were found: newer than all others, so they come again."""
        keys = [key_of(row, self.field) for row in batch.rows]
        late = [at for at, (before, after) in enumerate(pairwise(keys)) if before > after]
        rest = [key for at, key in enumerate(keys) if at not in late]
        if not late or len(late) > 1 + len(keys) // 20 or min(keys[at][0] for at in late) <= max(rest)[0]:
            return batch
        rows = [row for at, row in enumerate(batch.rows) if at not in late]
        return Batch(rows, batch.total, has_next=True)

    def _fault(self, rows: Sequence[ServerRow], floor: tuple[str, str], second: str) -> str:
        keys = [key_of(row, self.field) for row in rows]
        if any(not sys_id for _, sys_id in keys):
            return "rows without sys_id"
        if any(key < floor for key in keys):
            return "rows below the bound"
        if second and any(moment != second for moment, _ in keys):
            return "rows of another second"
        if any(before > after for before, after in pairwise(keys)):
            return "rows out of order"
        return ""


def read(ask: Ask, query: str, field: str, start: Cursor | None, limit: int) -> Iterator[Page]:
    """The pages of a list after `start`, ordered by (`field`, sys_id); pages without a new row are not given.

    `query` must not hold ORDERBY or ^NQ. A consumer that stops early loses nothing: the last page's cursor goes on.
    """
    if "^NQ" in query or "ORDERBY" in query:
        raise ValueError("the list brings its own order and a single group")
    yield from _Reading(ask, query, field, limit, start).pages()


def counted(headers: dict[str, str]) -> tuple[int | None, bool]:
    """(X-Total-Count, whether Link names a next page that is not beyond its own last one)."""
    total = headers.get("x-total-count", "").strip()
    links = {name.lower(): url for url, name in _LINK.findall(headers.get("link", ""))}
    following, last = _offset(links.get("next", "")), _offset(links.get("last", ""))
    limit = _number("sysparm_limit", links.get("last", ""))
    beyond = following is not None and last is not None and limit is not None and following >= last + limit
    return (int(total) if total.isdigit() else None), "next" in links and not beyond


def _offset(url: str) -> int | None:
    return _number("sysparm_offset", url)


def _number(name: str, url: str) -> int | None:
    found = re.search(rf"{name}=(\d+)", url)
    return int(found[1]) if found else None


def _gave_up() -> OutOfReach:
    sentence = say("ServiceNow når ikke at svare, heller ikke på få rækker ad gangen. kkassist prøver igen.")
    return OutOfReach(sentence, system="servicenow", log_detail="transaction cancelled")
