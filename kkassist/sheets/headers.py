"""Finds the header row among title rows, and the declared columns in it, the way people really name them."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kkassist.processes.cells import CellValue
from kkassist.processes.words import Column

Merge = tuple[tuple[int, int], tuple[int, int]]
"""((first row, first column), (last row, last column)), 0-based."""

FOUND_HEADER = "Fund"
"""Header of the column that a marked copy adds; it is passed over when the copy comes back mended."""

COVER_SHEET, GUIDE_SHEET, LISTS_SHEET = "Forside", "Vejledning", "Lister"
"""The template's other sheets; one of them holds rows only when no other sheet does."""

_FORMAT_HINT = re.compile(r"\s*(\([^)]*\)|\bJ/N|\bÅÅÅÅ-MM|\bDD-MM-ÅÅÅÅ|\bDDMMÅÅ-XXXX)\s*\**\s*$", re.IGNORECASE)
_DANISH = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})
_SPELLINGS = (("ae", "a"), ("oe", "o"), ("aa", "a"))


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """`text` without case, accents, punctuation, spaces and line breaks; "Lønart", "Loenart", "LONART" are one."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).casefold().translate(_DANISH))
    letters = "".join(sign for sign in plain if sign.isalnum())
    for long, short in _SPELLINGS:
        letters = letters.replace(long, short)
    return letters


def _loose(text: str) -> str:
    """Folded without a format hint at the end: "Navn (kontrolfelt)" is "Navn"."""
    return folded(_FORMAT_HINT.sub("", text)) or folded(text)


def known_names(columns: Sequence[Column]) -> dict[str, tuple[int, str]]:
    """Folded name → (rank, column id); rank 0 is the header itself, 3 an alias without its hint.

    A loose name that two columns share belongs to neither.
    """
    names: dict[str, tuple[int, str]] = {}
    shared: set[str] = set()
    for rank in range(4):
        for column in columns:
            for text in (column.header,) if rank < 2 else column.aliases:
                name = _loose(text) if rank % 2 else folded(text)
                held = names.setdefault(name, (rank, column.id))
                if held[1] != column.id and held[0] == rank:
                    shared.add(name)
    return {name: held for name, held in names.items() if name and name not in shared}


@dataclass(frozen=True, slots=True)
class Header:
    """A header row: `row` is Excel's number; indexes are 0-based positions in a row."""

    row: int
    columns: Mapping[str, int]
    texts: Mapping[str, str]
    doubles: tuple[tuple[str, int, str, bool], ...]
    """(column id, index, text, same header) of further cells that name a column already found."""
    others: tuple[tuple[int, str], ...]
    """(index, text) of headers that name no column."""
    score: int


def find_header(
    rows: Sequence[Sequence[CellValue]], columns: Sequence[Column], merges: Iterable[Merge]
) -> Header | None:
    """The row of `rows` (which begin with Excel's row 1) that names the most columns, or None."""
    names = known_names(columns)
    weights = {column.id: 2 if column.required else 1 for column in columns}
    best: Header | None = None
    above: list[str] = []
    wide = [merge for merge in merges if merge[0][0] == merge[1][0]]
    for index, row in enumerate(rows):
        texts = [cell.strip() if isinstance(cell, str) else "" for cell in row]
        for candidate in (texts, _stacked(above, texts)):
            header = _matched(index + 1, candidate, names, weights)
            if best is None or header.score > best.score:
                best = header
        above = _filled_right(index, texts, wide)
    enough = min(2, len(columns))
    return best if best is not None and len(best.columns) >= enough else None


def _filled_right(row: int, texts: list[str], merges: Sequence[Merge]) -> list[str]:
    filled = list(texts)
    for (first_row, first), (_, last) in merges:
        if first_row == row and first < len(filled):
            filled[first : last + 1] = [filled[first]] * len(filled[first : last + 1])
    return filled


def _stacked(above: list[str], below: list[str]) -> list[str]:
    """A header over two rows, read as one."""
    if not above:
        return []
    return [f"{over} {under}".strip() for over, under in zip(above, below, strict=True)]


def _matched(
    row: int, texts: Sequence[str], names: Mapping[str, tuple[int, str]], weights: Mapping[str, int]
) -> Header:
    hits: dict[str, list[tuple[int, int, str]]] = {}
    others: list[tuple[int, str]] = []
    for index, text in enumerate(texts):
        hit = names.get(folded(text)) or names.get(_loose(text)) if text else None
        if hit:
            hits.setdefault(hit[1], []).append((hit[0], index, text))
        elif text:
            others.append((index, text))
    columns, found, doubles = {}, {}, []
    for column, cells in hits.items():
        _, index, text = min(cells)
        columns[column], found[column] = index, text
        rest = [(other, name) for _, other, name in cells if other != index]
        doubles += [(column, other, name, folded(name) == folded(text)) for other, name in rest]
    score = sum(weights[column] for column in columns)
    return Header(row, columns, found, tuple(doubles), tuple(others), score)


def is_found_column(text: str) -> bool:
    """Whether a header is the one a marked copy added; the file's own findings may follow it on further lines."""
    return text.partition("\n")[0].strip() == FOUND_HEADER


def nearest(column: Column, texts: Iterable[str]) -> str:
    """The header in the file that looks most like `column`'s, or ""."""
    by_name = {folded(text): text for text in texts}
    wanted = [folded(name) for name in (column.header, *column.aliases)]
    scored = [
        (difflib.SequenceMatcher(None, name, want).ratio(), text)
        for name, text in by_name.items()
        for want in wanted
    ]
    longer = [want for want in wanted if len(want) > 3]
    containing = [(0.7, text) for name, text in by_name.items() if any(want in name for want in longer)]
    ratio, text = max(scored + containing, default=(0.0, ""))
    return text if ratio >= 0.6 else ""
