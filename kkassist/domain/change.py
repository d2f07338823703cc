"""The user's own changes on their way to ServiceNow: one pending change per act, never lost, never doubled."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChangeKind(StrEnum):
    """What a pending change does on the server."""

    FIELD = "field"
    WORK_NOTE = "work_note"
    COMMENT = "comment"
    ATTACHMENT = "attachment"
    CREATE = "create"


class ChangeState(StrEnum):
    """Where a pending change is (the states of the contract).

    `unconfirmed` means sent, outcome not known: it is settled by asking the server, never by sending again.
    """

    WAITING = "waiting"
    SENDING = "sending"
    UNCONFIRMED = "unconfirmed"
    CONFLICT = "conflict"
    REFUSED = "refused"
    DONE = "done"


OPEN_STATES = (
    ChangeState.WAITING,
    ChangeState.SENDING,
    ChangeState.UNCONFIRMED,
    ChangeState.CONFLICT,
    ChangeState.REFUSED,
)


@dataclass(frozen=True, slots=True)
class PendingChange:
    """One change of the user's. Its id sorts by time and is the idempotency key."""

    id: str
    case_id: str
    """sys_id of the case."""
    table: str
    number: str
    kind: ChangeKind
    field: str
    """ServiceNow's field name for FIELD; the file name for ATTACHMENT; "" otherwise."""
    base: str
    """The server's raw value when the user edited."""
    mine: str
    """The raw value she wants; the text of a note; the hash of an attachment's bytes."""
    theirs: str
    """The server's raw value found in conflict; "" otherwise."""
    state: ChangeState
    tries: int
    next_try: datetime | None
    detail: str
    """The server's own words."""
    made_at: datetime
    sent_at: datetime | None
    user: str


class Resolution(StrEnum):
    """How the user settles a conflict or a refusal."""

    MINE = "mine"
    THEIRS = "theirs"
    DROP = "drop"
