"""ServiceNow's Table and Attachment API for one user. Raw values and UTC only; labels beside them.

Errors are those of `kkassist.remote.http`; a write whose answer cannot be read is `OutcomeUnknown`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from kkassist.domain.case import Attachment, Choice, Note, NoteKind, ServerRow, Sla
from kkassist.domain.colleague import Colleague, Group
from kkassist.domain.errors import OutOfReach
from kkassist.domain.language import say
from kkassist.remote.http import Answer, Connection, OutcomeUnknown, Refusal, words_of
from kkassist.remote.servicenow import paging
from kkassist.remote.servicenow.paging import Batch, Cursor, Page, TooSlow
from kkassist.remote.servicenow.query import any_of, both, equals, in_pieces
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
        """The choice lists of these tables: Danish labels where there are some, else English ones.

        A table without a list of its own inherits its parent's; ask for the parents too.
        """
        fields = ("name", "element", "value", "label", "sequence", "inactive")
        found: dict[tuple[str, str, str], Choice] = {}
        danish: set[tuple[str, str]] = set()
        for language in ("da", "en"):
            for piece in in_pieces(tables):
                query = both(any_of("name", piece), equals("language", language))
                for page in self.pages("sys_choice", query, fields, labels=False):
                    for choice in map(_choice, page.rows):
                        if language == "da":
                            danish.add((choice.table, choice.element))
                        elif (choice.table, choice.element) in danish:
                            continue
                        found[choice.table, choice.element, choice.value] = choice
        return list(found.values())

    def session_user(self, user_name: str) -> Colleague | None:
        """The user of this name, or the one who is signed in when it is ""."""
        who = equals("user_name", user_name) if user_name else "sys_id=javascript:gs.getUserID()"
        for page in self.pages("sys_user", who, _USER, limit=2):
            return _colleague(page.rows[0])
        return None

    def users(self, start: Cursor | None = None, query: str = "") -> Iterator[tuple[list[Colleague], Cursor]]:
        """Users that changed after `start`, with the cursor to go on from."""
        for page in self.pages("sys_user", query, _USER, start, labels=False):
            yield [_colleague(row) for row in page.rows], page.cursor

    def users_by_id(self, sys_ids: Sequence[str]) -> list[Colleague]:
        """The users of these sys_ids."""
        return [_colleague(row) for page in self.by_ids("sys_user", sys_ids, _USER) for row in page.rows]

    def groups(self, *, names: Sequence[str] = (), sys_ids: Sequence[str] = ()) -> list[Group]:
        """Groups of these names, or of these sys_ids."""
        field, values = ("name", names) if names else ("sys_id", sys_ids)
        return [
            Group(row.sys_id, row.fields.get("name", ""), is_true(row.fields.get("active", "true")))
            for piece in in_pieces(values)
            for page in self.pages(
                "sys_user_group", any_of(field, piece), ("sys_id", "name", "active"), labels=False
            )
            for row in page.rows
        ]

    def memberships(self, *, user: str = "", groups: Sequence[str] = ()) -> list[tuple[str, str]]:
        """(user sys_id, group sys_id) of one user, or of these groups."""
        queries = [equals("user", user)] if user else [any_of("group", piece) for piece in in_pieces(groups)]
        return [
            (row.fields.get("user", ""), row.fields.get("group", ""))
            for query in queries
            for page in self.pages("sys_user_grmember", query, ("sys_id", "user", "group"), labels=False)
            for row in page.rows
        ]

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
        """The bytes of a file."""
        path = f"{_ATTACHMENT_PATH}/{attachment_id}/file"
        return self.connection.send(
            "GET", path, headers={"Accept": "*/*"}, timeout_s=_DOWNLOAD_S, max_body=_MAX_FILE
        ).body

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
        for page in self.pages(table, equals("correlation_id", correlation_id), ("correlation_id",)):
            return next((row for row in page.rows if row.fields.get("correlation_id") == correlation_id), None)
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
        """The latest sys_updated_on of a query as raw text, "" when nothing shows."""
        params = {
            "sysparm_query": both(query, f"ORDERBYDESC{UPDATED}"),
            "sysparm_limit": "50",
            "sysparm_fields": f"sys_id,{UPDATED}",
        }
        rows = self._batch(f"api/now/table/{table}", table, params, 0).rows
        return max((row.fields.get(UPDATED, "") for row in rows), default="")

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
                _raise_error(answer)
            if isinstance(decoded, dict) and "result" in decoded:
                return decoded["result"], answer.headers
        raise _unreadable("no result")

    def _write(self, method: str, path: str, **request: Any) -> Mapping[str, object]:
        try:
            answer = self.connection.send(method, path, expect=JSON, **request)
            return _mapping(answer.json()["result"])
        except Refusal as refusal:
            if refusal.status == 409:
                raise _outcome_unknown() from None
            raise
        except (msgspec.DecodeError, LookupError, TypeError, _NoRecord):
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


def _fields(fields: Sequence[str], by: str) -> dict[str, str]:
    return {"sysparm_fields": ",".join(dict.fromkeys(("sys_id", by, *fields)))} if fields else {}


def _mapping(record: object) -> Mapping[str, object]:
    if not isinstance(record, dict):
        raise _NoRecord(_unreadable_sentence(), system="servicenow", log_detail="a record is no object")
    return record


def _raise_error(answer: Answer) -> None:
    """An error inside 200, possibly after a part of the rows: none of them counts."""
    message, detail = words_of(answer.body)
    if "cancelled" in message.lower() or "maximum execution time" in message.lower():
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


def _colleague(row: ServerRow) -> Colleague:
    of = row.fields.get
    return Colleague(
        row.sys_id, of("user_name", ""), of("name", ""), of("email", ""), is_true(of("active", "true"))
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
