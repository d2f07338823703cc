"""What the reader says of a file that can be read: sheets passed over, columns missing, rows and cells hidden."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kkassist.domain.batch import Finding, Severity
from kkassist.domain.language import say
from kkassist.processes.cells import CellValue
from kkassist.processes.words import Column, Upload
from kkassist.sheets.headers import Header, is_found_column, nearest
from kkassist.sheets.letters import letter
from kkassist.sheets.opened import Rows, Sheet

_HIDDEN_BLOCKS_TOLD = 25


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sheet with a header that fits: its rows, and those below the header that are people's."""

    sheet: Sheet
    header: Header
    rows: Rows
    numbers: Sequence[int]
    kept: Sequence[Sequence[CellValue]]
    findings: tuple[Finding, ...]


def about_sheets(best: Candidate, with_rows: Sequence[Candidate]) -> Iterator[Finding]:
    """Which sheet was read, and which were not."""
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
        names = listed([one.sheet.name for one in (best, *rivals)])
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
            say("Kun arket {sheet} er læst, ikke {names}.", sheet=best.sheet.name, names=listed(rest)),
        )


def about_headers(chosen: Candidate, upload: Upload) -> Iterator[Finding]:
    """Columns missing, doubled, unknown or without a header."""
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
    return listed([text.replace("\n", " ") for _, text in headers])


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


def _double(chosen: Candidate, column: Column, index: int, text: str, same: bool) -> Finding:
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


def _without_header(chosen: Candidate) -> Iterator[Finding]:
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
            say("Disse kolonner har ingen overskrift og er ikke læst: {names}.", names=listed(bare)),
        )


def about_hidden(sheet: Sheet, hidden: frozenset[int], header: Header, upload: Upload) -> Iterator[Finding]:
    """Rows and columns that are read though nobody sees them."""
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


def about_merges(sheet: Sheet, header: Header, numbers: Sequence[int], upload: Upload) -> Iterator[Finding]:
    """Merged cells among the rows: all but the first are empty."""
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


def listed(names: Sequence[str]) -> str:
    """ "a, b og c"."""
    if len(names) < 2:
        return "".join(names)
    return say("{first} og {last}", first=", ".join(names[:-1]), last=names[-1])
