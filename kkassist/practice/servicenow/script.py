"""The few server-side calls that a query may name after `javascript:`, in the user's own zone."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from kkassist.practice.servicenow.clock import STAMP, stamp
from kkassist.practice.servicenow.session import Session

_CALL: Final = re.compile(r"\s*(?:gs\.)?(\w+)\((.*)\)\s*;?\s*", re.DOTALL)
_MIDNIGHT: Final = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}

Moment = Callable[[datetime, int], datetime]


def _day(moment: datetime, days: int = 0) -> datetime:
    return moment.replace(**_MIDNIGHT) + timedelta(days=days)  # type: ignore[arg-type]


def _week(moment: datetime, weeks: int) -> datetime:
    return _day(moment, 7 * weeks - moment.weekday())


def _month(moment: datetime, months: int) -> datetime:
    index = moment.year * 12 + moment.month - 1 + months
    return _day(moment).replace(year=index // 12, month=index % 12 + 1, day=1)


def _year(moment: datetime, years: int) -> datetime:
    return _day(moment).replace(year=moment.year + years, month=1, day=1)


_SECOND: Final = timedelta(seconds=1)
_MOMENTS: Final[dict[str, Moment]] = {
    "nowDateTime": lambda now, _: now,
    "now": lambda now, _: now,
    "beginningOfToday": lambda now, _: _day(now),
    "endOfToday": lambda now, _: _day(now, 1) - _SECOND,
    "beginningOfYesterday": lambda now, _: _day(now, -1),
    "endOfYesterday": lambda now, _: _day(now) - _SECOND,
    "beginningOfTomorrow": lambda now, _: _day(now, 1),
    "endOfTomorrow": lambda now, _: _day(now, 2) - _SECOND,
    "beginningOfThisWeek": lambda now, _: _week(now, 0),
    "endOfThisWeek": lambda now, _: _week(now, 1) - _SECOND,
    "beginningOfLastWeek": lambda now, _: _week(now, -1),
    "endOfLastWeek": lambda now, _: _week(now, 0) - _SECOND,
    "beginningOfNextWeek": lambda now, _: _week(now, 1),
    "endOfNextWeek": lambda now, _: _week(now, 2) - _SECOND,
    "beginningOfThisMonth": lambda now, _: _month(now, 0),
    "endOfThisMonth": lambda now, _: _month(now, 1) - _SECOND,
    "beginningOfLastMonth": lambda now, _: _month(now, -1),
    "endOfLastMonth": lambda now, _: _month(now, 0) - _SECOND,
    "beginningOfThisYear": lambda now, _: _year(now, 0),
    "endOfThisYear": lambda now, _: _year(now, 1) - _SECOND,
    "daysAgo": lambda now, n: now - timedelta(days=n),
    "daysAgoStart": lambda now, n: _day(now, -n),
    "daysAgoEnd": lambda now, n: _day(now, 1 - n) - _SECOND,
    "hoursAgo": lambda now, n: now - timedelta(hours=n),
    "hoursAgoStart": lambda now, n: now.replace(minute=0, second=0) - timedelta(hours=n),
    "hoursAgoEnd": lambda now, n: now.replace(minute=59, second=59) - timedelta(hours=n),
    "minutesAgo": lambda now, n: now - timedelta(minutes=n),
    "minutesAgoStart": lambda now, n: now.replace(second=0) - timedelta(minutes=n),
    "minutesAgoEnd": lambda now, n: now.replace(second=59) - timedelta(minutes=n),
    "monthsAgoStart": lambda now, n: _month(now, -n),
    "monthsAgoEnd": lambda now, n: _month(now, 1 - n) - _SECOND,
}


def evaluate(call: str, session: Session, now: datetime) -> tuple[str, ...] | None:
    """The raw values a sandboxed call gives (several for a list of groups); None for one that is not allowed."""
    found = _CALL.fullmatch(call)
    if found is None:
        return None
    name, arguments = found[1], [part.strip().strip("'\"") for part in found[2].split(",")]
    match name:
        case "getUserID":
            return (session.user_id,)
        case "getUserName":
            return (session.user_name,)
        case "getMyGroups":
            return tuple(sorted(session.group_ids))
        case "dateGenerate":
            return _date_generate(arguments, session)
        case _:
            return _moment(name, arguments[0], session, now)


def _moment(name: str, argument: str, session: Session, now: datetime) -> tuple[str, ...] | None:
    make = _MOMENTS.get(name)
    if make is None or not re.fullmatch(r"-?\d{0,5}", argument):
        return None
    local = make(now.astimezone(session.zone), int(argument or 0))
    return (stamp(local),)


def _date_generate(arguments: list[str], session: Session) -> tuple[str, ...] | None:
    clock = {"start": "00:00:00", "end": "23:59:59"}.get(arguments[-1], arguments[-1])
    try:
        local = datetime.strptime(f"{arguments[0]} {clock}", STAMP).replace(tzinfo=session.zone)
    except ValueError:
        return None
    return (stamp(local),)
