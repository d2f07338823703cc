"""Kroner as Danes write them. Amounts are Decimal; nothing here passes through a float."""

import re
from decimal import ROUND_HALF_UP, Decimal

from kkassist.domain.errors import Unreadable
from kkassist.domain.language import say

OERE = Decimal("0.01")
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_CURRENCY = re.compile(r"^(?:kr\.?|dkk)|(?:kr\.?|dkk)$", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?", re.ASCII)
_PLAIN = re.compile(r"[+-]?\d+(?:,\d{1,2})?", re.ASCII)
_TOO_FINE = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d{3,}", re.ASCII)


def parse_amount(text: str) -> Decimal:
    """The kroner of "12.500,75", "12500,75", "12 500", "12.500,- kr.".

    A point parts thousands and a comma the øre, and nothing else: "12,500.75" and "12500.75" are refused,
    since a guess would be wrong by a factor of a hundred. Raises `Unreadable` (V-FX-10).
    """
    bare = _CURRENCY.sub("", _SPACES.sub("", text)).removesuffix(",-").removesuffix(",--")
    bare = bare.replace("\u2212", "-")
    if _GROUPED.fullmatch(bare) or _PLAIN.fullmatch(bare):
        return Decimal(bare.replace(".", "").replace(",", ".").removeprefix("+"))
    if _TOO_FINE.fullmatch(bare):
        raise Unreadable(
            say("Beløbet har mere end to decimaler. Skriv det med højst to, fx 12.500,75."), rule="V-FX-10"
        )
    raise Unreadable(say("Beløbet kan ikke læses. Skriv fx 12.500,75."), rule="V-FX-10")


def plain(amount: Decimal) -> str:
    """Stored form with two decimals: "12500.75"."""
    return f"{amount.quantize(OERE, ROUND_HALF_UP):f}"


def danish_number(number: Decimal, decimals: int = 2) -> str:
    """ "12.500,75" with exactly `decimals` decimals, rounded half up."""
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded:,.{decimals}f}".translate({ord(","): ".", ord("."): ","})


def kroner(amount: Decimal) -> str:
    """ "12.500,75 kr." as a user reads it."""
    return f"{danish_number(amount)} kr."


def to_oere(amount: Decimal) -> Decimal:
    """Rounded half up to whole øre, as every line is before it is summed."""
    return amount.quantize(OERE, ROUND_HALF_UP)
