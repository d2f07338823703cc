"""Everything fails now and then, the program is killed again and again: nothing is lost and nothing is done twice."""

import random
import time
from contextlib import suppress
from datetime import timedelta

from test_pull_servicenow import assert_equal_to_the_server

from kkassist.domain.change import ChangeKind, ChangeState
from kkassist.domain.errors import OutOfReach

INCIDENTS = (
    "error_500", "error_502", "error_503", "reset_before", "reset_after", "cut_body", "cancelled_200", "hibernating",
    "login_page", "empty_200", "dead_token", "mutate_while_reading",
)  # fmt: skip
ROUNDS = 16


class Killed(BaseException):
    """The power goes: no handler of the program sees it coming."""


def test_forty_changes_under_faults_and_kills(begin, monkeypatch) -> None:
    annas = begin(200)
    annas.pull()
    chance = random.Random(11)
    session = annas.client.connection._session
    real = session.request

    def mortal(*arguments, **options):
        lot = chance.random()
        if lot < 0.01:
            raise Killed
        answer = real(*arguments, **options)
        if lot < 0.02:
            answer.close()
            raise Killed
        return answer

    monkeypatch.setattr(session, "request", mortal)
    faults = annas.instance.faults
    for name in INCIDENTS:
        faults.switch(name, rate=0.03)
    faults.switch("late_commit", seconds=0.05)
    faults.switch("wrong_counts")
    open_ones = [one for one in sorted(annas.known()) if annas.fields(one)["active"] == "true"]
    notes = {f"Note {n}": chance.choice(open_ones) for n in range(25)}
    edits = dict(zip(open_ones, (f"Tekst {n}" for n in range(15)), strict=False))
    changes = [annas.want(case, ChangeKind.WORK_NOTE, mine=text) for text, case in notes.items()]
    changes += [annas.want(case, ChangeKind.FIELD, "close_notes", text) for case, text in edits.items()]

    for number in range(ROUNDS):
        with suppress(OutOfReach, Killed):
            annas.push(timedelta(minutes=20))
        with suppress(OutOfReach, Killed):
            annas.pull(full=number % 8 == 7)
    monkeypatch.undo()
    faults.clear()
    time.sleep(0.1)  # the last late commits
    for _ in range(4):
        annas.push(timedelta(hours=2))
    assert annas.pull(full=True).error == ""

    seen = set(annas.instance.visible("anna.holm"))
    assert {text: annas.notes_on_server(case, text) for text, case in notes.items() if case in seen} == {
        text: 1 for text, case in notes.items() if case in seen
    }
    assert {case: annas.server(case)["close_notes"] for case in edits if case in seen} == {
        case: text for case, text in edits.items() if case in seen
    }
    settled = {ChangeState.DONE, ChangeState.REFUSED}
    assert {annas.change(one).state for one in changes} <= settled
    assert all(annas.change(one).detail for one in changes if annas.change(one).state is ChangeState.REFUSED)
    assert_equal_to_the_server(annas)
    assert set(annas.known()) <= seen
