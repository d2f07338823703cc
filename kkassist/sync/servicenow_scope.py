"""Which cases belong in the workspace, as queries and as a test of a row."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kkassist.domain.case import ServerRow
from kkassist.domain.colleague import Me
from kkassist.domain.settings import ServiceNowSettings
from kkassist.remote.servicenow.query import any_of, both, equals
from kkassist.remote.servicenow.values import raw_moment

_GROUPS_IN_A_URL = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """Active cases that are the user's or her groups', and closed ones so far back as the history is kept."""

    me: Me
    since: str
    """Raw moment (UTC): cases closed before it are left out."""

    @property
    def mark(self) -> str:
        """Changes when the user or her groups change, so that the queue is read anew."""
        names = "|".join((self.me.sys_id, *sorted(self.me.groups)))
        return hashlib.sha256(names.encode()).hexdigest()[:16]

    def queries(self, prefix: str = "") -> list[str]:
        """Queries that together find the scope, each short enough for a URL. `prefix` dot-walks ("task.")."""
        groups = sorted(self.me.groups)
        chunks = [groups[at : at + _GROUPS_IN_A_URL] for at in range(0, len(groups), _GROUPS_IN_A_URL)]
        who = [any_of(f"{prefix}assignment_group", chunk) for chunk in chunks]
        if self.me.sys_id:
            mine = equals(f"{prefix}assigned_to", self.me.sys_id)
            who[:1] = [f"{who[0]}^OR{mine}" if who else mine]
        when = f"{prefix}active=true^OR{prefix}closed_at>={self.since}"
        return [both(one, when) for one in who]

    def holds(self, row: ServerRow) -> bool:
        """Whether a row belongs; what the ACL hides speaks for the row."""
        of = row.fields.get
        is_ours = of("assigned_to") == self.me.sys_id != "" or of("assignment_group") in self.me.groups
        return is_ours and (of("active", "true") == "true" or of("closed_at", self.since) >= self.since)


def scope_of(me: Me, settings: ServiceNowSettings, now: datetime) -> Scope:
    """The scope on this day."""
    since = now.astimezone(UTC).replace(hour=0, minute=0, second=0) - timedelta(days=settings.history_days)
    return Scope(me, raw_moment(since))
