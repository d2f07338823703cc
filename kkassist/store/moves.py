"""What may follow what. A move that is not listed is a bug of ours, never something to be smoothed over."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from kkassist.domain.batch import BatchState, RowState
from kkassist.domain.change import ChangeState
from kkassist.domain.run import RunState

_State = TypeVar("_State", bound=StrEnum)


class IllegalMove(RuntimeError):
    """A state machine was asked for a move that it does not have."""


CHANGE_MOVES: Mapping[ChangeState, frozenset[ChangeState]] = {
    ChangeState.WAITING: frozenset(
        {ChangeState.SENDING, ChangeState.WAITING, ChangeState.CONFLICT, ChangeState.REFUSED, ChangeState.DONE}
    ),
    ChangeState.SENDING: frozenset(
        {
            ChangeState.UNCONFIRMED,
            ChangeState.WAITING,
            ChangeState.CONFLICT,
            ChangeState.REFUSED,
            ChangeState.DONE,
        }
    ),
    ChangeState.UNCONFIRMED: frozenset(
        {
            ChangeState.UNCONFIRMED,
            ChangeState.WAITING,
            ChangeState.CONFLICT,
            ChangeState.REFUSED,
            ChangeState.DONE,
        }
    ),
    ChangeState.CONFLICT: frozenset({ChangeState.WAITING, ChangeState.DONE}),
    ChangeState.REFUSED: frozenset({ChangeState.WAITING, ChangeState.DONE}),
    ChangeState.DONE: frozenset(),
}

ROW_MOVES: Mapping[RowState, frozenset[RowState]] = {
    RowState.DRAFT: frozenset({RowState.CHECKED, RowState.CANCELLED}),
    RowState.CHECKED: frozenset({RowState.DRAFT, RowState.CHECKED, RowState.APPROVED, RowState.CANCELLED}),
    RowState.APPROVED: frozenset(
        {RowState.CHECKED, RowState.DRAFT, RowState.QUEUED, RowState.CANCELLED, RowState.UNKNOWN, RowState.DONE}
    ),
    RowState.QUEUED: frozenset(
        {
            RowState.APPROVED,
            RowState.RUNNING,
            RowState.DONE,
            RowState.REFUSED,
            RowState.FAILED,
            RowState.UNKNOWN,
            RowState.CANCELLED,
        }
    ),
    RowState.RUNNING: frozenset(
        {
            RowState.QUEUED,
            RowState.DONE,
            RowState.REFUSED,
            RowState.FAILED,
            RowState.UNKNOWN,
            RowState.CANCELLED,
        }
    ),
    RowState.UNKNOWN: frozenset(
        {
            RowState.QUEUED,
            RowState.RUNNING,
            RowState.DONE,
            RowState.REFUSED,
            RowState.FAILED,
            RowState.APPROVED,
            RowState.CANCELLED,
        }
    ),
    # What the robot did counts, also when it says so late: a row may still turn out done, or in doubt.
    RowState.REFUSED: frozenset(
        {RowState.CHECKED, RowState.DRAFT, RowState.APPROVED, RowState.DONE, RowState.UNKNOWN}
    ),
    RowState.FAILED: frozenset(
        {RowState.CHECKED, RowState.DRAFT, RowState.APPROVED, RowState.DONE, RowState.UNKNOWN}
    ),
    RowState.CANCELLED: frozenset(
        {RowState.CHECKED, RowState.DRAFT, RowState.APPROVED, RowState.DONE, RowState.UNKNOWN}
    ),
    RowState.DONE: frozenset(),
}

BATCH_MOVES: Mapping[BatchState, frozenset[BatchState]] = {
    BatchState.DRAFT: frozenset({BatchState.CHECKED, BatchState.CANCELLED}),
    BatchState.CHECKED: frozenset({BatchState.CHECKED, BatchState.SUBMITTED, BatchState.CANCELLED}),
    BatchState.SUBMITTED: frozenset(
        {BatchState.APPROVED, BatchState.REJECTED, BatchState.CHECKED, BatchState.CANCELLED}
    ),
    BatchState.APPROVED: frozenset({BatchState.SENDING, BatchState.CHECKED, BatchState.CANCELLED}),
    BatchState.REJECTED: frozenset({BatchState.CHECKED, BatchState.CANCELLED}),
    BatchState.SENDING: frozenset({BatchState.RUNNING, BatchState.FINISHED, BatchState.CANCELLED}),
    BatchState.RUNNING: frozenset({BatchState.FINISHED, BatchState.CANCELLED}),
    BatchState.FINISHED: frozenset({BatchState.CHECKED, BatchState.SENDING}),
    BatchState.CANCELLED: frozenset({BatchState.CHECKED, BatchState.SENDING}),
}

RUN_MOVES: Mapping[RunState, frozenset[RunState]] = {
    RunState.HANDING_OVER: frozenset(
        {RunState.FOLLOWING, RunState.STOPPED, RunState.CANCELLING, RunState.FINISHED}
    ),
    RunState.FOLLOWING: frozenset(
        {RunState.HANDING_OVER, RunState.STOPPED, RunState.CANCELLING, RunState.FINISHED}
    ),
    RunState.STOPPED: frozenset(
        {RunState.HANDING_OVER, RunState.FOLLOWING, RunState.CANCELLING, RunState.FINISHED, RunState.CANCELLED}
    ),
    RunState.CANCELLING: frozenset({RunState.CANCELLED, RunState.FINISHED, RunState.STOPPED}),
    RunState.FINISHED: frozenset(),
    RunState.CANCELLED: frozenset(),
}


def demand(moves: Mapping[_State, frozenset[_State]], before: _State, after: _State, what: str) -> None:
    """Raises `IllegalMove` when `after` may not follow `before`; `what` names the thing (no personal data)."""
    if after not in moves[before]:
        raise IllegalMove(f"{what}: {before} -> {after}")
