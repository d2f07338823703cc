"""Puts marks into a sheet's XML without parsing the sheet: only the rows with findings are touched.

Excel keeps everything it put there: formats, hidden parts, validations, formulas. Raises `UnknownShape` for XML
that is not written the usual way; the caller then takes the slow road. Source: ECMA-376 part 1, § 18.3.1.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

from kkassist.sheets.letters import LAST_COLUMN, letter, number

_ROW = re.compile(rb'<row r="(\d+)"')
_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"([^>]*?)(?:/>|>(.*?)</c>)', re.DOTALL)
_STYLE = re.compile(rb' s="(\d+)"')
_SPANS = re.compile(rb' spans="[^"]*"')
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class UnknownShape(Exception):
    """The XML is valid, perhaps, but not in a shape that can be spliced safely."""


@dataclass(frozen=True, slots=True)
class RowMarks:
    """What one row gets: column number → fill name of each marked cell, and the text of the last column."""

    fills: Mapping[int, str]
    text: str


Restyle = Callable[[int, str], int]
"""(style index of a cell, fill name) → index of the same style with that fill; fill "" gives the text's style."""


def spliced(sheet: bytes, marks: Mapping[int, RowMarks], column: int, restyle: Restyle, width: float) -> bytes:
    """The sheet's XML with `marks` (by Excel row) laid in and their texts in `column`."""
    if column > LAST_COLUMN:
        raise UnknownShape
    start, end = _sheet_data(sheet)
    body = sheet[start:end]
    starts = [(int(found[1]), found.start()) for found in _ROW.finditer(body)]
    _check_shape(body, starts)
    pieces: list[bytes] = []
    done = 0
    ends = [place for _, place in starts[1:]] + [len(body)]
    wanted = sorted(marks)
    at = 0
    for row in wanted:
        while at < len(starts) and starts[at][0] < row:
            at += 1
        place = starts[at][1] if at < len(starts) else len(body)
        pieces.append(body[done:place])
        if at < len(starts) and starts[at][0] == row:
            done = ends[at]
            pieces.append(_marked_row(body[place:done], row, marks[row], column, restyle))
        else:
            done = place
            pieces.append(_marked_row(b'<row r="%d"></row>' % row, row, marks[row], column, restyle))
    pieces.append(body[done:])
    last_row = max(wanted[-1] if wanted else 1, starts[-1][0] if starts else 1)
    head = _with_dimension(_with_column(sheet[:start], column, width), column, last_row)
    return b"".join((head, *pieces, sheet[end:]))


def _sheet_data(sheet: bytes) -> tuple[int, int]:
    opening = sheet.find(b"<sheetData>")
    closing = sheet.rfind(b"</sheetData>")
    if opening < 0 or closing < 0:
        raise UnknownShape
    return opening + len(b"<sheetData>"), closing


def _check_shape(body: bytes, starts: Sequence[tuple[int, int]]) -> None:
    rows = [row for row, _ in starts]
    increasing = all(one < two for one, two in pairwise(rows))
    plain = body.count(b"<row") == len(starts) and body.count(b"<c ") == body.count(b'<c r="')
    if not increasing or not plain or b"<c>" in body or b"<!--" in body:
        raise UnknownShape


def _marked_row(xml: bytes, row: int, marks: RowMarks, column: int, restyle: Restyle) -> bytes:
    opened, inside, after = _parted(xml)
    row_style = _STYLE.search(opened)
    default = int(row_style[1]) if row_style and b"customFormat" in opened else 0
    cells = {number(found[1].decode()): found for found in _CELL.finditer(inside)}
    if len(cells) != inside.count(b"<c "):
        raise UnknownShape
    written = {at: found[0] for at, found in cells.items()}
    for at, fill in marks.fills.items():
        written[at] = _filled(cells.get(at), b"%s%d" % (letter(at).encode(), row), default, fill, restyle)
    written[column] = _text_cell(b"%s%d" % (letter(column).encode(), row), marks.text, restyle(default, ""))
    return b"%s%s</row>%s" % (_SPANS.sub(b"", opened), b"".join(written[at] for at in sorted(written)), after)


def _parted(xml: bytes) -> tuple[bytes, bytes, bytes]:
    """(opening tag, cells, what stands behind the row) of a row that may be written `<row …/>`."""
    end = xml.find(b">")
    if xml[end - 1 : end] == b"/":
        return xml[: end - 1] + b">", b"", xml[end + 1 :]
    closing = xml.rfind(b"</row>")
    if closing < 0:
        raise UnknownShape
    return xml[: end + 1], xml[end + 1 : closing], xml[closing + len(b"</row>") :]


def _filled(cell: re.Match[bytes] | None, reference: bytes, default: int, fill: str, restyle: Restyle) -> bytes:
    if cell is None:
        return b'<c r="%s" s="%d"/>' % (reference, restyle(default, fill))
    style = _STYLE.search(cell[3])
    number_of = restyle(int(style[1]) if style else 0, fill)
    attributes = _STYLE.sub(b"", cell[3])
    rest = b"/>" if cell[4] is None else b">%s</c>" % cell[4]
    return b'<c r="%s" s="%d"%s%s' % (reference, number_of, attributes, rest)


def _text_cell(reference: bytes, text: str, style: int) -> bytes:
    plain = escape(_FORBIDDEN.sub("", text))[:32_000].encode("utf-8", "replace")
    return b'<c r="%s" s="%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>' % (
        reference,
        style,
        plain,
    )


def _with_dimension(head: bytes, column: int, last_row: int) -> bytes:
    return re.sub(
        rb'<dimension ref="[^"]*"',
        b'<dimension ref="A1:%s%d"' % (letter(column).encode(), last_row),
        head,
        count=1,
    )


_COLS = re.compile(rb"<cols>(.*?)</cols>", re.DOTALL)
_COL = re.compile(rb"<col ([^>]*?)/?>(?:</col>)?")
_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')


def _with_column(head: bytes, column: int, width: float) -> bytes:
    """`head` with a width for `column`; a range of columns that covers it is split in three."""
    ours = b'<col min="%d" max="%d" width="%.1f" customWidth="1"/>' % (column, column, width)
    found = _COLS.search(head)
    if found is None:
        if b"<cols" in head:
            raise UnknownShape
        return _before_sheet_data(head, b"<cols>%s</cols>" % ours)
    ranges: list[tuple[int, bytes]] = [(column, ours)]
    for col in _COL.finditer(found[1]):
        values = dict(_ATTRIBUTE.findall(col[1]))
        first, last = int(values.pop(b"min")), int(values.pop(b"max"))
        rest = b" ".join(b'%s="%s"' % pair for pair in values.items())
        for low, high in ((first, min(last, column - 1)), (max(first, column + 1), last)):
            if low <= high:
                ranges.append((low, b'<col min="%d" max="%d" %s/>' % (low, high, rest)))
    cols = b"<cols>%s</cols>" % b"".join(col for _, col in sorted(ranges))
    return head[: found.start()] + cols + head[found.end() :]


def _before_sheet_data(head: bytes, cols: bytes) -> bytes:
    place = head.rfind(b"<sheetData>")
    return head[:place] + cols + head[place:]
