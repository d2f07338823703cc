"""CPR numbers: ten digits, the century in the seventh, never shown unmasked by accident.

Source: cpr.dk ("Personnummeret i CPR"; numbers without modulus 11 are fully valid since 1 October 2007).
"""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from kkassist.domain.errors import Unreadable
from kkassist.domain.language import say

_SEPARATORS = str.maketrans("", "", " -\u00a0\u2010\u2011\u2012\u2013\u2212\t")
_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_REPLACEMENT_DAYS = 60
# Born on 1 January of these years: numbers without modulus 11 were given out (cpr.dk, as of 10 May 2023; not all).
_YEARS_WITHOUT_MOD11 = frozenset(
    {1960, 1962, 1964, 1965, 1966, 1967, 1969, 1970, 1974, 1975, 1978, 1980, 1981, 1982, 1983, 1984, 1985, 1986}
    | {1987, 1988, 1989, 1990, 1991, 1992, 1994, 1995}
)
_IN_TEXT = re.compile(r"(?<!\d)(\d{6})(?P<sep>\s?[-\u2010-\u2013\u2212]\s?|%2[0dD]|[ \u00a0])?(\d{4})(?!\d)")
HIDDEN = "[CPR]"


@dataclass(frozen=True, slots=True)
class Cpr:
    """A CPR number that can belong to somebody. `str()` and `repr()` are masked; `digits` is the number itself."""

    digits: str = field(repr=False)
    birth_date: date = field(repr=False)
    replacement: bool
    """Day 61–91: a replacement number (erstatningspersonnummer)."""

    @property
    def mod11(self) -> bool:
        """Whether the old check digit fits. Information only: it never refuses a number."""
        return fits_mod11(self.digits)

    @property
    def unusual_check_digit(self) -> bool:
        """The check digit fits neither the old rule nor a birth date known to be without it (V-FX-03)."""
        known = (self.birth_date.month, self.birth_date.day) == (
            1,
            1,
        ) and self.birth_date.year in _YEARS_WITHOUT_MOD11
        return not (self.replacement or known or self.mod11)

    @property
    def woman(self) -> bool:
        """The tenth digit is even."""
        return int(self.digits[9]) % 2 == 0

    def masked(self) -> str:
        """ "DDMMÅÅ-••••"."""
        return masked(self.digits)

    def formatted(self) -> str:
        """ "DDMMÅÅ-XXXX", for a reveal that has been logged."""
        return f"{self.digits[:6]}-{self.digits[6:]}"

    def __str__(self) -> str:
        return self.masked()


@dataclass(frozen=True, slots=True)
class FoundCpr:
    """Where a text holds what looks like a CPR number: `[start, end)`; `certain` when it has a birth date."""

    start: int
    end: int
    certain: bool


def parse_cpr(text: str, *, today: date | None = None) -> Cpr:
    """The number in `text`, with or without hyphen and spaces.

    `today` refuses birth dates after it. Raises `Unreadable` (V-FX-01: not ten digits; V-FX-02: no birth date).
    """
    digits = text.translate(_SEPARATORS)
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()):
        raise Unreadable(say("CPR-nummeret skal have 10 cifre. Skriv det som DDMMÅÅ-XXXX."), rule="V-FX-01")
    born = birth_date(digits)
    if born is None or (today is not None and born > today):
        raise Unreadable(
            say("De første seks cifre er ikke en gyldig fødselsdato sammen med 7. ciffer. Kontrollér nummeret."),
            rule="V-FX-02",
        )
    return Cpr(digits, born, digits[0] >= "6")


def birth_date(digits: str) -> date | None:
    """The birth date of ten digits (or at least the first seven), None when there is no such date."""
    return _birth_date(digits[:7])


@lru_cache(maxsize=65536)
def _birth_date(seven: str) -> date | None:
    day, month, short_year, seventh = int(seven[:2]), int(seven[2:4]), int(seven[4:6]), int(seven[6])
    if day > _REPLACEMENT_DAYS:
        day -= _REPLACEMENT_DAYS
    try:
        return date(_century(seventh, short_year) + short_year, month, day)
    except ValueError:
        return None


def _century(seventh: int, short_year: int) -> int:
    if seventh <= 3:
        return 1900
    if seventh in {4, 9}:
        return 2000 if short_year <= 36 else 1900
    return 2000 if short_year <= 57 else 1800


def fits_mod11(digits: str) -> bool:
    """Whether the ten digits fit the old check digit rule. Never a reason to refuse a number."""
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11 == 0


def masked(digits: str) -> str:
    """ "DDMMÅÅ-••••" of ten digits; "" stays ""."""
    return f"{digits[:6]}-••••" if digits else ""


def find_cprs(text: str) -> tuple[FoundCpr, ...]:
    """Every place in `text` that looks like a CPR number: certain with a valid birth date, else suspect.

    Ten digits in a row count only with a valid date, since account and item numbers look alike; with a hyphen
    or space between, every such group counts.
    """
    found = []
    for match in _IN_TEXT.finditer(text):
        certain = birth_date(match[1] + match[3]) is not None
        if certain or match["sep"]:
            found.append(FoundCpr(match.start(), match.end(), certain))
    return tuple(found)


def without_cpr(text: str) -> str:
    """`text` with everything that looks like a CPR number taken out, for logs, titles and file names."""
    for one in reversed(find_cprs(text)):
        text = text[: one.start] + HIDDEN + text[one.end :]
    return text


def no_mod11_text() -> str:
    """The warning of V-FX-03."""
    return say(
        "Nummeret opfylder ikke den gamle kontrolcifferregel. Det kan være rigtigt. "
        "Slå personen op i OPUS, før du fortsætter."
    )


def replacement_text() -> str:
    """The warning of V-FX-04."""
    return say("Det ligner et erstatningspersonnummer. Kontrollér, om personen har fået et rigtigt CPR-nummer.")
