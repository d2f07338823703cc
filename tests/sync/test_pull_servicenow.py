"""The workspace holds what the server shows this user, whatever happens on the way."""

import threading

import pytest
from annas_world import ANNA, Annas

from kkassist.domain.case import NoteKind
from kkassist.store import cases, choices
from kkassist.store.directory import user


def in_scope(annas: Annas) -> dict[str, dict[str, str]]:
    """What the queue should hold: open cases of hers and her groups', and their closed ones of the last 400 days."""
    with annas.workspace.read() as tx:
        me = user(tx, ANNA)
    assert me is not None
    memberships = annas.instance.tables.where("sys_user_grmember", "user", me.sys_id)
    groups = {row["group"] for row in memberships}
    return {
        sys_id: row
        for sys_id, row in annas.instance.visible(ANNA).items()
        if (row.get("assigned_to") == me.sys_id or row.get("assignment_group") in groups)
        and (row.get("active") == "true" or row.get("closed_at", "") >= "2025-10-19")
    }


def assert_equal_to_the_server(annas: Annas) -> None:
    truth = in_scope(annas)
    assert truth
    assert truth.keys() <= annas.known().keys()
    for sys_id, row in truth.items():
        held = annas.fields(sys_id)
        assert {name: held[name] for name in ("state", "short_description", "sys_updated_on", "assigned_to")} == {
            name: row.get(name, "") for name in ("state", "short_description", "sys_updated_on", "assigned_to")
        }


def test_the_first_sync_brings_the_whole_queue_with_labels_and_the_class_own_fields(annas: Annas) -> None:
    assert_equal_to_the_server(annas)

    with annas.workspace.read() as tx:
        record = cases.record(tx, annas.a_case())
        assert choices.label(tx, "sn_hr_core_case_payroll", "state", "3") != "3"
    assert record is not None
    assert record.fields["hr_service"] != record.labels["hr_service"] != ""
    assert "work_notes" not in record.labels


def test_notes_files_and_clocks_come_along(annas: Annas) -> None:
    tables = annas.instance.tables
    open_ones = {sys_id for sys_id in annas.known() if annas.fields(sys_id)["active"] == "true"}
    with annas.workspace.read() as tx:
        for table, of, held in (
            ("sys_journal_field", "element_id", lambda one: cases.notes(tx, one)),
            ("sys_attachment", "table_sys_id", lambda one: cases.attachments(tx, one)),
        ):
            expected = [row[of] for row in tables.rows(table) if row[of] in open_ones]
            assert expected
            assert sum(len(held(one)) for one in open_ones) == len(expected)


def test_a_second_sync_asks_little_and_changes_nothing(annas: Annas) -> None:
    before = len(annas.instance.log)

    result = annas.pull()

    assert (result.created, result.changed, result.removed, result.error) == (0, 0, 0, "")
    assert len(annas.instance.log) - before <= 5


def test_what_colleagues_do_is_followed_and_what_left_the_queue_too(annas: Annas) -> None:
    one, other = sorted(annas.known())[:2]
    annas.instance.colleagues.edit([one], fields={"short_description": "Rettet af en kollega"})
    annas.instance.colleagues.edit([other], fields={"active": "false", "state": "3", "assigned_to": ""})
    annas.instance.colleagues.insert(count=3)
    noted = annas.a_case()
    annas.instance.colleagues.note([noted], text="Ringet til lederen")

    result = annas.pull()

    assert result.error == ""
    assert annas.fields(one)["short_description"] == "Rettet af en kollega"
    assert annas.fields(other)["active"] == "false"
    assert_equal_to_the_server(annas)
    with annas.workspace.read() as tx:
        assert "Ringet til lederen" in [note.text for note in cases.notes(tx, noted)]


def test_deleted_cases_go_after_each_was_asked_for_and_a_sudden_nothing_removes_nothing(annas: Annas) -> None:
    gone = annas.a_case()
    annas.instance.colleagues.delete([gone])

    assert annas.pull().removed == 0
    result = annas.pull(full=True)

    assert result.removed == 1
    assert gone not in annas.known()
    assert_equal_to_the_server(annas)


@pytest.mark.parametrize(
    "fault",
    ["hidden_pages", "wrong_counts", "late_commit", "cancelled_200", "cut_body", "empty_200", "error_503",
     "reset_before", "dead_token", "login_page", "mutate_while_reading"],
)  # fmt: skip
def test_the_queue_is_whole_under(fault: str, begin) -> None:
    annas = begin()
    lasting = fault in {"hidden_pages", "wrong_counts", "late_commit"}
    annas.instance.faults.switch(fault, **({} if lasting else {"times": 4, "rate": 0.5}))

    assert annas.pull().error == ""
    if fault in {"hidden_pages", "wrong_counts"}:
        assert_equal_to_the_server(annas)
    annas.instance.faults.clear()

    assert annas.pull(full=fault == "hidden_pages").error == ""
    assert_equal_to_the_server(annas)


def test_closed_journals_leave_the_display_text_as_one_note(begin) -> None:
    annas = begin()
    annas.instance.faults.switch("closed_journals")

    annas.pull()

    with annas.workspace.read() as tx:
        notes = [note for one in annas.known() for note in cases.notes(tx, one)]
    assert notes
    assert all(note.at is None and note.id.endswith((":work_notes", ":comments")) for note in notes)
    assert {note.kind for note in notes} <= set(NoteKind)


def test_a_stopped_sync_goes_on_where_it_was(begin) -> None:
    annas = begin()
    stop = threading.Event()
    seen: list[int] = []

    def after_two_pages(done: int, _: int) -> None:
        seen.append(done)
        if len(seen) == 2:
            stop.set()

    annas.pull(stop=stop, report=after_two_pages)
    held = len(annas.known())
    assert 0 < held < len(in_scope(annas))

    rest = annas.pull()

    assert rest.fetched < held + len(in_scope(annas))
    assert_equal_to_the_server(annas)


def test_a_long_wait_is_handed_up_and_the_result_says_so(begin) -> None:
    annas = begin()
    annas.pull()
    annas.instance.faults.switch("rate_limit", seconds=60)

    result = annas.pull()

    assert "svarer ikke" in result.error
    assert not annas.paused
