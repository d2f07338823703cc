"""Working days by three calendars that must not be mixed: the law's, the law's widened one and KK's duty days.

Holidays come from our own dated table (`resources/tables/helligdage.csv`); a year that is not in it is an error,
never a guess. Sources: forældelsesloven § 27 stk. 2 (LOV_UDVIDET), local agreements for KK_TJENESTE (depends on
the overenskomst, so it must not be used for legal deadlines).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files

from kkassist.domain.errors import Refused
from kkassist.domain.language import say


class Calendar(StrEnum):
    """Which days are closed besides weekends and public holidays."""

    LOV = "LOV"
    """Nothing more. Gives the earliest legal deadline."""
    LOV_UDVIDET = "LOV_UDVIDET"
    """5 June, 24 and 31 December too."""
    KK_TJENESTE = "KK_TJENESTE"
    """1 May too; 5 June is open until noon, 24 and 31 December are ordinary duty days."""


SOURCES = {
    Calendar.LOV: "Helligdagslovgivningen; store bededag til og med 2023 (lov nr. 214 af 6.3.2023)",
    Calendar.LOV_UDVIDET: "Forældelsesloven § 27, stk. 2",
    Calendar.KK_TJENESTE: "Kommunens tjenestedage efter overenskomst (ikke til lovfrister)",
}

_ALSO_CLOSED = {
    Calendar.LOV: {},
    Calendar.LOV_UDVIDET: {(6, 5): "Grundlovsdag", (12, 24): "Juleaftensdag", (12, 31): "Nytårsaftensdag"},
    Calendar.KK_TJENESTE: {(5, 1): "1. maj"},
}


@cache
def holidays() -> Mapping[date, str]:
    """The table: date → Danish name."""
    text = (files("kkassist") / "resources" / "tables" / "helligdage.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")][1:]
    return {date.fromisoformat(day): name for day, name in (line.split(";") for line in lines)}


@cache
def known_years() -> frozenset[int]:
    """The years the table covers."""
    return frozenset(day.year for day in holidays())


def closed_because(day: date, calendar: Calendar = Calendar.LOV) -> str:
    """Why `day` is no working day: the holiday's name, "lørdag" or "søndag"; "" when it is one.

    Raises `Refused`, naming the year, when the table does not reach it.
    """
    if day.year not in known_years():
        raise Refused(
            say(
                "Der er ingen helligdage for {year} i tabellen, så fristen kan ikke beregnes. "
                "Bed den systemansvarlige om at lægge året ind.",
                year=day.year,
            )
        )
    name = holidays().get(day) or _ALSO_CLOSED[calendar].get((day.month, day.day), "")
    if name:
        return name
    return {5: say("lørdag"), 6: say("søndag")}.get(day.weekday(), "")


def is_working_day(day: date, calendar: Calendar = Calendar.LOV) -> bool:
    """Whether `day` is open. 5 June of KK_TJENESTE is: it closes at noon."""
    return not closed_because(day, calendar)


def add_working_days(day: date, count: int, calendar: Calendar = Calendar.LOV) -> date:
    """The `count`-th working day after `day`; the day itself is not counted. With 0: `day` as it is."""
    found = day
    for _ in range(count):
        found = next_working_day(found, calendar)
    return found


def next_working_day(day: date, calendar: Calendar = Calendar.LOV) -> date:
    """The first working day after `day`."""
    following = day + timedelta(days=1)
    while not is_working_day(following, calendar):
        following += timedelta(days=1)
    return following


def working_days_between(start: date, end: date, calendar: Calendar = Calendar.LOV) -> int:
    """Working days after `start` up to and with `end`; 0 when `end` is not after `start`."""
    days = (start + timedelta(days=offset) for offset in range(1, (end - start).days + 1))
    return sum(is_working_day(day, calendar) for day in days)
