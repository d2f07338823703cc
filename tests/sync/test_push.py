"""The user's changes arrive once, never over a colleague's, and nothing that was refused is lost."""

import hashlib
from datetime import timedelta

import pytest
from annas_world import ANNA, Annas
from hypothesis import given
from hypothesis import strategies as st

from kkassist.domain.change import ChangeKind, ChangeState
from kkassist.domain.errors import OutOfReach
from kkassist.store import cases, outbox
from kkassist.sync.conflicts import Merge, merge

LATER = timedelta(minutes=2)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "outcome"),
    [
        ("a", "b", "a", Merge.SEND),
        ("a", "b", "b", Merge.SAME),
        ("a", "a", "c", Merge.SAME),
        ("a", "b", "c", Merge.CONFLICT),
        ("", "b", "", Merge.SEND),
        ("a", "", "a", Merge.SEND),
        ("a", "", "c", Merge.CONFLICT),
        ("x\ny", "z", "x\r\ny ", Merge.SEND),
    ],
)
def test_three_values_of_a_field(base: str, mine: str, theirs: str, outcome: Merge) -> None:
    assert merge(base, mine, theirs) is outcome


@given(st.text(), st.text())
def test_a_field_that_nobody_else_touched_is_never_a_conflict(base: str, mine: str) -> None:
    assert merge(base, mine, base) is not Merge.CONFLICT


def test_fields_of_one_case_go_together_and_the_fresh_record_is_stored(annas: Annas) -> None:
    case = annas.a_case()
    first = annas.want(case, ChangeKind.FIELD, "short_description", "Ny overskrift")
    second = annas.want(case, ChangeKind.FIELD, "description", "Ny tekst med ^ og æøå")

    result = annas.push()

    assert (result.sent, result.refused, result.waiting, result.conflicts) == (2, (), 0, 0)
    assert annas.server(case)["description"] == "Ny tekst med ^ og æøå"
    assert annas.fields(case)["short_description"] == "Ny overskrift"
    assert {annas.change(one).state for one in (first, second)} == {ChangeState.DONE}
    assert sum(entry.method == "PATCH" for entry in annas.instance.log) == 1


def test_a_colleagues_edit_of_the_same_field_is_a_conflict_and_of_another_field_is_not(annas: Annas) -> None:
    case = annas.a_case()
    annas.instance.colleagues.edit(
        [case], fields={"short_description": "Kollegaens", "description": "Også kollegaens"}
    )
    annas.want(case, ChangeKind.FIELD, "urgency", "1" if annas.fields(case)["urgency"] != "1" else "2")
    mine = annas.want(case, ChangeKind.FIELD, "short_description", "Min")

    result = annas.push()

    assert (result.sent, result.conflicts) == (1, 1)
    assert annas.server(case)["short_description"] == "Kollegaens"
    parked = annas.change(mine)
    assert (parked.state, parked.theirs, parked.mine) == (ChangeState.CONFLICT, "Kollegaens", "Min")


@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "error_503"])
@pytest.mark.parametrize(
    "kind", [ChangeKind.WORK_NOTE, ChangeKind.FIELD, ChangeKind.ATTACHMENT, ChangeKind.CREATE]
)
def test_a_lost_answer_is_settled_by_asking_and_the_act_is_done_once(
    fault: str, kind: ChangeKind, annas: Annas, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = annas.a_case()
    data = b"l\xf8nseddel"
    digest = hashlib.sha256(data).hexdigest()
    mine = {ChangeKind.ATTACHMENT: digest, ChangeKind.CREATE: '{"short_description": "Ny sag"}'}.get(
        kind, "Ringet op"
    )
    name = {ChangeKind.FIELD: "short_description", ChangeKind.ATTACHMENT: "seddel.pdf"}.get(kind, "")
    with annas.workspace.write() as tx:
        outbox.store_blob(tx, digest, data, "application/pdf")
    change = annas.want(case, kind, name, mine)
    send = annas.client.connection.send

    def break_the_first_write(method: str, path: str, **options: object):
        if method in {"PATCH", "POST"}:
            monkeypatch.undo()
            annas.instance.faults.switch(fault, times=1)
        return send(method, path, **options)

    monkeypatch.setattr(annas.client.connection, "send", break_the_first_write)

    for _ in range(4):
        annas.push(LATER)

    assert annas.change(change).state is ChangeState.DONE
    tables = annas.instance.tables
    done = {
        ChangeKind.WORK_NOTE: lambda: annas.notes_on_server(case, "Ringet op"),
        ChangeKind.FIELD: lambda: int(annas.server(case)["short_description"] == "Ringet op"),
        ChangeKind.ATTACHMENT: lambda: sum(
            row["table_sys_id"] == case and row["hash"] == digest for row in tables.rows("sys_attachment")
        ),
        ChangeKind.CREATE: lambda: sum(row.get("correlation_id") == change for row in tables.rows("task")),
    }[kind]()
    assert done == 1


def test_a_program_killed_while_sending_asks_before_it_sends_again(annas: Annas) -> None:
    case = annas.a_case()
    arrived = annas.want(case, ChangeKind.COMMENT, mine="Hej Anna")
    annas.push()
    lost = annas.want(case, ChangeKind.COMMENT, mine="Hej Bo")
    with annas.workspace.write() as tx:
        outbox.sending(tx, lost, annas.clock)  # and then the power went

    for _ in range(3):
        annas.push(LATER)

    assert annas.notes_on_server(case, "Hej Anna") == 1
    assert annas.change(arrived).state is ChangeState.DONE
    assert annas.notes_on_server(case, "Hej Bo") == 0
    assert annas.change(lost).state is ChangeState.REFUSED, "not known whether it arrived: the user looks"


def test_notes_arrive_with_closed_journals_too(begin) -> None:
    annas = begin()
    annas.instance.faults.switch("closed_journals")
    annas.pull()
    case = annas.a_case()
    annas.want(case, ChangeKind.WORK_NOTE, mine="Ringet op")

    assert annas.push().sent == 1
    assert annas.notes_on_server(case, "Ringet op") == 1


def test_a_refusal_keeps_the_change_and_the_servers_own_words(annas: Annas) -> None:
    case = annas.a_case()
    annas.instance.colleagues.delete([case])
    change = annas.want(case, ChangeKind.FIELD, "short_description", "For sent")

    result = annas.push()

    assert result.refused == (change,)
    assert (annas.change(change).state, annas.change(change).mine) == (ChangeState.REFUSED, "For sent")
    assert "findes ikke" in annas.change(change).detail


def test_a_refused_field_does_not_take_the_others_with_it(annas: Annas) -> None:
    case = next(one for one in sorted(annas.known()) if annas.server(one).get("state") == "18")
    refused = annas.want(case, ChangeKind.FIELD, "assignment_group", "a" * 32)
    kept = annas.want(case, ChangeKind.FIELD, "close_notes", "Udbetalt")

    result = annas.push()

    assert (result.sent, result.refused) == (1, (refused,))
    assert annas.server(case)["close_notes"] == "Udbetalt"
    assert annas.change(kept).state is ChangeState.DONE
    assert "kun ændres, når sagen er i status Klar" in annas.change(refused).detail


def test_a_field_that_is_silently_left_alone_is_refused_aloud(annas: Annas) -> None:
    case = annas.a_case()
    change = annas.want(case, ChangeKind.FIELD, "hr_service", "b" * 32)

    result = annas.push()

    assert result.refused == (change,)
    assert "uændret" in annas.change(change).detail
    assert annas.change(change).mine == "b" * 32


def test_what_a_rule_makes_of_a_change_is_stored(annas: Annas) -> None:
    payroll = [one for one, (table, _) in sorted(annas.known().items()) if table == "sn_hr_core_case_payroll"]
    case = next(one for one in payroll if annas.server(one).get("state") == "18")
    annas.want(case, ChangeKind.FIELD, "state", "3")

    assert annas.push().sent == 1

    assert annas.fields(case)["active"] != "true"
    assert annas.fields(case)["closed_at"] == annas.server(case)["closed_at"] != ""


def test_a_server_that_is_away_leaves_everything_waiting(annas: Annas) -> None:
    case = annas.a_case()
    change = annas.want(case, ChangeKind.FIELD, "short_description", "Senere")
    annas.instance.faults.switch("error_503")

    with pytest.raises(OutOfReach):
        annas.push()
    assert annas.change(change).state is ChangeState.WAITING
    annas.instance.faults.clear()

    assert annas.push(LATER).sent == 1


def test_a_file_that_is_there_already_is_not_sent_twice(annas: Annas) -> None:
    case = annas.a_case()
    data = b"%PDF-1.7 aftale"
    digest = hashlib.sha256(data).hexdigest()
    with annas.workspace.write() as tx:
        outbox.store_blob(tx, digest, data, "application/pdf")
    for _ in range(2):
        annas.want(case, ChangeKind.ATTACHMENT, "aftale.pdf", digest)
        annas.push()

    files = [row for row in annas.instance.tables.rows("sys_attachment") if row["hash"] == digest]
    assert len(files) == 1
    assert files[0]["sys_created_by"] == ANNA
    with annas.workspace.read() as tx:
        assert digest in {one.sha256 for one in cases.attachments(tx, case)}
    assert annas.client.download(files[0]["sys_id"]) == data
