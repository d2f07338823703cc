"""The city as KKorg knows it: almost what OPUS says, and where it differs on purpose, that is on record."""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from kkassist.practice.city import City, Employment, Unit
from kkassist.practice.population import stable_uuid

OTHER_UNIT_ONE_IN = 50
OTHER_NAME_ONE_IN = 200
NO_LEADER_ONE_IN = 25
MOVED_EARLIER_ONE_IN = 20
FOREVER = date.max


@dataclass(frozen=True, slots=True)
class Version:
    """What an object was like from `start` until before `end` (half open, as v29 and later have it)."""

    start: date
    end: date
    unit: str = ""
    job: str = ""

    def overlaps(self, start: date, end: date) -> bool:
        return self.start < end and start < self.end


@dataclass(frozen=True, slots=True)
class Thing:
    """A unit, person, engagement or manager with its versions in time."""

    uuid: str
    user_key: str
    versions: tuple[Version, ...]
    name: str = ""
    given_name: str = ""
    surname: str = ""
    cpr: str = ""
    parent: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Disagreements:
    """Where KKorg says something else than OPUS: tjenestenr → (OPUS unit, KKorg unit), CPR → (OPUS, KKorg name)."""

    units: dict[str, tuple[str, str]] = field(default_factory=dict)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    without_leader: set[str] = field(default_factory=set)
    """OPUS ids of units that have a leader in OPUS and none in KKorg."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """One state of KKorg. Each collection is in order of uuid, as paging needs it."""

    units: Mapping[str, Thing]
    persons: Mapping[str, Thing]
    engagements: Mapping[str, Thing]
    managers: Mapping[str, Thing]
    managers_of: Mapping[str, Sequence[Thing]]
    engagements_in: Mapping[str, Sequence[Thing]]
    engagements_of: Mapping[str, Sequence[Thing]]
    children_of: Mapping[str, Sequence[Thing]]
    disagreements: Disagreements

    def ancestors(self, unit: Thing) -> list[Thing]:
        """Parents up to the root, the nearest first."""
        found = []
        while unit.parent:
            unit = self.units[unit.parent]
            found.append(unit)
        return found


def organisation_of(city: City) -> Organisation:
    """What KKorg holds of the city; equal cities give equal organisations."""
    told = Disagreements()
    units = _sorted(_unit(unit, city) for unit in city.units)
    persons: dict[str, Thing] = {}
    engagements = []
    for employment in city.employments:
        if employment.person_uuid not in persons:
            persons[employment.person_uuid] = _person(employment, told)
        engagements.append(_engagement(employment, city, told))
    managers = [one for unit in city.units if (one := _manager(unit, city, told))]
    everybody = _sorted(persons.values())
    engaged, leading = _sorted(engagements), _sorted(managers)
    return Organisation(
        units=units,
        persons=everybody,
        engagements=engaged,
        managers=leading,
        managers_of=_grouped(leading.values(), lambda one: one.versions[-1].unit),
        engagements_in=_grouped(engaged.values(), lambda one: one.versions[-1].unit),
        engagements_of=_grouped(engaged.values(), lambda one: one.person),
        children_of=_grouped(units.values(), lambda one: one.parent),
        disagreements=told,
    )


def _unit(unit: Unit, city: City) -> Thing:
    parent = city.units_by_opus_id[unit.parent_opus_id].uuid if unit.parent_opus_id else ""
    end = unit.end + timedelta(days=1) if unit.end else FOREVER
    return Thing(unit.uuid, unit.kkorgnr, (Version(unit.start, end),), name=unit.name, parent=parent)


def _person(employment: Employment, told: Disagreements) -> Thing:
    given, surname = employment.first_name, employment.last_name
    if _one_in(OTHER_NAME_ONE_IN, "name", employment.cpr):
        surname = _other_spelling(surname)
        told.names[employment.cpr] = (employment.name, f"{given} {surname}")
    uuid = employment.person_uuid
    always = (Version(date.min, FOREVER),)
    name = f"{given} {surname}"
    return Thing(uuid, uuid, always, name=name, given_name=given, surname=surname, cpr=employment.cpr)


def _engagement(employment: Employment, city: City, told: Disagreements) -> Thing:
    number = employment.tjenestenr
    unit = city.units_by_opus_id[employment.unit_opus_id]
    if _one_in(OTHER_UNIT_ONE_IN, "unit", number):
        other = _other_unit(number, unit, city)
        told.units[number] = (unit.opus_id, other.opus_id)
        unit = other
    start = employment.entry_date
    end = employment.leave_date + timedelta(days=1) if employment.leave_date else FOREVER
    versions: tuple[Version, ...] = (Version(start, end, unit.uuid, employment.position),)
    middle = start + (min(end, city.today) - start) / 2
    if _one_in(MOVED_EARLIER_ONE_IN, "moved", number) and start < middle < end:
        before = _other_unit(f"before {number}", unit, city).uuid
        versions = (
            Version(start, middle, before, employment.position),
            Version(middle, end, unit.uuid, employment.position),
        )
    return Thing(stable_uuid("engagement", number), number, versions, person=employment.person_uuid)


def _manager(unit: Unit, city: City, told: Disagreements) -> Thing | None:
    leader = city.employments_by_tjenestenr.get(unit.leader_tjenestenr or "")
    if leader is None:
        return None
    if unit.parent_opus_id and _one_in(NO_LEADER_ONE_IN, "leader", unit.opus_id):
        told.without_leader.add(unit.opus_id)
        return None
    start = max(leader.entry_date, unit.start)
    version = Version(start, FOREVER, unit.uuid)
    return Thing(stable_uuid("manager", unit.uuid), leader.tjenestenr, (version,), person=leader.person_uuid)


def _other_unit(key: str, but: Unit, city: City) -> Unit:
    others = [unit for unit in city.units if unit.opus_id != but.opus_id]
    return others[zlib.crc32(key.encode()) % len(others)]


def _other_spelling(surname: str) -> str:
    for ours, theirs in (("å", "aa"), ("ø", "oe"), ("æ", "ae"), ("sen", "son"), ("-", " "), ("ch", "k")):
        if ours in surname:
            return surname.replace(ours, theirs, 1)
    return f"{surname} {surname[0]}."


def _one_in(many: int, *parts: str) -> bool:
    return zlib.crc32(":".join(parts).encode()) % many == 0


def _sorted(things: Iterable[Thing]) -> dict[str, Thing]:
    return {one.uuid: one for one in sorted(things, key=lambda one: one.uuid)}


def _grouped(things: Iterable[Thing], key: Callable[[Thing], str]) -> dict[str, list[Thing]]:
    groups: dict[str, list[Thing]] = {}
    for one in things:
        groups.setdefault(key(one), []).append(one)
    return groups
