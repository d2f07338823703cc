"""How dates, amounts, hours, times and CPR numbers are written and read on the screen.

Pieces carry values in one canonical text form, so that nothing typed is ever lost: dates as `2026-11-23`,
amounts and hours as plain decimals (`12500.75`). Text that cannot be read stays as it was typed.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from kkassist.domain.language import say

COPENHAGEN = ZoneInfo("Europe/Copenhagen")

_DATE = re.compile(r"(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4}|\d{2})|(\d{2})(\d{2})(\d{4}|\d{2})")
_AMOUNT = re.compile(r"(-?)(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,4}))?(?:\s*kr\.?)?", re.IGNORECASE)
_CLOCK_HOURS = re.compile(r"(\d{1,3}):([0-5]\d)")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def date_text(day: date) -> str:
    """`23-11-2026`."""
    return f"{day:%d-%m-%Y}"


def long_date_text(day: date) -> str:
    """`ma. 23-11-2026`."""
    names = (say("ma."), say("ti."), say("on."), say("to."), say("fr."), say("lø."), say("sø."))
    return f"{names[day.weekday()]} {date_text(day)}"


def moment_text(moment: datetime) -> str:
    """`ma. 23-11-2026 14:30` in Danish time, from an aware instant."""
    local = moment.astimezone(COPENHAGEN)
    return f"{long_date_text(local.date())} {local:%H:%M}"


def read_date(text: str) -> date | None:
    """The date a caseworker means by `23-11-2026`, `23.11.26`, `23112026` …; None if it is no date.

    Two-digit years are this century up to 60, else the last.
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    day, month, year = (int(part) for part in found.groups() if part is not None)
    if year < 100:
        year += 2000 if year <= 60 else 1900
    try:
        return date(year, month, day)
    except ValueError:
        return None


def decimal_text(value: Decimal, places: int = 2) -> str:
    """`12.500,75`: Danish separators, `places` decimals (rounded half even, as Decimal does)."""
    return f"{value:,.{places}f}".translate(str.maketrans(",.", ".,"))


def amount_text(kroner: Decimal) -> str:
    """`12.500,75 kr.`."""
    return f"{decimal_text(kroner)} kr."


def read_decimal(text: str) -> Decimal | None:
    """The number a caseworker means by `12.500,75 kr.` or `12500,75`; None if it is no Danish number."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        return None
    sign, whole, fraction = found.groups()
    return Decimal(f"{sign}{whole.replace('.', '')}.{fraction or '0'}")


def read_hours(text: str) -> Decimal | None:
    """Hours from `7,5` or `7:30`; None if it is neither."""
    clock = _CLOCK_HOURS.fullmatch(text.strip())
    if clock is None:
        return read_decimal(text)
    return Decimal(clock[1]) + Decimal(clock[2]) / 60


def span_text(span: timedelta) -> str:
    """The two largest parts of a span without sign: `2 t 10 min`, `3 dage`, `45 s`."""
    seconds = int(abs(span.total_seconds()))
    if seconds < _MINUTE:
        return say("{count} s", count=seconds)
    if seconds < _HOUR:
        return say("{count} min", count=seconds // _MINUTE)
    if seconds < _DAY:
        hours, minutes = seconds // _HOUR, seconds % _HOUR // _MINUTE
        whole = say("{count} t", count=hours)
        return f"{whole} {say('{count} min', count=minutes)}" if minutes and hours < 10 else whole
    days = seconds // _DAY
    return say("1 dag") if days == 1 else say("{count} dage", count=days)


def due_text(due: datetime, at: datetime, *, paused: bool = False) -> str:
    """How a deadline stands: `om 2 t 10 min`, `overskredet 3 t`, `på pause`; both moments aware."""
    if paused:
        return say("på pause")
    if due >= at:
        return say("om {span}", span=span_text(due - at))
    return say("overskredet {span}", span=span_text(at - due))


def mask_cpr(cpr: str) -> str:
    """`010199-••••`: the date part of a CPR number (ten digits, with or without hyphen)."""
    return f"{cpr.replace('-', '')[:6]}-••••"


def joined(parts: Iterable[str]) -> str:
    """The parts that say something, with a middle dot between."""
    return " · ".join(part for part in parts if part)
