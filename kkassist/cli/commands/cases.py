"""queue, case, person, set, note, assign, attach, outbox."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kkassist.actions import case as case_verbs
from kkassist.actions import outbox as outbox_verbs
from kkassist.actions import people as people_verbs
from kkassist.actions import queue as queue_verbs
from kkassist.cli.app import Context
from kkassist.cli.outcome import Outcome
from kkassist.domain.case import FieldChange, NoteKind, QueueRow
from kkassist.domain.change import PendingChange, Resolution
from kkassist.domain.errors import Misused
from kkassist.domain.language import say
from kkassist.domain.sourced import FilledField, Said

if TYPE_CHECKING:
    from kkassist.cli.commands import Several

_EVERYTHING = 1_000_000


def add(several: "Several") -> None:
    queue = several.add_parser("queue", help="the cases of the queue")
    queue.add_argument("--view", default="queue")
    queue.add_argument("--search", default="")
    queue.add_argument("--limit", type=int, default=_EVERYTHING)
    queue.set_defaults(run=_queue)
    case = several.add_parser("case", help="one case, filled in")
    case.add_argument("number")
    case.set_defaults(run=_case)
    person = several.add_parser("person", help="a person's employments, units, leaders and open cases")
    person.add_argument("query")
    person.add_argument("--reveal", metavar="REASON", default="")
    person.set_defaults(run=_person)
    change = several.add_parser("set", help="change fields of a case, by the form's names or ServiceNow's")
    change.add_argument("number")
    change.add_argument("values", nargs="+", metavar="FIELD=VALUE")
    change.set_defaults(run=_set)
    note = several.add_parser("note", help="write on a case")
    note.add_argument("number")
    kind = note.add_mutually_exclusive_group(required=True)
    kind.add_argument("--work-note", metavar="TEXT")
    kind.add_argument("--comment", metavar="TEXT")
    note.set_defaults(run=_note)
    assign = several.add_parser("assign", help="take a case or give it to a colleague")
    assign.add_argument("number")
    whom = assign.add_mutually_exclusive_group(required=True)
    whom.add_argument("--me", action="store_true")
    whom.add_argument("user", nargs="?")
    assign.set_defaults(run=_assign)
    attach = several.add_parser("attach", help="put a file on a case")
    attach.add_argument("number")
    attach.add_argument("file", type=Path)
    attach.set_defaults(run=_attach)
    _add_outbox(several)


def _add_outbox(several: "Several") -> None:
    outbox = several.add_parser("outbox", help="changes on their way to ServiceNow")
    inner = outbox.add_subparsers(dest="outbox_command", metavar="resolve")
    resolve = inner.add_parser("resolve", help="settle a conflict or a refusal")
    resolve.add_argument("entry")
    how = resolve.add_mutually_exclusive_group(required=True)
    for resolution in Resolution:
        how.add_argument(f"--{resolution.value}", dest="resolution", action="store_const", const=resolution)
    resolve.set_defaults(run=_resolve)
    outbox.set_defaults(run=_outbox)


def _queue(context: Context, arguments: argparse.Namespace) -> Outcome:
    if arguments.limit < 0:
        raise Misused(say("--limit skal være 0 eller mere."))
    desk = context.desk()
    view = queue_verbs.view_named(desk, arguments.view)
    found = queue_verbs.ids(desk, view, arguments.search)
    rows = queue_verbs.rows(desk, found[: arguments.limit])
    lines = [f"{row.number}  {row.state_label:<18} {row.person or '–':<28} {row.title}" for row in rows]
    data = {"cases": [_row(row) for row in rows], "total": len(found)}
    return Outcome(data, [*lines, say("{total} sager", total=len(found))])


def _row(row: QueueRow) -> dict[str, object]:
    return {
        "number": row.number,
        "sys_id": row.sys_id,
        "table": row.table,
        "title": row.title,
        "process": row.process,
        "state": row.state_label or row.state,
        "state_value": row.state,
        "priority": row.priority,
        "group": row.group,
        "assigned_to": row.assigned_to,
        "person": row.person,
        "due": row.due,
        "breach_at": row.breach_at,
        "breach_paused": row.breach_paused,
        "unread": row.unread,
        "updated": row.updated,
        "pending": row.pending,
        "refused": row.refused,
    }


def _case(context: Context, arguments: argparse.Namespace) -> Outcome:
    desk = context.desk()
    opened = case_verbs.open_case(desk, queue_verbs.find_case(desk, arguments.number).sys_id)
    record = opened.record
    data = {
        "case": _row(record.row),
        **_row(record.row),
        "record": {name: people_verbs.without_cprs(name, value) for name, value in record.fields.items()},
        "labels": record.labels,
        "fields": [_field(field) for field in opened.fields],
        "findings": opened.findings,
        "blocked": opened.blocked,
        "employment": opened.who.employment.tjenestenr if opened.who.employment else None,
        "candidates": [
            {"tjenestenr": one.tjenestenr, "position": one.position, "from": one.entry_date, "to": one.leave_date}
            for one in opened.who.candidates
        ],
        "must_choose": opened.who.must_choose,
        "trouble": opened.who.trouble,
        "steps": [
            {"id": one.step.id, "text": one.step.text, "done": one.done, "by": one.by} for one in opened.steps
        ],
        "notes": record.notes,
        "attachments": record.attachments,
        "sla": record.slas,
        "history": [_row(row) for row in opened.earlier],
        "changed_since_read": [_change(one) for one in record.changed_since_read],
        "drafts": {name: people_verbs.without_cprs(name, text) for name, text in opened.drafts.items()},
        "outbox": [entry_data(change) for change in opened.pending],
    }
    lines = [f"{record.row.number}  {record.row.title}  [{record.row.state_label}]"]
    lines += [_field_line(field) for field in opened.fields]
    lines += [f"! {finding.rule} {finding.message}" for finding in opened.findings]
    return Outcome(data, [*lines, *([opened.who.trouble] if opened.who.trouble else [])])


def _field(field: FilledField) -> dict[str, object]:
    masked = people_verbs.masked_if_cpr
    return {
        "id": field.id,
        "label": field.label,
        "value": masked(field.id, field.value),
        "source": field.source,
        "as_of": field.as_of,
        "reason": field.reason,
        "conflicts": [
            {"source": said.source, "value": masked(field.id, said.value), "as_of": said.as_of}
            for said in field.conflicts
        ],
    }


def _field_line(field: FilledField) -> str:
    others = "".join(f"  ≠ {_told(field.id, said)}" for said in field.conflicts)
    source = f" [{field.source.value}]" if field.source else ""
    return f"  {field.label}: {people_verbs.masked_if_cpr(field.id, field.value)}{source}{others}"


def _told(field: str, said: Said) -> str:
    return f"{said.source.value}: {people_verbs.masked_if_cpr(field, said.value)}"


def _change(one: FieldChange) -> dict[str, object]:
    clean = people_verbs.without_cprs
    return {
        "field": one.field,
        "before": clean(one.field, one.before),
        "after": clean(one.field, one.after),
        "by": one.by,
        "at": one.at,
    }


def _person(context: Context, arguments: argparse.Namespace) -> Outcome:
    found = people_verbs.find_person(context.desk(), arguments.query, reveal=arguments.reveal)
    lines = [
        f"{one.name}  {one.cpr}  {job.tjenestenr}  {job.position}  {job.unit_name}"
        for one in found
        for job in one.employments
    ]
    return Outcome({"persons": found, "total": len(found)}, lines or [say("Ingen personer passer på søgningen.")])


def _set(context: Context, arguments: argparse.Namespace) -> Outcome:
    values = dict(_pair(text) for text in arguments.values)
    desk = context.desk()
    return _made(case_verbs.set_values(desk, queue_verbs.find_case(desk, arguments.number).sys_id, values))


def _pair(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals or not field.strip():
        raise Misused(say("Skriv FELT=VÆRDI, fx state=2. Der stod: {text}.", text=text))
    return field.strip(), value


def _note(context: Context, arguments: argparse.Namespace) -> Outcome:
    is_comment = arguments.comment is not None
    kind, text = (NoteKind.COMMENT, arguments.comment) if is_comment else (NoteKind.WORK_NOTE, arguments.work_note)
    desk = context.desk()
    return _made([case_verbs.note(desk, queue_verbs.find_case(desk, arguments.number).sys_id, kind, text)])


def _assign(context: Context, arguments: argparse.Namespace) -> Outcome:
    desk = context.desk()
    found = queue_verbs.find_case(desk, arguments.number)
    return _made(case_verbs.assign(desk, found.sys_id, None if arguments.me else arguments.user))


def _attach(context: Context, arguments: argparse.Namespace) -> Outcome:
    desk = context.desk()
    return _made([case_verbs.attach(desk, queue_verbs.find_case(desk, arguments.number).sys_id, arguments.file)])


def _made(changes: Sequence[PendingChange]) -> Outcome:
    """The outbox entries made; nothing is sent yet."""
    lines = [
        say("{number}: {kind} {field} venter i udbakken.", number=one.number, kind=one.kind.value, field=one.field)
        for one in changes
    ]
    return Outcome({"entries": [entry_data(one) for one in changes]}, lines or [say("Ingen ændringer.")])


def entry_data(change: PendingChange) -> dict[str, object]:
    """An outbox entry in the contract's words."""
    clean = people_verbs.without_cprs
    return {
        "id": change.id,
        "number": change.number,
        "sys_id": change.case_id,
        "kind": change.kind,
        "field": change.field,
        "base": clean(change.field, change.base),
        "mine": clean(change.field, change.mine),
        "theirs": clean(change.field, change.theirs),
        "state": change.state,
        "tries": change.tries,
        "next_try": change.next_try,
        "detail": change.detail,
    }


def _outbox(context: Context, _: argparse.Namespace) -> Outcome:
    entries = outbox_verbs.entries(context.desk())
    lines = [
        f"{one.id}  {one.number}  {one.kind.value} {one.field}  {one.state.value}  {one.detail}" for one in entries
    ]
    return Outcome({"entries": [entry_data(one) for one in entries]}, lines or [say("Udbakken er tom.")])


def _resolve(context: Context, arguments: argparse.Namespace) -> Outcome:
    outbox_verbs.resolve(context.desk(), arguments.entry, arguments.resolution)
    return _outbox(context, arguments)
