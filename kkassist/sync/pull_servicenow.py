"""ServiceNow into the workspace: who the user is, her queue, and what hangs on each case.

The queue is read light and first, so that it can be used; each class' own fields follow from its own table. After
the first reading a delta asks for everything that changed (without the queue's filter, since a case leaves the queue
by changing), from two minutes before the last row on, since commits become visible late. Notes, files and clocks are
fetched for each case that came or changed, from a list kept with the page that brought the case. Every cursor is
kept in the transaction of its page: killed anywhere, the next pull goes on.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

import msgspec

from kkassist.domain.case import ServerRow
from kkassist.domain.colleague import Group, Me
from kkassist.domain.errors import KkassistError, OutOfReach, SignInNeeded
from kkassist.domain.ids import new_id
from kkassist.domain.language import say
from kkassist.domain.settings import ServiceNowSettings, Settings
from kkassist.processes.mapping import About, about
from kkassist.remote.http import Refusal
from kkassist.remote.servicenow.client import CREATED, JOURNALS, UPDATED, ServiceNow, journal_text
from kkassist.remote.servicenow.paging import Cursor, Page, Untrustworthy
from kkassist.remote.servicenow.query import any_of, both, equals
from kkassist.remote.servicenow.values import moment, raw_moment
from kkassist.store import cases, choices, directory, facts
from kkassist.store.engine import Tx, Workspace
from kkassist.sync.results import Report, SourceResult, silent
from kkassist.sync.servicenow_scope import Scope, scope_of

QUEUE_FIELDS: Final = (
    "number", "short_description", "description", "state", "priority", "assignment_group", "assigned_to", "active",
    "opened_at", "opened_by", "closed_at", "due_date", "category", "sys_class_name", "sys_mod_count",
    "sys_updated_by", "sys_created_on", "parent",
)  # fmt: skip
OVERLAP: Final = timedelta(seconds=120)
_log = logging.getLogger(__name__)

_STORED_AT_ONCE: Final = 500
_FILLED_AT_ONCE: Final = 30
_IDENTITY_EVERY: Final = timedelta(hours=1)
_DAILY: Final = timedelta(hours=20)
_FILL: Final = "servicenow:fill:"
_DIRTY: Final = "servicenow:dirty:"
_CLOSED: Final = "servicenow:closed:"
_CASE_OF: Final = {"sys_attachment": "table_sys_id", "sys_journal_field": "element_id", "task_sla": "task"}
_T = TypeVar("_T")


class _Reading(msgspec.Struct, frozen=True):
    """How far the queue of one table is read. `delta` is the server's moment from which changes are asked for."""

    mark: str = ""
    piece: int = 0
    moment: str = ""
    sys_id: str = ""
    delta: str = ""
    whole: bool = False

    def cursor(self) -> Cursor | None:
        return Cursor(self.moment, self.sys_id) if self.moment else None


class _Stopped(Exception):
    """The program is closing: end after the page in hand."""


def pull(
    workspace: Workspace,
    client: ServiceNow,
    settings: Settings,
    *,
    now: datetime,
    full: bool = False,
    titles: Mapping[str, str] | None = None,
    stop: threading.Event | None = None,
    report: Report = silent,
) -> SourceResult:
    """Fetch what is new; with `full` everything again and what was removed. `titles`: process id → title.

    One stream's trouble does not stop the others: `error` of the result says so (a queue table that is closed to the
    user, too; other closed tables are only logged, since the queue is whole without them). Raises `SignInNeeded`.
    """
    if settings.servicenow is None:
        raise ValueError("no ServiceNow in the settings")
    began = time.monotonic()
    describe = describing(settings, titles or {})
    work = _Pull(workspace, client, settings.servicenow, settings.user.id, now, full, describe, stop, report)
    try:
        work.run()
    except _Stopped:
        pass
    except SignInNeeded:
        raise
    except KkassistError as error:
        work.faults.append(str(error))
    return replace(work.result, seconds=time.monotonic() - began, error=" ".join(dict.fromkeys(work.faults)))


@dataclass(slots=True)
class _Pull:
    workspace: Workspace
    client: ServiceNow
    settings: ServiceNowSettings
    user: str
    now: datetime
    full: bool
    about: Callable[[ServerRow], About]
    stop: threading.Event | None
    report: Report
    result: SourceResult = field(default_factory=lambda: SourceResult("servicenow"))
    faults: list[str] = field(default_factory=list)
    me: Me = field(default_factory=lambda: Me("", ""))
    known: set[str] = field(default_factory=set)
    holders: set[str] = field(default_factory=set)
    """sys_ids of those who have the cases that came."""

    def run(self) -> None:
        self._identity()
        scope = scope_of(self.me, self.settings, self.now)
        with self.workspace.read() as tx:
            self.known = set(cases.known(tx))
        reconcile = self.full or self._is_time("servicenow:reconciled", _DAILY)
        steps: list[Callable[[], None]] = [
            *(self._step(self._queue, table, scope) for table in self.settings.tables),
            self._choices,
            lambda: self._details(scope, again=reconcile),
            *(self._step(self._touched, table) for table in ("sys_attachment", "sys_journal_field", "task_sla")),
            self._colleagues,
            self._fill,
        ]
        if reconcile:
            steps.insert(len(self.settings.tables), lambda: self._reconcile(scope))
        for step in steps:
            self._attempt(step)

    def _step(self, do: Callable[..., None], *arguments: object) -> Callable[[], None]:
        return lambda: do(*arguments)

    def _attempt(self, step: Callable[[], None]) -> None:
        """One stream's trouble is told and the others go on, unless the whole system is away."""
        try:
            step()
        except SignInNeeded:
            raise
        except Refusal as refusal:
            self._closed(refusal)
        except Untrustworthy as error:
            self.faults.append(str(error))
        except OutOfReach as error:
            if self.faults or error.retry_after_s:
                raise
            self.faults.append(str(error))

    def _closed(self, refusal: Refusal) -> None:
        """A table that the user may not read: the rest goes on without it. It is no fault that anybody can mend."""
        if refusal.status in {403, 404}:
            _log.warning("closed: %s", refusal.log_detail)
        else:
            self.faults.append(str(refusal))

    # --- who ---------------------------------------------------------------------------------------------------

    def _identity(self) -> None:
        if self.full or self._is_time("servicenow:identity", _IDENTITY_EVERY):
            self._read_identity()
        with self.workspace.read() as tx:
            user = directory.user(tx, self.user)
            named = [directory.group_named(tx, name) for name in self.settings.groups]
            groups = frozenset(group.sys_id for group in named if group is not None)
            own = directory.groups_of(tx, user.sys_id) if user is not None and not groups else frozenset()
        self.me = Me(user.sys_id if user else "", self.user, groups or own)
        if user is None:
            unknown = say("ServiceNow kender ikke brugeren {user}. Ret user.id i indstillingerne.", user=self.user)
            if not groups:
                raise OutOfReach(unknown, system="servicenow")
            self.faults.append(unknown)

    def _read_identity(self) -> None:
        """The user, her groups and her colleagues; what is closed of it is made up for from the cases."""
        user = self.client.session_user(self.user, self.settings.tables)
        her = [user] if user is not None else []
        mine = self._or_nothing(lambda: self.client.memberships(user=user.sys_id)) if user is not None else []
        groups = self._groups([group for _, group in mine])
        members = self._or_nothing(lambda: self.client.memberships(groups=[group.sys_id for group in groups]))
        wanted = sorted({one for one, _ in members})
        colleagues = self._or_nothing(lambda: self.client.users_by_id(wanted)) if wanted else []
        her = [
            one for one in her if all(one.sys_id != other.sys_id or not other.user_name for other in colleagues)
        ]
        able = self.client.capabilities()
        with self.workspace.write() as tx:
            directory.store_users(tx, [*colleagues, *her])
            directory.store_groups(tx, groups, {*members, *mine})
            facts.put(tx, "servicenow:journals", "open" if able.journals else "")
            if user is not None:
                self._was_done(tx, "servicenow:identity")

    def _groups(self, mine: Sequence[str]) -> list[Group]:
        """The groups of the settings, else the user's own. Servers compare names by their own rules of letters."""
        names = self.settings.groups
        if not names:
            return self._or_nothing(lambda: self.client.groups(sys_ids=mine))
        groups = self._or_nothing(lambda: self.client.groups(names=names))
        if missing := _missing(names, groups):
            own = self._or_nothing(lambda: self.client.groups(sys_ids=mine)) if mine else []
            groups += [group for group in own if group.name.casefold() in {name.casefold() for name in missing}]
        if missing := _missing(names, groups):
            groups += self.client.groups_of_cases(missing, self.settings.tables)
        if missing := _missing(names, groups):
            self.faults.append(say("Gruppen {name} findes ikke i ServiceNow.", name=", ".join(missing)))
        return groups

    def _or_nothing(self, fetch: Callable[[], list[_T]]) -> list[_T]:
        """A list, empty where the user may not read it."""
        return self._unless_closed(fetch) or []

    def _colleagues(self) -> None:
        """Who has the cases, beside the members of the groups: cases can be given to them, too."""
        with self.workspace.read() as tx:
            strangers = sorted(one for one in self.holders if directory.user_by_id(tx, one) is None)
        users = self._or_nothing(lambda: self.client.users_by_id(strangers)) if strangers else []
        if users:
            with self.workspace.write() as tx:
                directory.store_users(tx, users)

    def _choices(self) -> None:
        if not (self.full or self._is_time("servicenow:choices", _DAILY)):
            return
        with self.workspace.read() as tx:
            classes = {table for table, _ in cases.known(tx).values()}
        tables = sorted({upper for table in (*classes, *self.settings.tables) for upper in choices.lineage(table)})
        found = self.client.choices(tables)
        with self.workspace.write() as tx:
            choices.store(tx, found)
            self._was_done(tx, "servicenow:choices")

    # --- the queue ---------------------------------------------------------------------------------------------

    def _queue(self, table: str, scope: Scope) -> None:
        try:
            self._read_queue(table, scope)
        except Refusal as refusal:  # without its queue the user would see an empty one, and no reason
            words = refusal.detail or refusal.message or str(refusal)
            self.faults.append(say("ServiceNow lader dig ikke læse {table}: {words}", table=table, words=words))

    def _read_queue(self, table: str, scope: Scope) -> None:
        name = f"servicenow:queue:{table}"
        reading = self._reading(name)
        if reading.mark != scope.mark or (self.full and reading.whole):
            newest = max((self.client.newest(table, query) for query in scope.queries()), default="")
            reading = _Reading(mark=scope.mark, delta=newest)
        if not reading.whole:
            reading = self._first_reading(table, scope, name, reading)
        if reading.delta:
            start = Cursor(_earlier(reading.delta))
            for page in self.client.pages(table, "", self._queue_fields(), start):
                ours = [row for row in page.rows if scope.holds(row) or row.sys_id in self.known]
                after = msgspec.structs.replace(reading, delta=max(page.cursor.moment, reading.delta))
                self._store(ours, page, {name: _text(after)})
                reading = after
        self.result = replace(self.result, cursor=max(self.result.cursor, reading.delta))

    def _first_reading(self, table: str, scope: Scope, name: str, reading: _Reading) -> _Reading:
        queries = scope.queries()
        while reading.piece < len(queries):
            query = queries[reading.piece]
            for page in self.client.pages(table, query, self._queue_fields(), reading.cursor()):
                ours = [row for row in page.rows if scope.holds(row)]
                after = msgspec.structs.replace(reading, moment=page.cursor.moment, sys_id=page.cursor.sys_id)
                self._store(ours, page, {name: _text(after)})
                reading = after
            reading = msgspec.structs.replace(reading, piece=reading.piece + 1, moment="", sys_id="")
            self._keep(name, reading)
        reading = msgspec.structs.replace(reading, whole=bool(reading.delta))
        self._keep(name, reading if reading.whole else _Reading())
        return reading

    def _queue_fields(self) -> tuple[str, ...]:
        names = self.settings.fields
        return (*QUEUE_FIELDS, names.cpr, names.tjenestenr, names.person, names.category)

    def _store(self, rows: Sequence[ServerRow], page: Page, place: Mapping[str, str]) -> None:
        """Keep a page's cases, what is to be fetched for them, and with the last of them the place reached."""
        self.holders.update(holder for row in rows if (holder := row.fields.get("assigned_to", "")))
        chunks = [rows[at : at + _STORED_AT_ONCE] for at in range(0, len(rows), _STORED_AT_ONCE)] or [()]
        for chunk in chunks:
            with self.workspace.write() as tx:
                stored = cases.store_page(tx, chunk, me=self.me, at=self.now, about=self.about)
                news = {*stored.created, *stored.changed}
                self._note_work(tx, [row for row in chunk if row.sys_id in news], set(stored.changed))
                if chunk is chunks[-1]:
                    for name, value in place.items():
                        facts.put(tx, name, value)
            self.known.update(stored.created)
            self._count(len(chunk), len(stored.created), len(stored.changed))
        self.report(self.result.fetched, page.total)
        self._check_stop()

    def _note_work(self, tx: Tx, rows: Sequence[ServerRow], changed: set[str]) -> None:
        """Own fields of each class, and what hangs on the cases that are open or were until now."""
        for table in {row.table for row in rows}:
            facts.put(tx, f"{_DIRTY}{table}", "1")
        fill = [row.sys_id for row in rows if row.fields.get("active", "true") == "true" or row.sys_id in changed]
        if fill:
            facts.put(tx, f"{_FILL}{new_id()}", " ".join(fill))

    # --- each class' own fields --------------------------------------------------------------------------------

    def _details(self, scope: Scope, *, again: bool) -> None:
        """Own fields of the classes that brought news; `again` asks those, too, that were closed until now."""
        with self.workspace.read() as tx:
            dirty = {name.removeprefix(_DIRTY) for name in facts.starting_with(tx, _DIRTY)}
            if self.full:
                dirty |= {table for table, _ in cases.known(tx).values()}
            closed = {name.removeprefix(_CLOSED) for name in facts.starting_with(tx, _CLOSED)}
        for table in sorted(dirty):
            if table not in closed or again:
                self._attempt(self._step(self._class_details, table, scope))

    def _class_details(self, table: str, scope: Scope) -> None:
        own = equals("sys_class_name", table)
        try:
            for piece, query in enumerate(scope.queries()):
                name = f"servicenow:class:{table}:{piece}"
                reading = self._reading(name)
                place = reading.cursor() if reading.mark == scope.mark and not self.full else None
                start = Cursor(_earlier(place.moment)) if place and reading.whole else place
                last = _Reading(mark=scope.mark, moment=place.moment if place else "", sys_id="")
                for page in self.client.pages(
                    table, both(query, own), (), start, limit=self.client.page_limit // 2
                ):
                    last = _Reading(mark=scope.mark, moment=page.cursor.moment, sys_id=page.cursor.sys_id)
                    self._store_details(page.rows, name, last)
                self._keep(name, msgspec.structs.replace(last, whole=True))
        except Refusal as refusal:
            with self.workspace.write() as tx:
                facts.put(tx, f"{_CLOSED}{table}", str(refusal.status))
            raise
        with self.workspace.write() as tx:
            facts.forget(tx, f"{_DIRTY}{table}")
            facts.forget(tx, f"{_CLOSED}{table}")

    def _store_details(self, rows: Sequence[ServerRow], name: str, place: _Reading) -> None:
        """Keep the fields; where journals are closed their display text, which comes along, is the fall-back."""
        with self.workspace.write() as tx:
            bare = [_without_journals(row) for row in rows if row.sys_id in self.known]
            cases.store_page(tx, bare, me=self.me, at=self.now, about=self.about)
            if not facts.get(tx, "servicenow:journals"):
                for row in rows:
                    cases.store_notes(tx, row.sys_id, journal_text(row))
            facts.put(tx, name, _text(place))
        self._check_stop()

    # --- notes, files, clocks ----------------------------------------------------------------------------------

    def _touched(self, table: str) -> None:
        """Cases whose files, notes or clocks moved: the case's own sys_updated_on does not tell."""
        name = f"servicenow:touched:{table}"
        reading = self._reading(name)
        if not reading.moment:
            self._keep(name, _Reading(moment=self.result.cursor))
            return
        with self.workspace.read() as tx:
            seen = set((facts.get(tx, f"{name}:seen") or "").split())
        for page in self._moved(table, Cursor(_earlier(reading.moment))):
            marks = {_mark(row): row.fields.get(_CASE_OF[table], "") for row in page.rows}
            touched = {marks[mark] for mark in marks.keys() - seen} & self.known
            seen |= marks.keys()
            reading = _Reading(moment=max(page.cursor.moment, reading.moment))
            with self.workspace.write() as tx:
                if touched:
                    facts.put(tx, f"{_FILL}{new_id()}", " ".join(sorted(touched)))
                facts.put(tx, name, _text(reading))
                recent = _earlier(reading.moment).replace(" ", "T")
                facts.put(tx, f"{name}:seen", " ".join(sorted(mark for mark in seen if mark[:19] >= recent)))
            self._check_stop()

    def _moved(self, table: str, start: Cursor) -> Iterator[Page]:
        if table == "sys_attachment":
            return self.client.attachment_pages("", start)
        if table == "sys_journal_field":
            query = any_of("element", tuple(JOURNALS))
            return self.client.pages(table, query, ("element_id",), start, by=CREATED, labels=False)
        return self.client.pages(table, "task.active=true", ("task",), start, labels=False)

    def _fill(self) -> None:
        """Fetch notes, files and clocks of the cases on the list; each is struck off with what it brought."""
        with self.workspace.read() as tx:
            waiting = facts.starting_with(tx, _FILL)
            journals = bool(facts.get(tx, "servicenow:journals"))
        done: set[str] = set()
        for name, text in waiting.items():
            left = [sys_id for sys_id in dict.fromkeys(text.split()) if sys_id not in done]
            while left:
                some, left = left[:_FILLED_AT_ONCE], left[_FILLED_AT_ONCE:]
                self._fill_some(some, name, left, journals=journals)
                done.update(some)
                self._check_stop()
            with self.workspace.write() as tx:
                facts.forget(tx, name)

    def _fill_some(self, some: Sequence[str], name: str, left: Sequence[str], *, journals: bool) -> None:
        notes = self._unless_closed(lambda: self.client.journals(some)) if journals else {}
        files = self._unless_closed(lambda: self.client.attachments(some))
        clocks = self._unless_closed(lambda: self.client.slas(some))
        with self.workspace.write() as tx:
            for sys_id in some:
                if notes and notes.get(sys_id):
                    cases.store_notes(tx, sys_id, notes[sys_id])
                if files is not None:
                    cases.store_attachments(tx, sys_id, files[sys_id])
                if clocks is not None:
                    cases.store_slas(tx, sys_id, clocks[sys_id])
            facts.put(tx, name, " ".join(left))

    def _unless_closed(self, fetch: Callable[[], _T]) -> _T | None:
        try:
            return fetch()
        except Refusal as refusal:
            self._closed(refusal)
            return None

    # --- what was removed --------------------------------------------------------------------------------------

    def _reconcile(self, scope: Scope) -> None:
        """Cases that the server no longer shows are taken out, but only after each was asked for by its id."""
        shown: dict[str, str] = {}
        for table in self.settings.tables:
            for query in scope.queries():
                for ids in self.client.ids(table, query):
                    shown.update(dict.fromkeys(ids, table))
                    self._check_stop()
        for table in self.settings.tables:
            skipped = [sys_id for sys_id, where in shown.items() if where == table and sys_id not in self.known]
            for page in self.client.by_ids(table, skipped, self._queue_fields()):
                self._store([row for row in page.rows if scope.holds(row)], page, {})
        missing = sorted(self.known - shown.keys())
        if missing and not shown:
            self.faults.append(say("ServiceNow viste pludselig ingen sager. De hentede bliver stående."))
            return
        there = self._still_there(missing, shown) if missing else set()
        gone = [sys_id for sys_id in missing if sys_id not in there]
        with self.workspace.write() as tx:
            removed = cases.remove(tx, gone)
            self._was_done(tx, "servicenow:reconciled")
        self.known.difference_update(gone)
        self.result = replace(self.result, removed=self.result.removed + removed)

    def _still_there(self, missing: Sequence[str], shown: Mapping[str, str]) -> set[str]:
        """Which of these the server shows when asked for each. A case that it certainly shows is asked for too."""
        witness, its_table = next(iter(shown.items()))
        found: set[str] = set()
        for at in range(0, len(missing), _FILLED_AT_ONCE):
            some = missing[at : at + _FILLED_AT_ONCE]
            seen: set[str] = set()
            for table in self.settings.tables:
                for page in self.client.by_ids(table, [*some, witness], self._queue_fields()):
                    seen.update(row.sys_id for row in page.rows)
                    self._store([row for row in page.rows if row.sys_id in self.known], page, {})
            if witness not in seen and self.client.record(its_table, witness, ("sys_id",)) is not None:
                raise Untrustworthy("a visible case was not found by its id")
            found |= seen if witness in seen else set(some)
        return found

    # --- small things ------------------------------------------------------------------------------------------

    def _count(self, fetched: int, created: int, changed: int) -> None:
        self.result = replace(
            self.result,
            fetched=self.result.fetched + fetched,
            created=self.result.created + created,
            changed=self.result.changed + changed,
        )

    def _check_stop(self) -> None:
        if self.stop is not None and self.stop.is_set():
            raise _Stopped

    def _reading(self, name: str) -> _Reading:
        with self.workspace.read() as tx:
            return msgspec.json.decode(facts.get(tx, name) or "{}", type=_Reading)

    def _keep(self, name: str, reading: _Reading) -> None:
        with self.workspace.write() as tx:
            facts.put(tx, name, _text(reading))

    def _is_time(self, name: str, every: timedelta) -> bool:
        with self.workspace.read() as tx:
            last = facts.get(tx, name)
        return not last or abs(self.now - datetime.fromisoformat(last)) >= every

    def _was_done(self, tx: Tx, name: str) -> None:
        facts.put(tx, name, self.now.isoformat())


def describing(settings: Settings, titles: Mapping[str, str]) -> Callable[[ServerRow], About]:
    """What tells the process and the person of a record by these settings."""

    def describe(row: ServerRow) -> About:
        assert settings.servicenow is not None
        return about(row, settings.servicenow, titles)

    return describe


def _mark(row: ServerRow) -> str:
    """A row as it is now: when it moved, and which it is."""
    moved = row.fields.get(UPDATED) or row.fields.get(CREATED, "")
    return f"{moved.replace(' ', 'T')}|{row.sys_id}"


def _missing(names: Sequence[str], groups: Sequence[Group]) -> list[str]:
    found = {group.name.casefold() for group in groups}
    return [name for name in names if name.casefold() not in found]


def _earlier(raw: str) -> str:
    """The moment before which no change was overlooked, though commits become visible late."""
    at = moment(raw)
    return raw_moment(at - OVERLAP) if at else raw


def _without_journals(row: ServerRow) -> ServerRow:
    labels = {name: text for name, text in row.labels.items() if name not in JOURNALS}
    fields = {name: value for name, value in row.fields.items() if name not in JOURNALS}
    return replace(row, labels=labels, fields=fields)


def _text(reading: _Reading) -> str:
    return msgspec.json.encode(reading).decode()
