"""From an approved batch to the receipt: each row once, every answer kept, nothing sent blindly again."""

import openpyxl
import pytest
from job import PROCESS, QUEUE, approved_batch, approver, as_user, follow_to_end, row, write_file
from orchestrator import SmallOrchestrator

from kkassist.actions import runs, uploads
from kkassist.domain.batch import BatchState, RowState
from kkassist.domain.errors import OutOfReach, Refused
from kkassist.domain.run import RunState
from kkassist.store import audit, ledger
from kkassist.sync import follow as following

ID = PROCESS.id


def reference(batch_id: str, number: int) -> str:
    return f"KK-{ID}-{batch_id}-{number}"


def states(desk, batch_id: str) -> dict[int, RowState]:
    return {one.row: one.state for one in runs.rows(desk, batch_id)}


def test_an_approved_batch_is_handed_over_worked_and_finished(desk, platform: SmallOrchestrator, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 5)
    run = runs.send(desk, batch_id)
    assert run.total == 5 and platform.references() == []
    runs.follow(desk)
    assert platform.references() == [reference(batch_id, number) for number in range(2, 7)]
    sent = platform.ledger.rows()[0]["SpecificContent"]
    assert (sent["Tjenestenr"], sent["Beloeb"]) == ("100001", "1001.50")
    assert not any("610190" in str(value) for value in sent.values())
    platform.finish_all()
    follow_to_end(desk)
    assert uploads.batch(desk, batch_id).state is BatchState.FINISHED
    done = runs.rows(desk, batch_id)
    assert {one.state for one in done} == {RowState.DONE}
    assert done[0].evidence.startswith("OPUS-") and done[0].robot == "KS-ROBOT-01" and done[0].external_id
    assert runs.run(desk, run.id).state is RunState.FINISHED
    assert len(platform.ledger.jobs) == 1
    with desk.workspace.read() as tx:
        last = list(audit.export(tx))[-1]
    assert last["act"] == "kørsel slut" and "25 minutter sparet" in last["detail"]


def test_only_an_approved_batch_is_sent(desk, tmp_path):
    path = write_file(tmp_path / "fil.xlsx", [row(1)])
    batch = uploads.submit_file(desk, ID, path)
    with pytest.raises(Refused, match="ikke godkendt"):
        runs.send(desk, batch.id)
    with pytest.raises(Refused, match="rolle"):
        runs.send(as_user(desk, "lis.juul", "jurist"), batch.id)


def test_what_would_be_sent_can_be_seen_first(desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 3)
    dry = runs.dry_run(desk, batch_id)
    runs.send(desk, batch_id)
    runs.follow(desk)
    assert (dry.platform, dry.queue) == ("UiPath Orchestrator", QUEUE)
    sent = {item["Reference"]: item["SpecificContent"] for item in platform.ledger.rows()}
    assert {one.reference: dict(one.content) for one in dry.items} == sent


def test_refused_rows_are_mended_approved_again_and_run_alone(desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 6)
    runs.send(desk, batch_id)
    runs.follow(desk)
    platform.refuse(reference(batch_id, 3), "Lønperioden er låst for medarbejderen.")
    platform.refuse(reference(batch_id, 5), "OPUS svarede ikke.", "ApplicationException")
    platform.finish_all()
    follow_to_end(desk)
    assert states(desk, batch_id)[3] is RowState.REFUSED and states(desk, batch_id)[5] is RowState.FAILED
    before = uploads.batch(desk, batch_id)
    with pytest.raises(Refused, match="kan ikke rettes"):
        uploads.repair_row(desk, batch_id, 2, {"beloeb": "1,00"})
    uploads.repair_row(desk, batch_id, 3, {"udbetalingsmaaned": "2027-01"})
    with pytest.raises(Refused, match="godken"):
        runs.retry(desk, batch_id)
    uploads.submit(desk, batch_id)
    after = uploads.approve(approver(desk), batch_id)
    assert after.content_hash != before.content_hash
    run = runs.retry(desk, batch_id)
    assert run.total == 2
    runs.follow(desk)
    new = platform.references()[6:]
    assert new == [f"{reference(batch_id, 3)}-v2", f"{reference(batch_id, 5)}-v2"]
    assert platform.ledger.rows()[6]["SpecificContent"]["Udbetalingsmaaned"] == "2027-01"
    reviewed = {one["Reference"]: one["ReviewStatus"] for one in platform.ledger.rows()}
    assert reviewed[reference(batch_id, 3)] == "Verified"
    platform.finish_all()
    follow_to_end(desk)
    assert set(states(desk, batch_id).values()) == {RowState.DONE}
    tries = runs.attempts(desk, reference(batch_id, 3))
    assert [one.state for one in tries] == [RowState.REFUSED, RowState.DONE]
    assert tries[0].message == "Lønperioden er låst for medarbejderen."


def test_failed_rows_run_again_unchanged_under_the_same_approval(desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 3)
    runs.send(desk, batch_id)
    runs.follow(desk)
    platform.refuse(reference(batch_id, 2), "OPUS svarede ikke.", "ApplicationException")
    platform.finish_all()
    follow_to_end(desk)
    assert runs.retry(desk, batch_id).total == 1
    runs.follow(desk)
    assert platform.references()[3:] == [f"{reference(batch_id, 2)}-v2"]
    platform.finish_all()
    follow_to_end(desk)
    with pytest.raises(Refused, match="ingen afviste"):
        runs.retry(desk, batch_id)


def test_a_try_that_somebody_started_anew_on_the_platform_is_not_sent_beside_it(desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 2)
    runs.send(desk, batch_id)
    runs.follow(desk)
    platform.refuse(reference(batch_id, 2), "OPUS svarede ikke.", "ApplicationException")
    platform.finish(reference(batch_id, 3))
    follow_to_end(desk)
    platform.retry_by_hand(reference(batch_id, 2))
    platform.finish(reference(batch_id, 2), "OPUS-99")
    runs.retry(desk, batch_id)
    follow_to_end(desk)
    assert not any(one.endswith("-v2") for one in platform.references())
    assert states(desk, batch_id)[2] is RowState.DONE


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(desk, platform, tmp_path, when):
    batch_id = approved_batch(desk, tmp_path, 4)
    runs.send(desk, batch_id)
    platform.lose_next["BulkAddQueueItems"] = when
    runs.follow(desk)
    follow_until_handed_over(desk)
    platform.finish_all()
    follow_to_end(desk)
    assert platform.references() == [reference(batch_id, number) for number in range(2, 6)]
    sendings = sum(path.endswith("BulkAddQueueItems") for path, _ in platform.bodies)
    assert sendings == (2 if when == "before" else 1)
    assert set(states(desk, batch_id).values()) == {RowState.DONE}


def follow_until_handed_over(desk) -> None:
    for _ in range(20):
        runs.follow(desk)
        if runs.all_runs(desk)[0].state is RunState.FOLLOWING:
            return
    raise AssertionError(runs.all_runs(desk))


def test_a_row_the_platform_does_not_take_is_refused_in_its_words(desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 2)
    platform.not_taken[reference(batch_id, 3)] = ("QueueItemSchemaViolationException", "Beloeb is not a number.")
    runs.send(desk, batch_id)
    runs.follow(desk)
    taken, not_taken = runs.rows(desk, batch_id)
    assert taken.state is RowState.QUEUED
    assert not_taken.state is RowState.REFUSED and "Beloeb is not a number." in not_taken.message


def test_an_abandoned_row_is_unknown_until_a_person_has_looked(desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 2)
    runs.send(desk, batch_id)
    runs.follow(desk)
    platform.abandon(reference(batch_id, 2))
    platform.finish(reference(batch_id, 3))
    follow_to_end(desk)
    unknown = runs.rows(desk, batch_id, [RowState.UNKNOWN])
    assert [one.row for one in unknown] == [2] and "tjek i OPUS" in unknown[0].message
    with pytest.raises(Refused, match="ingen afviste"):
        runs.retry(desk, batch_id)
    with pytest.raises(Refused, match="hvad du så"):
        runs.settle_unknown(desk, reference(batch_id, 2), RowState.DONE, "")
    settled = runs.settle_unknown(desk, reference(batch_id, 2), RowState.FAILED, "Ikke i OPUS den 23/11")
    assert settled.state is RowState.FAILED and "anna.holm" in settled.message
    assert runs.retry(desk, batch_id).total == 1
    with desk.workspace.read() as tx:
        assert "afgør ukendt række" in [entry["act"] for entry in audit.export(tx)]


def test_an_unknown_row_that_the_platform_answers_later_is_settled_by_asking(desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 1)
    runs.send(desk, batch_id)
    runs.follow(desk)
    platform.abandon(reference(batch_id, 2))
    follow_to_end(desk)
    assert runs.look_up_unknown(desk, batch_id) == 0
    platform.finish(reference(batch_id, 2), "OPUS-7")
    assert runs.look_up_unknown(desk, batch_id) == 1
    assert runs.rows(desk, batch_id)[0].evidence == "OPUS-7"


def test_a_row_that_vanished_from_the_platform_is_unknown_and_not_sent_again(desk, platform, clock, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 2)
    runs.send(desk, batch_id)
    runs.follow(desk)
    platform.finish(reference(batch_id, 2))
    gone = next(one for one in platform.ledger.rows() if one["Reference"] == reference(batch_id, 3))
    del platform.ledger.items[gone["Id"]]
    clock.wait(minutes=20)
    follow_to_end(desk)
    assert states(desk, batch_id) == {2: RowState.DONE, 3: RowState.UNKNOWN}
    assert platform.references() == [reference(batch_id, 2)]


def test_stopping_takes_back_what_no_robot_has_begun_on(desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 4)
    run = runs.send(desk, batch_id)
    follow_until_handed_over(desk)
    platform.begin(reference(batch_id, 2))
    runs.cancel(desk, run.id)
    runs.follow(desk)
    assert states(desk, batch_id)[2] in {RowState.QUEUED, RowState.RUNNING}
    assert [states(desk, batch_id)[number] for number in (3, 4, 5)] == [RowState.CANCELLED] * 3
    platform.finish(reference(batch_id, 2))
    follow_to_end(desk)
    assert runs.run(desk, run.id).state is RunState.CANCELLED
    assert states(desk, batch_id)[2] is RowState.DONE
    assert platform.ledger.jobs[1]["State"] == "Stopped"


def test_stopping_before_anything_is_sent_sends_nothing(desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 3)
    run = runs.send(desk, batch_id)
    runs.cancel(desk, run.id)
    follow_to_end(desk)
    assert platform.references() == []
    assert set(states(desk, batch_id).values()) == {RowState.CANCELLED}


def test_the_same_payment_in_another_file_is_an_error_and_is_not_sent(desk, platform, tmp_path):
    first = approved_batch(desk, tmp_path, 3)
    path = write_file(tmp_path / "anden.xlsx", [row(2, begrundelse="Igen"), row(9)])
    second = uploads.approve(approver(desk), uploads.submit_file(desk, ID, path).id).id
    runs.send(desk, first)
    runs.follow(desk)
    with pytest.raises(Refused, match=f"række 3 i batch {first}"):
        runs.send(desk, second)
    platform.finish_all()
    follow_to_end(desk)
    third = write_file(tmp_path / "tredje.xlsx", [row(2, begrundelse="Tredje"), row(10)])
    checked = uploads.check_file(desk, ID, third)
    assert [(one.row, one.rule) for one in checked.findings] == [(2, uploads.ALREADY_DONE)]
    assert (checked.ok, checked.errors) == (1, 1)


def test_a_queue_that_does_not_guard_its_references_is_refused(desk, platform, tmp_path):
    platform.ledger.queues[QUEUE] = {**platform.ledger.queues[QUEUE], "EnforceUniqueReference": False}
    batch_id = approved_batch(desk, tmp_path, 1)
    with pytest.raises(Refused, match="unikke referencer"):
        runs.send(desk, batch_id)
    assert uploads.batch(desk, batch_id).state is BatchState.APPROVED


def test_a_platform_out_of_reach_leaves_the_run_standing_with_the_reason(desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 2)
    run = runs.send(desk, batch_id)
    platform.busy_next["BulkAddQueueItems"] = "42"
    with pytest.raises(OutOfReach) as caught:
        runs.follow(desk)
    assert caught.value.retry_after_s == 42
    assert runs.run(desk, run.id).detail
    follow_until_handed_over(desk)
    platform.finish_all()
    follow_to_end(desk)
    assert set(states(desk, batch_id).values()) == {RowState.DONE}
    assert runs.run(desk, run.id).detail == ""


def test_a_robot_that_ended_too_early_is_started_again(desk, platform, clock, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 2)
    runs.send(desk, batch_id)
    follow_until_handed_over(desk)
    platform.ledger.alter_job(1, State="Successful")
    clock.wait(minutes=1)
    runs.follow(desk)
    assert len(platform.ledger.jobs) == 2
    platform.ledger.alter_job(2, State="Faulted", Info="Licens mangler")
    clock.wait(minutes=1)
    runs.follow(desk)
    assert len(platform.ledger.jobs) == 2
    assert "Licens mangler" in runs.all_runs(desk)[0].detail
    assert states(desk, batch_id) == {2: RowState.QUEUED, 3: RowState.QUEUED}


def test_many_rows_go_in_chunks_and_come_back_by_pages(desk, platform, tmp_path, monkeypatch):
    monkeypatch.setattr(following, "CHUNK", 7)
    batch_id = approved_batch(desk, tmp_path, 50)
    runs.send(desk, batch_id)
    follow_until_handed_over(desk)
    sizes = [len(body["queueItems"]) for path, body in platform.bodies if path.endswith("BulkAddQueueItems")]
    assert sizes == [7] * 7 + [1]
    platform.finish_all()
    follow_to_end(desk)
    assert uploads.batch(desk, batch_id).counts == {RowState.DONE: 50}
    assert runs.minutes_saved(uploads.batch(desk, batch_id)) == 250


def test_one_case_is_run_with_its_forms_values(desk, platform):
    values = {"tjenestenr": "100001", "cpr": "6101900001", "fratraedelsesdato": "2027-01-31"}
    run = runs.hand_over_case(desk, "fratraedelse", "c0ffee", values)
    assert (run.case_id, run.total) == ("c0ffee", 1)
    runs.follow(desk)
    (only,) = platform.references()
    assert only.startswith("KK-fratraedelse-")
    with pytest.raises(Refused, match="allerede udført eller på vej"):
        runs.hand_over_case(desk, "fratraedelse", "c0ffee", values)
    platform.finish_all()
    follow_to_end(desk)
    with desk.workspace.read() as tx:
        assert [one.state for one in ledger.rows(tx, run.id)] == [RowState.DONE]


def test_the_receipt_adds_up(desk, platform, tmp_path):
    batch_id = approved_batch(desk, tmp_path, 4)
    runs.send(desk, batch_id)
    runs.follow(desk)
    platform.refuse(reference(batch_id, 3), "Lønperioden er låst for medarbejderen.")
    platform.finish_all()
    follow_to_end(desk)
    path = runs.receipt(desk, batch_id, tmp_path / "kvittering.xlsx")
    book = openpyxl.load_workbook(path)
    text = "\n".join(
        str(cell.value) for sheet in book for line in sheet for cell in line if cell.value is not None
    )
    assert uploads.batch(desk, batch_id).content_hash in text
    assert "bent.kjaer" in text and "Lønperioden er låst" in text
    assert all(reference(batch_id, number) in text for number in range(2, 6))
    assert "6101900001" not in text and "610190-0001" not in text
