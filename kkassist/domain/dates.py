"""Dates as people type them, as Excel stores them and as the screen shows them; instants in Copenhagen's time."""

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from kkassist.domain.errors import Unreadable
from kkassist.domain.language import say

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
WEEKDAYS = ("ma.", "ti.", "on.", "to.", "fr.", "lø.", "sø.")
MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni",
    "juli", "august", "september", "oktober", "november", "december",
)  # fmt: skip
FIRST_YEAR, LAST_YEAR = 1900, 2199
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 18_264, 73_415
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_MIDNIGHT = re.compile(r"(?:[T ]| kl\. ?)(?:00?[:.]00(?:[:.]00(?:\.0+)?)?)Z?$")
_WEEKDAY = re.compile(
    r"^(?:man|tirs|ons|tors|fre|lør|søn|ma|ti|on|to|fr|lø|sø)(?:dag)?\.?,? (?:d\. ?|den )?", re.IGNORECASE
)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DANISH = re.compile(r"(\d{1,2})\.? ?[-/., ] ?(\d{1,2})\.? ?[-/., ] ?(\d{4}|\d{2})")
_NAMED = re.compile(r"(\d{1,2})[. -]*([a-zæøå]{3,9})[. -]*(\d{4}|\d{2})", re.IGNORECASE)
_NAMED_MONTH = re.compile(r"([a-zæøå]{3,9})[. -/]*(\d{4}|\d{2})", re.IGNORECASE)
_NUMBER_MONTH = re.compile(r"(?:(\d{4})[-/. ](\d{1,2})|(\d{1,2})[-/. ](\d{4}))")


def parse_date(text: str) -> date:
    """The date in "01-03-2026", "1/3-2026", "1.3.26", "1. marts 2026", "010326", "2026-03-01": day before month.

    Two-digit years are 1970–2069. A time of midnight after the date is Excel's and is dropped.
    Raises `Unreadable` (V-FX-11).
    """
    bare = _WEEKDAY.sub("", _MIDNIGHT.sub("", _SPACES.sub(" ", text).strip()))
    if match := _ISO.fullmatch(bare):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _DANISH.fullmatch(bare):
        return _date(_year(match[3]), int(match[2]), int(match[1]))
    if match := _NAMED.fullmatch(bare):
        return _date(_year(match[3]), _month_number(match[2]), int(match[1]))
    if len(bare) in {6, 8} and bare.isascii() and bare.isdigit():
        return _from_digits(bare)
    raise no_such_date()


def no_such_date() -> Unreadable:
    """The refusal of V-FX-11."""
    return Unreadable(say("Datoen findes ikke. Skriv den som DD-MM-ÅÅÅÅ."), rule="V-FX-11")


def _date(year: int, month: int, day: int) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise no_such_date()
    try:
        return date(year, month, day)
    except ValueError:
        raise no_such_date() from None


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return 2000 + year if year < 70 else 1900 + year


def _month_number(name: str) -> int:
    start = name.lower()
    for number, month in enumerate(MONTHS, start=1):
        if month.startswith(start):
            return number
    raise no_such_date()


def _from_digits(digits: str) -> date:
    """DDMMÅÅÅÅ, DDMMÅÅ or ÅÅÅÅMMDD. No eight digits are a date both ways: MMDD is no year after 1900."""
    try:
        return _date(_year(digits[4:]), int(digits[2:4]), int(digits[:2]))
    except Unreadable:
        if len(digits) == 8:
            return _date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        raise


def parse_month(text: str) -> date:
    """The first day of the month in "2026-11", "11-2026", "nov 2026", "november 26" or of a whole date in it.

    Raises `Unreadable` (V-FX-11).
    """
    bare = _SPACES.sub(" ", text).strip()
    if match := _NUMBER_MONTH.fullmatch(bare):
        year, month = (match[1], match[2]) if match[1] else (match[4], match[3])
        return _date(int(year), int(month), 1)
    if match := _NAMED_MONTH.fullmatch(bare):
        return _date(_year(match[2]), _month_number(match[1]), 1)
    if len(bare) == 6 and bare.isascii() and bare.isdigit() and bare[:2] in {"19", "20"}:
        return _date(int(bare[:4]), int(bare[4:]), 1)
    return parse_date(bare).replace(day=1)


def from_excel_serial(serial: float) -> date:
    """The date of Excel's day number (1900 system), 1950 to 2100: others are typed. Raises `Unreadable`."""
    if not _FIRST_SERIAL <= serial <= _LAST_SERIAL or serial != int(serial):
        raise no_such_date()
    return _EXCEL_DAY_ZERO + timedelta(days=int(serial))


def danish_date(day: date) -> str:
    """ "23-11-2026"."""
    return f"{day:%d-%m-%Y}"


def danish_day(day: date) -> str:
    """ "ma. 23-11-2026"."""
    return f"{WEEKDAYS[day.weekday()]} {day:%d-%m-%Y}"


def danish_month(day: date) -> str:
    """ "november 2026"."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def in_copenhagen(instant: datetime) -> datetime:
    """An aware instant on Copenhagen's clock."""
    return instant.astimezone(COPENHAGEN)


def danish_instant(instant: datetime) -> str:
    """ "23-11-2026 14:05" on Copenhagen's clock."""
    return f"{in_copenhagen(instant):%d-%m-%Y %H:%M}"


def local_day(instant: datetime) -> date:
    """The calendar day in Copenhagen of an aware instant."""
    return in_copenhagen(instant).date()


def start_of_day(day: date) -> datetime:
    """The UTC instant at which `day` begins in Copenhagen."""
    return datetime(day.year, day.month, day.day, tzinfo=COPENHAGEN).astimezone(UTC)


def last_day(end: date | None) -> date | None:
    """The last day inside a half-open validity `[start, end)`, as the screen shows it."""
    return None if end is None else end - timedelta(days=1)


def end_after(last: date | None) -> date | None:
    """The half-open end of a validity whose last day is `last` (inclusive)."""
    return None if last is None else last + timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """The same day `months` later; the last day of the month where it has no such day."""
    years, month0 = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month0 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def end_of_month(day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
