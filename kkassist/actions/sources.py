"""The outside systems: fetch, send, sign in and out, and how each one is."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from kkassist.actions.desk import Desk
from kkassist.domain.change import ChangeState, PendingChange
from kkassist.domain.errors import KkassistError, Misused, OutOfReach, Refused, SignInNeeded, WorkspaceUnusable
from kkassist.domain.language import say
from kkassist.processes.catalogue import catalogue
from kkassist.store import facts, outbox
from kkassist.sync import pull_kkorg, pull_opus, pull_servicenow, push
from kkassist.sync.lease import lease
from kkassist.sync.results import Report, SourceResult

_log = logging.getLogger(__name__)

Source = Literal["servicenow", "opus", "kkorg", "edoc"]
State = Literal["ok", "never", "off", "signed_out", "unreachable"]
NAMES = {"servicenow": "ServiceNow", "opus": "OPUS", "kkorg": "KKorg", "robots": "Robotter"}
_FACT = "source:"
_NEWS_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a system is. `at` is when it was last fetched whole; `message` says what is wrong and what to do."""

    source: str
    name: str
    state: State
    at: datetime | None
    message: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of the changes that were due."""

    sent: int
    refused: Sequence[PendingChange]
    waiting: int
    conflicts: int


class _Kept(msgspec.Struct, frozen=True):
    """A system's state as it is kept between runs."""

    state: State
    at: datetime | None
    message: str


def sync_now(
    desk: Desk,
    sources: Sequence[str],
    *,
    full: bool = False,
    stop: threading.Event | None = None,
    report: Callable[[str, int, int], None] | None = None,
) -> list[SourceResult]:
    """Fetch from these systems (none named: all that are set up), one after the other.

    A system that is away does not stop the others: its result carries the sentence. Raises `Misused` for a system
    that is not set up, and `WorkspaceUnusable` when nothing can be stored.
    """
    wanted = sources or [name for name in ("servicenow", "opus", "kkorg") if _is_set_up(desk, name)]
    for name in wanted:
        _demand_fetched(desk, name)
    results = []
    with lease(desk.lease_folder):
        for source in wanted:
            results.append(_pull(desk, source, full=full, stop=stop, report=_reporting(source, report)))
            desk.events.publish("sources", source)
    return results


def push_now(desk: Desk, *, stop: threading.Event | None = None) -> Pushed:
    """Send what is due. Raises `OutOfReach` or `SignInNeeded` when ServiceNow cannot be reached at all."""
    client = desk.systems.servicenow()
    if client is None:
        raise Refused(say("ServiceNow er ikke sat op. Skriv adressen i indstillingerne."))
    try:
        with lease(desk.lease_folder):
            result = push.push(desk.workspace, client, desk.settings, now=desk.clock(), stop=stop)
    except OutOfReach as error:
        _keep(desk, "servicenow", _state_of(error), str(error))
        desk.events.publish("sources", "servicenow")
        raise
    with desk.workspace.read() as tx:
        refused = [change for change_id in result.refused if (change := outbox.change(tx, change_id)) is not None]
    if result.sent or result.refused or result.conflicts:
        desk.events.publish("outbox")
        desk.events.publish("cases")
    return Pushed(result.sent, refused, result.waiting, result.conflicts)


def conflicts(desk: Desk) -> int:
    """How many changes wait for the user because a colleague changed the same field."""
    with desk.workspace.read() as tx:
        return len(outbox.entries(tx, (ChangeState.CONFLICT,)))


def status(desk: Desk) -> list[SourceStatus]:
    """Every system that is set up, as it last was."""
    with desk.workspace.read() as tx:
        kept = facts.starting_with(tx, _FACT)
    found = []
    for source in ("servicenow", "opus", "kkorg", "robots"):
        if _is_set_up(desk, source):
            known = msgspec.json.decode(kept[_FACT + source], type=_Kept) if _FACT + source in kept else None
            state, at, message = (known.state, known.at, known.message) if known else ("never", None, "")
            found.append(SourceStatus(source, say(NAMES[source]), state, at, message))
    return found


def note_state(desk: Desk, source: str, error: KkassistError | None) -> None:
    """Keep how a system answered, for the status line; None when all went well. Told only when it is news."""
    state: State = "ok" if error is None else _state_of(error)
    message = "" if error is None else str(error)
    known = next((one for one in status(desk) if one.source == source), None)
    is_recent = known is not None and known.at is not None and desk.clock() - known.at < _NEWS_AFTER
    if known is not None and (known.state, known.message) == (state, message) and (is_recent or error is not None):
        return
    _keep(desk, source, state, message)
    desk.events.publish("sources", source)


def login(desk: Desk, system: str) -> None:
    """Sign in: in the browser, or with the secret that is kept. Raises `SignInNeeded` when it is refused."""
    sign_in = desk.systems.sign_in(system)
    if sign_in is None:
        raise Refused(say("{system} er ikke sat op, eller kræver ikke login.", system=NAMES.get(system, system)))
    sign_in.sign_in()
    _keep(desk, system, "never", "")
    desk.events.publish("sources", system)


def logout(desk: Desk, system: str) -> None:
    """Sign out: the tokens are revoked and forgotten here, whether or not the system can be reached."""
    sign_in = desk.systems.sign_in(system)
    if sign_in is None:
        raise Refused(say("{system} er ikke sat op, eller kræver ikke login.", system=NAMES.get(system, system)))
    sign_in.sign_out()
    _keep(desk, system, "signed_out", say("Du er logget ud. Log ind for at hente og sende."))
    desk.events.publish("sources", system)


def _demand_fetched(desk: Desk, source: str) -> None:
    if source == "edoc":
        raise Misused(say("eDoc hentes der ikke fra: sager afleveres i dets mappe. Udelad --source edoc."))
    if not _is_set_up(desk, source):
        raise Misused(say("{source} er ikke sat op i indstillingerne.", source=NAMES.get(source, source)))


def _pull(desk: Desk, source: str, *, full: bool, stop: threading.Event | None, report: Report) -> SourceResult:
    try:
        result = _pull_one(desk, source, full=full, stop=stop, report=report)
    except OutOfReach as error:
        _log.warning("%s: %s", source, error.log_detail or error)
        _keep(desk, source, _state_of(error), str(error))
        return SourceResult(source=source, error=str(error))
    except WorkspaceUnusable:
        raise
    except KkassistError as error:
        _log.warning("%s: %s", source, error.log_detail or error)
        result = SourceResult(source=source, error=str(error))
    state: State = "unreachable" if result.error else "ok"
    _keep(desk, source, _refined(desk, source, state), result.error)
    if result.created or result.changed or result.removed:
        desk.events.publish("cases" if source == "servicenow" else "people")
    return result


def _pull_one(
    desk: Desk, source: str, *, full: bool, stop: threading.Event | None, report: Report
) -> SourceResult:
    settings = desk.settings
    if source == "servicenow" and (client := desk.systems.servicenow()) is not None:
        titles = {one.id: one.title for one in catalogue(desk.home / "processes").values()}
        return pull_servicenow.pull(
            desk.workspace, client, settings, now=desk.clock(), full=full, titles=titles, stop=stop, report=report
        )
    if source == "opus" and settings.opus is not None:
        return pull_opus.pull(desk.workspace, settings.opus, full=full, stop=stop, report=report)
    if source == "kkorg" and (kkorg := desk.systems.kkorg()) is not None:
        return pull_kkorg.pull(desk.workspace, kkorg, now=desk.clock(), stop=stop, report=report)
    raise Refused(say("{source} er ikke sat op i indstillingerne.", source=NAMES.get(source, source)))


def _refined(desk: Desk, source: str, state: State) -> State:
    """A system that wants a sign-in says so, though the pull told it only as a sentence."""
    sign_in = desk.systems.sign_in(source)
    if state == "unreachable" and sign_in is not None:
        try:
            sign_in.headers()
        except SignInNeeded:
            return "signed_out"
        except KkassistError:
            return state
    return state


def _is_set_up(desk: Desk, source: str) -> bool:
    return getattr(desk.settings, source, None) is not None


def _state_of(error: KkassistError) -> State:
    return "signed_out" if isinstance(error, SignInNeeded) else "unreachable"


def _keep(desk: Desk, source: str, state: State, message: str) -> None:
    """`at` moves only when all went well, so that the screen can say how old its facts are."""
    with desk.workspace.write() as tx:
        before = facts.get(tx, _FACT + source)
        kept = msgspec.json.decode(before, type=_Kept) if before else _Kept("never", None, "")
        fresh = _moved_on(kept, state, message, desk.clock())
        facts.put(tx, _FACT + source, msgspec.json.encode(fresh).decode())


def _moved_on(kept: _Kept, state: State, message: str, now: datetime) -> _Kept:
    """The state with its new words; only a good one moves the instant."""
    return _Kept(state, now if state == "ok" else kept.at, message)


def _reporting(source: str, report: Callable[[str, int, int], None] | None) -> Report:
    def tell(done: int, total: int) -> None:
        if report is not None:
            report(source, done, total)

    return tell
