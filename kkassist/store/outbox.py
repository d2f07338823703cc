"""The user's own changes on their way to ServiceNow: never lost, never doubled, never in each other's way.

A change is deleted only when the user takes it back before it was sent (which is audited); what is done is kept for
30 days. Every move of state is written down and stays.
"""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from kkassist.domain.change import OPEN_STATES, ChangeKind, ChangeState, PendingChange, Resolution
from kkassist.domain.ids import new_id
from kkassist.domain.language import say
from kkassist.store import audit, cases, choices, tables
from kkassist.store.codec import instant, micros, must_instant, must_micros, servicenow_micros
from kkassist.store.moves import CHANGE_MOVES, IllegalMove, demand
from kkassist.store.sql import Tx, insert, one_of, upsert

_COLUMNS = (
    "id", "case_id", "table_name", "number", "kind", "field", "base", "mine", "theirs", "state", "tries", "next_try",
    "detail", "made_at", "sent_at", "user_name",
)  # fmt: skip
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM changes"  # noqa: S608 - our own column names
_LAID_OVER = (ChangeState.WAITING, ChangeState.SENDING, ChangeState.UNCONFIRMED)
_PARKED = (ChangeState.CONFLICT, ChangeState.REFUSED)
_NOTES = (ChangeKind.WORK_NOTE, ChangeKind.COMMENT)


def add(tx: Tx, change: PendingChange) -> None:
    """Put a change in the outbox. The same id twice is an error: an act is one change."""
    label, number = _as_shown(tx, change)
    insert(
        tx,
        "changes",
        (*_COLUMNS, "mine_label", "mine_number", "overlays"),
        [
            (
                change.id, change.case_id, change.table, change.number, change.kind.value, change.field, change.base,
                change.mine, change.theirs, change.state.value, change.tries, micros(change.next_try), change.detail,
                must_micros(change.made_at), micros(change.sent_at), change.user, label, number,
                _overlays(change.kind, change.state),
            )
        ],
    )  # fmt: skip
    _write_down(tx, change.id, "", change.state, change.detail, change.made_at)
    _show(tx, change)


def edit_field(tx: Tx, case_id: str, field: str, base: str, mine: str, user: str, at: datetime) -> PendingChange:
    """The user gives a field of a case a new value.

    A change of the field that still waits takes the new value and keeps its base; one that was refused does too and
    is sent again; one in conflict takes the value and stays for her to settle. One that is being sent stays as it
    is, and the new change follows it, based on what it brings.
    """
    earlier = [one for one in _of_case(tx, case_id) if one.kind is ChangeKind.FIELD and one.field == field]
    last = earlier[-1] if earlier else None
    if last is not None and last.state in (ChangeState.WAITING, *_PARKED):
        return _with_new_value(tx, last, mine, at)
    line = tx.execute(text("SELECT table_name, number FROM cases WHERE sys_id = :id"), {"id": case_id}).one()
    change = PendingChange(
        id=new_id(),
        case_id=case_id,
        table=line.table_name,
        number=line.number,
        kind=ChangeKind.FIELD,
        field=field,
        base=last.mine if last is not None else base,
        mine=mine,
        theirs="",
        state=ChangeState.WAITING,
        tries=0,
        next_try=None,
        detail="",
        made_at=at,
        sent_at=None,
        user=user,
    )
    add(tx, change)
    return change


def change(tx: Tx, change_id: str) -> PendingChange | None:
    """One change, also a done one."""
    found = tx.execute(text(f"{_SELECT} WHERE id = :id"), {"id": change_id}).first()
    return _change(found) if found else None


def entries(
    tx: Tx, states: Collection[ChangeState] = OPEN_STATES, *, case_id: str | None = None
) -> list[PendingChange]:
    """Changes in these states, oldest first; of one case when it is given."""
    names, bound = one_of("state", [state.value for state in states])
    of_case = " AND case_id = :case" if case_id is not None else ""
    if case_id is not None:
        bound["case"] = case_id
    found = tx.execute(text(f"{_SELECT} WHERE state IN ({names}){of_case} ORDER BY id"), bound)
    return [_change(row) for row in found]


def counts(tx: Tx) -> dict[ChangeState, int]:
    """How many changes are in each open state."""
    found = tx.execute(text("SELECT state, count(*) AS many FROM changes WHERE state <> 'done' GROUP BY state"))
    return {ChangeState(row.state): row.many for row in found}


def due(tx: Tx, now: datetime, limit: int, user: str | None = None) -> list[PendingChange]:
    """Changes to send now, oldest first; of one user when she is given (a team may share a workspace).

    Held back: a field whose earlier change is not settled (only that field of that case), a note behind one whose
    outcome is unknown or waits, and everything behind a case that is not created yet. A parked note holds back none,
    nor does a colleague's note.
    """
    found: list[PendingChange] = []
    busy: set[tuple[str, str]] = set()
    for one in entries(tx):
        line = (one.case_id, _line(one))
        ready = one.state is ChangeState.WAITING and (one.next_try is None or one.next_try <= now)
        free = line not in busy and (one.case_id, "*") not in busy
        if ready and free and user in (None, one.user):
            found.append(one)
            if len(found) == limit:
                break
        of_all = one.kind in (ChangeKind.FIELD, ChangeKind.CREATE)
        if of_all or (one.state not in _PARKED and user in (None, one.user)):
            busy.add(line)
    return found


def unsettled(tx: Tx, now: datetime, limit: int, user: str | None = None) -> list[PendingChange]:
    """Changes whose outcome must be asked for now, oldest first; of one user when she is given."""
    several = [one for one in entries(tx, (ChangeState.UNCONFIRMED,)) if user in (None, one.user)]
    return [one for one in several if one.next_try is None or one.next_try <= now][:limit]


def sending(tx: Tx, change_id: str, at: datetime) -> PendingChange:
    """Write down that it goes out now, before it does: a kill after this leaves it to be asked for."""
    return _move(tx, change_id, ChangeState.SENDING, at, sent_at=at, tried=True)


def unconfirmed(
    tx: Tx, change_id: str, detail: str, at: datetime, next_try: datetime | None = None
) -> PendingChange:
    """Sent, and the answer was lost: ask the server, from `next_try` on."""
    return _move(tx, change_id, ChangeState.UNCONFIRMED, at, detail=detail, next_try=next_try)


def waiting(tx: Tx, change_id: str, detail: str, at: datetime, next_try: datetime | None) -> PendingChange:
    """The server certainly did not take it: it is tried again from `next_try` on."""
    return _move(tx, change_id, ChangeState.WAITING, at, detail=detail, next_try=next_try)


def conflict(tx: Tx, change_id: str, theirs: str, detail: str, at: datetime) -> PendingChange:
    """Somebody else gave the field another value: the user decides."""
    return _move(tx, change_id, ChangeState.CONFLICT, at, detail=detail, theirs=theirs)


def refused(tx: Tx, change_id: str, detail: str, at: datetime) -> PendingChange:
    """The server said no, in these words: parked, shown, editable."""
    return _move(tx, change_id, ChangeState.REFUSED, at, detail=detail)


def done(tx: Tx, change_id: str, at: datetime, detail: str = "") -> PendingChange:
    """The server has it."""
    return _move(tx, change_id, ChangeState.DONE, at, detail=detail)


def resolve(tx: Tx, change_id: str, resolution: Resolution, at: datetime | None = None) -> PendingChange:
    """The user settles a conflict or a refusal.

    `MINE` sends it again, on top of what the server has now; `THEIRS` and `DROP` end it unsent, which the history
    keeps. Raises `IllegalMove` for a change that is not parked.
    """
    when = at or datetime.now(UTC)
    one = _must(tx, change_id)
    if one.state not in _PARKED:
        raise IllegalMove(f"change {change_id}: {one.state} is not for the user to settle")
    match resolution:
        case Resolution.MINE:
            if one.state is ChangeState.CONFLICT:
                tx.execute(text("UPDATE changes SET base = theirs, theirs = '' WHERE id = :id"), {"id": change_id})
            return _move(tx, change_id, ChangeState.WAITING, when)
        case Resolution.THEIRS:
            return _move(tx, change_id, ChangeState.DONE, when, detail=say("Du beholdt serverens værdi."))
        case Resolution.DROP:
            return _move(tx, change_id, ChangeState.DONE, when, detail=say("Du droppede ændringen."))


def take_back(tx: Tx, change_id: str) -> bool:
    """Undo a change that has not been sent. False when it is too late, or not there."""
    one = change(tx, change_id)
    if one is None or one.state is not ChangeState.WAITING or one.tries:
        return False
    tx.execute(text("DELETE FROM changes WHERE id = :id"), {"id": change_id})
    _show(tx, one)
    _write_down(tx, change_id, one.state.value, None, "", datetime.now(UTC))
    audit.append(tx, user=one.user, role="", act="fortryd", case=one.number, detail=one.field or one.kind.value)
    return True


def recover(tx: Tx, before: datetime, at: datetime) -> list[str]:
    """Changes that a killed program was sending (since before `before`) become unconfirmed. Their ids."""
    lost = [one.id for one in entries(tx, (ChangeState.SENDING,)) if one.sent_at is None or one.sent_at < before]
    for change_id in lost:
        unconfirmed(tx, change_id, "", at)
    return lost


def forget_done(tx: Tx, before: datetime) -> int:
    """Clear away what was done before (30 days are kept), with bytes that nothing refers to any more."""
    gone = tx.execute(
        text("DELETE FROM changes WHERE state = 'done' AND done_at < :before"), {"before": must_micros(before)}
    )
    tx.execute(
        text(
            "DELETE FROM blobs WHERE sha256 NOT IN (SELECT mine FROM changes WHERE kind = 'attachment') "
            "AND sha256 NOT IN (SELECT blob FROM attachments)"
        )
    )
    return int(gone.rowcount)


def history(tx: Tx, change_id: str) -> list[tuple[str, str, str, datetime]]:
    """Every move of a change: from ("" at first), to ("" when taken back), detail, when."""
    found = tx.execute(
        text('SELECT from_state, to_state, detail, "at" FROM change_moves WHERE change_id = :id ORDER BY seq'),
        {"id": change_id},
    )
    return [(row[0], row[1], row[2], must_instant(row[3])) for row in found]


def store_blob(tx: Tx, sha256: str, data: bytes, content_type: str) -> None:
    """Keep bytes under their hash. Raises ValueError when they do not have it."""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError("bytes do not have the hash they are kept under")
    keep_bytes(tx, data, content_type)


def keep_bytes(tx: Tx, data: bytes, content_type: str) -> str:
    """Keep bytes; the hash (hex) they are kept under."""
    digest = hashlib.sha256(data).hexdigest()
    upsert(tx, tables.blobs, ("sha256", "content_type", "data"), [(digest, content_type, data)])
    return digest


def blob(tx: Tx, sha256: str) -> bytes | None:
    """Bytes by their hash."""
    return tx.execute(text("SELECT data FROM blobs WHERE sha256 = :id"), {"id": sha256}).scalar()


def blob_type(tx: Tx, sha256: str) -> str:
    """The content type that bytes were kept with; a neutral one when unknown."""
    found = tx.execute(text("SELECT content_type FROM blobs WHERE sha256 = :id"), {"id": sha256}).scalar()
    return found or "application/octet-stream"


def _with_new_value(tx: Tx, one: PendingChange, mine: str, at: datetime) -> PendingChange:
    label, number = _as_shown(tx, replace(one, mine=mine))
    tx.execute(
        text("UPDATE changes SET mine = :mine, mine_label = :label, mine_number = :number WHERE id = :id"),
        {"mine": mine, "label": label, "number": number, "id": one.id},
    )
    if one.state is ChangeState.REFUSED:
        return _move(tx, one.id, ChangeState.WAITING, at)
    _show(tx, one)
    return _must(tx, one.id)


def _move(
    tx: Tx,
    change_id: str,
    state: ChangeState,
    at: datetime,
    *,
    detail: str = "",
    next_try: datetime | None = None,
    theirs: str | None = None,
    sent_at: datetime | None = None,
    tried: bool = False,
) -> PendingChange:
    one = _must(tx, change_id)
    demand(CHANGE_MOVES, one.state, state, f"change {change_id}")
    tx.execute(
        text(
            "UPDATE changes SET state = :state, detail = :detail, next_try = :next_try, theirs = :theirs, "
            "sent_at = :sent_at, tries = :tries, done_at = :done_at, overlays = :overlays "
            "WHERE id = :id AND state = :before"
        ),
        {
            "state": state.value,
            "detail": detail,
            "next_try": micros(next_try),
            "theirs": one.theirs if theirs is None else theirs,
            "sent_at": micros(sent_at or one.sent_at),
            "tries": one.tries + int(tried),
            "done_at": must_micros(at) if state is ChangeState.DONE else None,
            "overlays": _overlays(one.kind, state),
            "id": change_id,
            "before": one.state.value,
        },
    )
    _write_down(tx, change_id, one.state.value, state, detail, at)
    if _overlays(one.kind, state) != _overlays(one.kind, one.state):
        _show(tx, one)
    return _must(tx, change_id)


def _must(tx: Tx, change_id: str) -> PendingChange:
    found = change(tx, change_id)
    if found is None:
        raise IllegalMove(f"change {change_id} does not exist")
    return found


def _of_case(tx: Tx, case_id: str) -> list[PendingChange]:
    return entries(tx, case_id=case_id)


def _write_down(tx: Tx, change_id: str, before: str, after: ChangeState | None, detail: str, at: datetime) -> None:
    insert(
        tx,
        "change_moves",
        ("change_id", "from_state", "to_state", "detail", "at"),
        [(change_id, before, after.value if after else "", detail, must_micros(at))],
    )


def _line(one: PendingChange) -> str:
    """What a change stands in line for, within its case."""
    if one.kind is ChangeKind.CREATE:
        return "*"
    if one.kind in _NOTES:
        return f"note:{one.kind.value}"
    return f"{one.kind.value}:{one.field}"


def _show(tx: Tx, one: PendingChange) -> None:
    """The queue shows what the case is now with the user's own changes over it."""
    if one.kind is ChangeKind.FIELD:
        cases.project(tx, one.case_id)


def _overlays(kind: ChangeKind, state: ChangeState) -> int:
    return int(kind is ChangeKind.FIELD and state in _LAID_OVER)


def _as_shown(tx: Tx, one: PendingChange) -> tuple[str, int | None]:
    """A value as the queue shows it: label, and number where the queue sorts by one."""
    if one.kind is not ChangeKind.FIELD:
        return "", None
    number = servicenow_micros(one.mine) if one.field == "due_date" else None
    if one.field == "priority" and one.mine.isdigit():
        number = int(one.mine)
    named = {"assigned_to": "users", "assignment_group": "groups"}.get(one.field)
    if named:
        label = tx.execute(
            text(f"SELECT name FROM {named} WHERE sys_id = :id"),  # noqa: S608 - one of two tables
            {"id": one.mine},
        ).scalar()
        return label or one.mine, number
    return choices.label(tx, one.table, one.field, one.mine), number


def _change(row: Any) -> PendingChange:
    return PendingChange(
        id=row.id,
        case_id=row.case_id,
        table=row.table_name,
        number=row.number,
        kind=ChangeKind(row.kind),
        field=row.field,
        base=row.base,
        mine=row.mine,
        theirs=row.theirs,
        state=ChangeState(row.state),
        tries=row.tries,
        next_try=instant(row.next_try),
        detail=row.detail,
        made_at=must_instant(row.made_at),
        sent_at=instant(row.sent_at),
        user=row.user_name,
    )
