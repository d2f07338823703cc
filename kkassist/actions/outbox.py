"""The outbox: what is on its way, what ServiceNow refused, and the conflicts only the user can settle."""

from collections.abc import Sequence
from dataclasses import dataclass

from kkassist.actions.desk import Desk
from kkassist.domain.change import OPEN_STATES, ChangeKind, ChangeState, PendingChange, Resolution
from kkassist.domain.errors import Refused
from kkassist.domain.language import say
from kkassist.store import audit, cases, choices, directory, outbox
from kkassist.store.engine import Tx


@dataclass(frozen=True, slots=True)
class Sides:
    """A conflict as people read it: labels instead of raw values."""

    base: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One change with the words of its case and of its values."""

    change: PendingChange
    title: str
    sides: Sides


def entries(desk: Desk, states: Sequence[ChangeState] = OPEN_STATES) -> list[PendingChange]:
    """The changes in these states, oldest first."""
    with desk.workspace.read() as tx:
        return outbox.entries(tx, states)


def shown(desk: Desk) -> list[Entry]:
    """Everything that is not done, as the window shows it: what waits for the user first."""
    with desk.workspace.read() as tx:
        found = [_entry(tx, change) for change in outbox.entries(tx, OPEN_STATES)]
    urgent = {ChangeState.CONFLICT: 0, ChangeState.REFUSED: 0, ChangeState.UNCONFIRMED: 1}
    return sorted(found, key=lambda entry: (urgent.get(entry.change.state, 2), entry.change.id))


def resolve(desk: Desk, change_id: str, resolution: Resolution) -> PendingChange:
    """Settle a conflict or a refusal: send mine again, take theirs, or drop the change."""
    with desk.workspace.write() as tx:
        settled = _settled(tx, change_id, resolution, desk)
        audit.append(
            tx,
            user=desk.user,
            role=desk.role,
            act=f"udbakke: {resolution.value}",
            case=settled.number,
            detail=settled.field,
        )
    desk.events.publish("outbox", change_id)
    desk.events.publish("cases", settled.case_id)
    return settled


def _settled(tx: Tx, change_id: str, resolution: Resolution, desk: Desk) -> PendingChange:
    change = outbox.change(tx, change_id)
    if change is None:
        raise Refused(say("Posten {id} findes ikke i udbakken.", id=change_id))
    if change.state in (ChangeState.CONFLICT, ChangeState.REFUSED):
        return outbox.resolve(tx, change_id, resolution, desk.clock())
    if resolution is Resolution.DROP and outbox.take_back(tx, change_id):
        return change
    raise Refused(say("Posten er ikke i konflikt eller afvist, så der er intet at afgøre."))


def _entry(tx: Tx, change: PendingChange) -> Entry:
    found = cases.find(tx, change.case_id)
    words = Sides(*(_words(tx, change, value) for value in (change.base, change.mine, change.theirs)))
    return Entry(change, found[0].title if found else "", words)


def _words(tx: Tx, change: PendingChange, value: str) -> str:
    """The value as the user knows it: a choice's label, a colleague's or a group's name, else itself."""
    if change.kind is not ChangeKind.FIELD or not value:
        return value if change.kind is not ChangeKind.ATTACHMENT else ""
    if change.field == "assigned_to":
        user = directory.user_by_id(tx, value)
        return user.name if user else value
    if change.field == "assignment_group":
        return next((group.name for group in directory.all_groups(tx) if group.sys_id == value), value)
    return choices.label(tx, change.table, change.field, value) or value
