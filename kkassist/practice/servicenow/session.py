"""Who asks: the signed-in user, her groups and roles, and how her screen writes dates."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kkassist.practice.servicenow.tables import Row, Tables

HR_GROUPS = frozenset({"Løn og ansættelse", "Jobskifte og organisation", "Aktindsigt"})
"""The groups that the HR security policy lets at HR cases."""
UNBOUND_ROLES = frozenset({"systemansvarlig", "integration"})


@dataclass(frozen=True, slots=True)
class Session:
    """One user as a request meets her; ids are sys_ids."""

    user_id: str
    user_name: str
    name: str
    role: str
    group_ids: frozenset[str]
    sees_hr: bool
    unbound: bool
    """Administrators and the integration user: no row is hidden from them."""
    zone: ZoneInfo
    date_format: str
    time_format: str
    language: str


def open_session(tables: Tables, user: Row) -> Session:
    """The session of a user, read afresh so that a changed group or zone counts at once."""
    user_id = user["sys_id"]
    groups = [row["group"] for row in tables.where("sys_user_grmember", "user", user_id)]
    names = {(tables.get("sys_user_group", group) or {}).get("name", "") for group in groups}
    roles = [row["role"] for row in tables.where("sys_user_has_role", "user", user_id)]
    role = roles[0] if roles else "medarbejder"
    unbound = role in UNBOUND_ROLES
    return Session(
        user_id=user_id,
        user_name=user["user_name"],
        name=user["name"],
        role=role,
        group_ids=frozenset(groups),
        sees_hr=unbound or bool(names & HR_GROUPS),
        unbound=unbound,
        zone=ZoneInfo(user.get("time_zone", "Europe/Copenhagen")),
        date_format=user.get("date_format", "dd-MM-yyyy"),
        time_format=user.get("time_format", "HH:mm:ss"),
        language=user.get("preferred_language", "da"),
    )


def person_name(tables: Tables, user_name: str) -> str:
    """The name that belongs to a user id in a trace field; the id itself where there is no such user."""
    found = tables.where("sys_user", "user_name", user_name)
    return found[0].get("name", user_name) if found else user_name
