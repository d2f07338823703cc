"""Numbers with check digits: CVR, EAN (GS1), IBAN; Danish reg.nr. with account. python-stdnum does the sums."""

from dataclasses import dataclass

from stdnum import ean as _ean
from stdnum import iban as _iban
from stdnum.dk import cvr as _cvr
from stdnum.exceptions import ValidationError

from kkassist.domain.errors import Unreadable
from kkassist.domain.language import say


@dataclass(frozen=True, slots=True)
class Account:
    """A Danish bank account: four digits and ten. There is no common check digit: it must be looked up."""

    reg: str
    number: str


def parse_cvr(text: str) -> str:
    """Eight digits with modulus 11. Raises `Unreadable` (V-FN-05)."""
    digits = _digits(text.upper().removeprefix("DK"))
    if len(digits) != 8 or not _valid(_cvr.validate, digits):
        raise Unreadable(say("CVR-nummeret er ikke gyldigt. Kontrollér de 8 cifre."), rule="V-FN-05")
    return digits


def parse_ean(text: str) -> str:
    """Thirteen digits with GS1's check digit. Raises `Unreadable` (V-FN-06)."""
    digits = _digits(text)
    if len(digits) != 13 or not _valid(_ean.validate, digits):
        raise Unreadable(say("EAN-nummeret er tastet forkert. Kontrolcifferet passer ikke."), rule="V-FN-06")
    return digits


def parse_iban(text: str) -> str:
    """An IBAN without spaces, mod 97 and its country's length. Raises `Unreadable` (V-FN-08)."""
    bare = "".join(text.split()).upper()
    if not _valid(_iban.validate, bare):
        raise Unreadable(say("IBAN-nummeret er ikke gyldigt."), rule="V-FN-08")
    return bare


def parse_account(text: str) -> Account:
    """ "1234 1234567" or "1234-0001234567": four digits, then up to ten, padded with zeros on the left.

    Raises `Unreadable` (K-ID-01).
    """
    digits = _digits(text)
    if not 5 <= len(digits) <= 14:
        raise Unreadable(
            say("Kontoen skal have et registreringsnummer på 4 cifre og et kontonummer på højst 10."),
            rule="K-ID-01",
        )
    return Account(digits[:4], digits[4:].zfill(10))


def _digits(text: str) -> str:
    bare = text.translate(str.maketrans("", "", " .-\u00a0"))
    return bare if bare.isascii() and bare.isdigit() else ""


def _valid(validate: object, text: str) -> bool:
    assert callable(validate)
    try:
        validate(text)
    except ValidationError:
        return False
    return True
