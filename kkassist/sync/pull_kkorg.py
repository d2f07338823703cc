"""KKorg into the workspace: read whole, compared with what is known, and only the differences stored."""

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from kkassist.domain.errors import OutOfReach
from kkassist.domain.language import say
from kkassist.domain.unit import KkorgEngagement, KkorgUnit
from kkassist.remote.kkorg import OrgMaster
from kkassist.store import organisation
from kkassist.store.engine import Workspace
from kkassist.sync.results import Report, SourceResult, silent

PAGE = 500
_PLACE = ZoneInfo("Europe/Copenhagen")
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_Record = TypeVar("_Record", KkorgUnit, KkorgEngagement)


@dataclass(frozen=True, slots=True)
class _Compared:
    """Records to store by their hash, keys that are out, and how many of the records are new."""

    hashes: Mapping[str, bytes]
    differing: Sequence[str]
    gone: Sequence[str]
    created: int


def pull(
    workspace: Workspace,
    kkorg: OrgMaster,
    *,
    now: datetime,
    stop: threading.Event | None = None,
    report: Report = silent,
) -> SourceResult:
    """Read KKorg as of today (Copenhagen). An answer without units is refused: an empty city is a fault.

    Raises `SignInNeeded`, `OutOfReach` and `Refusal`; what was fetched before stands.
    """
    began = time.monotonic()
    today = now.astimezone(_PLACE).date()
    units = {unit.kkorgnr: unit for unit in kkorg.units(today)}
    if not units:
        raise OutOfReach(say("KKorg gav ingen enheder. De senest hentede står ved magt."), system="kkorg")
    engagements: dict[str, KkorgEngagement] = {}
    for page in kkorg.engagements(today):
        for one in page:
            engagements[one.tjenestenr] = min(one, engagements.get(one.tjenestenr, one), key=_since)
        report(len(engagements), 0)
        if stop is not None and stop.is_set():
            return SourceResult(source="kkorg", cursor=today.isoformat(), seconds=time.monotonic() - began)
    result = _store(workspace, units, engagements, now)
    return replace(result, cursor=today.isoformat(), seconds=time.monotonic() - began)


def _since(engagement: KkorgEngagement) -> tuple[date, str]:
    """Of two engagements with one tjenestenr the running one goes before the one to come."""
    return engagement.start or date.min, engagement.kkorgnr


def _store(
    workspace: Workspace,
    units: Mapping[str, KkorgUnit],
    engagements: Mapping[str, KkorgEngagement],
    now: datetime,
) -> SourceResult:
    with workspace.read() as tx:
        known_units, known_engagements = organisation.kkorg_hashes(tx)
    compared = _compare(units, known_units)
    for keys in _pages(compared.differing):
        with workspace.write() as tx:
            organisation.store_kkorg_units(tx, [units[key] for key in keys], compared.hashes)
    changed = _compare(engagements, known_engagements)
    for keys in _pages(changed.differing):
        with workspace.write() as tx:
            organisation.store_kkorg_engagements(tx, [engagements[key] for key in keys], changed.hashes)
    with workspace.write() as tx:
        organisation.remove_kkorg_engagements(tx, changed.gone)
        organisation.remove_kkorg_units(tx, compared.gone)
        organisation.confirm_kkorg(tx, now)
    created = compared.created + changed.created
    return SourceResult(
        source="kkorg",
        fetched=len(units) + len(engagements),
        created=created,
        changed=len(compared.differing) + len(changed.differing) - created,
        removed=len(compared.gone) + len(changed.gone),
    )


def _compare(seen: Mapping[str, _Record], known: Mapping[str, bytes]) -> _Compared:
    hashes = {key: _hash(record) for key, record in seen.items()}
    return _Compared(
        hashes=hashes,
        differing=[key for key, value in hashes.items() if known.get(key) != value],
        gone=[key for key in known if key not in seen],
        created=sum(key not in known for key in seen),
    )


def _hash(record: KkorgUnit | KkorgEngagement) -> bytes:
    """BLAKE2b-128 of all that KKorg says, without when it said so."""
    return hashlib.blake2b(repr(astuple(replace(record, as_of=_NO_TIME))).encode(), digest_size=16).digest()


def _pages(keys: Sequence[str]) -> Iterator[list[str]]:
    several = iter(keys)
    while page := list(islice(several, PAGE)):
        yield page
