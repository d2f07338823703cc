"""CSV and other text tables: encoding and delimiter found in the content, rows numbered as Excel numbers them."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from kkassist.domain.errors import Refused
from kkassist.domain.language import say
from kkassist.processes.words import Column
from kkassist.sheets.container import Limits, plain_words
from kkassist.sheets.headers import find_header

_DELIMITERS = (";", ",", "\t")
_LONGEST_CELL = 32_767
"""Excel's own limit of signs in a cell: a longer one is a quotation mark that was never closed."""


def read_text_table(path: Path, columns: Sequence[Column], limits: Limits) -> list[list[str]]:
    """Every record of the file, padded to one width. A blank line is an empty row, as in Excel."""
    with plain_words(path):
        text = _decoded(path, path.read_bytes())
    text, chosen = _without_sep_line(text)
    delimiter = chosen or _delimiter(text, columns, limits)
    records = _records(path, text, delimiter)
    width = max((len(record) for record in records), default=0)
    if len(records) * width > limits.cells:
        raise Refused(say("Filen {name} har for mange celler. Del den i flere filer.", name=path.name))
    return [record + [""] * (width - len(record)) for record in records]


def _decoded(path: Path, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif content[1:200:2].count(0) > len(content[1:200:2]) * 0.6:
        encodings = ["utf-16-le"]
    elif content[:200:2].count(0) > len(content[:200:2]) * 0.6:
        encodings = ["utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(
        say("Bogstaverne i {name} kan ikke læses. Gem filen fra Excel som .xlsx, og prøv igen.", name=path.name)
    )


def _without_sep_line(text: str) -> tuple[str, str]:
    """Excel obeys a first line such as `sep=;` and does not show it."""
    first, _, rest = text.partition("\n")
    line = first.strip("\r\ufeff ").strip('"')
    if line[:4].lower() == "sep=" and len(line) == 5:
        return rest, line[4]
    return text, ""


def _delimiter(text: str, columns: Sequence[Column], limits: Limits) -> str:
    head = text[:200_000]

    def fit(delimiter: str) -> tuple[int, int]:
        rows: list[list[str]] = []
        try:
            for row in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter):
                rows.append(row)
                if len(rows) >= limits.header_search_rows:
                    break
        except csv.Error:
            return (0, 0)
        width = max((len(row) for row in rows), default=0)
        header = find_header([row + [""] * (width - len(row)) for row in rows], columns, ())
        return (header.score if header else 0, sum(len(row) for row in rows))

    return max(_DELIMITERS, key=fit)


def _records(path: Path, text: str, delimiter: str) -> list[list[str]]:
    records: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for record in reader:
            if record and max(map(len, record)) > _LONGEST_CELL:
                raise csv.Error
            records.append(record)
    except csv.Error as error:
        raise Refused(
            say(
                "Et anførselstegn i {name} er ikke lukket efter række {row}. Ret det, eller gem filen som .xlsx.",
                name=path.name,
                row=len(records),
            )
        ) from error
    return records
