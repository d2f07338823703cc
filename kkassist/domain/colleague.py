"""ServiceNow's users and groups, and who sits at the desk."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colleague:
    """A ServiceNow user. `sys_id` is what references hold; `user_name` is what `sys_updated_by` holds."""

    sys_id: str
    user_name: str
    name: str
    email: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """A ServiceNow assignment group."""

    sys_id: str
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Me:
    """The person at the desk, as the queue needs her. Unknown parts are "" and empty."""

    sys_id: str
    user_name: str
    groups: frozenset[str] = frozenset()
    """sys_ids of her groups."""
