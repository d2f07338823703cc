"""Who may read and write what: tables, rows and fields. Row rules act after the limit, as the real ones do."""

from dataclasses import dataclass, field
from typing import Final

from kkassist.practice.servicenow.schema import fields_of, is_kind_of
from kkassist.practice.servicenow.session import Session
from kkassist.practice.servicenow.tables import Row, Tables, root

CLOSED_TABLES: Final = frozenset({"sys_dictionary", "sys_db_object", "sys_audit_delete", "sys_user_has_role"})
"""Administrators only: others get 200 and an empty list."""

_PARENT_FIELD: Final = {
    "task_sla": "task",
    "sys_journal_field": "element_id",
    "sys_attachment": "table_sys_id",
    "sysapproval_approver": "sysapproval",
}
"""Rows that are seen by whoever sees the task they belong to."""

_READ_ONLY: Final = frozenset(
    {"number", "active", "opened_at", "opened_by", "closed_at", "closed_by", "sla_due", "made_sla", "approval"}
    | {"escalation", "reassignment_count", "subject_person", "opened_for", "hr_service", "u_cpr", "u_fortrolig"}
)
"""Task fields that rules set and a caseworker's write leaves as they were, without a word."""
_ASSESSMENT_READERS: Final = frozenset({"teamleder", "systemansvarlig", "integration"})
_WRITERS: Final = frozenset(
    {"sagsbehandler", "godkender", "teamleder", "jurist", "systemansvarlig", "integration"}
)
_CREATABLE: Final = frozenset({"task", "sys_attachment"})


@dataclass(slots=True)
class Access:
    """The rules of the instance; `journals_closed` and `hidden` are switched by faults."""

    tables: Tables
    journals_closed: bool = False
    hidden: set[str] = field(default_factory=set)
    """Tasks that a security policy has taken away from everybody who is bound by one."""

    def table_is_open(self, session: Session, table: str) -> bool:
        """Whether the user may read the table at all."""
        if session.unbound:
            return True
        if table == "sys_journal_field" and self.journals_closed:
            return False
        return table not in CLOSED_TABLES

    def may_read(self, session: Session, table: str, row: Row) -> bool:
        """Whether the row is shown to the user."""
        if session.unbound:
            return True
        base = root(table)
        if base == "task":
            return self._may_read_task(session, row)
        if base not in _PARENT_FIELD:
            return True
        parent = self.tables.get("task", row.get(_PARENT_FIELD[base], ""))
        return parent is None or self._may_read_task(session, parent)

    def hidden_fields(self, session: Session, table: str) -> frozenset[str]:
        """Fields that are absent from every answer to this user."""
        if root(table) != "task":
            return frozenset()
        closed: set[str] = set()
        if session.role not in _ASSESSMENT_READERS:
            closed.add("u_intern_vurdering")
        if not session.sees_hr and not is_kind_of(table, "sn_spend_sdc_service_request"):
            closed.add("u_cpr")
        return frozenset(closed & fields_of(table).keys())

    def may_write(self, session: Session, table: str, name: str) -> bool:
        """Whether the user's write to the field counts; where not, it is left unchanged silently."""
        if name.startswith("sys_"):
            return False
        if session.unbound:
            return True
        if root(table) == "task":
            return session.role in _WRITERS and name not in _READ_ONLY
        if root(table) == "sysapproval_approver":
            return name in {"state", "comments"}
        return False

    def may_create(self, session: Session, table: str) -> bool:
        """Whether the user may insert into the table."""
        return session.unbound or (root(table) in _CREATABLE and session.role in _WRITERS)

    def may_update(self, session: Session, table: str) -> bool:
        """Whether the user may update anything in the table; where not, the answer is 403."""
        return session.unbound or root(table) in {"task", "sysapproval_approver"}

    def may_delete(self, session: Session, table: str, row: Row) -> bool:
        """Whether the user may delete the row: her own attachments; the rest is for administrators."""
        if session.unbound:
            return True
        return table == "sys_attachment" and row.get("sys_created_by") == session.user_name

    def _may_read_task(self, session: Session, row: Row) -> bool:
        if row["sys_id"] in self.hidden:
            return False
        own = session.user_id in {row.get("opened_for"), row.get("opened_by"), row.get("assigned_to")}
        if own:
            return True
        if session.role not in _WRITERS:
            return False
        if row["sys_class_name"].startswith("sn_hr_") and not session.sees_hr:
            return False
        return "u_fortrolig" not in row or row.get("assignment_group", "") in session.group_ids
