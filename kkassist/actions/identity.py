"""Who sits at the desk, as ServiceNow knows her: whose cases and which groups' cases make the queue."""

from kkassist.actions.desk import Desk
from kkassist.domain.colleague import Me
from kkassist.store import directory
from kkassist.store.engine import Tx


def me(desk: Desk, tx: Tx) -> Me:
    """The user and her groups: those of the settings, else her memberships. Unknown before the first sync."""
    user = directory.user(tx, desk.user)
    named = desk.settings.servicenow.groups if desk.settings.servicenow is not None else ()
    found = (directory.group_named(tx, name) for name in named)
    groups = frozenset(group.sys_id for group in found if group is not None)
    if not groups and user is not None:
        groups = directory.groups_of(tx, user.sys_id)
    return Me(sys_id=user.sys_id if user else "", user_name=desk.user, groups=groups)
