"""Search as one types, routed: numbers by prefix in a table of numbers, words by prefix in FTS5, newest first.

When nothing begins so, parts of words are sought in the vocabulary, whose words lead to the rows, and parts of
numbers by their threes of digits; only what neither narrows is a scan of the short texts. Nothing is kept in memory.

Both sides are folded (`folding.fold`), so "sorensen" finds Sørensen and "Aage" finds Åge.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text

from kkassist.store import tables
from kkassist.store.folding import fold, words
from kkassist.store.sql import Tx, delete, insert, on_sqlite, rows_in, upsert

Kind = Literal["case", "person"]
_CPR = re.compile(r"\b(\d{6})[- ](\d{4})\b")
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")
_EVERYTHING = 1_000_000_000
_MANY_WORDS = 200
_INDEXED = 3
_NOTHING = '"0"'
"""Fits no row: the words of the index have no digits."""
_MATCH = "SELECT rowid AS seq FROM {0} WHERE {0} MATCH {1}"
_VOCABULARY = {"case": tables.case_vocabulary, "person": tables.person_vocabulary}


@dataclass(frozen=True, slots=True)
class Entry:
    """What can be searched of one row."""

    seq: int
    words: str
    """Names and titles, unfolded."""
    numbers: tuple[str, ...]
    """Case number, CPR, tjenestenr.; "" is left out."""

    def folded(self) -> tuple[list[str], str]:
        """Its numbers, and all of it as one text in which any part can be found, both folded."""
        numbers = [number if number.isdigit() else fold(number) for number in self.numbers if number]
        return numbers, " ".join((*numbers, fold(self.words)))


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


def numbered(tx: Tx, kind: Kind, numbers: Sequence[str]) -> list[int]:
    """Row numbers of what bears exactly one of these numbers (as searched: hyphens and case do not count)."""
    asked = {way for number in numbers for way in ("".join(words(number)),) if way}
    found = rows_in(tx, f"SELECT DISTINCT seq FROM {kind}_numbers WHERE number IN ", asked)  # noqa: S608
    return sorted({row[0] for row in found})


def index(tx: Tx, kind: Kind, entries: Sequence[Entry]) -> None:
    """Make rows findable, in place of what was known of them."""
    forget(tx, kind, [entry.seq for entry in entries])
    add(tx, kind, entries)


def add(tx: Tx, kind: Kind, entries: Sequence[Entry]) -> None:
    """Make rows findable that were not so before."""
    sqlite = on_sqlite(tx)
    texts, spoken, parts = [], [], []
    numbers: set[tuple[str, int]] = set()
    vocabulary: set[str] = set()
    for entry in entries:
        own, folded = entry.folded()
        said = list(dict.fromkeys(_LETTERS.findall(folded)))  # also those of a number: HRC
        texts.append((entry.seq, folded, "" if sqlite else f" {' '.join(said)}"))
        spoken.append((entry.seq, " ".join(said)))
        parts.append((entry.seq, " ".join(_threes(folded))))
        vocabulary.update(said)
        numbers.update([(way, entry.seq) for number in own for way in _ways(number)])
    insert(tx, f"{kind}_texts", ("seq", "text", "words"), texts)
    insert(tx, f"{kind}_numbers", ("number", "seq"), sorted(numbers))
    if sqlite and entries:
        tx.exec_driver_sql(f"INSERT INTO {kind}_words (rowid, words) VALUES (?, ?)", spoken)  # noqa: S608
        tx.exec_driver_sql(f"INSERT INTO {kind}_parts (rowid, parts) VALUES (?, ?)", parts)  # noqa: S608
        upsert(tx, _VOCABULARY[kind], ("word",), [(word,) for word in sorted(vocabulary)])


def forget(tx: Tx, kind: Kind, seqs: Sequence[int]) -> None:
    """Make rows unfindable. Words stay in the vocabulary, where one that nothing bears any more does no harm."""
    delete(tx, f"{kind}_texts", "seq", seqs)
    delete(tx, f"{kind}_numbers", "seq", seqs)
    if on_sqlite(tx):
        delete(tx, f"{kind}_words", "rowid", seqs)
        delete(tx, f"{kind}_parts", "rowid", seqs)


def _beginning(tx: Tx, kind: Kind, asked: Sequence[str], limit: int) -> list[int]:
    """Rows in which every word and number begins so."""
    terms, bound = [], dict[str, str | int]()
    spoken = [word for word in asked if not _has_digit(word)]
    if spoken:
        term, values = _spoken(tx, kind, [_begun(tx, kind, word) for word in spoken], spoken)
        terms.append(term)
        bound.update(values)
    for place, number in enumerate(word for word in asked if _has_digit(word)):
        bound[f"low{place}"], bound[f"high{place}"] = number, number + "\x7f"
        terms.append(
            f"SELECT DISTINCT seq FROM {kind}_numbers WHERE number >= :low{place} AND number < :high{place}"  # noqa: S608
        )
    return _in_all(tx, terms, bound, limit)


def _containing(tx: Tx, kind: Kind, asked: Sequence[str], limit: int) -> list[int]:
    """Rows that hold every part somewhere, also inside words and numbers."""
    terms, bound = [], dict[str, str | int]()
    bearing = {word: _bearing(tx, kind, word) for word in asked if on_sqlite(tx) and not _has_digit(word)}
    found = [among for among in bearing.values() if among is not None]
    if found:
        terms.append(_MATCH.format(f"{kind}_words", ":spoken"))
        bound["spoken"] = " AND ".join(f"({among})" for among in found)
    looked_through = [word for word in asked if bearing.get(word) is None]
    if looked_through:
        term, values = _looked_through(tx, kind, looked_through)
        terms.append(term)
        bound.update(values)
    return _in_all(tx, terms, bound, limit)


def _in_all(tx: Tx, terms: Sequence[str], bound: dict[str, str | int], limit: int) -> list[int]:
    """The newest rows that all terms give. The first is walked as far as it must be; the others are looked up."""
    key = "rowid" if "rowid" in terms[0] else "seq"
    rest = "".join(f" AND {key} IN ({term})" for term in terms[1:])
    found = tx.execute(text(f"{terms[0]}{rest} ORDER BY seq DESC LIMIT :limit"), {**bound, "limit": limit})
    return list(found.scalars())


def _spoken(tx: Tx, kind: Kind, begun: Sequence[str], spoken: Sequence[str]) -> tuple[str, dict[str, str | int]]:
    if on_sqlite(tx):
        return _MATCH.format(f"{kind}_words", ":spoken"), {"spoken": " AND ".join(f"({one})" for one in begun)}
    fits = " AND ".join(f"words LIKE :spoken{place}" for place in range(len(spoken)))
    bound: dict[str, str | int] = {f"spoken{place}": f"% {word}%" for place, word in enumerate(spoken)}
    return f"SELECT seq FROM {kind}_texts WHERE {fits}", bound  # noqa: S608


def _looked_through(tx: Tx, kind: Kind, parts: Sequence[str]) -> tuple[str, dict[str, str | int]]:
    """The short texts themselves; where a part has three digits, only those that have these too."""
    inside = "instr" if on_sqlite(tx) else "strpos"
    fits = [f"{inside}(text, :part{place}) > 0" for place in range(len(parts))]
    bound: dict[str, str | int] = {f"part{place}": part for place, part in enumerate(parts)}
    threes = _threes(" ".join(parts)) if on_sqlite(tx) else []
    if threes:
        fits.append(f"seq IN ({_MATCH.format(f'{kind}_parts', ':threes')})")
        bound["threes"] = " ".join(threes)
    return f"SELECT seq FROM {kind}_texts WHERE {' AND '.join(fits)}", bound  # noqa: S608


def _begun(tx: Tx, kind: Kind, word: str) -> str:
    """What FTS5 is asked for: up to three letters have an index of their own, longer ones are spelled out whole,
    since the list of a whole word is read newest first and no further than needed."""
    if len(word) <= _INDEXED or not on_sqlite(tx):
        return f'"{word}"*'
    asked = f"SELECT word FROM {kind}_vocabulary WHERE word >= :word AND word < :end LIMIT :most"  # noqa: S608
    return _either(tx, asked, {"word": word, "end": word + "\U0010ffff"}) or f'"{word}"*'


def _bearing(tx: Tx, kind: Kind, part: str) -> str | None:
    """What FTS5 is asked for to find a part of a word: the words that hold it. None when they are too many."""
    asked = f"SELECT word FROM {kind}_vocabulary WHERE instr(word, :part) > 0 LIMIT :most"  # noqa: S608
    return _either(tx, asked, {"part": part})


def _either(tx: Tx, asked: str, bound: dict[str, str | int]) -> str | None:
    known = list(tx.execute(text(asked), {**bound, "most": _MANY_WORDS}).scalars())
    if len(known) == _MANY_WORDS:
        return None
    return " OR ".join(f'"{word}"' for word in known) or _NOTHING


def _threes(folded: str) -> list[str]:
    """Every three digits that follow each other, once."""
    return sorted({run[at : at + 3] for run in _DIGITS.findall(folded) for at in range(len(run) - 2)})


def _keys(tx: Tx, table: str, key: str, seqs: Sequence[int]) -> list[str]:
    found = {row[0]: row[1] for row in rows_in(tx, f"SELECT seq, {key} FROM {table} WHERE seq IN ", seqs)}  # noqa: S608
    return [found[seq] for seq in seqs if seq in found]


def _ways(folded: str) -> set[str]:
    """How a number may be begun: whole, by its digits, and without its leading zeros."""
    if folded.isdigit():
        return {folded, folded.lstrip("0") or folded}
    whole = "".join(words(folded))
    digits = "".join(_DIGITS.findall(whole))
    return {way for way in (whole, digits, digits.lstrip("0")) if way}


def _has_digit(word: str) -> bool:
    return not word.isalpha() and _DIGITS.search(word) is not None
