"""ServiceNow's users, groups and who is in which."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import text

from kkassist.domain.colleague import Colleague, Group
from kkassist.store.sql import Tx, upsert
from kkassist.store.tables import groups, memberships, users

_USER = "SELECT sys_id, user_name, name, email, active FROM users"


def store_users(tx: Tx, colleagues: Sequence[Colleague]) -> None:
    """Keep users; a known sys_id is overwritten."""
    upsert(
        tx,
        users,
        ("sys_id", "user_name", "name", "email", "active"),
        [(one.sys_id, one.user_name, one.name, one.email, int(one.active)) for one in colleagues],
    )


def store_groups(tx: Tx, several: Sequence[Group], members: Iterable[tuple[str, str]] = ()) -> None:
    """Keep groups and memberships (user sys_id, group sys_id); memberships of these groups are replaced whole."""
    upsert(tx, groups, ("sys_id", "name", "active"), [(one.sys_id, one.name, int(one.active)) for one in several])
    for group in several:
        tx.execute(text("DELETE FROM memberships WHERE group_id = :id"), {"id": group.sys_id})
    upsert(tx, memberships, ("user_id", "group_id"), list(members))


def user(tx: Tx, user_name: str) -> Colleague | None:
    """The user of this user name, in any case of letters; an active one first."""
    found = tx.execute(
        text(f"{_USER} WHERE lower(user_name) = lower(:name) ORDER BY active DESC, sys_id"),
        {"name": user_name},
    ).first()
    return _colleague(found) if found else None


def user_by_id(tx: Tx, sys_id: str) -> Colleague | None:
    """The user of this sys_id."""
    found = tx.execute(text(f"{_USER} WHERE sys_id = :id"), {"id": sys_id}).first()
    return _colleague(found) if found else None


def all_users(tx: Tx) -> list[Colleague]:
    """Every known user by name."""
    return [_colleague(row) for row in tx.execute(text(f"{_USER} ORDER BY name, sys_id"))]


def all_groups(tx: Tx) -> list[Group]:
    """Every known group by name."""
    found = tx.execute(text("SELECT sys_id, name, active FROM groups ORDER BY name, sys_id"))
    return [Group(row.sys_id, row.name, bool(row.active)) for row in found]


def group_named(tx: Tx, name: str) -> Group | None:
    """The group of this name."""
    return next((group for group in all_groups(tx) if group.name.casefold() == name.casefold()), None)


def groups_of(tx: Tx, user_sys_id: str) -> frozenset[str]:
    """sys_ids of a user's groups."""
    found = tx.execute(text("SELECT group_id FROM memberships WHERE user_id = :id"), {"id": user_sys_id})
    return frozenset(found.scalars())


def members_of(tx: Tx, group_sys_id: str) -> list[Colleague]:
    """The members of a group by name."""
    found = tx.execute(
        text(
            f"{_USER} WHERE sys_id IN (SELECT user_id FROM memberships WHERE group_id = :id) "  # noqa: S608
            "ORDER BY name, sys_id"
        ),
        {"id": group_sys_id},
    )
    return [_colleague(row) for row in found]


def _colleague(row: Any) -> Colleague:
    return Colleague(row.sys_id, row.user_name, row.name, row.email, bool(row.active))
