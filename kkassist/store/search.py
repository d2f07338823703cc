"""Search as one types, routed: numbers by prefix in a table of numbers, words by prefix in FTS5, newest first, and
parts of words and of numbers by a scan of the short texts when nothing begins so.

Both sides are folded (`folding.fold`), so "sorensen" finds Sørensen and "Aage" finds Åge.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text

from kkassist.store.folding import fold, words
from kkassist.store.sql import Tx, insert, on_sqlite

Kind = Literal["case", "person"]
_CPR = re.compile(r"\b(\d{6})[- ](\d{4})\b")
_EVERYTHING = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What can be searched of one row."""

    seq: int
    words: str
    """Names and titles, unfolded."""
    numbers: tuple[str, ...]
    """Case number, CPR, tjenestenr.; "" is left out."""

    def folded(self) -> str:
        """All of it as one folded text, in which any part can be found."""
        return fold(" ".join((*filter(None, self.numbers), self.words)))


def cases(tx: Tx, query: str, limit: int) -> list[str]:
    """sys_ids of the cases that fit, newest first."""
    return _keys(tx, "cases", "sys_id", matching(tx, "case", query, limit))


def people(tx: Tx, query: str, limit: int) -> list[str]:
    """tjenestenr. of the employments that fit, newest first."""
    return _keys(tx, "employments", "tjenestenr", matching(tx, "person", query, limit))


def matching(tx: Tx, kind: Kind, query: str, limit: int = _EVERYTHING) -> list[int]:
    """Row numbers (`seq`) of what fits every word of the query, newest first. An empty query fits nothing."""
    asked = words(_CPR.sub(r"\1\2", query))
    if not asked:
        return []
    return _beginning(tx, kind, asked, limit) or _containing(tx, kind, asked, limit)


def index(tx: Tx, kind: Kind, entries: Sequence[Entry]) -> None:
    """Make rows findable, in place of what was known of them."""
    forget(tx, kind, [entry.seq for entry in entries])
    sqlite = on_sqlite(tx)
    spoken = [" ".join(word for word in words(entry.words) if not _has_digit(word)) for entry in entries]
    rows = list(zip(entries, spoken, strict=True))
    insert(
        tx,
        f"{kind}_texts",
        ("seq", "text", "words"),
        [(entry.seq, entry.folded(), "" if sqlite else f" {said}") for entry, said in rows],
    )
    if sqlite:
        tx.exec_driver_sql(
            f"INSERT INTO {kind}_words (rowid, words) VALUES (?, ?)",  # noqa: S608 - one of two kinds
            [(entry.seq, said) for entry, said in rows],
        ) if rows else None
    numbers = {(number, entry.seq) for entry in entries for given in entry.numbers for number in _ways(given)}
    insert(tx, f"{kind}_numbers", ("number", "seq"), sorted(numbers))


def forget(tx: Tx, kind: Kind, seqs: Sequence[int]) -> None:
    """Make rows unfindable."""
    if not seqs:
        return
    tables = [(f"{kind}_texts", "seq"), (f"{kind}_numbers", "seq")]
    if on_sqlite(tx):
        tables.append((f"{kind}_words", "rowid"))
    for table, column in tables:
        tx.execute(
            text(f"DELETE FROM {table} WHERE {column} = :seq"),  # noqa: S608 - our own names
            [{"seq": seq} for seq in seqs],
        )


def _beginning(tx: Tx, kind: Kind, asked: Sequence[str], limit: int) -> list[int]:
    numbers = [word for word in asked if _has_digit(word)]
    spoken = [word for word in asked if not _has_digit(word)]
    bound: dict[str, str | int] = {"limit": limit}
    terms = []
    if spoken and on_sqlite(tx):
        bound["spoken"] = " ".join(f'"{word}"*' for word in spoken)
        terms.append(f"SELECT rowid AS seq FROM {kind}_words WHERE {kind}_words MATCH :spoken")  # noqa: S608
    elif spoken:
        fits = " AND ".join(f"words LIKE :spoken{place}" for place in range(len(spoken)))
        bound.update({f"spoken{place}": f"% {word}%" for place, word in enumerate(spoken)})
        terms.append(f"SELECT seq FROM {kind}_texts WHERE {fits}")  # noqa: S608
    for place, number in enumerate(numbers):
        bound[f"low{place}"], bound[f"high{place}"] = number, number + "\x7f"
        terms.append(
            f"SELECT seq FROM {kind}_numbers WHERE number >= :low{place} AND number < :high{place}"  # noqa: S608
        )
    rest = "".join(f" AND {'rowid' if spoken and on_sqlite(tx) else 'seq'} IN ({term})" for term in terms[1:])
    distinct = terms[0].replace("SELECT", "SELECT DISTINCT", 1) if not spoken else terms[0]
    found = tx.execute(text(f"{distinct}{rest} ORDER BY seq DESC LIMIT :limit"), bound)
    return list(found.scalars())


def _containing(tx: Tx, kind: Kind, asked: Sequence[str], limit: int) -> list[int]:
    inside = "instr" if on_sqlite(tx) else "strpos"
    fits = " AND ".join(f"{inside}(text, :part{place}) > 0" for place in range(len(asked)))
    found = tx.execute(
        text(f"SELECT seq FROM {kind}_texts WHERE {fits} ORDER BY seq DESC LIMIT :limit"),  # noqa: S608
        {"limit": limit, **{f"part{place}": word for place, word in enumerate(asked)}},
    )
    return list(found.scalars())


def _keys(tx: Tx, table: str, key: str, seqs: Sequence[int]) -> list[str]:
    found: dict[int, str] = {}
    for start in range(0, len(seqs), 500):
        some = ", ".join(str(seq) for seq in seqs[start : start + 500])
        rows = tx.execute(text(f"SELECT seq, {key} AS name FROM {table} WHERE seq IN ({some})"))  # noqa: S608
        found.update((row.seq, row.name) for row in rows)
    return [found[seq] for seq in seqs if seq in found]


def _ways(number: str) -> set[str]:
    """How a number may be begun: whole, by its digits, and without its leading zeros."""
    whole = "".join(words(number))
    digits = re.sub(r"\D", "", whole)
    return {way for way in (whole, digits, digits.lstrip("0")) if way}


def _has_digit(word: str) -> bool:
    return any(letter.isdigit() for letter in word)
