"""Persons: their employments, units, leaders and open cases. A CPR is masked until a reason is given."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kkassist.actions.desk import Desk
from kkassist.actions.identity import me
from kkassist.domain.case import QueueRow
from kkassist.domain.cpr import masked, without_cpr
from kkassist.domain.errors import Refused
from kkassist.domain.language import say
from kkassist.domain.person import Employment
from kkassist.store import audit, cases, organisation, people
from kkassist.store.engine import Tx

MOST_PERSONS = 50
_SYS_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")
"""Ids and hashes may hold ten digits in a row that mean nothing."""


@dataclass(frozen=True, slots=True)
class Job:
    """One employment as the window and the command line show it. `leave_date` is the last employed day."""

    tjenestenr: str
    position: str
    unit_name: str
    kkorgnr: str
    kkorg_unit_name: str
    leader: str
    leader_inherited: bool
    forvaltning: str
    entry_date: date | None
    leave_date: date | None
    weekly_hours: Decimal | None
    ended: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A person and all her employments. `address` is "" when it is protected."""

    name: str
    cpr: str
    """Masked, unless it was revealed."""
    protected: bool
    address: str
    employments: Sequence[Job]
    open_cases: Sequence[QueueRow]


def find_person(desk: Desk, query: str, *, reveal: str = "") -> list[Person]:
    """Persons found by name, CPR, tjenestenr. or part of them, best first, at most 50.

    With `reveal` (the reason) the CPR is shown whole, which is audited for each person.
    """
    words = query.strip()
    if not words:
        raise Refused(say("Skriv et navn, et CPR-nummer eller et tjenestenummer."))
    with desk.workspace.read() as tx:
        found = people.find(tx, words, MOST_PERSONS)
        persons = _grouped(found)
        shown = [_person(desk, tx, one, revealed=bool(reveal.strip())) for one in persons]
    if reveal.strip():
        for one in persons:
            _audit(desk, one[0], "afslør CPR", reveal)
    return shown


def reveal_cpr(desk: Desk, tjenestenr: str, reason: str) -> str:
    """The whole CPR of the person with this employment. The act and its reason are audited first."""
    if len(reason.strip()) < 5:
        raise Refused(say("Skriv kort, hvorfor du har brug for CPR-nummeret."))
    with desk.workspace.read() as tx:
        employment = people.employment(tx, tjenestenr)
    if employment is None:
        raise Refused(say("Tjenestenummeret {number} findes ikke i OPUS.", number=tjenestenr))
    _audit(desk, employment, "afslør CPR", reason)
    return employment.cpr


def masked_if_cpr(field: str, value: str) -> str:
    """A form field's value as it may be shown: a CPR without its last four digits."""
    return masked(value) if "cpr" in field.lower() and re.fullmatch(r"\d{10}", value) else value


def without_cprs(field: str, value: str) -> str:
    """A raw value of ServiceNow's as it may leave the workspace: no CPR in it, whatever the field is called."""
    return value if _SYS_ID.fullmatch(value) else without_cpr(masked_if_cpr(field, value))


def _grouped(found: Sequence[Employment]) -> list[list[Employment]]:
    """Employments by person, in the order found; without a CPR each stands alone."""
    persons: dict[str, list[Employment]] = {}
    for one in found:
        persons.setdefault(one.cpr or f"?{one.tjenestenr}", []).append(one)
    return list(persons.values())


def _person(desk: Desk, tx: Tx, found: Sequence[Employment], *, revealed: bool) -> Person:
    first = found[0]
    everything = people.employments_of(tx, first.cpr) if first.cpr else list(found)
    protected = any(one.protected for one in everything)
    return Person(
        name=first.name,
        cpr=first.cpr if revealed else masked(first.cpr) if first.cpr else "",
        protected=protected,
        address="" if protected else first.address,
        employments=[_job(tx, one) for one in everything],
        open_cases=[
            row for row in cases.earlier_cases(tx, first.cpr, first.tjenestenr, "", me(desk, tx)) if row.active
        ],
    )


def _job(tx: Tx, one: Employment) -> Job:
    engagement = organisation.engagement(tx, one.tjenestenr)
    opus_unit = organisation.opus_unit(tx, one.unit_id)
    unit = (
        organisation.kkorg_unit(tx, engagement.kkorgnr)
        if engagement
        else organisation.kkorg_unit_of_opus(tx, one.unit_id)
    )
    return Job(
        tjenestenr=one.tjenestenr,
        position=one.position,
        unit_name=opus_unit.name if opus_unit else "",
        kkorgnr=unit.kkorgnr if unit else "",
        kkorg_unit_name=unit.name if unit else "",
        leader=unit.leader_name if unit else "",
        leader_inherited=unit.leader_inherited if unit else False,
        forvaltning=unit.forvaltning if unit else "",
        entry_date=one.entry_date,
        leave_date=one.leave_date,
        weekly_hours=one.weekly_hours,
        ended=one.ended,
        as_of=one.as_of,
    )


def _audit(desk: Desk, one: Employment, act: str, reason: str) -> None:
    with desk.workspace.write() as tx:
        audit.append(tx, user=desk.user, role=desk.role, act=act, person=one.cpr, detail=reason.strip())
