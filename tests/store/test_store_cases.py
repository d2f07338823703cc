"""Server rows: idempotent, never older over newer, child fields merged, others' changes seen."""

from datetime import timedelta

from conftest_store import ANNA, NOW, case, later

from kkassist.domain.case import Attachment, Note, NoteKind, ServerRow, Sla
from kkassist.store import cases, outbox


def store(workspace, *rows, at=NOW):
    with workspace.write() as tx:
        return cases.store_page(tx, rows, me=ANNA, at=at)


def record(workspace, sys_id="c1"):
    with workspace.read() as tx:
        return cases.record(tx, sys_id, ANNA)


def test_the_same_page_twice_changes_nothing(workspace):
    page = [case("c1"), case("c2")]
    assert store(workspace, *page).created == ("c1", "c2")
    again = store(workspace, *page)
    assert (again.created, again.changed, again.unchanged) == ((), (), ("c1", "c2"))


def test_an_older_version_never_overwrites_a_newer(workspace):
    store(workspace, case("c1", at=later(minutes=5), count=7, state="20"))
    assert store(workspace, case("c1", at=NOW, count=9, state="10")).unchanged == ("c1",)
    assert store(workspace, case("c1", at=later(minutes=5), count=6, state="10")).unchanged == ("c1",)
    assert record(workspace).server.fields["state"] == "20"


def test_a_child_table_adds_its_fields_and_takes_none(workspace):
    parent = ServerRow("c1", "task", {"number": "HRC1", "state": "1", "sys_updated_on": "2026-11-23 08:00:00"}, {})
    child = ServerRow("c1", "sn_hr_le_case", {"u_cpr": "0101901234", "sys_updated_on": "2026-11-23 08:00:00"}, {})
    store(workspace, parent, child)
    store(workspace, parent)
    known = record(workspace).server
    assert known.table == "sn_hr_le_case"
    assert (known.fields["number"], known.fields["u_cpr"]) == ("HRC1", "0101901234")


def test_what_others_change_is_news_until_she_looks(workspace):
    store(workspace, case("c1"))
    assert not record(workspace).row.unread
    store(
        workspace, case("c1", at=later(minutes=1), count=2, by="bo.lund", short_description="Fratrædelse, haster")
    )
    seen = record(workspace)
    assert seen.row.unread
    assert [(one.field, one.before, one.after, one.by) for one in seen.changed_since_read] == [
        ("short_description", "Fratrædelse", "Fratrædelse, haster", "bo.lund")
    ]
    with workspace.write() as tx:
        cases.mark_read(tx, "c1")
    assert not record(workspace).row.unread
    assert record(workspace).changed_since_read == ()


def test_her_own_change_coming_back_is_no_news(workspace):
    store(workspace, case("c1"))
    store(workspace, case("c1", at=later(minutes=1), count=2, by="anna.holm", state="20"))
    assert not record(workspace).row.unread
    assert record(workspace).changed_since_read == ()


def test_a_removed_case_leaves_her_changes_alone(workspace):
    store(workspace, case("c1"), case("c2"))
    with workspace.write() as tx:
        mine = outbox.edit_field(tx, "c1", "state", "18", "20", "anna.holm", NOW)
        assert cases.remove(tx, ["c1", "nowhere"]) == 1
    with workspace.read() as tx:
        assert list(cases.known(tx)) == ["c2"]
        assert [one.id for one in outbox.entries(tx)] == [mine.id]
    assert record(workspace) is None
    assert store(workspace, case("c1")).created == ("c1",)


def test_a_pending_change_is_seen_at_once_and_the_server_row_is_untouched(workspace):
    store(workspace, case("c1"))
    with workspace.write() as tx:
        outbox.edit_field(tx, "c1", "short_description", "Fratrædelse", "Ny titel", "anna.holm", NOW)
    seen = record(workspace)
    assert (seen.row.title, seen.fields["short_description"], seen.row.pending) == ("Ny titel", "Ny titel", 1)
    assert seen.server.fields["short_description"] == "Fratrædelse"


def test_two_cases_with_one_number_are_both_found(workspace):
    store(workspace, case("c1", number="HRC0000001"), case("c2", number="HRC0000001"))
    with workspace.read() as tx:
        assert {row.sys_id for row in cases.find(tx, "hrc0000001", ANNA)} == {"c1", "c2"}
        assert [row.sys_id for row in cases.find(tx, "c2", ANNA)] == ["c2"]


def test_notes_files_and_clocks_come_back_as_given(workspace):
    store(workspace, case("c1"))
    note = Note("n1", NoteKind.WORK_NOTE, "Ringet", "bo.lund", NOW)
    file = Attachment("a1", "brev.pdf", "application/pdf", 3, "", "bo.lund", NOW)
    running = Sla("Løs", "in_progress", NOW + timedelta(hours=2), breached=False)
    paused = Sla("Svar", "paused", NOW + timedelta(hours=1), breached=False)
    with workspace.write() as tx:
        cases.store_notes(tx, "c1", [note])
        cases.store_attachments(tx, "c1", [file])
        cases.store_attachment_bytes(tx, "a1", b"pdf")
        cases.store_slas(tx, "c1", [paused, running])
        cases.store_attachments(tx, "c1", [file])
        assert cases.attachment_bytes(tx, "a1") == b"pdf"
    seen = record(workspace)
    assert (seen.notes, seen.attachments, seen.slas) == ((note,), (file,), (paused, running))
    assert (seen.row.breach_at, seen.row.breach_paused) == (running.planned_end, False)


def test_known_gives_back_the_raw_time(workspace):
    store(workspace, case("c1"), case("c2", active="false"))
    with workspace.read() as tx:
        assert cases.known(tx, active_only=True) == {"c1": ("sn_hr_le_case", "2026-11-23 09:00:00")}
