"""ServiceNow's Table and Attachment API for one user. Raw values and UTC only; labels beside them.

Errors are those of `kkassist.remote.http`; a write whose answer cannot be read is `OutcomeUnknown`.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import msgspec

from kkassist.domain.case import Attachment, Choice, Note, NoteKind, ServerRow, Sla
from kkassist.domain.colleague import Colleague, Group
from kkassist.domain.errors import OutOfReach
from kkassist.domain.language import say
from kkassist.remote.http import Answer, Connection, OutcomeUnknown, Refusal, words_of
from kkassist.remote.servicenow import paging
from kkassist.remote.servicenow.paging import Batch, Cursor, Page, TooSlow
from kkassist.remote.servicenow.query import any_of, both, equals, in_pieces, literal
from kkassist.remote.servicenow.values import is_true, moment, server_row

JSON: Final = "application/json"
UPDATED: Final = "sys_updated_on"
CREATED: Final = "sys_created_on"
PAGE: Final = 500
JOURNALS: Final = {"work_notes": NoteKind.WORK_NOTE, "comments": NoteKind.COMMENT}
_ATTACHMENT_PATH: Final = "api/now/attachment"
_TRACE: Final = ("sys_id", "sys_class_name", "sys_mod_count", "sys_updated_on", "sys_updated_by")
_DOWNLOAD_S: Final = 600.0
_MAX_FILE: Final = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this user may read; an empty table and a closed one cannot be told apart, and count as closed."""

    journals: bool
    choices: bool
    slas: bool


class ServiceNow:
    """One instance as one user sees it. Safe to use from several threads."""

    def __init__(self, connection: Connection, *, page_limit: int = PAGE) -> None:
        self.connection = connection
        self.page_limit = page_limit

    def pages(
        self,
        table: str,
        query: str,
        fields: Sequence[str] = (),
        start: Cursor | None = None,
        *,
        limit: int = 0,
        by: str = UPDATED,
        labels: bool = True,
    ) -> Iterator[Page]:
        """All rows of `query` after `start` in the order of (`by`, sys_id); see `paging`. No fields: all of them."""
        wanted = _fields(fields, by)
        shown = {"sysparm_display_value": "all" if labels else "false", "sysparm_exclude_reference_link": "true"}

        def ask(question: str, offset: int, size: int) -> Batch:
            params = {"sysparm_query": question, "sysparm_limit": str(size), **shown, **wanted}
            return self._batch(f"api/now/table/{table}", table, params, offset)

        return paging.read(ask, query, by, start, limit or self.page_limit)

    def record(self, table: str, sys_id: str, fields: Sequence[str] = ()) -> ServerRow | None:
        """One record with labels; None when it is gone or hidden (ServiceNow does not tell which)."""
        params = {"sysparm_display_value": "all", "sysparm_exclude_reference_link": "true"}
        if fields:
            params["sysparm_fields"] = ",".join(dict.fromkeys((*_TRACE, *fields)))
        try:
            result = self._result(f"api/now/table/{table}/{sys_id}", params)[0]
        except TooSlow:
            raise _unreadable("transaction cancelled") from None
        except Refusal as refusal:
            if refusal.status == 404:
                return None
            raise
        return server_row(_mapping(result), table)

    def ids(self, table: str, query: str) -> Iterator[tuple[str, ...]]:
        """The sys_ids of a query, page by page."""
        for page in self.pages(table, query, ("sys_id",), limit=4 * self.page_limit, labels=False):
            yield tuple(row.sys_id for row in page.rows)

    def by_ids(self, table: str, sys_ids: Sequence[str], fields: Sequence[str] = ()) -> Iterator[Page]:
        """These records, in pieces that fit a URL; hidden and removed ones are missing."""
        for piece in in_pieces(sys_ids):
            yield from self.pages(table, any_of("sys_id", piece), fields)

    def choices(self, tables: Sequence[str]) -> list[Choice]:
        """The choice lists of these tables: each entry's Danish label where there is one, else the English.

        A table without a list of its own inherits its parent's; ask for the parents too.
        """
        fields = ("name", "element", "value", "label", "sequence", "inactive", "language")
        found: dict[tuple[str, str, str], Choice] = {}
        for language in ("en", "da"):
            for piece in in_pieces(tables):
                query = both(any_of("name", piece), equals("language", language))
                for page in self.pages("sys_choice", query, fields, by="sys_id", labels=False):
                    for row in page.rows:
                        choice = _choice(row)
                        if choice.table in tables and row.fields.get("language", language) == language:
                            found[choice.table, choice.element, choice.value] = choice
        return list(found.values())

    def session_user(self, user_name: str, tables: Sequence[str] = ()) -> Colleague | None:
        """The user of this name, or the one who is signed in when it is "".

        Where users are not shown by name, the one who is signed in is asked for, and then her own cases in `tables`.
        None when nobody is certain: a query whose condition was dropped answers with everybody.
        """
        ways = [equals("user_name", user_name)] if user_name else []
        for query in (*ways, "sys_id=javascript:gs.getUserID()"):
            found = self._one_user(query, user_name)
            if found is not None:
                return found
        return self._user_of_own_cases(user_name, tables) if user_name else None

    def _one_user(self, query: str, user_name: str) -> Colleague | None:
        rows = list(self._few("sys_user", query, _USER))
        fitting = [row for row in rows if _plain(row.fields.get("user_name", user_name)) == _plain(user_name)]
        if not user_name:
            fitting = rows
        named = [row for row in fitting if "user_name" in row.fields]
        if not named and len(rows) > 1:
            return None
        return _colleague((named or fitting)[0], user_name) if fitting else None

    def _user_of_own_cases(self, user_name: str, tables: Sequence[str]) -> Colleague | None:
        name = "assigned_to.user_name"
        for table in tables:
            for row in self._few(table, equals(name, user_name), ("assigned_to", name)):
                sys_id = row.fields.get("assigned_to", "")
                if sys_id and _plain(row.fields.get(name, "")) == _plain(user_name):
                    return Colleague(sys_id, user_name, row.labels.get("assigned_to", ""))
        return None

    def groups_of_cases(self, names: Sequence[str], tables: Sequence[str]) -> list[Group]:
        """Groups of these names as cases refer to them, for users who may not read the groups themselves."""
        found: dict[str, Group] = {}
        path = "assignment_group.name"
        for name in names:
            for table, query in product(tables, (equals(path, name), f"{path}LIKE{literal(name)}")):
                for row in self._few(table, query, ("assignment_group", path)):
                    sys_id, shown = row.fields.get("assignment_group", ""), row.fields.get(path, "")
                    if sys_id and _plain(shown) == _plain(name):
                        found[sys_id] = Group(sys_id, shown)
        return list(found.values())

    def _few(self, table: str, query: str, fields: Sequence[str]) -> Sequence[ServerRow]:
        """The first rows of a query; none where the table is closed."""
        try:
            return next(self.pages(table, query, fields, limit=5, by="sys_id"), _NO_PAGE).rows
        except Refusal:
            return ()

    def users(self, start: Cursor | None = None, query: str = "") -> Iterator[tuple[list[Colleague], Cursor]]:
        """Users that changed after `start`, with the cursor to go on from."""
        for page in self.pages("sys_user", query, _USER, start, labels=False):
            yield [_colleague(row) for row in page.rows], page.cursor

    def users_by_id(self, sys_ids: Sequence[str]) -> list[Colleague]:
        """The users of these sys_ids."""
        wanted = set(sys_ids)
        return [
            _colleague(row)
            for piece in in_pieces(sys_ids)
            for page in self.pages("sys_user", any_of("sys_id", piece), _USER, by="sys_id", labels=False)
            for row in page.rows
            if row.sys_id in wanted
        ]

    def groups(self, *, names: Sequence[str] = (), sys_ids: Sequence[str] = ()) -> list[Group]:
        """Groups of these names, in any case of letters, or of these sys_ids."""
        field, values = ("name", names) if names else ("sys_id", sys_ids)
        wanted = {_plain(value) for value in values}
        queries = [any_of(field, piece) for piece in in_pieces(values)]
        found = {group.sys_id: group for query in queries for group in self._groups_of(query)}
        missing = [name for name in names if _plain(name) not in {_plain(one.name) for one in found.values()}]
        for name in missing:  # the server may tell letters of names apart where people do not
            found |= {group.sys_id: group for group in self._groups_of(f"nameLIKE{literal(name)}")}
        return [one for one in found.values() if _plain(one.name if names else one.sys_id) in wanted]

    def _groups_of(self, query: str) -> list[Group]:
        return [
            Group(row.sys_id, row.fields.get("name", ""), is_true(row.fields.get("active", "true")))
            for page in self.pages("sys_user_group", query, ("name", "active"), by="sys_id", labels=False)
            for row in page.rows
        ]

    def memberships(self, *, user: str = "", groups: Sequence[str] = ()) -> list[tuple[str, str]]:
        """(user sys_id, group sys_id) of one user, or of these groups."""
        queries = [equals("user", user)] if user else [any_of("group", piece) for piece in in_pieces(groups)]
        pairs = [
            (row.fields.get("user", ""), row.fields.get("group", ""))
            for query in queries
            for page in self.pages("sys_user_grmember", query, ("user", "group"), by="sys_id", labels=False)
            for row in page.rows
        ]
        return [(who, group) for who, group in pairs if (who == user if user else group in groups)]

    def journals(self, sys_ids: Sequence[str]) -> dict[str, list[Note]]:
        """Journal entries by case, oldest first. Closed journals look like empty ones: see `journal_text`."""
        found: dict[str, list[Note]] = {sys_id: [] for sys_id in sys_ids}
        fields = ("element_id", "element", "value", "sys_created_by")
        for piece in in_pieces(sys_ids):
            query = both(any_of("element_id", piece), any_of("element", tuple(JOURNALS)))
            for page in self.pages("sys_journal_field", query, fields, by=CREATED, labels=False):
                for row in page.rows:
                    if row.fields.get("element_id") in found and row.fields.get("element") in JOURNALS:
                        found[row.fields["element_id"]].append(_note(row))
        return found

    def journal(self, table: str, sys_id: str) -> list[Note]:
        """The journal of one case: its entries, or where they are closed its display text as it stands."""
        return self.journals([sys_id])[sys_id] or journal_text(self.record(table, sys_id, tuple(JOURNALS)))

    def attachments(self, sys_ids: Sequence[str]) -> dict[str, list[Attachment]]:
        """The files of these records, oldest first."""
        found: dict[str, list[Attachment]] = {sys_id: [] for sys_id in sys_ids}
        for piece in in_pieces(sys_ids):
            for page in self.attachment_pages(any_of("table_sys_id", piece)):
                for row in page.rows:
                    if row.fields.get("table_sys_id") in found:
                        found[row.fields["table_sys_id"]].append(_attachment(row.fields))
        return found

    def attachment_pages(self, query: str, start: Cursor | None = None) -> Iterator[Page]:
        """Attachment metadata in the order of (sys_created_on, sys_id)."""

        def ask(question: str, offset: int, size: int) -> Batch:
            params = {"sysparm_query": question, "sysparm_limit": str(size)}
            return self._batch(_ATTACHMENT_PATH, "sys_attachment", params, offset)

        return paging.read(ask, query, CREATED, start, self.page_limit)

    def download(self, attachment_id: str) -> bytes:
        """The bytes of a file. A page of the way (sign-in, hibernation) is no file: files come with their metadata."""
        path = f"{_ATTACHMENT_PATH}/{attachment_id}/file"
        answer = self.connection.send(
            "GET", path, headers={"Accept": "*/*"}, timeout_s=_DOWNLOAD_S, max_body=_MAX_FILE
        )
        is_page = answer.headers.get("content-type", "").lower().startswith("text/html")
        if is_page and "x-attachment-metadata" not in answer.headers:
            raise _unreadable("a page in place of a file")
        return answer.body

    def upload(self, table: str, sys_id: str, name: str, content_type: str, data: bytes) -> Attachment:
        """Put a file on a record."""
        params = {"table_name": table, "table_sys_id": sys_id, "file_name": name}
        headers = {"Content-Type": content_type or "application/octet-stream"}
        result = self._write(
            "POST", f"{_ATTACHMENT_PATH}/file", params=params, data=data, headers=headers, timeout_s=_DOWNLOAD_S
        )
        return _attachment(server_row(result, "sys_attachment").fields)

    def slas(self, sys_ids: Sequence[str]) -> dict[str, list[Sla]]:
        """The service-level clocks of these cases."""
        found: dict[str, list[Sla]] = {sys_id: [] for sys_id in sys_ids}
        fields = ("task", "sla", "stage", "planned_end_time", "has_breached")
        for piece in in_pieces(sys_ids):
            for page in self.pages("task_sla", any_of("task", piece), fields):
                for row in page.rows:
                    if row.fields.get("task") in found:
                        found[row.fields["task"]].append(_sla(row))
        return found

    def update(self, table: str, sys_id: str, fields: Mapping[str, str]) -> ServerRow:
        """Change these fields (raw values) and return their echo with the record's trace fields."""
        params = {
            "sysparm_display_value": "all",
            "sysparm_exclude_reference_link": "true",
            "sysparm_input_display_value": "false",
            "sysparm_fields": ",".join(dict.fromkeys((*_TRACE, *fields))),
        }
        return server_row(
            self._write("PATCH", f"api/now/table/{table}/{sys_id}", params=params, json=fields), table
        )

    def create(self, table: str, fields: Mapping[str, str], correlation_id: str) -> ServerRow:
        """Make a record that can be found again by its correlation id (see `created`)."""
        params = {"sysparm_display_value": "all", "sysparm_exclude_reference_link": "true"}
        body = {**fields, "correlation_id": correlation_id}
        return server_row(self._write("POST", f"api/now/table/{table}", params=params, json=body), table)

    def created(self, table: str, correlation_id: str) -> ServerRow | None:
        """The record that was made with this correlation id."""
        others = False
        for page in self.pages(table, equals("correlation_id", correlation_id), ("correlation_id",), limit=10):
            for row in page.rows:
                if row.fields.get("correlation_id") == correlation_id:
                    return row
            others = True
            break
        if others:  # the condition was dropped: whether it was made cannot be told this way
            raise paging.Untrustworthy("rows of another correlation id")
        return None

    def capabilities(self) -> Capabilities:
        """Probe once at sign-in what may be read."""
        return Capabilities(
            journals=self._can_read("sys_journal_field", any_of("element", tuple(JOURNALS)), CREATED),
            choices=self._can_read("sys_choice", "", UPDATED),
            slas=self._can_read("task_sla", "", UPDATED),
        )

    def _can_read(self, table: str, query: str, by: str) -> bool:
        try:
            params = {"sysparm_query": both(query, f"ORDERBYDESC{by}"), "sysparm_limit": "10", **_fields((), by)}
            params["sysparm_fields"] = "sys_id"
            return bool(self._batch(f"api/now/table/{table}", table, params, 0).rows)
        except (Refusal, TooSlow):
            return False

    def newest(self, table: str, query: str) -> str:
        """The latest sys_updated_on of a query as raw text, "" when nothing shows.

        Rows that the ACL hides are stepped over; a server that cannot answer in time gives "" too.
        """
        params = {"sysparm_query": both(query, f"ORDERBYDESC{UPDATED}"), "sysparm_fields": f"sys_id,{UPDATED}"}
        offset, limit = 0, 50
        for _ in range(_STEPS_TO_THE_NEWEST):
            try:
                asked = {**params, "sysparm_limit": str(limit)}
                batch = self._batch(f"api/now/table/{table}", table, asked, offset)
            except TooSlow:
                limit = max(1, limit // 4)
                continue
            if batch.rows:
                return max(row.fields.get(UPDATED, "") for row in batch.rows)
            offset += limit
            if batch.total is None or offset >= batch.total:
                return ""
            limit = min(2 * limit, 4 * PAGE)
        return ""

    def _batch(self, path: str, table: str, params: Mapping[str, str], offset: int) -> Batch:
        asked = {**params, "sysparm_offset": str(offset)} if offset else params
        try:
            result, headers = self._result(path, asked)
        except Refusal as refusal:
            if refusal.status == 404 and "record" in refusal.message.lower():
                return Batch((), 0, False)  # the first version of the API answers so when nothing is found
            raise
        if not isinstance(result, list):
            raise _unreadable("result is no list")
        total, has_next = paging.counted(dict(headers))
        return Batch([server_row(_mapping(record), table) for record in result], total, has_next)

    def _result(self, path: str, params: Mapping[str, str]) -> tuple[object, Mapping[str, str]]:
        """The `result` of a read; a broken answer is asked for again."""
        for _ in range(3):
            answer = self.connection.send("GET", path, params=params, expect=JSON)
            try:
                decoded = msgspec.json.decode(answer.body)
            except msgspec.DecodeError:
                if b"ransaction cancelled" in answer.body:
                    raise TooSlow from None
                continue
            if isinstance(decoded, dict) and decoded.get("error"):
                _raise_error(answer, broke_off=bool(decoded.get("result")))
            if isinstance(decoded, dict) and "result" in decoded:
                return decoded["result"], answer.headers
        raise _unreadable("no result")

    def _write(self, method: str, path: str, **request: Any) -> Mapping[str, object]:
        try:
            answer = self.connection.send(method, path, expect=JSON, **request)
            decoded = answer.json()
            if decoded.get("error"):  # 200 all the same: it may have been done before it broke off
                raise _outcome_unknown()
            return _mapping(decoded["result"])
        except Refusal as refusal:
            if refusal.status == 409:
                raise _outcome_unknown() from None
            raise
        except (msgspec.DecodeError, LookupError, TypeError, AttributeError, _NoRecord):
            raise _outcome_unknown() from None


class _NoRecord(OutOfReach):
    """A record was expected and something else came."""


def journal_text(record: ServerRow | None) -> list[Note]:
    """The journals' display text as one note each: its dates are in the user's format, so it is never taken apart."""
    if record is None:
        return []
    return [
        Note(f"{record.sys_id}:{field}", kind, text, "", None)
        for field, kind in JOURNALS.items()
        if (text := (record.labels.get(field) or record.fields.get(field, "")).strip())
    ]


_USER: Final = ("sys_id", "user_name", "name", "email", "active")
_NO_PAGE: Final = Page((), Cursor(""), 0)
_STEPS_TO_THE_NEWEST: Final = 12


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().strip()


def _fields(fields: Sequence[str], by: str) -> dict[str, str]:
    return {"sysparm_fields": ",".join(dict.fromkeys(("sys_id", by, *fields)))} if fields else {}


def _mapping(record: object) -> Mapping[str, object]:
    if not isinstance(record, dict):
        raise _NoRecord(_unreadable_sentence(), system="servicenow", log_detail="a record is no object")
    return record


def _raise_error(answer: Answer, *, broke_off: bool) -> None:
    """An error inside 200, possibly after a part of the rows: none of them counts.

    After rows it is the clock that ran out, in whatever language the session is told so.
    """
    message, detail = words_of(answer.body)
    if broke_off or "cancelled" in message.lower() or "maximum execution time" in message.lower():
        raise TooSlow
    raise Refusal("servicenow", answer.status, message, detail, answer.body)


def _unreadable_sentence() -> str:
    return say("ServiceNow gav et svar, som ikke kan læses. kkassist prøver igen.")


def _unreadable(why: str) -> OutOfReach:
    return OutOfReach(_unreadable_sentence(), system="servicenow", log_detail=why)


def _outcome_unknown() -> OutcomeUnknown:
    sentence = say("Svaret fra ServiceNow gik tabt. kkassist spørger, om det blev gjort.")
    return OutcomeUnknown(sentence, system="servicenow", log_detail="unreadable answer to a write")


def _choice(row: ServerRow) -> Choice:
    of = row.fields.get
    sequence = of("sequence", "")
    return Choice(
        table=of("name", ""),
        element=of("element", ""),
        value=of("value", ""),
        label=of("label", ""),
        sequence=int(sequence) if sequence.lstrip("-").isdigit() else 0,
        inactive=is_true(of("inactive", "")),
    )


def _colleague(row: ServerRow, user_name: str = "") -> Colleague:
    """`user_name` stands in where the ACL hides it."""
    of = row.fields.get
    return Colleague(
        row.sys_id, of("user_name", user_name), of("name", ""), of("email", ""), is_true(of("active", "true"))
    )


def _note(row: ServerRow) -> Note:
    of = row.fields.get
    return Note(
        row.sys_id,
        JOURNALS[row.fields["element"]],
        of("value", ""),
        of("sys_created_by", ""),
        moment(of(CREATED, "")),
    )


def _attachment(fields: Mapping[str, str]) -> Attachment:
    size = fields.get("size_bytes", "")
    return Attachment(
        sys_id=fields.get("sys_id", ""),
        name=fields.get("file_name", ""),
        content_type=fields.get("content_type", ""),
        size=int(size) if size.isdigit() else 0,
        sha256=fields.get("hash", ""),
        by=fields.get("sys_created_by", ""),
        at=moment(fields.get(CREATED, "")),
    )


def _sla(row: ServerRow) -> Sla:
    of = row.fields.get
    stage = of("stage", "")
    return Sla(
        name=row.labels.get("sla") or of("sla", ""),
        stage="in_progress" if stage == "breached" else stage,
        planned_end=moment(of("planned_end_time", "")),
        breached=is_true(of("has_breached", "")) or stage == "breached",
    )
