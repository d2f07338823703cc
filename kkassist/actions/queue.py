"""The queue: saved views with counters, ids in order, rows on demand."""

from collections.abc import Sequence

from kkassist.actions.desk import Desk
from kkassist.actions.identity import me
from kkassist.domain.case import QueueRow, View
from kkassist.domain.errors import Ambiguous, Refused
from kkassist.domain.language import say
from kkassist.store import cases, queue
from kkassist.store import views as saved_views

BUILT_IN = (
    View("queue", "Hele køen", scope="queue", built_in=True),
    View("mine", "Mine", scope="mine", built_in=True),
    View("unassigned", "Uden sagsbehandler", scope="unassigned", built_in=True),
    View(
        "changed",
        "Ændret siden sidst",
        scope="changed",
        sort="updated",
        descending=True,
        group_by="none",
        built_in=True,
    ),
    View("at_risk", "Tæt på frist", scope="at_risk", built_in=True),
    View("waiting", "Afventer", scope="waiting", built_in=True),
    View("all", "Alle aktive", scope="all", built_in=True),
)


def views(desk: Desk) -> list[View]:
    """The built-in views, then the user's own by name."""
    with desk.workspace.read() as tx:
        return [*BUILT_IN, *saved_views.saved(tx)]


def view_named(desk: Desk, name: str) -> View:
    """A view by its id or name, without regard to case. Raises `Refused` with the names there are."""
    known = views(desk)
    for view in known:
        if name.casefold() in (view.id.casefold(), view.name.casefold()):
            return view
    names = ", ".join(view.name for view in known)
    raise Refused(say("Visningen {name} findes ikke. Vælg en af: {names}.", name=name, names=names))


def counts(desk: Desk) -> dict[str, int]:
    """How many cases each view holds, by view id."""
    with desk.workspace.read() as tx:
        return queue.counts(tx, [*BUILT_IN, *saved_views.saved(tx)], me(desk, tx), desk.clock())


def ids(desk: Desk, view: View, search: str = "") -> list[str]:
    """sys_ids of the view's cases in order, narrowed to what `search` finds."""
    with desk.workspace.read() as tx:
        return queue.ids(tx, view, search, me(desk, tx), desk.clock())


def groups(desk: Desk, view: View, search: str = "") -> list[tuple[str, int]]:
    """(group key, cases) in the order of `ids`; one nameless group when the view does not group."""
    with desk.workspace.read() as tx:
        return queue.groups(tx, view, search, me(desk, tx), desk.clock())


def rows(desk: Desk, wanted: Sequence[str]) -> list[QueueRow]:
    """The lines of these cases, in the order asked for; cases gone meanwhile are left out."""
    with desk.workspace.read() as tx:
        return queue.rows(tx, wanted, me(desk, tx))


def save_view(desk: Desk, view: View) -> None:
    """Keep a view of the user's own; a view of the same id is replaced."""
    if any(view.id == known.id for known in BUILT_IN):
        raise Refused(say("De faste visninger kan ikke ændres. Gem den under et nyt navn."))
    with desk.workspace.write() as tx:
        saved_views.save(tx, view)
    desk.events.publish("views", view.id)


def delete_view(desk: Desk, view_id: str) -> None:
    """Forget a view of the user's own."""
    with desk.workspace.write() as tx:
        saved_views.delete(tx, view_id)
    desk.events.publish("views", view_id)


def find_case(desk: Desk, number: str) -> QueueRow:
    """The one case with this number or sys_id. Raises `Refused` when none or several (with candidates) fit."""
    with desk.workspace.read() as tx:
        found = cases.find(tx, number, me(desk, tx))
    if not found:
        raise Refused(
            say("Sagen {number} findes ikke her. Hent sager først, eller kontrollér nummeret.", number=number)
        )
    if len(found) > 1:
        candidates = ", ".join(f"{row.sys_id} ({row.title})" for row in found)
        raise Ambiguous(
            say(
                "Flere sager har nummeret {number}. Brug sys_id: {candidates}.",
                number=number,
                candidates=candidates,
            ),
            candidates=tuple((row.sys_id, row.title) for row in found),
        )
    return found[0]
