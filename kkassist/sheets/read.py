"""Reads an upload the way people really fill it in, and says what it had to leave out or could not find.

Nothing is interpreted here: cells stay raw, rows keep Excel's own numbers. The checks meet them next.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kkassist.domain.batch import Finding, Severity
from kkassist.domain.errors import Refused
from kkassist.domain.language import say
from kkassist.processes.cells import CellValue, Odd, Table
from kkassist.processes.words import Column, Upload
from kkassist.sheets.container import Limits, identify
from kkassist.sheets.cover import read_cover
from kkassist.sheets.headers import Header, find_header, folded, is_found_column, nearest
from kkassist.sheets.letters import letter
from kkassist.sheets.opened import Rows, Sheet, open_sheets
from kkassist.sheets.people_rows import people_rows

_DEFAULT_LIMITS = Limits()
_LARGEST_EXACT = 1e15
"""Excel keeps 15 digits; longer numbers end in zeros that nobody typed."""
_HIDDEN_BLOCKS_TOLD = 25


def read_upload(path: Path, upload: Upload, *, limits: Limits = _DEFAULT_LIMITS) -> Table:
    """The rows of the file at `path` (.xlsx, .xlsm, .xls, .ods or text), found by content.

    Raises `Refused` with one Danish sentence for a file that cannot be read at all; what can be mended row by row
    or header by header is in the table's findings.
    """
    kind = identify(path, limits)
    sheets = open_sheets(path, kind, upload.columns, limits)
    chosen, findings = _choose(path, sheets, upload)
    if len(chosen.kept) > limits.rows:
        raise Refused(
            say(
                "Filen {name} har {rows} rækker, og grænsen er {limit}. Del den i flere filer.",
                name=path.name,
                rows=len(chosen.kept),
                limit=limits.rows,
            )
        )
    return _table(path, chosen, sheets, upload, findings)


@dataclass(frozen=True, slots=True)
class _Candidate:
    sheet: Sheet
    header: Header
    rows: Rows
    numbers: Sequence[int]
    kept: Sequence[Sequence[CellValue]]
    findings: tuple[Finding, ...]


def _candidate(sheet: Sheet, header: Header, upload: Upload) -> _Candidate:
    rows = sheet.rows()
    numbers, kept, left_out = people_rows(rows, header, upload)
    findings = tuple(
        Finding(
            row=one.row,
            column="",
            cell="",
            value="",
            rule=one.rule,
            severity=one.severity,
            message=one.message,
            sheet=sheet.name,
        )
        for one in left_out
    )
    return _Candidate(sheet, header, rows, numbers, kept, findings)


def _choose(path: Path, sheets: Sequence[Sheet], upload: Upload) -> tuple[_Candidate, list[Finding]]:
    """The sheet whose header fits best and that has rows; hidden sheets only when no other has any."""
    if not sheets:
        raise Refused(say("Filen {name} er tom. Udfyld skabelonen, og prøv igen.", name=path.name))
    fitting = [
        (sheet, header) for sheet in sheets if (header := find_header(sheet.head, upload.columns, sheet.merges))
    ]
    if not fitting:
        raise Refused(_no_header(path, upload))
    candidates = [_candidate(sheet, header, upload) for sheet, header in fitting]
    with_rows = [one for one in candidates if one.kept]
    if not with_rows:
        raise Refused(
            say(
                "Filen {name} har overskrifter i række {row}, men ingen rækker under dem. Udfyld rækkerne.",
                name=path.name,
                row=candidates[0].header.row,
            )
        )
    visible = [one for one in with_rows if not one.sheet.hidden] or with_rows
    best = max(visible, key=lambda one: one.header.score)
    return best, list(_about_sheets(best, with_rows))


def _no_header(path: Path, upload: Upload) -> str:
    return say(
        "Filen {name} har ingen række med overskrifter. Den skal blandt andet have kolonnerne {columns}.",
        name=path.name,
        columns=_listed([column.header for column in upload.columns if column.required][:4]),
    )


def _about_sheets(best: _Candidate, with_rows: Sequence[_Candidate]) -> Iterator[Finding]:
    others = [one for one in with_rows if one is not best]
    if best.sheet.hidden:
        yield _of_file(
            best.sheet,
            "V-FIL-12",
            Severity.WARNING,
            say("Rækkerne står på det skjulte ark {sheet}. Er det det rigtige?", sheet=best.sheet.name),
        )
    rivals = [one for one in others if not one.sheet.hidden and one.header.score >= best.header.score]
    if rivals:
        names = _listed([one.sheet.name for one in (best, *rivals)])
        yield _of_file(
            best.sheet,
            "V-FIL-11",
            Severity.ERROR,
            say("Filen har flere ark med data: {names}. Flyt alt til ét ark, eller slet de andre.", names=names),
        )
    rest = [one.sheet.name for one in others if one not in rivals]
    if rest:
        yield _of_file(
            best.sheet,
            "V-FIL-11",
            Severity.INFO,
            say("Kun arket {sheet} er læst, ikke {names}.", sheet=best.sheet.name, names=_listed(rest)),
        )


def _table(
    path: Path, chosen: _Candidate, sheets: Sequence[Sheet], upload: Upload, findings: list[Finding]
) -> Table:
    header, sheet = chosen.header, chosen.sheet
    numbers = frozenset(chosen.numbers)
    hidden = frozenset(sheet.seen.hidden_rows & numbers)
    findings += _about_headers(chosen, upload)
    findings += _about_hidden(sheet, hidden, header, upload)
    findings += _about_merges(sheet, header, chosen.numbers, upload)
    findings += chosen.findings
    return Table(
        file_name=path.name,
        sheet=sheet.name,
        header_row=header.row,
        columns=dict(header.columns),
        letters={column: letter(index + 1) for column, index in header.columns.items()},
        headers=dict(header.texts),
        numbers=chosen.numbers,
        rows=chosen.kept,
        odd=_odd(chosen, numbers),
        hidden_rows=hidden,
        cover=_cover(chosen, sheets, upload.cover),
        findings=tuple(findings),
    )


def _odd(chosen: _Candidate, numbers: frozenset[int]) -> dict[tuple[int, str], Odd]:
    column_at = {index + 1: column for column, index in chosen.header.columns.items()}
    odd = {
        (row, column_at[column]): what
        for (row, column), what in chosen.sheet.seen.odd.items()
        if column in column_at and row in numbers
    }
    for column, index in chosen.header.columns.items():
        cells = [row[index] for row in chosen.kept]
        floats = [cell for cell in cells if cell.__class__ is float]
        if floats and max(map(abs, floats)) >= _LARGEST_EXACT:
            for number, cell in zip(chosen.numbers, cells, strict=True):
                if isinstance(cell, float) and abs(cell) >= _LARGEST_EXACT:
                    odd.setdefault((number, column), Odd.TOO_LONG_NUMBER)
    return odd


def _cover(chosen: _Candidate, sheets: Sequence[Sheet], columns: Sequence[Column]) -> dict[str, CellValue]:
    """From the title rows above the header and every other visible sheet; a sheet named "Forside" comes first."""
    if not columns:
        return {}
    others = [sheet for sheet in sheets if sheet is not chosen.sheet and not sheet.hidden]
    others.sort(key=lambda sheet: folded(sheet.name) != "forside")
    found: dict[str, CellValue] = read_cover(chosen.rows[: chosen.header.row - 1], columns)
    for sheet in reversed(others):
        found |= read_cover(sheet.head, columns)
    return found


def _about_headers(chosen: _Candidate, upload: Upload) -> Iterator[Finding]:
    header, sheet = chosen.header, chosen.sheet
    unused = [(index, text) for index, text in header.others if not is_found_column(text)]
    for column in upload.columns:
        if column.required and column.id not in header.columns:
            yield _missing(sheet, column, unused)
    by_id = {column.id: column for column in upload.columns}
    for column_id, index, text, same in header.doubles:
        yield _double(chosen, by_id[column_id], index, text, same)
    if unused:
        yield _of_file(
            sheet,
            "V-FIL-04",
            Severity.INFO,
            say("Disse kolonner bruges ikke: {names}.", names=_on_one_line(unused)),
        )
    yield from _without_header(chosen)


def _on_one_line(headers: Sequence[tuple[int, str]]) -> str:
    return _listed([text.replace("\n", " ") for _, text in headers])


def _missing(sheet: Sheet, column: Column, unused: Sequence[tuple[int, str]]) -> Finding:
    like = nearest(column, [text for _, text in unused])
    if like:
        where = next(letter(index + 1) for index, text in unused if text == like)
        message = say(
            "Kolonnen {column} mangler. Kolonne {where} hedder {like}: ret overskriften, hvis det er den.",
            column=column.header,
            where=where,
            like=like.replace("\n", " "),
        )
    else:
        message = say(
            "Kolonnen {column} mangler. Tilføj den, og udfyld den for alle rækker.", column=column.header
        )
    return Finding(0, column.header, "", "", "V-FIL-01", Severity.ERROR, message, sheet.name)


def _double(chosen: _Candidate, column: Column, index: int, text: str, same: bool) -> Finding:
    header = chosen.header
    used, other = letter(header.columns[column.id] + 1), letter(index + 1)
    if all(_blank(row[index]) for row in chosen.kept):
        severity = Severity.INFO
        message = say(
            "Kolonne {other} hedder også {text}, men er tom. Kolonne {used} er brugt.",
            other=other,
            text=text,
            used=used,
        )
    elif same:
        severity = Severity.ERROR
        message = say(
            "Overskriften {text} står to gange: i kolonne {used} og {other}. Slet den ene kolonne.",
            text=text,
            used=used,
            other=other,
        )
    else:
        severity = Severity.WARNING
        message = say(
            "Både kolonne {used} og {other} kan være {column}. Kolonne {used} er brugt. Slet den forkerte.",
            used=used,
            other=other,
            column=column.header,
        )
    rule = "V-FIL-02" if same else "V-FIL-03"
    return Finding(
        header.row, column.header, f"{other}{header.row}", text, rule, severity, message, chosen.sheet.name
    )


def _without_header(chosen: _Candidate) -> Iterator[Finding]:
    header = chosen.header
    named = {*header.columns.values(), *(index for index, _ in header.others), *(one[1] for one in header.doubles)}
    width = len(chosen.kept[0])
    bare = [
        letter(index + 1)
        for index in range(width)
        if index not in named and not all(_blank(row[index]) for row in chosen.kept)
    ]
    if bare:
        yield _of_file(
            chosen.sheet,
            "V-FIL-04",
            Severity.INFO,
            say("Disse kolonner har ingen overskrift og er ikke læst: {names}.", names=_listed(bare)),
        )


def _about_hidden(sheet: Sheet, hidden: frozenset[int], header: Header, upload: Upload) -> Iterator[Finding]:
    blocks = list(_blocks(sorted(hidden)))
    for first, last in blocks[:_HIDDEN_BLOCKS_TOLD]:
        text = (
            say("Række {first} er skjult eller filtreret fra, men er læst. Skal den med?", first=first)
            if first == last
            else say(
                "Række {first}-{last} er skjult eller filtreret fra, men er læst. Skal de med?",
                first=first,
                last=last,
            )
        )
        yield Finding(first, "", "", "", "V-FIL-05", Severity.WARNING, text, sheet.name)
    if len(blocks) > _HIDDEN_BLOCKS_TOLD:
        yield _of_file(
            sheet,
            "V-FIL-05",
            Severity.WARNING,
            say("I alt er {count} rækker skjult, men læst. Vis alle rækker, og se dem efter.", count=len(hidden)),
        )
    by_id = {column.id: column.header for column in upload.columns}
    for column, index in header.columns.items():
        if index + 1 in sheet.seen.hidden_columns:
            text = say(
                "Kolonnen {column} er skjult, men er læst. Vis den, og se værdierne efter.", column=by_id[column]
            )
            yield Finding(0, by_id[column], "", "", "V-FIL-06", Severity.WARNING, text, sheet.name)


def _about_merges(sheet: Sheet, header: Header, numbers: Sequence[int], upload: Upload) -> Iterator[Finding]:
    if not sheet.merges:
        return
    by_index = {
        header.columns[column.id]: column.header for column in upload.columns if column.id in header.columns
    }
    read = frozenset(numbers)
    for (first_row, first), (last_row, last) in sheet.merges:
        touched = [index for index in range(first, min(last, max(by_index)) + 1) if index in by_index]
        if touched and (first_row + 1 in read or last_row + 1 in read):
            cells = f"{letter(first + 1)}{first_row + 1}:{letter(last + 1)}{last_row + 1}"
            text = say(
                "Cellerne {cells} er flettet, og kun den første har en værdi. Ophæv fletningen, og udfyld dem.",
                cells=cells,
            )
            yield Finding(
                first_row + 1,
                by_index[touched[0]],
                f"{letter(first + 1)}{first_row + 1}",
                "",
                "V-FIL-13",
                Severity.WARNING,
                text,
                sheet.name,
            )


def _blocks(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = 0
    for row in rows:
        if first and row == last + 1:
            last = row
            continue
        if first:
            yield first, last
        first = last = row
    if first:
        yield first, last


def _of_file(sheet: Sheet, rule: str, severity: Severity, message: str) -> Finding:
    return Finding(0, "", "", "", rule, severity, message, sheet.name)


def _blank(cell: CellValue) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return say("{first} og {last}", first=", ".join(names[:-1]), last=names[-1])
