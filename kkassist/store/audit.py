"""Who did what, to which case and whom: append-only by trigger, chained by SHA-256 so that a change is seen.

A person is kept as a keyed hash of the CPR, under a random key of this workspace: the log tells that two entries
concern the same person, never who it is. What is logged: the demands on municipal logging (who, role, when, case,
person key, act, before and after, reason, program).
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from sqlalchemy import text

from kkassist.store import facts
from kkassist.store.codec import encode, must_instant, must_micros
from kkassist.store.sql import Tx

_FIRST = bytes(32)
_SALT = "audit:salt"
_LENGTH = "audit:length"


@dataclass(frozen=True, slots=True)
class Verified:
    """Outcome of a check of the whole chain."""

    entries: int
    intact: bool
    first_broken: int
    """Number of the first entry that does not fit its hash or its forerunner; 0 when all do."""


def append(
    tx: Tx,
    *,
    user: str,
    role: str,
    act: str,
    case: str = "",
    person: str = "",
    detail: str = "",
    before: str = "",
    after: str = "",
    robot: str = "",
    at: datetime | None = None,
) -> None:
    """Write down one act. `person` is a CPR, of which only the keyed hash is kept; `at` is now unless given."""
    moment = at or datetime.now(UTC)
    told = {
        "user": user,
        "role": role,
        "act": act,
        "case": case,
        "person": _person(tx, person),
        "detail": detail,
        "before": before,
        "after": after,
        "robot": robot,
    }
    stamp = must_micros(moment)
    entry = encode({name: value for name, value in told.items() if value})
    last = tx.execute(text("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1")).scalar()
    previous = last if last is not None else _FIRST
    tx.execute(
        text("INSERT INTO audit (at, entry, previous, hash) VALUES (:at, :entry, :previous, :hash)"),
        {"at": stamp, "entry": entry, "previous": previous, "hash": _link(previous, stamp, entry)},
    )
    facts.put(tx, _LENGTH, str(int(facts.get(tx, _LENGTH) or 0) + 1))


def verify(tx: Tx) -> Verified:
    """Walk the chain once. An entry changed, left out or put in between is found, and so is a tail cut off."""
    previous, entries, broken = _FIRST, 0, 0
    rows = tx.execute(text("SELECT at, entry, previous, hash FROM audit ORDER BY seq"))
    for row in rows.yield_per(2000):
        entries += 1
        fits = row.previous == previous and row.hash == _link(previous, row.at, row.entry)
        if not fits and not broken:
            broken = entries
        previous = row.hash
    if not broken and entries != int(facts.get(tx, _LENGTH) or 0):
        broken = entries + 1
    return Verified(entries, broken == 0, broken)


def export(tx: Tx) -> Iterator[dict[str, str]]:
    """Every entry, oldest first, with its instant (ISO, UTC) and its hash (hex)."""
    rows = tx.execute(text("SELECT seq, at, entry, hash FROM audit ORDER BY seq"))
    for row in rows.yield_per(2000):
        told = msgspec.json.decode(row.entry, type=dict[str, str])
        yield {"entry": str(row.seq), "at": must_instant(row.at).isoformat(), **told, "hash": row.hash.hex()}


def _link(previous: bytes, stamp: int, entry: bytes) -> bytes:
    return hashlib.sha256(previous + stamp.to_bytes(8, "big", signed=True) + entry).digest()


def _person(tx: Tx, cpr: str) -> str:
    if not cpr:
        return ""
    salt = facts.get(tx, _SALT)
    if salt is None:
        salt = secrets.token_hex(32)
        facts.put(tx, _SALT, salt)
    return hmac.new(bytes.fromhex(salt), cpr.encode(), hashlib.sha256).hexdigest()[:32]
