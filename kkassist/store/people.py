"""Employments as OPUS' extract last told them, and the run-book of the extracts read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from kkassist.domain.person import Employment, Ended
from kkassist.store import facts, search, tables
from kkassist.store.codec import encode, must_instant, must_micros
from kkassist.store.sql import Tx, chunks, one_of, upsert

_decode = msgspec.json.Decoder(Employment).decode
_CONFIRMED = "opus:as_of"
_SELECT = "SELECT ended, ended_at, body FROM employments"


def begin_extract(tx: Tx, file_name: str, made_at: datetime) -> None:
    """Write down that an extract is being read; until it is finished, a start finds it unfinished."""
    row = (file_name, must_micros(made_at), 0, b"{}")
    upsert(tx, tables.extracts, ("file_name", "made_at", "finished", "counts"), [row])


def finish_extract(tx: Tx, file_name: str, counts: Mapping[str, int]) -> None:
    """The extract has been read whole."""
    tx.execute(
        text("UPDATE extracts SET finished = 1, counts = :counts WHERE file_name = :name"),
        {"counts": encode(dict(counts)), "name": file_name},
    )


def unfinished_extract(tx: Tx) -> str | None:
    """The file whose reading began and did not end."""
    return tx.execute(text("SELECT file_name FROM extracts WHERE finished = 0 ORDER BY made_at")).scalar()


def read_extracts(tx: Tx) -> set[str]:
    """File names of the extracts read whole."""
    return set(tx.execute(text("SELECT file_name FROM extracts WHERE finished = 1")).scalars())


def store_employments(tx: Tx, employments: Sequence[Employment], hashes: Mapping[str, bytes]) -> None:
    """Keep employments with the hash of what they were read from; one that had ended is running again."""
    rows = [
        (one.tjenestenr, one.cpr, one.ended, 0, hashes.get(one.tjenestenr, b""), encode(one))
        for one in employments
    ]
    upsert(tx, tables.employments, ("tjenestenr", "cpr", "ended", "ended_at", "hash", "body"), rows)
    by_number = {one.tjenestenr: one for one in employments}
    entries = []
    for some in chunks(by_number):
        names, bound = one_of("id", some)
        found = tx.execute(
            text(
                "SELECT e.seq, e.tjenestenr, t.text FROM employments e LEFT JOIN person_texts t ON t.seq = e.seq "  # noqa: S608
                f"WHERE e.tjenestenr IN ({names})"
            ),
            bound,
        )
        for row in found:
            one = by_number[row.tjenestenr]
            entry = search.Entry(row.seq, f"{one.name} {one.position} {one.user_id}", (one.tjenestenr, one.cpr))
            if entry.folded()[1] != row.text:
                entries.append(entry)
    search.index(tx, "person", entries)


def end_employments(tx: Tx, ended: Mapping[str, Ended], at: datetime) -> None:
    """Mark employments as out of the extract, and how; their hash is forgotten, so that a return is seen."""
    for tjenestenr, how in ended.items():
        tx.execute(
            text("UPDATE employments SET ended = :how, ended_at = :at, hash = :none WHERE tjenestenr = :id"),
            {"how": how, "at": must_micros(at), "none": b"", "id": tjenestenr},
        )


def confirm(tx: Tx, at: datetime) -> None:
    """The extract of `at` was compared whole: what it did not change is as fresh as what it did."""
    facts.put(tx, _CONFIRMED, str(must_micros(at)))


def hashes(tx: Tx) -> dict[str, bytes]:
    """tjenestenr → hash, of the employments that have not ended."""
    found = tx.execute(text("SELECT tjenestenr, hash FROM employments WHERE ended = ''"))
    return {row.tjenestenr: bytes(row.hash) for row in found}


def employment(tx: Tx, tjenestenr: str) -> Employment | None:
    """One employment, also an ended one."""
    return next(_read(tx, "tjenestenr = :key", tjenestenr), None)


def employments_of(tx: Tx, cpr: str) -> list[Employment]:
    """All employments of a person, running ones first, the latest entry first."""
    return in_order(_read(tx, "cpr = :key AND cpr <> ''", cpr))


def in_order(several: Iterable[Employment]) -> list[Employment]:
    """Running employments first, the latest entry first."""
    return sorted(
        several,
        key=lambda one: (bool(one.ended), -(one.entry_date.toordinal() if one.entry_date else 0), one.tjenestenr),
    )


def all_employments(tx: Tx) -> Iterator[Employment]:
    """Every employment, ended ones too, in no promised order."""
    return _read(tx, "1 = 1", "")


def find(tx: Tx, words: str, limit: int = 50) -> list[Employment]:
    """Employments by name, tjenestenr., CPR, or parts of them; the newest first."""
    found: dict[str, Employment] = {}
    for some in chunks(search.people(tx, words, limit)):
        names, bound = one_of("id", some)
        rows = tx.execute(text(f"{_SELECT} WHERE tjenestenr IN ({names})"), bound).all()
        as_of = _confirmed(tx)
        found.update((one.tjenestenr, one) for one in (_employment(row, as_of) for row in rows))
    return [found[key] for key in search.people(tx, words, limit) if key in found]


def count(tx: Tx) -> int:
    """How many employments have not ended."""
    return int(tx.execute(text("SELECT count(*) FROM employments WHERE ended = ''")).scalar_one())


def _read(tx: Tx, where: str, key: str) -> Iterator[Employment]:
    as_of = _confirmed(tx)
    rows = tx.execute(text(f"{_SELECT} WHERE {where}"), {"key": key} if ":key" in where else {})
    return (_employment(row, as_of) for row in rows)


def _confirmed(tx: Tx) -> datetime | None:
    stored = facts.get(tx, _CONFIRMED)
    return must_instant(int(stored)) if stored else None


def _employment(row: Any, as_of: datetime | None) -> Employment:
    one = _decode(row.body)
    if row.ended:
        return replace(one, ended=row.ended, as_of=must_instant(row.ended_at) if row.ended_at else one.as_of)
    return replace(one, as_of=as_of) if as_of and as_of > one.as_of else one
