"""Runs, step by step: hand rows over, look up what is not known, follow what the robots answer, take back, finish.

The ledger in the workspace is the truth, and each step leaves it whole, so that a program killed anywhere goes on:

1. Before a chunk is sent, its rows are marked as being handed over, and that is committed.
2. The chunk is sent, and the platform's answer per row is recorded.
3. Rows that are still marked at the next step had no recorded answer. They are looked up by reference: found means
   handed over; not found means not taken, and only then are they sent again. A queue that guards its references
   takes a row once even if the first sending arrives late. One that does not is asked twice, with time in between.
4. Answers are read by the references' common beginning: all of them now and then, in between only what a robot
   touched. A row the platform lets go of without an answer is unknown, and is never sent again by itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from kkassist.domain.batch import BatchRow, RowState
from kkassist.domain.errors import KkassistError, OutOfReach
from kkassist.domain.language import say
from kkassist.domain.run import Run, RunState
from kkassist.remote.http import OutcomeUnknown
from kkassist.remote.robots.port import Item, ItemOutcome, Job, JobState, Outcome, Robots, RowUpdate
from kkassist.store import facts, ledger
from kkassist.store.engine import Workspace
from kkassist.sync import handing_over
from kkassist.sync.handing_over import Plan

CHUNK: Final = 500
"""Rows in one hand-over: one short transaction before it and one after."""
OVERLAP: Final = timedelta(seconds=30)
"""How far back an incremental look reaches behind the newest time the platform has told."""
LOOK_EVERY: Final = timedelta(seconds=2)
"""How often a run is looked at, however often a step is made: reads are counted."""
SWEEP_EVERY: Final = timedelta(minutes=5)
"""How often everything is read: an item can change without a robot's time on it."""
LOST_AFTER: Final = timedelta(minutes=10)
"""A row handed over this long ago, and not to be found, is unknown."""
SETTLES_IN: Final = timedelta(seconds=60)
"""How long a lost call may still be acted on by a platform that does not guard references."""
LOOK_AT_JOB_EVERY: Final = timedelta(seconds=20)
_T = TypeVar("_T")
SENT: Final = (RowState.QUEUED, RowState.RUNNING)
STILL_OPEN: Final = (RowState.APPROVED, *SENT)


@dataclass(frozen=True, slots=True)
class Stepped:
    """What a step did: the runs that changed, and whether another step has work at once."""

    changed: tuple[str, ...]
    more: bool
    batches: tuple[str, ...] = ()
    ended: tuple[Run, ...] = ()
    trouble: OutOfReach | None = None
    """Why the platform could not be asked further, with what it asked us to wait."""


def step(workspace: Workspace, robots: Robots, plan_of: Callable[[str], Plan], now: datetime) -> Stepped:
    """One step of every open run. A run that the platform refuses stands still with the reason; others go on.

    A platform out of reach ends the step: the result says why, and what was done before stays done.
    """
    with workspace.read() as tx:
        open_runs = ledger.runs(tx, open_only=True)
    changed: list[str] = []
    more = False
    trouble: OutOfReach | None = None
    for run in open_runs:
        try:
            moved, again = _Step(workspace, robots, plan_of(run.process), run, now).go()
        except KkassistError as error:
            _stand_still(workspace, run, str(error))
            if isinstance(error, OutOfReach):
                trouble = error
                break
            continue
        more = more or again
        if moved:
            changed.append(run.id)
    with workspace.read() as tx:
        now_ended = {run.id for run in open_runs} - {run.id for run in ledger.runs(tx, open_only=True)}
        ended = tuple(ledger.must(tx, run_id) for run_id in sorted(now_ended))
    touched = tuple(run.batch for run in open_runs if run.id in changed and run.batch)
    return Stepped(tuple(changed), more, touched, ended, trouble)


def _stand_still(workspace: Workspace, run: Run, detail: str) -> None:
    if run.detail != detail:
        with workspace.write() as tx:
            ledger.note(tx, run.id, detail)


class _Step:
    """One step of one run."""

    def __init__(self, workspace: Workspace, robots: Robots, plan: Plan, run: Run, now: datetime) -> None:
        self._workspace = workspace
        self._robots = robots
        self._plan = plan
        self._run = run
        self._now = now
        self._moved = False

    def go(self) -> tuple[bool, bool]:
        """Returns whether anything changed and whether there is more to do at once."""
        if self._run.state is RunState.CANCELLING:
            self._take_back()
            self._follow()
            self._finish(RunState.CANCELLED)
            return self._moved, False
        more = self._hand_over() if self._run.state is not RunState.FOLLOWING else False
        if not more:
            self._follow()
            self._look_after_job()
            self._finish(RunState.FINISHED)
        return self._moved, more

    # Handing over

    def _hand_over(self) -> bool:
        """One chunk. Returns whether there are more rows to hand over."""
        with self._workspace.read() as tx:
            marked = ledger.rows_being_handed_over(tx, self._run.id)
        if marked:
            return self._settle(marked)
        with self._workspace.write() as tx:
            rows = ledger.rows_to_hand_over(tx, self._run.id, CHUNK)
            marked = ledger.handing_over(tx, self._run.id, [one.row for one in rows], at=self._now)
        if marked:
            self._send(marked)
            return True
        with self._workspace.write() as tx:
            ledger.following(tx, self._run.id)
        self._moved = True
        self._start_job()
        return False

    def _settle(self, marked: Sequence[BatchRow]) -> bool:
        """Looks up rows whose answer was lost, and sends the missing ones again. False while they must wait."""
        chunk = marked[:CHUNK]
        missing = self._look_up(chunk)
        if missing and not self._may_send_again(missing):
            return False
        if missing:
            self._send(missing)
        return True

    def _look_up(self, marked: Sequence[BatchRow]) -> list[BatchRow]:
        """Records the rows that the platform has, and returns those that it has not."""
        if not marked:
            return []
        there = self._robots.find(self._plan.queue, [self._wire(row) for row in marked])
        found = [row for row in marked if self._wire(row) in there]
        with self._workspace.write() as tx:
            for row in found:
                ledger.handed_over(tx, row.reference, at=self._now)
        self._moved |= bool(found)
        return [row for row in marked if self._wire(row) not in there]

    def _may_send_again(self, missing: Sequence[BatchRow]) -> bool:
        """A queue that guards its references takes a row once; of another, absence is believed only after a while."""
        if self._robots.queue(self._plan.queue).unique_references:
            return True
        return all(self._had_its_time(row) for row in missing)

    def _send(self, rows: Sequence[BatchRow]) -> None:
        """Sends marked rows. Whatever goes wrong, they stay marked and are looked up before they are sent again."""
        again = [row for row in rows if row.tries > 1]
        held_back = self._answered_earlier(again) if again else frozenset()
        items = [self._item(row) for row in rows if row.reference not in held_back]
        if not items:
            return
        try:
            outcomes = self._robots.hand_over(self._plan.queue, items)
        except OutcomeUnknown:
            return
        self._record(outcomes)

    def _answered_earlier(self, rows: Sequence[BatchRow]) -> frozenset[str]:
        """Rows that must not be tried again: somebody started an earlier try anew on the platform.

        The earlier tries of the others are marked as seen to, so that nobody does.
        """
        earlier = {handing_over.wire(row.reference, number): row for row in rows for number in range(1, row.tries)}
        there = self._robots.find(self._plan.queue, list(earlier))
        held_back: dict[str, RowUpdate] = {}
        for travelled, update in there.items():
            if update.state is RowState.DONE or update.state in SENT:
                held_back[earlier[travelled].reference] = update
        with self._workspace.write() as tx:
            for reference, update in held_back.items():
                state = RowState.DONE if update.state is RowState.DONE else RowState.UNKNOWN
                message = say("Et tidligere forsøg er startet igen på robotplatformen.")
                self._moved |= ledger.row_result(
                    tx, reference, state, message, evidence=update.evidence, at=update.finished_at or self._now
                )
        self._robots.close_attempt(
            self._plan.queue, [one for one, row in earlier.items() if row.reference not in held_back]
        )
        return frozenset(held_back)

    def _record(self, outcomes: Sequence[ItemOutcome]) -> None:
        with self._workspace.write() as tx:
            for one in outcomes:
                reference = handing_over.row_and_try(one.reference)[0]
                if one.outcome in {Outcome.ACCEPTED, Outcome.ALREADY_THERE}:
                    ledger.handed_over(tx, reference, at=self._now)
                elif one.outcome is Outcome.REFUSED:
                    message = say("Robotplatformen tog ikke imod rækken: {words}", words=one.text)
                    ledger.row_result(tx, reference, RowState.REFUSED, message, at=self._now)
        self._moved = True

    def _item(self, row: BatchRow) -> Item:
        return handing_over.item(self._plan, row.reference, row.tries, row.values)

    def _wire(self, row: BatchRow) -> str:
        return handing_over.wire(row.reference, row.tries)

    # The robot's job

    def _start_job(self) -> None:
        if not self._plan.release:
            return
        stem = self._prefix.rstrip("-")
        job = self._robots.start_job(self._plan.release, {"batch": self._run.batch or self._run.id}, stem)
        with self._workspace.write() as tx:
            ledger.job_started(tx, self._run.id, job.key)
            ledger.note(tx, self._run.id, "")

    def _look_after_job(self) -> None:
        """Starts the job where a kill came before it; tells when the robot stands; starts it again for what is left."""
        if not self._plan.release or not self._has_open_rows() or not self._due("job", LOOK_AT_JOB_EVERY):
            return
        with self._workspace.read() as tx:
            run = ledger.run(tx, self._run.id)
        if run is None or not run.job_key:
            self._start_job()
            return
        job = self._robots.job(run.job_key)
        if job.state is JobState.DONE:
            self._start_job()
        else:
            _stand_still(self._workspace, run, _about_job(job))

    # Following

    def _follow(self) -> None:
        if not self._due("look", LOOK_EVERY):
            return
        whole = self._due("sweep", SWEEP_EVERY)
        since = None if whole else self._since()
        seen: dict[str, RowUpdate] = {}
        newest = since
        for update in self._robots.follow(self._plan.queue, self._prefix, since):
            seen[update.reference] = update
            newest = max((at for at in (newest, update.started_at, update.finished_at) if at), default=None)
        if not seen and not whole:
            return
        with self._workspace.read() as tx:
            rows = {row.reference: row for row in ledger.rows(tx, self._run.id)}
        answers = list(_answers(rows, seen))
        for chunk in _chunks(answers):
            self._store(chunk)
        if whole:
            self._miss(rows, seen)
        if newest is not None:
            with self._workspace.write() as tx:
                facts.put(tx, self._fact("since"), newest.isoformat())

    def _store(self, answers: Sequence[tuple[str, RowUpdate]]) -> None:
        with self._workspace.write() as tx:
            for reference, update in answers:
                self._moved |= ledger.row_result(
                    tx,
                    reference,
                    update.state,
                    update.message,
                    robot=update.robot,
                    external_id=update.external_id,
                    evidence=update.evidence,
                    at=update.finished_at or update.started_at or self._now,
                )

    def _miss(self, rows: Mapping[str, BatchRow], seen: Mapping[str, RowUpdate]) -> None:
        """Rows that were handed over and are nowhere: unknown, for a person to look at."""
        with self._workspace.read() as tx:
            marked = {row.reference for row in ledger.rows_being_handed_over(tx, self._run.id)}
        lost = [
            row
            for row in rows.values()
            if row.state in SENT
            and row.reference not in marked
            and self._wire(row) not in seen
            and row.queued_at is not None
            and self._now - row.queued_at >= LOST_AFTER
        ]
        if not lost:
            return
        there = self._robots.find(self._plan.queue, [self._wire(row) for row in lost])
        with self._workspace.write() as tx:
            for row in lost:
                if self._wire(row) not in there:
                    message = say("Robotplatformen kender ikke rækken mere. Ukendt – tjek i OPUS.")
                    self._moved |= ledger.row_result(tx, row.reference, RowState.UNKNOWN, message, at=self._now)

    def _since(self) -> datetime | None:
        with self._workspace.read() as tx:
            told = facts.get(tx, self._fact("since"))
        return datetime.fromisoformat(told) - OVERLAP if told else None

    # Taking back

    def _take_back(self) -> None:
        with self._workspace.write() as tx:
            waiting = ledger.rows_to_hand_over(tx, self._run.id, CHUNK)
            for row in waiting:
                ledger.row_result(tx, row.reference, RowState.CANCELLED, "", at=self._now)
            queued = [row for row in ledger.rows(tx, self._run.id) if row.state is RowState.QUEUED]
            marked = {row.reference for row in ledger.rows_being_handed_over(tx, self._run.id)}
        self._moved |= bool(waiting)
        if self._robots.capabilities.stop and self._run.job_key and self._due("stop", SWEEP_EVERY):
            self._robots.stop_job(self._run.job_key)
        # A call that was lost may still arrive: a row that is not there yet is not taken back yet.
        missing = {row.reference for row in self._look_up([row for row in queued if row.reference in marked])}
        there = [row for row in queued if row.reference not in missing or self._had_its_time(row)]
        if not there or not self._robots.capabilities.withdraw:
            return
        taken_back = self._robots.withdraw(self._plan.queue, [self._wire(row) for row in there])
        with self._workspace.write() as tx:
            for row in there:
                if self._wire(row) in taken_back:
                    ledger.row_result(tx, row.reference, RowState.CANCELLED, "", at=self._now)
        self._moved |= bool(taken_back)

    def _had_its_time(self, row: BatchRow) -> bool:
        return row.queued_at is not None and self._now - row.queued_at >= SETTLES_IN

    # The end

    def _finish(self, state: RunState) -> None:
        if not self._has_open_rows():
            with self._workspace.write() as tx:
                ledger.finish(tx, self._run.id, state, at=self._now)
            self._moved = True

    def _has_open_rows(self) -> bool:
        with self._workspace.read() as tx:
            return any(row.state in STILL_OPEN for row in ledger.rows(tx, self._run.id))

    def _due(self, what: str, every: timedelta) -> bool:
        """Whether `what` was last done longer ago than `every`; counts it as done now."""
        name = self._fact(what)
        with self._workspace.write() as tx:
            last = facts.get(tx, name)
            if last and self._now - datetime.fromisoformat(last) < every:
                return False
            facts.put(tx, name, self._now.isoformat())
        return True

    def _fact(self, what: str) -> str:
        return f"run:{self._run.id}:{what}"

    @property
    def _prefix(self) -> str:
        """What the references of the run's rows begin with."""
        with self._workspace.read() as tx:
            rows = ledger.rows(tx, self._run.id)
        return handing_over.prefix(rows[0].reference)


def _answers(rows: Mapping[str, BatchRow], seen: Mapping[str, RowUpdate]) -> Iterator[tuple[str, RowUpdate]]:
    """The answers that concern the rows' present try. An older try that turns out done makes the row unknown."""
    for update in seen.values():
        reference, number = handing_over.row_and_try(update.reference)
        row = rows.get(reference)
        if row is None:
            continue
        if max(row.tries, 1) == number:
            yield reference, update
        elif number < row.tries and update.state is RowState.DONE and row.state in STILL_OPEN:
            message = say("Et tidligere forsøg er udført, mens et nyt er på vej. Ukendt – tjek i OPUS.")
            yield reference, replace(update, state=RowState.UNKNOWN, message=message)


def _about_job(job: Job) -> str:
    if job.state is JobState.STANDING:
        return say("Robotten står stille: {words}", words=job.detail or say("den blev standset eller fejlede"))
    return ""


def _chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
