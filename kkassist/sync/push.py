"""The user's own changes out to ServiceNow: each once, none over a colleague's, none lost.

Each change is written down as being sent before it is; a program killed after that finds it again and asks the
server before anything is sent anew. A field is read fresh and merged (`conflicts`); what is sent is compared with
the echo, for ServiceNow answers 200 when a field was silently left alone. A note, a file or a new case is looked for
on the server whenever its answer was lost, and sent again only when it is certain not to have arrived.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kkassist.domain.case import Attachment, Note, NoteKind, ServerRow
from kkassist.domain.change import ChangeKind, ChangeState, PendingChange
from kkassist.domain.errors import OutOfReach, SignInNeeded
from kkassist.domain.language import say
from kkassist.domain.settings import Settings
from kkassist.processes.catalogue import catalogue
from kkassist.processes.mapping import About
from kkassist.remote.http import OutcomeUnknown, Refusal
from kkassist.remote.servicenow.client import JOURNALS, ServiceNow, journal_text
from kkassist.store import cases, facts, outbox
from kkassist.store.engine import Tx, Workspace
from kkassist.sync.conflicts import Merge, is_same, merge, plain
from kkassist.sync.pull_servicenow import describing
from kkassist.sync.results import PushResult

_log = logging.getLogger(__name__)

SURE_AFTER: Final = timedelta(seconds=30)
"""A note, file or case without a trace is held for not arrived only so long after it was sent: commits show late."""
_TRIES_WITHOUT_A_TRACE: Final = 8
_AT_ONCE: Final = 50
_FIRST_WAIT_S: Final = 15.0
_LONGEST_WAIT_S: Final = 3600.0
_NOTE_FIELDS: Final = {ChangeKind.WORK_NOTE: "work_notes", ChangeKind.COMMENT: "comments"}


def push(
    workspace: Workspace,
    client: ServiceNow,
    settings: Settings,
    *,
    now: datetime,
    stop: threading.Event | None = None,
) -> PushResult:
    """Send what is due and settle what is not known. One program at a time (the caller holds the lease).

    Raises `SignInNeeded` and `OutOfReach` when nothing more can be sent now; what was done is stored.
    """
    titles = {one.id: one.title for one in catalogue(settings.home / "processes").values()}
    work = _Push(workspace, client, describing(settings, titles), now, stop or threading.Event(), settings.user.id)
    with workspace.write() as tx:
        outbox.recover(tx, now + timedelta(days=3650), now)
    work.settle()
    work.send()
    work.settle()
    with workspace.read() as tx:
        counts = outbox.counts(tx)
    open_ones = (ChangeState.WAITING, ChangeState.SENDING, ChangeState.UNCONFIRMED)
    return PushResult(
        sent=len(work.sent),
        refused=tuple(work.refused),
        waiting=sum(counts.get(state, 0) for state in open_ones),
        conflicts=counts.get(ChangeState.CONFLICT, 0),
    )


@dataclass(slots=True)
class _Push:
    workspace: Workspace
    client: ServiceNow
    about: Callable[[ServerRow], About]
    now: datetime
    stop: threading.Event
    user: str
    """Whose changes go out: in a shared workspace nobody sends under another's name."""
    sent: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)

    # --- the rounds --------------------------------------------------------------------------------------------

    def send(self) -> None:
        """Everything that is due, each change at most once in this push."""
        while not self.stop.is_set():
            with self.workspace.read() as tx:
                due = [one for one in outbox.due(tx, self.now, _AT_ONCE, self.user) if one.id not in self.tried]
            if not due:
                return
            for group in _grouped(due):
                if self.stop.is_set():
                    return
                self.tried.update(one.id for one in group)
                self._guarded(group, self._deliver)

    def settle(self) -> None:
        """Ask what became of the changes whose answer was lost."""
        with self.workspace.read() as tx:
            lost = outbox.unsettled(tx, self.now, _AT_ONCE, self.user)
        for one in lost:
            if self.stop.is_set():
                return
            self._guarded([one], self._settle)

    def _guarded(self, group: Sequence[PendingChange], act: Callable[[Sequence[PendingChange]], None]) -> None:
        """One change's trouble stays its own; a system that is away ends the push."""
        try:
            act(group)
        except OutcomeUnknown as error:
            self._each(group, ChangeState.UNCONFIRMED, str(error))
        except SignInNeeded:
            self._each(group, ChangeState.WAITING, "")
            raise
        except OutOfReach as error:
            self._each(group, ChangeState.WAITING, str(error), error.retry_after_s)
            raise
        except Refusal as refusal:
            self._refuse(group, refusal)
        except Exception:
            # A bug must not hold up the others; the change stays, is asked for later and is never just sent again.
            _log.exception("change %s", group[0].id)
            self._each(group, ChangeState.UNCONFIRMED, say("Intern fejl; kkassist prøver igen senere."), 300)

    def _each(
        self, group: Sequence[PendingChange], state: ChangeState, detail: str, at_least_s: float = 0
    ) -> None:
        """Move the changes that are still on their way. One that was only asked about stays unconfirmed."""
        with self.workspace.write() as tx:
            for one in group:
                current = outbox.change(tx, one.id)
                if current is None or current.state not in _ON_THE_WAY:
                    continue
                later = self.now + timedelta(seconds=max(at_least_s, _backoff_s(current.tries)))
                if current.state is ChangeState.UNCONFIRMED:
                    outbox.unconfirmed(tx, one.id, detail, self.now, later)
                elif current.state is ChangeState.SENDING and state is ChangeState.UNCONFIRMED:
                    outbox.unconfirmed(tx, one.id, detail, self.now, later if at_least_s else None)
                else:
                    outbox.waiting(tx, one.id, detail, self.now, later if detail else None)

    def _refuse(self, group: Sequence[PendingChange], refusal: Refusal) -> None:
        words = refusal.detail or refusal.message or str(refusal)
        if refusal.status == 404:
            words = _gone()
        with self.workspace.write() as tx:
            for one in group:
                self._park(tx, one, words)

    def _park(self, tx: Tx, one: PendingChange, words: str) -> None:
        outbox.refused(tx, one.id, words, self.now)
        self.refused.append(one.id)

    def _finish(self, tx: Tx, one: PendingChange, detail: str = "") -> None:
        outbox.done(tx, one.id, self.now, detail)
        self.sent.append(one.id)

    # --- sending -----------------------------------------------------------------------------------------------

    def _deliver(self, group: Sequence[PendingChange]) -> None:
        match group[0].kind:
            case ChangeKind.FIELD:
                self._deliver_fields(group)
            case ChangeKind.WORK_NOTE | ChangeKind.COMMENT:
                self._deliver_note(group[0])
            case ChangeKind.ATTACHMENT:
                self._deliver_file(group[0])
            case ChangeKind.CREATE:
                self._deliver_case(group[0])

    def _sending(self, group: Sequence[PendingChange], note_traces: int | None = None) -> None:
        """On disk before it is on the wire."""
        with self.workspace.write() as tx:
            for one in group:
                outbox.sending(tx, one.id, self.now)
                if note_traces is not None:
                    facts.put(tx, _traces_name(one), str(note_traces))

    def _deliver_fields(self, group: Sequence[PendingChange]) -> None:
        table, sys_id = group[0].table, group[0].case_id
        fresh = self.client.record(table, sys_id, [one.field for one in group])
        if fresh is None:
            with self.workspace.write() as tx:
                for one in group:
                    self._park(tx, one, _gone())
            return
        to_send = self._merge(group, fresh)
        if not to_send:
            return
        self._sending(to_send)
        try:
            echo = self.client.update(table, sys_id, {one.field: one.mine for one in to_send})
        except Refusal:
            if len(to_send) == 1:
                raise
            self._one_by_one(to_send)
            return
        self._compare(to_send, fresh, echo)

    def _merge(self, group: Sequence[PendingChange], fresh: ServerRow) -> list[PendingChange]:
        to_send: list[PendingChange] = []
        with self.workspace.write() as tx:
            for one in group:
                theirs = fresh.fields.get(one.field)
                if theirs is None:
                    words = say(
                        "ServiceNow viser dig ikke feltet {field}, så det kan ikke rettes.", field=one.field
                    )
                    self._park(tx, one, words)
                    continue
                match merge(one.base, one.mine, theirs):
                    case Merge.SEND:
                        to_send.append(one)
                    case Merge.SAME:
                        self._finish(tx, one)
                    case Merge.CONFLICT:
                        by = fresh.fields.get("sys_updated_by", "")
                        words = say("{by} har rettet feltet imens.", by=by or say("En kollega"))
                        outbox.conflict(tx, one.id, theirs, words, self.now)
            cases.store_page(tx, [fresh], me=group[0].user, at=self.now, about=self.about)
        return to_send

    def _one_by_one(self, group: Sequence[PendingChange]) -> None:
        """Refused together: which of them is it? The others are not to suffer for it."""
        with self.workspace.write() as tx:
            for one in group:
                outbox.waiting(tx, one.id, "", self.now, None)
        for one in group:
            self._guarded([one], self._deliver_fields)

    def _compare(self, group: Sequence[PendingChange], fresh: ServerRow, echo: ServerRow) -> None:
        """The echo tells what became of each field; the record is read back, since business rules follow up."""
        after = self._read_back(group[0]) or echo
        came_between = _is_counted(fresh) and _is_counted(echo) and _count(fresh) < _count(echo) - 1
        with self.workspace.write() as tx:
            cases.store_page(tx, [after], me=group[0].user, at=self.now, about=self.about)
            for one in group:
                said = echo.fields.get(one.field, after.fields.get(one.field, one.mine))
                before = fresh.fields.get(one.field, one.base)
                if is_same(said, one.mine):
                    self._finish(
                        tx,
                        one,
                        say("Sagen blev også rettet af andre eller af en regel imens.") if came_between else "",
                    )
                elif is_same(said, before):
                    self._park(tx, one, say("ServiceNow lod feltet være uændret. Du må nok ikke rette det."))
                else:
                    self._finish(tx, one, say("ServiceNow gjorde værdien til {value}.", value=said))

    def _read_back(self, one: PendingChange) -> ServerRow | None:
        """The record as it is now; the change is done even when it cannot be read."""
        try:
            row = self.client.record(one.table, one.case_id)
        except (OutOfReach, Refusal):
            return None
        return _without_journals(row) if row else None

    def _deliver_note(self, one: PendingChange) -> None:
        before, _ = self._note_traces(one)
        self._sending([one], note_traces=-1 if before is None else before)
        echo = self.client.update(one.table, one.case_id, {_NOTE_FIELDS[one.kind]: one.mine})
        author = echo.fields.get("sys_updated_by", "")
        after, notes = self._note_traces_if_any(one, author)
        if before is not None and after is not None and after <= before:
            with self.workspace.write() as tx:
                facts.put(tx, _answered_name(one), author or one.user)
            raise OutcomeUnknown(
                say("ServiceNow viser ikke noten endnu. kkassist ser efter igen."), system="servicenow"
            )
        with self.workspace.write() as tx:
            self._keep_note(tx, one, notes)

    def _keep_note(self, tx: Tx, one: PendingChange, notes: Sequence[Note]) -> None:
        cases.store_notes(tx, one.case_id, notes)
        facts.forget(tx, _traces_name(one))
        facts.forget(tx, _answered_name(one))
        self._finish(tx, one)

    def _note_traces_if_any(self, one: PendingChange, author: str) -> tuple[int | None, list[Note]]:
        try:
            return self._note_traces(one, author)
        except (OutOfReach, Refusal):
            return None, []

    def _note_traces(self, one: PendingChange, author: str = "") -> tuple[int | None, list[Note]]:
        """How often the user's own note with this very text is on the case; None where it cannot be seen.

        Counted before and after rather than dated, since this machine's clock is not the server's. `author` is what
        the server calls her, where it has told. A journal without an entry of this kind may be closed for it: the
        display text counts then.
        """
        kind = NoteKind.WORK_NOTE if one.kind is ChangeKind.WORK_NOTE else NoteKind.COMMENT
        try:
            notes = self.client.journals([one.case_id])[one.case_id]
        except Refusal:
            notes = []
        if any(note.kind is kind for note in notes):
            names = {one.user.casefold(), author.casefold()}
            own = [note for note in notes if note.kind is kind and note.author.casefold() in names]
            return sum(is_same(note.text, one.mine) for note in own), notes
        record = self.client.record(one.table, one.case_id, tuple(JOURNALS))
        if record is None:
            raise Refusal("servicenow", 404, "", "")
        if _NOTE_FIELDS[one.kind] not in record.fields:
            return None, []
        shown = journal_text(record)
        return sum(plain(note.text).count(plain(one.mine)) for note in shown if note.kind is kind), shown

    def _deliver_file(self, one: PendingChange) -> None:
        if self._file_is_there(one):
            return
        with self.workspace.read() as tx:
            data, content_type = outbox.blob(tx, one.mine), outbox.blob_type(tx, one.mine)
        if data is None:
            with self.workspace.write() as tx:
                self._park(tx, one, say("Filens indhold er her ikke mere. Vedhæft den igen."))
            return
        self._sending([one])
        made = self.client.upload(one.table, one.case_id, one.field, content_type, data)
        if (made.sha256 and made.sha256.lower() != one.mine) or made.size not in {0, len(data)}:
            with self.workspace.write() as tx:
                self._park(tx, one, say("ServiceNow gemte en anden fil end den, der blev sendt. Se sagens filer."))
            return
        with self.workspace.write() as tx:
            known = [file for file in cases.attachments(tx, one.case_id) if file.sys_id != made.sys_id]
            cases.store_attachments(tx, one.case_id, [*known, made])
            self._finish(tx, one)

    def _file_is_there(self, one: PendingChange) -> bool:
        """Whether the case has a file with this name and these bytes; the change is done then."""
        files = self.client.attachments([one.case_id])[one.case_id]
        if not any(self._is_that_file(one, file) for file in files):
            return False
        with self.workspace.write() as tx:
            cases.store_attachments(tx, one.case_id, files)
            self._finish(tx, one)
        return True

    def _is_that_file(self, one: PendingChange, file: Attachment) -> bool:
        """By its digest; an instance that gives none is asked for the bytes of a file of this name and size."""
        if file.name != one.field:
            return False
        if file.sha256:
            return file.sha256.lower() == one.mine
        with self.workspace.read() as tx:
            data = outbox.blob(tx, one.mine)
        if data is None or file.size not in {0, len(data)}:
            return False
        return hashlib.sha256(self.client.download(file.sys_id)).hexdigest() == one.mine

    def _deliver_case(self, one: PendingChange) -> None:
        """A new case; `mine` holds its fields as JSON, its change's id is the correlation id."""
        if self._case_is_there(one):
            return
        self._sending([one])
        fields = msgspec.json.decode(one.mine, type=dict[str, str])
        self._keep_case(one, self.client.create(one.table, fields, one.id))

    def _case_is_there(self, one: PendingChange) -> bool:
        made = self.client.created(one.table, one.id)
        row = self.client.record(made.table, made.sys_id) if made else None
        if row is not None:
            self._keep_case(one, row)
        return row is not None

    def _keep_case(self, one: PendingChange, row: ServerRow) -> None:
        with self.workspace.write() as tx:
            cases.store_page(tx, [_without_journals(row)], me=one.user, at=self.now, about=self.about)
            self._finish(tx, one)

    # --- settling ----------------------------------------------------------------------------------------------

    def _settle(self, group: Sequence[PendingChange]) -> None:
        for one in group:
            if not self._has_arrived(one):
                self._not_arrived(one)

    def _has_arrived(self, one: PendingChange) -> bool:
        """Whether there is nothing more to find out about a change; it is moved to its end then."""
        match one.kind:
            case ChangeKind.FIELD:
                return self._field_is_there(one)
            case ChangeKind.ATTACHMENT:
                return self._file_is_there(one)
            case ChangeKind.CREATE:
                return self._case_is_there(one)
            case ChangeKind.WORK_NOTE | ChangeKind.COMMENT:
                return self._note_is_there(one)

    def _field_is_there(self, one: PendingChange) -> bool:
        fresh = self.client.record(one.table, one.case_id, (one.field,))
        if fresh is None:
            raise Refusal("servicenow", 404, "", "")
        if not is_same(fresh.fields.get(one.field, one.base), one.mine):
            return False
        with self.workspace.write() as tx:
            cases.store_page(tx, [fresh], me=one.user, at=self.now, about=self.about)
            self._finish(tx, one)
        return True

    def _note_is_there(self, one: PendingChange) -> bool:
        with self.workspace.read() as tx:
            before = int(facts.get(tx, _traces_name(one)) or -1)
            author = facts.get(tx, _answered_name(one)) or ""
        now_there, notes = self._note_traces(one, author)
        if now_there is None or before < 0:
            words = say("Svaret gik tabt, og ServiceNow viser ikke, om noten kom frem. Se efter på sagen.")
            with self.workspace.write() as tx:
                self._park(tx, one, words)
            return True
        if now_there <= before:
            return False
        with self.workspace.write() as tx:
            self._keep_note(tx, one, notes)
        return True

    def _not_arrived(self, one: PendingChange) -> None:
        """A field is merged anew at once (setting it twice is harmless); the rest only when it is certain."""
        age = abs(self.now - one.sent_at) if one.sent_at else SURE_AFTER
        with self.workspace.write() as tx:
            taken = facts.get(tx, _answered_name(one)) is not None and age >= SURE_AFTER
            if taken or (one.kind is not ChangeKind.FIELD and one.tries >= _TRIES_WITHOUT_A_TRACE):
                facts.forget(tx, _answered_name(one))
                words = say(
                    "ServiceNow tog imod noten, men viser den ikke. Se efter på sagen, før du sender igen."
                )
                shown = one.detail or say("ServiceNow tager imod, men viser det ikke på sagen.")
                self._park(tx, one, words if taken else shown)
            elif one.kind is ChangeKind.FIELD or age >= SURE_AFTER:
                repeated = timedelta(seconds=_backoff_s(one.tries) if one.tries > 1 else 0)
                outbox.waiting(tx, one.id, one.detail, self.now, self.now + repeated if repeated else None)
            else:
                outbox.unconfirmed(tx, one.id, one.detail, self.now, self.now + SURE_AFTER - age)


_ON_THE_WAY: Final = (ChangeState.WAITING, ChangeState.SENDING, ChangeState.UNCONFIRMED)


def _grouped(due: Sequence[PendingChange]) -> list[list[PendingChange]]:
    """Field changes of one case go together; everything else alone, in the order it was made."""
    groups: dict[str, list[PendingChange]] = {}
    for one in due:
        key = f"{one.table}/{one.case_id}" if one.kind is ChangeKind.FIELD else one.id
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _backoff_s(tries: int) -> float:
    return min(_FIRST_WAIT_S * 2.0 ** max(0, tries - 1), _LONGEST_WAIT_S)


def _count(row: ServerRow) -> int:
    text = row.fields.get("sys_mod_count", "")
    return int(text) if text.isdigit() else 0


def _is_counted(row: ServerRow) -> bool:
    """Whether the server tells how often the record was changed; a new one was changed 0 times."""
    return row.fields.get("sys_mod_count", "").isdigit()


def _gone() -> str:
    return say("Sagen findes ikke mere, eller du har ikke adgang til den.")


def _answered_name(one: PendingChange) -> str:
    """Kept when the server took a note and yet does not show it: such a one is never sent again by itself."""
    return f"note-answered:{one.id}"


def _traces_name(one: PendingChange) -> str:
    return f"note:{one.id}"


def _without_journals(row: ServerRow) -> ServerRow:
    return ServerRow(
        row.sys_id,
        row.table,
        {name: value for name, value in row.fields.items() if name not in JOURNALS},
        {name: value for name, value in row.labels.items() if name not in JOURNALS},
    )
