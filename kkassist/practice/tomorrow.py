"""What one more working day does to the city: hires, leavers, moves, changed hours, annulled employments."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from kkassist.practice.city import City, Employment
from kkassist.practice.population import newcomers

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Changes:
    """The tjenestenumre a day changed, for tests to look for."""

    hired: tuple[str, ...]
    left: tuple[str, ...]
    annulled: tuple[str, ...]
    moved: tuple[str, ...]
    hours: tuple[str, ...]
    leaving: tuple[str, ...]
    """Still employed, but now with a date on which they leave."""


def next_day(city: City, seed: int, today: date | None = None) -> City:
    """The city on its next working day (or on `today`); equal cities and seeds give equal days."""
    return next_day_with_changes(city, seed, today)[0]


def next_day_with_changes(city: City, seed: int, today: date | None = None) -> tuple[City, Changes]:
    """`next_day` together with what it changed."""
    rng = random.Random(f"{seed}:{city.today}")
    today = today or _next_working_day(city.today)
    by_id = {employment.tjenestenr: employment for employment in city.employments}
    drawn = _Draw(rng, city)
    leavers = _due_to_leave(city, today, drawn)
    annulled = drawn.take(_share(city, 9000))
    moved = drawn.take(_share(city, 2500))
    hours = drawn.take(_share(city, 2500))
    leaving = drawn.take(_share(city, 3000))
    units = [unit.opus_id for unit in city.units[1:]]
    for tjenestenr in moved:
        others = [unit for unit in units if unit != by_id[tjenestenr].unit_opus_id]
        by_id[tjenestenr] = replace(by_id[tjenestenr], unit_opus_id=rng.choice(others))
    for tjenestenr in hours:
        by_id[tjenestenr] = replace(by_id[tjenestenr], numerator=_other_hours(rng, by_id[tjenestenr]))
    for tjenestenr in leaving:
        by_id[tjenestenr] = replace(by_id[tjenestenr], leave_date=_month_end(today, rng.randint(1, 5)))
    hired = newcomers(replace(city, today=today), f"{seed}:{today}", _share(city, 2000))
    gone = {*leavers, *annulled}
    employments = tuple(one for one in by_id.values() if one.tjenestenr not in gone) + tuple(hired)
    changes = Changes(
        hired=tuple(one.tjenestenr for one in hired),
        left=leavers,
        annulled=annulled,
        moved=moved,
        hours=hours,
        leaving=leaving,
    )
    tomorrow = replace(
        city,
        today=today,
        employments=employments,
        employments_by_tjenestenr={one.tjenestenr: one for one in employments},
        left=(*city.left, *leavers),
    )
    return tomorrow, changes


class _Draw:
    """Draws employments that may change, each at most once; leaders and account holders stay as they are."""

    def __init__(self, rng: random.Random, city: City) -> None:
        accounts = {account.user_name for account in city.accounts}
        leaders = {unit.leader_tjenestenr for unit in city.units}
        self._waiting = [
            one.tjenestenr for one in city.employments if _may_change(one, accounts, leaders, city.today)
        ]
        rng.shuffle(self._waiting)

    def take(self, count: int) -> tuple[str, ...]:
        drawn, self._waiting = self._waiting[:count], self._waiting[count:]
        return tuple(drawn)


def _may_change(one: Employment, accounts: set[str], leaders: set[str | None], today: date) -> bool:
    employed = one.leave_date is None and one.entry_date <= today
    return employed and one.user_id not in accounts and one.tjenestenr not in leaders


def _due_to_leave(city: City, today: date, drawn: _Draw) -> tuple[str, ...]:
    """Those whose last day is longest ago; where nobody is due, somebody leaves from one day to the next."""
    past = sorted(
        (one.leave_date, one.tjenestenr) for one in city.employments if one.leave_date and one.leave_date < today
    )
    due = tuple(tjenestenr for _, tjenestenr in past[: _share(city, 3000)])
    return due or drawn.take(1)


def _share(city: City, one_in: int) -> int:
    return max(1, len(city.employments) // one_in)


def _other_hours(rng: random.Random, employment: Employment) -> Decimal:
    choices: Sequence[Decimal] = [Decimal(hours) for hours in ("20", "28", "30", "32", "34", "37")]
    return rng.choice([hours for hours in choices if hours != employment.numerator])


def _next_working_day(day: date) -> date:
    day += timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day


def _month_end(day: date, months: int) -> date:
    first = (day.replace(day=1) + timedelta(days=31 * (months + 1))).replace(day=1)
    return first - timedelta(days=1)
