"""Writing records as a user may: fields, journals, rules, the trace of every change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from kkassist.practice.servicenow.access import Access
from kkassist.practice.servicenow.clock import parse_day, parse_stamp, stamp
from kkassist.practice.servicenow.display import choice_labels, moment_raw
from kkassist.practice.servicenow.rules import complete_update, follow_update, refuse_update
from kkassist.practice.servicenow.schema import TABLES, Field, fields_of
from kkassist.practice.servicenow.session import Session
from kkassist.practice.servicenow.tables import Row, Tables, root


@dataclass(slots=True)
class Records:
    """The only way in for users' writes. Callers hold the tables' lock."""

    tables: Tables
    access: Access

    def insert(self, session: Session, table: str, body: Mapping[str, object], *, display_input: bool) -> Row:
        """A new record with what the user may set of it; a sys_id in the body is not honoured."""
        values, notes = self._values(session, table, {}, body, display_input=display_input)
        if root(table) == "task":
            values.setdefault("state", "10" if table.startswith("sn_hr_") else _first_state(table))
            values |= {"opened_at": self.tables.clock.stamp(), "opened_by": session.user_id}
            values.setdefault("priority", "4")
            values.setdefault("approval", "not requested")
        row = self.tables.add(table, values, by=session.user_name)
        self._write_notes(session, table, row, notes)
        return row

    def update(
        self, session: Session, table: str, old: Row, body: Mapping[str, object], *, display_input: bool
    ) -> Row:
        """The record after the write, before the rules that follow it; raises rules.Refused.

        A write that changes nothing moves neither `sys_updated_on` nor `sys_mod_count`.
        """
        concrete = old.get("sys_class_name", table) if root(table) == "task" else table
        values, notes = self._values(session, concrete, old, body, display_input=display_input)
        changes = {name: value for name, value in values.items() if value != old.get(name, "")}
        if not changes and not notes:
            return old
        refuse_update(concrete, old, changes)
        complete_update(concrete, old, changes, session.user_id, self.tables.clock.stamp())
        new = self.tables.change(concrete, old["sys_id"], changes, by=session.user_name)
        self._write_notes(session, concrete, new, notes)
        follow_update(self.tables, concrete, old, new)
        return new

    def _values(
        self, session: Session, table: str, old: Row, body: Mapping[str, object], *, display_input: bool
    ) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """What of the body counts: raw values to set, and (journal field, text) to append."""
        fields = fields_of(table)
        values: dict[str, str] = {}
        notes: list[tuple[str, str]] = []
        for name, given in body.items():
            field = fields.get(name)
            may = bool(old) and self.access.may_write(session, table, name)
            if field is None or not (may or (not old and self._may_set_new(session, table, name))):
                continue
            text = _text(given)
            if field.type == "journal":
                if text:
                    notes.append((name, text))
                continue
            raw = self._raw(session, table, field, text, display_input=display_input)
            if raw is not None:
                values[name] = raw
        return values, notes

    def _may_set_new(self, session: Session, table: str, name: str) -> bool:
        """On a new case its creator also says whom and what it is about."""
        if name.startswith("sys_") or name in {"number", "active", "opened_at", "opened_by"}:
            return False
        return session.unbound or root(table) == "task"

    def _raw(self, session: Session, table: str, field: Field, text: str, *, display_input: bool) -> str | None:
        """The raw value of what was sent; None where it is not one, which leaves the field as it was."""
        if not text:
            return ""
        if display_input and field.type in {"choice", "reference", "glide_date_time"}:
            return self._raw_of_display(session, table, field, text)
        return _RAW_OF.get(field.type, str)(text)

    def _raw_of_display(self, session: Session, table: str, field: Field, text: str) -> str | None:
        if field.type == "glide_date_time":
            return moment_raw(session, text)
        if field.type == "choice":
            labels = choice_labels(table, field.name, session.language)
            return next((value for value, label in labels.items() if label.casefold() == text.casefold()), text)
        display = TABLES[field.reference].display
        return next((row["sys_id"] for row in self.tables.rows(field.reference) if row.get(display) == text), text)

    def _write_notes(self, session: Session, table: str, row: Row, notes: list[tuple[str, str]]) -> None:
        for element, text in notes:
            self.tables.add(
                "sys_journal_field",
                {"name": table, "element": element, "element_id": row["sys_id"], "value": text},
                by=session.user_name,
            )


def _first_state(table: str) -> str:
    return "100" if table in {"sn_spend_sdc_service_request", "sn_ap_cm_ap_case"} else "1"


def _text(given: object) -> str:
    """The string a JSON value stands for; a reference may come as an object with its `value`."""
    if isinstance(given, Mapping):
        given = given.get("value", "")
    if given is None:
        return ""
    return str(given).lower() if isinstance(given, bool) else str(given)


def _raw_moment(text: str) -> str | None:
    instant = parse_stamp(text)
    return stamp(instant) if instant else None


def _raw_day(text: str) -> str | None:
    day = parse_day(text)
    return day.isoformat() if day else None


def _raw_truth(text: str) -> str | None:
    return "true" if text.lower() in {"true", "1"} else ""


def _raw_whole(text: str) -> str | None:
    return text if text.lstrip("-").isdigit() else None


_RAW_OF: Final[Mapping[str, Callable[[str], str | None]]] = {
    "glide_date_time": _raw_moment,
    "glide_date": _raw_day,
    "boolean": _raw_truth,
    "integer": _raw_whole,
}
