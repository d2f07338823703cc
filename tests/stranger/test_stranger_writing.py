"""What anybody's ServiceNow may make of a write, and each of the user's acts still happens once."""

import hashlib
from datetime import timedelta

import pytest
from foreign_servicenow import (
    busy_until,
    done_but_lost,
    done_but_out_of_time,
    done_but_told_in_html,
    html,
    tokens_die,
)

from kkassist.domain.change import ChangeKind, ChangeState, PendingChange
from kkassist.domain.errors import OutOfReach
from kkassist.domain.ids import new_id
from kkassist.store import cases, outbox

LATER = timedelta(minutes=2)


def want(desk, kind: ChangeKind, field: str = "", mine: str = "") -> PendingChange:
    """Put a change of Anna's first case in the outbox."""
    with desk.parts[0].write() as tx:
        case = min(cases.known(tx))
        row = cases.server_row(tx, case)
        change = PendingChange(
            id=new_id(), case_id=case, table=row.table, number=row.fields["number"], kind=kind, field=field,
            base=row.fields.get(field, ""), mine=mine, theirs="", state=ChangeState.WAITING, tries=0, next_try=None,
            detail="", made_at=desk.clock, sent_at=None, user=desk.user,
        )  # fmt: skip
        outbox.add(tx, change)
    return change


def now(desk, change: PendingChange) -> PendingChange:
    with desk.parts[0].read() as tx:
        return outbox.change(tx, change.id)


def notes(desk, text: str) -> int:
    return sum(row["value"] == text for row in desk.instance.rows("sys_journal_field").values())


def push_until_quiet(desk, times: int = 5) -> None:
    for _ in range(times):
        try:
            desk.push(LATER)
        except OutOfReach:
            continue


@pytest.mark.parametrize("closed", [{}, {"empty": {"sys_journal_field"}}, {"closed": {"sys_journal_field"}}])
@pytest.mark.parametrize(
    "fault", [done_but_lost, done_but_told_in_html, html("502", 502), tokens_die, busy_until(1)]
)
def test_a_note_is_written_once(begin, fault, closed: dict) -> None:
    desk = begin(cases_made=6, **closed)
    desk.pull()
    note = want(desk, ChangeKind.WORK_NOTE, mine="Ringet op 23-11-2026")
    desk.instance.next("^PATCH", fault)

    push_until_quiet(desk)

    assert notes(desk, "Ringet op 23-11-2026") == 1
    assert now(desk, note).state is ChangeState.DONE


def test_a_note_that_stands_under_another_name_is_not_written_again(begin) -> None:
    """The server may know the user by another name than the settings do, e.g. with a key or a client of its own."""
    desk = begin(cases_made=6, author="integration.kk")
    desk.pull()
    note = want(desk, ChangeKind.COMMENT, mine="Tak for din besked")

    push_until_quiet(desk)

    assert notes(desk, "Tak for din besked") == 1
    assert now(desk, note).state is ChangeState.DONE


def test_a_note_that_is_taken_and_never_shown_is_told_and_not_repeated(begin) -> None:
    desk = begin(cases_made=6)
    desk.pull()
    note = want(desk, ChangeKind.WORK_NOTE, mine="Forsvundet")
    add = desk.instance.add
    desk.instance.add = lambda table, **fields: "" if table == "sys_journal_field" else add(table, **fields)

    push_until_quiet(desk)

    assert len([method for method, _ in desk.instance.log if method == "PATCH"]) == 1
    assert now(desk, note).state is ChangeState.REFUSED
    assert "viser den ikke" in now(desk, note).detail


def test_work_notes_are_seen_where_comments_alone_are_open(begin) -> None:
    desk = begin(
        cases_made=6,
        invisible=lambda table, row: table == "sys_journal_field" and row["element"] == "work_notes",
    )
    desk.pull()
    case = min(desk.known())
    desk.instance.add("sys_journal_field", element_id=case, element="comments", value="Hej", name="task",
                      sys_created_by="employee")  # fmt: skip
    note = want(desk, ChangeKind.WORK_NOTE, mine="Intern")

    push_until_quiet(desk, 3)

    assert (notes(desk, "Intern"), now(desk, note).state) == (1, ChangeState.DONE)


@pytest.mark.parametrize("hashes", [True, False])
@pytest.mark.parametrize("fault", [done_but_lost, html("503", 503)])
def test_a_file_is_put_there_once(begin, fault, hashes: bool) -> None:
    desk = begin(cases_made=6, hashes=hashes)
    desk.pull()
    data = b"l\xf8n;1,5"
    digest = hashlib.sha256(data).hexdigest()
    with desk.parts[0].write() as tx:
        outbox.store_blob(tx, digest, data, "text/csv")
    change = want(desk, ChangeKind.ATTACHMENT, "løn.csv", digest)
    desk.instance.next("^POST .*attachment/file", fault)

    push_until_quiet(desk)

    files = [row for row in desk.instance.rows("sys_attachment").values() if row["file_name"] == "løn.csv"]
    assert [desk.instance.blobs[row["sys_id"]] for row in files] == [data]
    assert now(desk, change).state is ChangeState.DONE


@pytest.mark.parametrize(
    "fault", [done_but_lost, done_but_told_in_html, done_but_out_of_time, html("502", 502), tokens_die]
)
def test_a_case_is_made_once(begin, fault) -> None:
    desk = begin(cases_made=6)
    desk.pull()
    for row in desk.instance.rows("task").values():
        row["correlation_id"] = ""
    change = want(desk, ChangeKind.CREATE, mine='{"short_description": "Ny sag"}')
    desk.instance.next("^POST .*table", fault)

    push_until_quiet(desk)

    made = [row for row in desk.instance.rows("task").values() if row.get("correlation_id") == change.id]
    assert len(made) == 1
    assert now(desk, change).state is ChangeState.DONE


def test_a_case_is_not_made_again_where_it_cannot_be_looked_for(begin) -> None:
    """Without the field the condition is dropped, and the first of all cases comes back."""
    desk = begin(cases_made=6, unknown_fields={"incident": {"correlation_id"}, "x_kk_hr_case": {"correlation_id"}})
    desk.pull()
    want(desk, ChangeKind.CREATE, mine='{"short_description": "Ny sag"}')
    desk.instance.next("^POST .*table", done_but_lost)

    push_until_quiet(desk)

    made = [row for row in desk.instance.rows("task").values() if row["short_description"] == "Ny sag"]
    assert len(made) <= 1


def test_a_silently_ignored_field_is_refused_and_its_neighbour_sent(begin) -> None:
    desk = begin(cases_made=6, read_only={"description"})
    desk.pull()
    ignored = want(desk, ChangeKind.FIELD, "description", "Ny tekst")
    taken = want(desk, ChangeKind.FIELD, "close_notes", "Udbetalt ^ & færdig")

    assert desk.push().sent == 1

    assert (now(desk, ignored).state, now(desk, taken).state) == (ChangeState.REFUSED, ChangeState.DONE)
    assert "uændret" in now(desk, ignored).detail
    assert desk.instance.rows("task")[taken.case_id]["close_notes"] == "Udbetalt ^ & færdig"


def test_somebody_between_the_look_and_the_write_is_told_though_the_case_was_new(begin) -> None:
    desk = begin(cases_made=6)
    desk.pull()
    change = want(desk, ChangeKind.FIELD, "close_notes", "Min")

    def colleague(handler) -> bool:
        for text in ("en", "to"):
            desk.instance.change("task", change.case_id, {"description": text}, "bo.lund")
        return False

    desk.instance.next("^PATCH", colleague)

    assert desk.push().sent == 1
    assert "imens" in now(desk, change).detail


def test_a_rule_that_follows_up_is_read_back_and_hinders_nothing(begin) -> None:
    def rule(row: dict[str, str]) -> None:
        row["sys_mod_count"] = str(int(row["sys_mod_count"]) + 1)
        row["priority"] = "1"

    desk = begin(cases_made=6, rule=rule)
    desk.pull()
    change = want(desk, ChangeKind.FIELD, "close_notes", "Min")

    assert desk.push().sent == 1
    with desk.parts[0].read() as tx:
        assert cases.server_row(tx, change.case_id).fields["priority"] == "1"


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_keeps_the_text_and_tells_the_servers_words(begin, status: int) -> None:
    desk = begin(cases_made=6)
    desk.pull()
    change = want(desk, ChangeKind.FIELD, "close_notes", "Min")
    desk.instance.next(
        "^PATCH",
        lambda handler: (
            handler.refuse(status, "Operation Failed", "Data Policy Exception: udfyld lukkekode") or True
        ),
    )

    result = desk.push()

    assert result.refused == (change.id,)
    assert now(desk, change).mine == "Min"
    assert ("lukkekode" if status == 403 else "findes ikke") in now(desk, change).detail


def test_a_hidden_field_is_told_instead_of_sent_blindly(begin) -> None:
    desk = begin(cases_made=6, hidden={"incident": {"close_notes"}, "x_kk_hr_case": {"close_notes"}})
    desk.pull()
    change = want(desk, ChangeKind.FIELD, "close_notes", "Min")

    desk.push()

    assert now(desk, change).state is ChangeState.REFUSED
    assert not [method for method, _ in desk.instance.log if method == "PATCH"]


def test_a_token_endpoint_that_is_away_leaves_a_change_waiting(begin) -> None:
    desk = begin(cases_made=6)
    desk.pull()
    change = want(desk, ChangeKind.WORK_NOTE, mine="Senere")
    desk.instance.next("^PATCH", tokens_die)
    desk.instance.next("oauth_token", html("503", 503))

    with pytest.raises(OutOfReach):
        desk.push()
    push_until_quiet(desk)

    assert notes(desk, "Senere") == 1
    assert now(desk, change).state is ChangeState.DONE


def test_the_same_token_again_is_used_to_its_end(begin) -> None:
    desk = begin(life="20")
    desk.pull()
    desk.pull()

    assert len(desk.instance.refreshes) <= 2
