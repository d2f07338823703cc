"""UiPath Orchestrator behind the port: what is sent, and what each answer means."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from orchestrator import SmallOrchestrator

from kkassist.domain.batch import RowState
from kkassist.domain.errors import OutOfReach, Refused
from kkassist.domain.settings import HttpSettings
from kkassist.remote.http import Connection, OutcomeUnknown
from kkassist.remote.robots.port import Item, JobState, Outcome
from kkassist.remote.robots.uipath import Orchestrator, ReadBudget
from kkassist.remote.sign_in import NoSignIn

QUEUE = "KK_Resultatloen"
RELEASE = "KK_Resultatloen_OPUS"
BATCH = "KK-resultatloen-01JD0000000000000000000000"
DESCRIPTION = Path(__file__).parents[2].parent / "shared" / "formats" / "uipath-orchestrator-v16-subset.json"


def items(*rows: int) -> list[Item]:
    return [Item(f"{BATCH}-{row}", {"Tjenestenr": f"{row:08d}", "Beloeb": "1200.50"}) for row in rows]


def test_rows_are_handed_over_once_and_a_second_time_changes_nothing(platform, robots):
    first = robots.hand_over(QUEUE, items(1, 2, 3))
    second = robots.hand_over(QUEUE, items(2, 3, 4))
    assert [one.outcome for one in first] == [Outcome.ACCEPTED] * 3
    assert [one.outcome for one in second] == [Outcome.ALREADY_THERE, Outcome.ALREADY_THERE, Outcome.ACCEPTED]
    assert platform.references() == [f"{BATCH}-{row}" for row in (1, 2, 3, 4)]
    assert platform.ledger.rows()[0]["SpecificContent"] == {"Tjenestenr": "00000001", "Beloeb": "1200.50"}


def test_a_row_the_queue_does_not_take_is_refused_with_its_words(robots):
    too_long = Item(f"{BATCH}-9", {"Begrundelse": "x" * 300_000})
    fine, refused = robots.hand_over(QUEUE, [*items(1), too_long])
    assert fine.outcome is Outcome.ACCEPTED
    assert (refused.outcome, refused.code) == (Outcome.REFUSED, "QueueItemContentSizeExceeded")
    assert "too long" in refused.text


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_was_lost_is_unknown_until_the_reference_is_looked_up(platform, robots, when):
    robots.queue(QUEUE)
    platform.lose_next["BulkAddQueueItems"] = when
    assert {one.outcome for one in robots.hand_over(QUEUE, items(1, 2))} == {Outcome.UNKNOWN}
    found = robots.find(QUEUE, [one.reference for one in items(1, 2)])
    assert set(found) == ({f"{BATCH}-1", f"{BATCH}-2"} if when == "after" else set())


def test_many_references_are_looked_up_within_the_limits_of_a_filter(platform, robots):
    robots.hand_over(QUEUE, items(*range(1, 401)))
    wanted = [f"{BATCH}-{row}" for row in range(301, 501)]
    assert set(robots.find(QUEUE, wanted)) == {f"{BATCH}-{row}" for row in range(301, 401)}
    scattered = [f"KK-anden-{n}-1" for n in range(120)] + [f"{BATCH}-7"]
    assert set(robots.find(QUEUE, scattered)) == {f"{BATCH}-7"}
    longest = max(
        len(dict(one.query)["$filter"]) for one in platform.server.served if one.path == "/odata/QueueItems"
    )
    assert longest < 1_500


def test_everything_a_robot_can_say_has_a_state_of_the_ledger(platform, robots):
    robots.hand_over(QUEUE, items(*range(1, 8)))
    platform.begin(f"{BATCH}-2")
    platform.finish(f"{BATCH}-3", "OPUS-4711")
    platform.refuse(f"{BATCH}-4", "Lønperioden er låst for medarbejderen.")
    platform.refuse(f"{BATCH}-5", "OPUS svarede ikke.", "ApplicationException")
    platform.abandon(f"{BATCH}-6")
    robots.withdraw(QUEUE, [f"{BATCH}-7"])
    seen = {int(one.reference.rsplit("-", 1)[1]): one for one in robots.follow(QUEUE, f"{BATCH}-", None)}
    assert {row: one.state for row, one in seen.items()} == {
        1: RowState.QUEUED,
        2: RowState.RUNNING,
        3: RowState.DONE,
        4: RowState.REFUSED,
        5: RowState.FAILED,
        6: RowState.UNKNOWN,
        7: RowState.CANCELLED,
    }
    assert (seen[3].evidence, seen[3].robot) == ("OPUS-4711", "KS-ROBOT-01")
    assert seen[4].message == "Lønperioden er låst for medarbejderen."
    assert "tjek i OPUS" in seen[6].message
    assert seen[3].finished_at is not None and seen[3].finished_at.tzinfo is UTC


def test_only_what_a_robot_touched_since_is_read_again(platform, robots):
    robots.hand_over(QUEUE, items(1, 2, 3))
    platform.finish(f"{BATCH}-1")
    since = platform.clock
    platform.finish(f"{BATCH}-2")
    assert {one.reference for one in robots.follow(QUEUE, f"{BATCH}-", since)} == {f"{BATCH}-1", f"{BATCH}-2"}
    later = datetime(2026, 11, 24, tzinfo=UTC)
    assert list(robots.follow(QUEUE, f"{BATCH}-", later)) == []


def test_more_than_a_page_is_followed_whole(platform, robots):
    for start in (1, 1001):
        robots.hand_over(QUEUE, items(*range(start, start + 1000)))
    robots.hand_over(QUEUE, items(2001))
    assert len(list(robots.follow(QUEUE, f"{BATCH}-", None))) == 2001


def test_an_item_that_was_tried_again_on_the_platform_counts_with_its_newest_try(platform, robots):
    robots.hand_over(QUEUE, items(1))
    platform.refuse(f"{BATCH}-1", "OPUS svarede ikke.", "ApplicationException")
    platform.retry_by_hand(f"{BATCH}-1")
    assert robots.find(QUEUE, [f"{BATCH}-1"])[f"{BATCH}-1"].state is RowState.QUEUED
    platform.finish(f"{BATCH}-1")
    (only,) = robots.follow(QUEUE, f"{BATCH}-", None)
    assert only.state is RowState.DONE


def test_a_job_is_started_once_for_a_batch(platform, robots):
    first = robots.start_job(RELEASE, {"batch": "01JD"}, BATCH)
    second = robots.start_job(RELEASE, {"batch": "01JD"}, BATCH)
    assert first.key == second.key
    assert len(platform.ledger.jobs) == 1
    robots.stop_job(first.key)
    assert robots.job(first.key).state is JobState.STANDING
    assert robots.start_job(RELEASE, {"batch": "01JD"}, BATCH).key != first.key


def test_a_job_whose_start_was_lost_is_found_again(platform, robots):
    robots.queue(QUEUE)
    platform.lose_next["StartJobs"] = "after"
    with pytest.raises(OutcomeUnknown):
        robots.start_job(RELEASE, {}, BATCH)
    assert robots.start_job(RELEASE, {}, BATCH).state is JobState.WAITING
    assert len(platform.ledger.jobs) == 1


@pytest.mark.parametrize("lost", ["", "before", "after"])
def test_only_rows_no_robot_has_begun_on_are_taken_back(platform, robots, lost):
    robots.hand_over(QUEUE, items(1, 2))
    platform.begin(f"{BATCH}-1")
    if lost:
        platform.lose_next["DeleteBulk"] = lost
    gone = robots.withdraw(QUEUE, [f"{BATCH}-1", f"{BATCH}-2", f"{BATCH}-3"])
    assert gone == ({f"{BATCH}-3"} if lost == "before" else {f"{BATCH}-2", f"{BATCH}-3"})


def test_an_ended_try_is_closed_so_that_nobody_starts_it_again(platform, robots):
    robots.hand_over(QUEUE, items(1, 2))
    platform.refuse(f"{BATCH}-1", "Nej.")
    robots.close_attempt(QUEUE, [f"{BATCH}-1", f"{BATCH}-2"])
    assert [one["ReviewStatus"] for one in platform.ledger.rows()] == ["Verified", "None"]


def test_the_history_says_who_did_what(platform, robots):
    robots.hand_over(QUEUE, items(1))
    platform.finish(f"{BATCH}-1")
    assert [one.act for one in robots.history(QUEUE, f"{BATCH}-1")] == ["Create", "Status", "Status"]


def test_whether_the_queue_guards_its_references_is_told(robots):
    assert robots.queue(QUEUE).unique_references is True
    assert robots.queue("KK_Uden").unique_references is False


def test_what_is_missing_on_the_platform_is_named(platform, robots):
    with pytest.raises(Refused, match="Robotkøen KK_Findes_ikke findes ikke"):
        robots.queue("KK_Findes_ikke")
    with pytest.raises(Refused, match="Robotten Ukendt findes ikke"):
        robots.start_job("Ukendt", {}, BATCH)
    connection = Connection(
        "robots", platform.base_url, HttpSettings(timeout_s=5), NoSignIn(), pause=lambda _: None
    )
    with pytest.raises(Refused, match="Mappen Andre findes ikke"):
        Orchestrator(connection, "Andre").queue(QUEUE)


def test_a_platform_that_asks_for_patience_is_left_alone_as_long_as_it_says(platform, robots):
    robots.hand_over(QUEUE, items(1))
    platform.busy_next["QueueItems"] = "42"
    with pytest.raises(OutOfReach) as caught:
        list(robots.follow(QUEUE, f"{BATCH}-", None))
    assert caught.value.retry_after_s == 42


def test_reads_keep_within_their_budget_a_minute():
    now = [0.0]
    budget = ReadBudget(3, clock=lambda: now[0])
    for second in range(3):
        now[0] = float(second)
        budget.take()
    now[0] = 10.0
    with pytest.raises(OutOfReach) as caught:
        budget.take()
    assert caught.value.retry_after_s == 50
    now[0] = 60.0
    budget.take()


@pytest.mark.skipif(not DESCRIPTION.exists(), reason="the published description is not beside the repository")
def test_every_body_sent_fits_the_published_description(platform: SmallOrchestrator, robots: Orchestrator):
    robots.hand_over(QUEUE, items(1, 2, 3))
    platform.refuse(f"{BATCH}-1", "Nej.")
    robots.close_attempt(QUEUE, [f"{BATCH}-1"])
    robots.withdraw(QUEUE, [f"{BATCH}-2"])
    robots.stop_job(robots.start_job(RELEASE, {"batch": "01JD"}, BATCH).key)
    description = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    checked = set()
    for path, body in platform.bodies:
        template = next(one for one in description["paths"] if re.fullmatch(_pattern(one), path))
        parameters = description["paths"][template]["post"]["parameters"]
        schema = next(one["schema"] for one in parameters if one["in"] == "body")
        strict = _without_unknown_names({**description, **schema})
        jsonschema.Draft4Validator(strict).validate(body)
        checked.add(path.rsplit(".", 1)[-1])
    assert checked == {"BulkAddQueueItems", "SetItemReviewStatus", "DeleteBulk", "StartJobs", "StopJob"}


def _pattern(template: str) -> str:
    return re.sub(r"\\\{\w+\\\}", r"\\d+", re.escape(template))


def _without_unknown_names(description: dict) -> dict:
    """The description leaves objects open; a misspelt name would pass, so it is closed for the test."""
    closed = {}
    for name, one in description["definitions"].items():
        is_open = "properties" in one and "additionalProperties" not in one
        closed[name] = {**one, "additionalProperties": False} if is_open else one
    return {"$ref": description["$ref"], "definitions": closed}
