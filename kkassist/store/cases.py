"""The server's cases. What servers said lies in the bodies; `cases` is its shadow with the user's own changes over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from kkassist.domain.case import (
    Attachment,
    CaseRecord,
    FieldChange,
    Note,
    NoteKind,
    QueueRow,
    ServerRow,
    Sla,
)
from kkassist.domain.change import OPEN_STATES, ChangeKind
from kkassist.domain.colleague import Me
from kkassist.processes.mapping import About
from kkassist.store import queue, search, tables
from kkassist.store.codec import (
    encode_texts,
    instant,
    micros,
    must_instant,
    must_micros,
    servicenow_micros,
    servicenow_raw,
    texts,
)
from kkassist.store.folding import danish_key
from kkassist.store.sql import Tx, Value, chunks, delete, insert, one_of, rows_in, upsert

Describe = Callable[[ServerRow], About]

_QUIET = frozenset({"comments", "work_notes", "comments_and_work_notes", "time_worked", "activity_due"})
"""Journals show themselves; clocks tick by themselves: neither is news of a field."""
_COLUMNS = (
    "sys_id", "table_name", "number", "title", "process", "state", "state_label", "priority", "group_id",
    "group_label", "assigned_id", "assigned_label", "person", "person_key", "cpr", "tjenestenr", "due", "opened",
    "closed", "updated", "mod_count", "updated_by", "active", "unread", "breach_at", "breach_paused",
)  # fmt: skip
_BODY = ("fields", "labels")
_KEPT = (
    f"SELECT c.seq, {', '.join(f'c.{name}' for name in _COLUMNS)}, b.fields, b.labels "  # noqa: S608
    "FROM cases c JOIN case_bodies b ON b.seq = c.seq WHERE c.sys_id IN "
)
_AT = {name: place for place, name in enumerate((*_COLUMNS, *_BODY))}
_SEARCHED = [_AT[name] for name in ("number", "cpr", "tjenestenr", "title", "person", "group_label")]
_OPEN = ", ".join(f"'{state.value}'" for state in OPEN_STATES)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a page brought: sys_ids by what became of them."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Kept:
    """A row as the workspace has it."""

    seq: int
    """0 for a row that this page brings."""
    row: ServerRow
    columns: tuple[Any, ...]
    """Those of `_COLUMNS`, then those of `_BODY`."""

    @property
    def version(self) -> tuple[int, int]:
        return self.columns[_AT["updated"]], self.columns[_AT["mod_count"]]


@dataclass(frozen=True, slots=True)
class _Mine:
    """A pending change as the queue shows it."""

    value: str
    label: str
    number: int | None


Overlay = Mapping[str, _Mine]
"""The user's pending values of one case, by ServiceNow field."""


def store_page(
    tx: Tx, rows: Sequence[ServerRow], *, me: Me | str, at: datetime, about: Describe | None = None
) -> Stored:
    """Keep a page of records: the same page twice changes nothing, an older version never overwrites a newer.

    Fields are merged into what is known (a child table adds its own fields to the row its parent gave; a field the
    ACL hides stays as it was last seen). What others than `me` changed in a known case is kept as `FieldChange` and
    makes it unread. `about` tells process and person of a record; `at` is when the page was read.
    """
    mine = me if isinstance(me, str) else me.user_name
    sys_ids = [row.sys_id for row in rows]
    known, mine_now = _kept(tx, sys_ids), _overlays(tx, sys_ids)
    before = dict(known)
    fresh: dict[str, tuple[Value, ...]] = {}
    outcome: dict[str, str] = {}
    news: list[tuple[Value, ...]] = []
    for given in rows:
        kept = known.get(given.sys_id)
        if kept is not None and _is_older(given, kept):
            outcome.setdefault(given.sys_id, "unchanged")
            continue
        merged = _merged(kept.row if kept else None, given)
        changes = _changes(kept, given, mine, at)
        told = about(merged) if about else About("", merged.labels.get("subject_person", ""), "", "")
        unread = _is_news(kept, given, mine)
        columns = _columns(merged, kept, told, mine_now.get(given.sys_id, {}), unread=unread)
        if kept is not None and columns == kept.columns:
            outcome.setdefault(given.sys_id, "unchanged")
            continue
        news += changes
        fresh[given.sys_id] = columns
        outcome[given.sys_id] = "changed" if kept and outcome.get(given.sys_id) != "created" else "created"
        known[given.sys_id] = _Kept(kept.seq if kept else 0, merged, columns)
    _write(tx, fresh, before)
    insert(tx, "field_changes", ("case_id", "field", "before", "after", "by", "at"), news)
    return Stored(*(tuple(key for key, value in outcome.items() if value == word)
                    for word in ("created", "changed", "unchanged")))  # fmt: skip


def remove(tx: Tx, sys_ids: Sequence[str], at: datetime | None = None) -> int:
    """Take cases out that the server no longer shows. The user's own drafts and changes stay. Returns how many."""
    removed = 0
    for some in chunks(sys_ids):
        names, bound = one_of("id", some)
        found = tx.execute(
            text(f"SELECT seq, sys_id, table_name FROM cases WHERE sys_id IN ({names})"),  # noqa: S608
            bound,
        ).all()
        seqs = [row.seq for row in found]
        search.forget(tx, "case", seqs)
        delete(tx, "case_bodies", "seq", seqs)
        for table, key in (
            ("cases", "sys_id"), ("notes", "case_id"), ("attachments", "case_id"), ("slas", "case_id"),
            ("field_changes", "case_id"), ("read_marks", "case_id"),
        ):  # fmt: skip
            tx.execute(text(f"DELETE FROM {table} WHERE {key} IN ({names})"), bound)  # noqa: S608
        when = must_micros(at or datetime.now(UTC))
        upsert(
            tx,
            tables.tombstones,
            ("sys_id", "table_name", "at"),
            [(row.sys_id, row.table_name, when) for row in found],
        )
        removed += len(found)
    return removed


def known(tx: Tx, *, active_only: bool = False) -> dict[str, tuple[str, str]]:
    """sys_id → (table, raw sys_updated_on) of every case held here."""
    rows = tx.execute(
        text(f"SELECT sys_id, table_name, updated FROM cases{' WHERE active = 1' if active_only else ''}")  # noqa: S608
    )
    return {row.sys_id: (row.table_name, servicenow_raw(row.updated)) for row in rows}


def server_row(tx: Tx, sys_id: str) -> ServerRow | None:
    """The record as the server last gave it."""
    kept = _kept(tx, [sys_id]).get(sys_id)
    return kept.row if kept else None


def find(tx: Tx, number_or_sys_id: str, me: Me | None = None) -> list[QueueRow]:
    """Cases of this number or sys_id: several where ServiceNow has one number twice."""
    asked = number_or_sys_id.strip()
    numbered = _seqs_of(tx, asked)
    found = tx.execute(
        text(
            f"SELECT sys_id FROM cases WHERE sys_id = :asked OR (seq IN ({numbered}) AND number = :number) "  # noqa: S608
            "ORDER BY active DESC, seq"
        ),
        {"asked": asked, "number": asked.upper()},
    )
    return queue.rows(tx, list(found.scalars()), me)


def record(tx: Tx, sys_id: str, me: Me | None = None) -> CaseRecord | None:
    """All that the workspace knows of a case, with the user's own changes laid over; None when it is not here."""
    server = server_row(tx, sys_id)
    lines = queue.rows(tx, [sys_id], me)
    if server is None or not lines:
        return None
    fields, labels = dict(server.fields), dict(server.labels)
    mine = tx.execute(
        text("SELECT field, mine, mine_label FROM changes WHERE case_id = :id AND overlays = 1 ORDER BY id"),
        {"id": sys_id},
    )
    for change in mine:
        fields[change.field], labels[change.field] = change.mine, change.mine_label
    return CaseRecord(
        row=lines[0],
        server=server,
        fields=fields,
        labels=labels,
        notes=(*_own_notes(tx, sys_id), *notes(tx, sys_id)),
        attachments=(*attachments(tx, sys_id), *_own_files(tx, sys_id)),
        slas=slas(tx, sys_id),
        changed_since_read=_unseen(tx, sys_id),
    )


def earlier_cases(tx: Tx, cpr: str, tjenestenr: str, but: str, me: Me | None = None) -> list[QueueRow]:
    """Other cases of the same person, newest first, at most 50."""
    theirs = _seqs_of(tx, cpr, tjenestenr)
    found = tx.execute(
        text(
            f"SELECT sys_id FROM cases WHERE seq IN ({theirs}) AND ((cpr = :cpr AND cpr <> '') OR "  # noqa: S608
            "(tjenestenr = :number AND tjenestenr <> '')) AND sys_id <> :but ORDER BY updated DESC, seq DESC LIMIT 50"
        ),
        {"cpr": cpr, "number": tjenestenr, "but": but},
    )
    return queue.rows(tx, list(found.scalars()), me)


def project(tx: Tx, sys_id: str) -> None:
    """Lay the user's pending changes over a case again: one has come, gone, or taken another value."""
    kept = _kept(tx, [sys_id]).get(sys_id)
    if kept is None:
        return
    told = About(*(kept.columns[_AT[name]] for name in ("process", "person", "cpr", "tjenestenr")))
    columns = _columns(kept.row, kept, told, _overlays(tx, [sys_id]).get(sys_id, {}), unread=False)
    if columns != kept.columns:
        upsert(tx, tables.cases, _COLUMNS, [columns[: len(_COLUMNS)]])


def mark_read(tx: Tx, sys_id: str, at: datetime | None = None) -> None:
    """The user has looked: what changed until now is no longer new."""
    tx.execute(text("UPDATE cases SET unread = 0 WHERE sys_id = :id"), {"id": sys_id})
    tx.execute(text("DELETE FROM field_changes WHERE case_id = :id"), {"id": sys_id})
    upsert(tx, tables.read_marks, ("case_id", "at"), [(sys_id, must_micros(at or datetime.now(UTC)))])


def store_notes(tx: Tx, sys_id: str, several: Sequence[Note]) -> None:
    """Keep journal entries; known ones are overwritten by id, none is ever lost because the ACL closed."""
    upsert(
        tx,
        tables.notes,
        ("case_id", "id", "kind", "text", "author", "at", "place"),
        [
            (sys_id, note.id, note.kind.value, note.text, note.author, micros(note.at), place)
            for place, note in enumerate(several)
        ],
    )


def notes(tx: Tx, sys_id: str) -> tuple[Note, ...]:
    """Journal entries, newest first; those without a time keep the order they were given in."""
    found = tx.execute(
        text(
            'SELECT id, kind, text, author, "at" FROM notes WHERE case_id = :id '
            'ORDER BY "at" IS NULL, "at" DESC, place'
        ),
        {"id": sys_id},
    )
    return tuple(Note(row.id, NoteKind(row.kind), row.text, row.author, instant(row.at)) for row in found)


def store_attachments(tx: Tx, sys_id: str, several: Sequence[Attachment]) -> None:
    """Keep the list of a case's files as it is now; bytes already here stay with their file."""
    ids = {one.sys_id for one in several}
    kept = {
        row.sys_id: row.blob
        for row in tx.execute(text("SELECT sys_id, blob FROM attachments WHERE case_id = :id"), {"id": sys_id})
    }
    for gone in kept.keys() - ids:
        tx.execute(text("DELETE FROM attachments WHERE sys_id = :id"), {"id": gone})
    upsert(
        tx,
        tables.attachments,
        ("sys_id", "case_id", "name", "content_type", "size", "sha256", "by", "at", "blob"),
        [
            (one.sys_id, sys_id, one.name, one.content_type, one.size, one.sha256, one.by, micros(one.at),
             kept.get(one.sys_id, ""))
            for one in several
        ],
    )  # fmt: skip


def attachments(tx: Tx, sys_id: str) -> tuple[Attachment, ...]:
    """The files of a case, oldest first."""
    found = tx.execute(
        text(
            'SELECT sys_id, name, content_type, size, sha256, "by", "at" FROM attachments WHERE case_id = :id '
            'ORDER BY "at", sys_id'
        ),
        {"id": sys_id},
    )
    return tuple(Attachment(row[0], row[1], row[2], row[3], row[4], row[5], instant(row[6])) for row in found)


def attachment_bytes(tx: Tx, attachment_id: str) -> bytes | None:
    """The bytes of a file, where they have been fetched."""
    return tx.execute(
        text("SELECT b.data FROM attachments a JOIN blobs b ON b.sha256 = a.blob WHERE a.sys_id = :id"),
        {"id": attachment_id},
    ).scalar()


def store_attachment_bytes(tx: Tx, attachment_id: str, data: bytes) -> None:
    """Keep the bytes of a file that is known already."""
    from kkassist.store import outbox  # noqa: PLC0415 - the outbox reads cases

    digest = outbox.keep_bytes(tx, data, "")
    tx.execute(
        text("UPDATE attachments SET blob = :digest WHERE sys_id = :id"), {"digest": digest, "id": attachment_id}
    )


def store_slas(tx: Tx, sys_id: str, several: Sequence[Sla]) -> None:
    """Keep a case's clocks as they are now. The earliest running one is when the case breaches."""
    tx.execute(text("DELETE FROM slas WHERE case_id = :id"), {"id": sys_id})
    insert(
        tx,
        "slas",
        ("case_id", "place", "name", "stage", "planned_end", "breached"),
        [
            (sys_id, place, one.name, one.stage, micros(one.planned_end), int(one.breached))
            for place, one in enumerate(several)
        ],
    )
    running = [one.planned_end for one in several if one.stage == "in_progress" and one.planned_end]
    paused = [one.planned_end for one in several if one.stage == "paused" and one.planned_end]
    tx.execute(
        text("UPDATE cases SET breach_at = :breach, breach_paused = :paused WHERE sys_id = :id"),
        {
            "breach": micros(min(running or paused, default=None)),
            "paused": int(bool(paused) and not running),
            "id": sys_id,
        },
    )


def slas(tx: Tx, sys_id: str) -> tuple[Sla, ...]:
    """The clocks of a case in the order given."""
    found = tx.execute(
        text("SELECT name, stage, planned_end, breached FROM slas WHERE case_id = :id ORDER BY place"),
        {"id": sys_id},
    )
    return tuple(Sla(row.name, row.stage, instant(row.planned_end), bool(row.breached)) for row in found)


def _kept(tx: Tx, sys_ids: Sequence[str]) -> dict[str, _Kept]:
    found: dict[str, _Kept] = {}
    for row in rows_in(tx, _KEPT, dict.fromkeys(sys_ids)):
        columns = tuple(row)[1:]
        fields, labels = columns[-2:]
        server = ServerRow(columns[0], columns[1], texts(fields), texts(labels))
        found[server.sys_id] = _Kept(row[0], server, columns)
    return found


def _overlays(tx: Tx, sys_ids: Sequence[str]) -> dict[str, dict[str, _Mine]]:
    """The pending values that the queue shows, by case; the latest change of a field counts."""
    anything = tx.execute(text("SELECT 1 FROM changes WHERE overlays = 1 LIMIT 1")).first()
    found: dict[str, dict[str, _Mine]] = {}
    if anything is None:
        return found
    asked = (
        "SELECT id, case_id, field, mine, mine_label, mine_number FROM changes WHERE overlays = 1 AND case_id IN "
    )
    for row in sorted(tuple(row) for row in rows_in(tx, asked, dict.fromkeys(sys_ids))):
        found.setdefault(row[1], {})[row[2]] = _Mine(*row[3:])
    return found


def _write(tx: Tx, fresh: Mapping[str, tuple[Value, ...]], before: Mapping[str, _Kept]) -> None:
    """Rows, bodies and search together; what is here again is no longer gone."""
    width = len(_COLUMNS)
    upsert(tx, tables.cases, _COLUMNS, [columns[:width] for columns in fresh.values()])
    seqs = {sys_id: kept.seq for sys_id, kept in before.items()}
    created = [sys_id for sys_id in fresh if sys_id not in before]
    seqs.update((row[1], row[0]) for row in rows_in(tx, "SELECT seq, sys_id FROM cases WHERE sys_id IN ", created))
    bodies = [(seqs[sys_id], *columns[width:]) for sys_id, columns in fresh.items()]
    upsert(tx, tables.case_bodies, ("seq", *_BODY), bodies)
    search.add(tx, "case", [_entry(seqs[sys_id], fresh[sys_id]) for sys_id in created])
    search.index(
        tx,
        "case",
        [
            _entry(seqs[sys_id], columns)
            for sys_id, columns in fresh.items()
            if sys_id in before and any(columns[at] != before[sys_id].columns[at] for at in _SEARCHED)
        ],
    )
    delete(tx, "tombstones", "sys_id", created)


def _entry(seq: int, columns: tuple[Any, ...]) -> search.Entry:
    number, cpr, tjenestenr, title, person, group = (columns[at] for at in _SEARCHED)
    return search.Entry(seq, f"{title} {person} {group}", (number, cpr, tjenestenr))


def _seqs_of(tx: Tx, *numbers: str) -> str:
    """Rows that bear one of these numbers, as the inside of an IN list: our own integers."""
    return ", ".join(map(str, search.numbered(tx, "case", numbers))) or "NULL"


def _version(row: ServerRow) -> tuple[int, int]:
    return servicenow_micros(row.fields.get("sys_updated_on", "")) or 0, _int(row.fields.get("sys_mod_count", ""))


def _is_older(given: ServerRow, kept: _Kept) -> bool:
    """A record that does not tell its version is taken as of now; one without a count is compared by time alone."""
    if "sys_updated_on" not in given.fields:
        return False
    return _version(given) < (kept.version[0], kept.version[1] if "sys_mod_count" in given.fields else 0)


def _merged(kept: ServerRow | None, given: ServerRow) -> ServerRow:
    if kept is None:
        return given
    labels = {**kept.labels, **given.labels}
    for field, value in given.fields.items():  # a label of an earlier value would lie
        if field in kept.labels and field not in given.labels and kept.fields.get(field) != value:
            del labels[field]
    table = given.table if given.table != "task" else kept.table
    return ServerRow(given.sys_id, table, {**kept.fields, **given.fields}, labels)


def _is_news(kept: _Kept | None, given: ServerRow, me: str) -> bool:
    if kept is None:
        return False
    by = given.fields.get("sys_updated_by", "")
    return _version(given) > kept.version and bool(by) and by != me


def _changes(kept: _Kept | None, given: ServerRow, me: str, at: datetime) -> list[tuple[Value, ...]]:
    by = given.fields.get("sys_updated_by", "")
    if kept is None or by == me:
        return []
    when = servicenow_micros(given.fields.get("sys_updated_on", "")) or must_micros(at)
    before = kept.row
    return [
        (given.sys_id, field, _shown(before, field), _shown(given, field), by, when)
        for field, value in given.fields.items()
        if field in before.fields and before.fields[field] != value
        and not field.startswith("sys_") and field not in _QUIET
    ]  # fmt: skip


def _shown(row: ServerRow, field: str) -> str:
    return row.labels.get(field) or row.fields.get(field, "")


def _columns(
    row: ServerRow, kept: _Kept | None, told: About, overlay: Overlay, *, unread: bool
) -> tuple[Value, ...]:
    fields, labels = row.fields, row.labels
    updated, mod_count = _version(row)
    state, state_label = _coded(row, overlay, "state")
    group, group_label = _referred(row, overlay, "assignment_group")
    assigned, assigned_label = _referred(row, overlay, "assigned_to")
    priority, due = overlay.get("priority"), overlay.get("due_date")
    title = overlay.get("short_description")
    was = kept.columns if kept else None
    return (
        row.sys_id, row.table, fields.get("number", ""),
        title.value if title else fields.get("short_description", ""), told.process,
        state, state_label,
        _int(fields.get("priority", "")) if priority is None or priority.number is None else priority.number,
        group, group_label, assigned, assigned_label,
        told.person, danish_key(told.person), told.cpr, told.tjenestenr,
        due.number if due else servicenow_micros(fields.get("due_date", "")),
        servicenow_micros(fields.get("opened_at", "")),
        servicenow_micros(fields.get("closed_at", "")), updated, mod_count, fields.get("sys_updated_by", ""),
        int(fields.get("active", "true") != "false"), int(unread or bool(was and was[_AT["unread"]])),
        was[_AT["breach_at"]] if was else None, was[_AT["breach_paused"]] if was else 0,
        encode_texts(fields), encode_texts(labels),
    )  # fmt: skip


def _coded(row: ServerRow, overlay: Overlay, field: str) -> tuple[str, str]:
    """Value and label of a choice field as shown."""
    mine = overlay.get(field)
    if mine is not None:
        return mine.value, mine.label
    value = row.fields.get(field, "")
    return value, row.labels.get(field, "") or value


def _referred(row: ServerRow, overlay: Overlay, field: str) -> tuple[str, str]:
    """Value and label of a reference as shown; an empty one has no label."""
    mine = overlay.get(field)
    if mine is not None:
        return mine.value, mine.label
    value = row.fields.get(field, "")
    return value, (row.labels.get(field, "") or value) if value else ""


def _own_notes(tx: Tx, sys_id: str) -> tuple[Note, ...]:
    found = tx.execute(
        text(
            f"SELECT id, kind, mine, user_name, made_at FROM changes WHERE case_id = :id "  # noqa: S608
            f"AND kind IN ('work_note', 'comment') AND state IN ({_OPEN}) ORDER BY id DESC"
        ),
        {"id": sys_id},
    )
    return tuple(
        Note(row.id, NoteKind(row.kind), row.mine, row.user_name, must_instant(row.made_at), pending=True)
        for row in found
    )


def _own_files(tx: Tx, sys_id: str) -> tuple[Attachment, ...]:
    found = tx.execute(
        text(
            "SELECT p.id, p.field, b.content_type, length(b.data) AS size, p.mine, p.user_name, p.made_at "  # noqa: S608
            "FROM changes p JOIN blobs b ON b.sha256 = p.mine WHERE p.case_id = :id AND p.kind = :kind "
            f"AND p.state IN ({_OPEN}) ORDER BY p.id"
        ),
        {"id": sys_id, "kind": ChangeKind.ATTACHMENT.value},
    )
    return tuple(
        Attachment(row.id, row.field, row.content_type, row.size, row.mine, row.user_name,
                   must_instant(row.made_at), pending=True)
        for row in found
    )  # fmt: skip


def _unseen(tx: Tx, sys_id: str) -> tuple[FieldChange, ...]:
    found = tx.execute(
        text('SELECT field, before, after, "by", "at" FROM field_changes WHERE case_id = :id ORDER BY seq'),
        {"id": sys_id},
    )
    return tuple(FieldChange(row[0], row[1], row[2], row[3], must_instant(row[4])) for row in found)


def _int(raw: str) -> int:
    try:
        return int(raw)
    except ValueError:
        return 0
