"""Display values: what the user's screen would show, in her zone, her date format and her language."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Final

from kkassist.practice.servicenow.clock import duration_seconds, parse_day, parse_stamp, stamp
from kkassist.practice.servicenow.schema import CHOICES, TABLES, Field, choice_source
from kkassist.practice.servicenow.session import Session, person_name
from kkassist.practice.servicenow.tables import Row, Tables, display_of

_JAVA_TO_C: Final = {
    "yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "a": "%p"
}  # fmt: skip
_JOURNAL_TITLE: Final = {
    ("work_notes", "da"): "Arbejdsnoter",
    ("work_notes", "en"): "Work notes",
    ("comments", "da"): "Kommentarer",
    ("comments", "en"): "Additional comments",
}


@cache
def python_format(java: str) -> str:
    """A `dd-MM-yyyy` pattern as one for strftime."""
    return re.sub("yyyy|MM|dd|HH|hh|mm|ss|a", lambda found: _JAVA_TO_C[found[0]], java)


def moment_text(session: Session, raw: str) -> str:
    """A raw UTC instant as the user reads it."""
    instant = parse_stamp(raw)
    if instant is None:
        return raw
    return instant.astimezone(session.zone).strftime(python_format(f"{session.date_format} {session.time_format}"))


def moment_raw(session: Session, text: str) -> str | None:
    """The raw instant that the user means by a date-time in her zone, in her own format or in ISO."""
    for pattern in (f"{session.date_format} {session.time_format}", "yyyy-MM-dd HH:mm:ss"):
        try:
            local = datetime.strptime(text, python_format(pattern)).replace(tzinfo=session.zone)
        except ValueError:
            continue
        return stamp(local)
    return None


def day_text(session: Session, raw: str) -> str:
    """A date, which has no zone, in the user's format."""
    day = parse_day(raw)
    return day.strftime(python_format(session.date_format)) if day else raw


def duration_text(raw: str, language: str) -> str:
    """A duration in words: `2 Dage 3 Timer 5 Minutter`."""
    seconds = duration_seconds(raw)
    names = (
        (("Dag", "Dage"), ("Time", "Timer"), ("Minut", "Minutter"))
        if language == "da"
        else (("Day", "Days"), ("Hour", "Hours"), ("Minute", "Minutes"))
    )
    counts = (seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60)
    words = [f"{count} {name[count != 1]}" for count, name in zip(counts, names, strict=True) if count]
    return " ".join(words) or f"0 {names[2][1]}"


def number_text(raw: str, language: str) -> str:
    """A decimal with the thousands and the point of the language."""
    try:
        text = f"{float(raw):,.2f}"
    except ValueError:
        return raw
    return text.translate(str.maketrans(",.", ".,")) if language == "da" else text


@cache
def choice_labels(table: str, element: str, language: str) -> dict[str, str]:
    """The labels of a choice field by value, by the nearest table that has a list."""
    source = choice_source(table, element)
    if source is None:
        return {}
    column = 1 if language == "da" else 2
    return {labels[0]: labels[column] for labels in CHOICES[(source, element)]}


def journal_text(tables: Tables, session: Session, row: Row, element: str) -> str:
    """All entries of one journal field, newest first, as one text in the user's zone and format."""
    entries = [
        entry
        for entry in tables.where("sys_journal_field", "element_id", row["sys_id"])
        if entry["element"] == element
    ]
    title = _JOURNAL_TITLE[(element, "da" if session.language == "da" else "en")]
    return "".join(
        f"{moment_text(session, entry['sys_created_on'])} - {person_name(tables, entry['sys_created_by'])} "
        f"({title})\n{entry.get('value', '')}\n\n"
        for entry in reversed(entries)
    )


def displayer(tables: Tables, session: Session, table: str, field: Field) -> Callable[[Row], str]:
    """How to show one field of the rows of a table; made once for each answer, remembers what it has shown."""
    name, seen = field.name, dict[str, str]()
    if field.type == "journal":
        return lambda row: journal_text(tables, session, row, name)
    if field.type == "choice":
        return lambda row: _choice_label(row, table, name, session.language)
    convert = _converter(tables, session, field)

    def show(row: Row) -> str:
        raw = row.get(name, "")
        if not raw:
            return ""
        shown = seen.get(raw)
        if shown is None:
            shown = seen[raw] = convert(raw)
        return shown

    return show


def _choice_label(row: Row, table: str, name: str, language: str) -> str:
    raw = row.get(name, "")
    return choice_labels(row.get("sys_class_name", table), name, language).get(raw, raw)


def _converter(tables: Tables, session: Session, field: Field) -> Callable[[str], str]:
    by_type: dict[str, Callable[[str], str]] = {
        "reference": lambda raw: display_of(tables, field.reference, raw),
        "glide_date_time": lambda raw: moment_text(session, raw),
        "glide_date": lambda raw: day_text(session, raw),
        "duration": lambda raw: duration_text(raw, session.language),
        "decimal": lambda raw: number_text(raw, session.language),
    }
    if field.name == "sys_class_name":
        return lambda raw: _table_label(raw, session.language)
    return by_type.get(field.type, str)


def _table_label(name: str, language: str) -> str:
    table = TABLES.get(name)
    if table is None:
        return name
    return table.label if language == "da" else table.label_en
