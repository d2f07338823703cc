"""Outbox and ledger walked at random against small models: nothing lost, no illegal state, what is done stays so."""

import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from conftest_store import ANNA, KEY, NOW, batch, case
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kkassist.domain.batch import BatchState, RowState
from kkassist.domain.change import OPEN_STATES, ChangeKind, ChangeState, Resolution
from kkassist.domain.errors import Refused
from kkassist.domain.ids import new_id
from kkassist.domain.run import RunState
from kkassist.store import batches, cases, ledger, outbox, queue
from kkassist.store.engine import open_workspace
from kkassist.store.moves import CHANGE_MOVES, IllegalMove

pytestmark = pytest.mark.skipif(
    "KKASSIST_TEST_POSTGRES" in os.environ, reason="each walk begins in a file of its own"
)

CASES = ("c1",)
FIELDS = ("state", "priority")
W, S, U, C, R, D = (
    ChangeState.WAITING, ChangeState.SENDING, ChangeState.UNCONFIRMED, ChangeState.CONFLICT, ChangeState.REFUSED,
    ChangeState.DONE,
)  # fmt: skip
CALM = settings(
    max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
_template = Path(tempfile.mkdtemp()) / "template.db"


def setup_module():
    open_workspace(f"sqlite:///{_template.as_posix()}", KEY).close()


def teardown_module():
    shutil.rmtree(_template.parent)


class Walk(RuleBasedStateMachine):
    """One walk in a workspace of its own; each step is a transaction, as in the program."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(_template, self.folder / "w.db")
        self.now = NOW
        self.open()

    def open(self):
        self.workspace = open_workspace(f"sqlite:///{(self.folder / 'w.db').as_posix()}", KEY)

    def tick(self):
        self.now += timedelta(minutes=1)
        return self.now

    def write(self, act, *args, **named):
        with self.workspace.write() as tx:
            return act(tx, *args, **named)

    def read(self, act, *args, **named):
        with self.workspace.read() as tx:
            return act(tx, *args, **named)

    @rule()
    def the_program_ends_and_starts_again(self):
        self.workspace.close()
        self.open()

    def teardown(self):
        self.workspace.close()
        shutil.rmtree(self.folder)


class OutboxWalk(Walk):
    def __init__(self):
        super().__init__()
        self.model: dict[str, dict] = {}  # every change that was ever made and not taken back, by id
        self.finished: dict[str, object] = {}
        self.server = {
            one: {"short_description": "s0", "state": "1", "assigned_to": "", "priority": "3"} for one in CASES
        }
        self.version = 1
        self.write(cases.store_page, [self.row(one) for one in CASES], me=ANNA, at=self.now)

    def row(self, sys_id):
        return case(sys_id, at=self.now, count=self.version, by="bo", labels={"state": ""}, **self.server[sys_id])

    def of_model(self, *states, kind=None):
        return [one for one in self.model.values() if one["state"] in states and kind in (None, one["kind"])]

    @rule(sys_id=st.sampled_from(CASES), field=st.sampled_from(FIELDS), value=st.sampled_from("1234"))
    def the_user_edits(self, sys_id, field, value):
        earlier = [
            one for one in self.of_model(*OPEN_STATES, kind=ChangeKind.FIELD)
            if (one["case"], one["field"]) == (sys_id, field)
        ]  # fmt: skip
        base = self.server[sys_id][field]
        made = self.write(outbox.edit_field, sys_id, field, base, value, "anna.holm", self.tick())
        if earlier and earlier[-1]["state"] in (W, C, R):
            assert made.id == earlier[-1]["id"]
            earlier[-1]["mine"] = value
            if earlier[-1]["state"] is R:
                earlier[-1]["state"] = W
        else:
            assert made.base == (earlier[-1]["mine"] if earlier else base)
            self.model[made.id] = {
                "id": made.id, "case": sys_id, "kind": ChangeKind.FIELD, "field": field, "mine": value, "state": W,
                "tries": 0,
            }  # fmt: skip

    @rule(sys_id=st.sampled_from(CASES))
    def the_user_writes_a_note(self, sys_id):
        from kkassist.domain.change import PendingChange

        made = PendingChange(
            new_id(), sys_id, "sn_hr_le_case", "HRC1", ChangeKind.WORK_NOTE, "", "", "Set", "", W, 0, None, "",
            self.tick(), None, "anna.holm",
        )  # fmt: skip
        self.write(outbox.add, made)
        self.model[made.id] = {
            "id": made.id, "case": sys_id, "kind": made.kind, "field": "", "mine": "Set", "state": W, "tries": 0,
        }  # fmt: skip

    @rule(limit=st.integers(1, 3))
    def what_is_due_is_sent(self, limit):
        due = self.read(outbox.due, self.tick(), limit)
        lines = [(one.case_id, one.kind, one.field) for one in due]
        assert len(due) <= limit and len(set(lines)) == len(lines)
        for one in due:
            before = [
                each for each in self.of_model(S, U, C, R, W)
                if (each["case"], each["kind"], each["field"]) == (one.case_id, one.kind, one.field)
                and each["id"] < one.id
            ]  # fmt: skip
            settled = one.kind is ChangeKind.WORK_NOTE and all(each["state"] in (C, R) for each in before)
            assert not before or settled, "sent before an earlier one of its line was settled"
            self.write(outbox.sending, one.id, self.now)
            self.model[one.id].update(state=S, tries=self.model[one.id]["tries"] + 1)

    @precondition(lambda self: self.of_model(S, U))
    @rule(data=st.data(), answer=st.sampled_from([W, U, C, R, D]))
    def the_server_answers(self, data, answer):
        one = data.draw(st.sampled_from(self.of_model(S, U)))
        at = self.tick()
        if answer is W:
            self.write(outbox.waiting, one["id"], "optaget", at, None)
        elif answer is U:
            self.write(outbox.unconfirmed, one["id"], "tabt", at)
        elif answer is C:
            self.write(outbox.conflict, one["id"], "9", "", at)
        elif answer is R:
            self.write(outbox.refused, one["id"], "Nej", at)
        else:
            self.write(outbox.done, one["id"], at)
            self.keep(one)
        one["state"] = answer

    def keep(self, one):
        self.finished[one["id"]] = self.read(outbox.change, one["id"])

    @precondition(lambda self: self.of_model(S))
    @rule()
    def a_killed_program_is_recovered(self):
        at = self.tick()
        lost = self.write(outbox.recover, at, at)
        assert sorted(lost) == sorted(one["id"] for one in self.of_model(S))
        for change_id in lost:
            self.model[change_id]["state"] = U

    @precondition(lambda self: self.of_model(C, R))
    @rule(data=st.data(), how=st.sampled_from(Resolution))
    def the_user_settles(self, data, how):
        one = data.draw(st.sampled_from(self.of_model(C, R)))
        settled = self.write(outbox.resolve, one["id"], how, self.tick())
        one["state"] = W if how is Resolution.MINE else D
        if one["state"] is D:
            self.keep(one)
        assert settled.state is one["state"]

    @precondition(lambda self: self.of_model(W, S))
    @rule(data=st.data())
    def the_user_takes_back(self, data):
        one = data.draw(st.sampled_from(self.of_model(W, S)))
        possible = one["state"] is W and not one["tries"]
        assert self.write(outbox.take_back, one["id"]) is possible
        if possible:
            del self.model[one["id"]]
            assert [move[1] for move in self.read(outbox.history, one["id"])][-1] == ""

    @precondition(lambda self: self.model)
    @rule(data=st.data(), to=st.sampled_from([S, U, C, R, D]))
    def a_move_that_does_not_exist_changes_nothing(self, data, to):
        one = data.draw(st.sampled_from(list(self.model.values())))
        if to in CHANGE_MOVES[one["state"]]:
            return
        before = self.read(outbox.change, one["id"])
        acts = {
            S: lambda tx: outbox.sending(tx, one["id"], self.now),
            U: lambda tx: outbox.unconfirmed(tx, one["id"], "", self.now),
            C: lambda tx: outbox.conflict(tx, one["id"], "9", "", self.now),
            R: lambda tx: outbox.refused(tx, one["id"], "", self.now),
            D: lambda tx: outbox.done(tx, one["id"], self.now),
        }
        with pytest.raises(IllegalMove):
            self.write(acts[to])
        assert self.read(outbox.change, one["id"]) == before

    @rule(sys_id=st.sampled_from(CASES), field=st.sampled_from(FIELDS), value=st.sampled_from("5678"))
    def a_colleague_changes_the_case(self, sys_id, field, value):
        self.tick()
        self.version += 1
        self.server[sys_id] = {**self.server[sys_id], field: value}
        self.write(cases.store_page, [self.row(sys_id)], me=ANNA, at=self.now)

    @invariant()
    def every_change_is_where_it_should_be(self):
        kept = self.read(outbox.entries, tuple(ChangeState))
        found = {one.id: (one.state, one.mine, one.tries) for one in kept}
        assert found == {one["id"]: (one["state"], one["mine"], one["tries"]) for one in self.model.values()}

    @invariant()
    def what_is_done_never_changes(self):
        for change_id, as_it_was in self.finished.items():
            assert self.read(outbox.change, change_id) == as_it_was

    @invariant()
    def every_move_is_written_down(self):
        for one in self.model.values():
            moves = self.read(outbox.history, one["id"])
            states = ["", *(move[1] for move in moves)]
            assert [move[0] for move in moves] == states[:-1] and states[-1] == one["state"]

    @invariant()
    def the_queue_shows_the_server_with_the_own_changes_over_it(self):
        for sys_id in CASES:
            shown = dict(self.server[sys_id])
            for one in self.of_model(W, S, U, kind=ChangeKind.FIELD):
                if one["case"] == sys_id:
                    shown[one["field"]] = one["mine"]
            row = self.read(queue.rows, [sys_id])[0]
            assert (row.title, row.state, row.priority, row.assigned_to) == (
                shown["short_description"], shown["state"], int(shown["priority"]), shown["assigned_to"],
            )  # fmt: skip
            fields = self.read(cases.record, sys_id).fields
            assert {field: fields[field] for field in shown} == shown
            assert self.read(cases.server_row, sys_id).fields["state"] == self.server[sys_id]["state"]


class LedgerWalk(Walk):
    def __init__(self):
        super().__init__()
        self.write(batches.create, *batch(3), [])
        self.states = {f"ref-{one}": RowState.CHECKED for one in range(3)}
        self.approved_hash = ""
        self.sent: dict[str, int] = dict.fromkeys(self.states, 0)
        self.done: dict[str, object] = {}
        self.run = ""

    @property
    def batch(self):
        return self.read(batches.batch, "b1")

    def refused_or(self, act, *args, **named):
        """Acts that the rules may refuse: then nothing at all has changed."""
        before = self.read(batches.rows, "b1"), self.batch
        try:
            return self.write(act, *args, **named)
        except (Refused, IllegalMove):
            assert (self.read(batches.rows, "b1"), self.batch) == before
            return None

    @rule()
    def it_is_submitted(self):
        self.refused_or(batches.submit, "b1", "anna.holm", self.tick())

    @rule(user=st.sampled_from(["bo.lund", "ANNA.holm"]), shown=st.sampled_from(["this", "another"]))
    def somebody_approves(self, user, shown):
        before = self.batch
        seen = before.content_hash if shown == "this" else "0" * 64
        approved = self.refused_or(batches.approve, "b1", user, seen, self.tick())
        may = before.state is BatchState.SUBMITTED and user == "bo.lund" and shown == "this"
        assert (approved is not None) == may
        if approved:
            self.approved_hash = seen
            self.follow(RowState.CHECKED, RowState.APPROVED)

    def follow(self, before, after):
        self.states = {key: after if state is before else state for key, state in self.states.items()}

    @rule(row=st.integers(2, 4), amount=st.integers(1, 9))
    def a_row_is_mended(self, row, amount):
        mended = self.refused_or(batches.repair, "b1", row, {"beloeb": f"{amount}.00"}, [], at=self.tick())
        if mended:
            self.follow(RowState.APPROVED, RowState.CHECKED)
            self.states[f"ref-{row - 2}"] = RowState.CHECKED
            self.approved_hash = ""

    @rule()
    def it_is_run(self):
        before = self.batch
        started = self.refused_or(
            ledger.start, process="resultatloen", user="anna.holm", at=self.tick(), batch="b1"
        )
        if started:
            assert before.content_hash == self.approved_hash, "run without an approval of this content"
            assert before.state not in (BatchState.SENDING, BatchState.RUNNING)
            self.run = started.id

    @precondition(lambda self: self.run)
    @rule(row=st.integers(2, 4), outcome=st.sampled_from(["taken", "lost", "never arrived"]))
    def a_row_is_handed_over(self, row, outcome):
        reference = f"ref-{row - 2}"
        marked = self.write(ledger.handing_over, self.run, [row], at=self.tick())
        assert len(marked) <= 1
        for one in marked:
            assert (one.reference, self.states[reference]) == (reference, RowState.APPROVED)
            self.states[reference] = RowState.QUEUED
            if outcome == "taken":
                assert self.write(ledger.handed_over, reference, at=self.now)
                self.sent[reference] += 1
            elif outcome == "never arrived":
                assert self.write(ledger.not_handed_over, reference, at=self.now)
                self.states[reference] = RowState.APPROVED

    @precondition(lambda self: self.run)
    @rule(row=st.integers(0, 2), told=st.sampled_from(
        [RowState.RUNNING, RowState.DONE, RowState.REFUSED, RowState.FAILED, RowState.UNKNOWN]
    ))  # fmt: skip
    def the_platform_tells(self, row, told):
        reference = f"ref-{row}"
        before = self.states[reference]
        if before in (RowState.CHECKED, RowState.APPROVED):
            return  # nothing is out there
        news = self.write(ledger.row_result, reference, told, "", at=self.tick())
        if before is RowState.DONE:
            assert not news
        elif news:
            self.states[reference] = told
        if self.states[reference] is RowState.DONE and reference not in self.done:
            self.done[reference] = self.read(ledger.row, reference)

    @rule(row=st.integers(0, 2), looked=st.booleans())
    def a_row_is_made_ready_again(self, row, looked):
        reference = f"ref-{row}"
        ready = self.refused_or(ledger.requeue, [reference], at=self.tick(), verified_not_done=looked)
        allowed = {RowState.REFUSED, RowState.FAILED, *([RowState.UNKNOWN] if looked else [])}
        assert (ready is not None) == (self.states[reference] in allowed)
        if ready:
            self.states[reference] = RowState.APPROVED

    @precondition(lambda self: self.run)
    @rule()
    def the_run_ends(self):
        ended = self.refused_or(ledger.finish, self.run, at=self.tick())
        if ended:
            assert ended.state is RunState.FINISHED
            self.run = ""

    @invariant()
    def every_row_is_where_it_should_be_under_its_own_reference(self):
        rows = self.read(batches.rows, "b1")
        assert {one.row: one.reference for one in rows} == {2: "ref-0", 3: "ref-1", 4: "ref-2"}
        assert {one.reference: one.state for one in rows} == self.states

    @invariant()
    def a_row_that_is_done_never_changes(self):
        for reference, as_it_was in self.done.items():
            assert self.read(ledger.row, reference) == as_it_was

    @invariant()
    def an_approval_holds_for_exactly_its_content(self):
        known = self.batch
        rows = self.read(batches.rows, "b1")
        assert known.content_hash == batches.content_hash((one.row, one.values) for one in rows)
        assert known.decided_hash in ("", known.content_hash)
        if known.state is BatchState.APPROVED:
            assert known.decided_hash == self.approved_hash and known.decided_by == "bo.lund"

    @invariant()
    def every_try_is_kept(self):
        for one in self.read(batches.rows, "b1"):
            tries = self.read(ledger.attempts, one.reference)
            assert [each.number for each in tries] == list(range(1, one.tries + 1))


TestOutbox = OutboxWalk.TestCase
TestOutbox.settings = CALM
TestLedger = LedgerWalk.TestCase
TestLedger.settings = CALM
