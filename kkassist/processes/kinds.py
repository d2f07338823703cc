"""What people write in a cell or field, turned into stored form, and stored form turned into what they read.

Stored form is text: ISO dates, "2026-11" for a month, "12500.75" for an amount, ten digits of a CPR, "J"/"N".
A reader is made once per column and called once per distinct value (`kkassist.processes.checking`), so it may be
exact rather than clever. It never guesses: what it mends, it tells.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from kkassist.domain import cpr as cpr_numbers
from kkassist.domain.batch import Severity
from kkassist.domain.cpr import no_mod11_text, parse_cpr, replacement_text
from kkassist.domain.dates import (
    danish_date,
    danish_month,
    from_excel_serial,
    no_such_date,
    parse_date,
    parse_month,
)
from kkassist.domain.errors import Unreadable
from kkassist.domain.language import say
from kkassist.domain.money import OERE, danish_number, parse_amount, plain
from kkassist.processes.cells import CellValue
from kkassist.processes.words import Column, Field, Kind, Option

_BLANKS = re.compile(r"[\s\u00a0\u202f\u2007\ufeff\u200b]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_EXCEL_ERROR = re.compile(r"#(?:N/A|I/T|REF!|VALUE!|V[ÆA]RDI!|DIV/0!|NAME\?|NAVN\?|NUM!|NULL!|SPILL!|REFERENCE!)")
_YES = frozenset({"j", "ja", "x", "1", "true", "sand", "y", "yes", "✓", "✔", "√"})
_NO = frozenset({"n", "nej", "0", "false", "falsk", "no", "-", "–"})
_COST_CENTER = re.compile(r"[0-9A-Za-z][0-9A-Za-z./-]{0,23}")
_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)")
_SHOWN_OPTIONS = 8
_EXCEL_DIGITS = 15
_FLOAT_NOISE = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value, with what to do (in the user's language)."""

    rule: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A value in stored form; with an error among the faults, the text as it stood."""

    value: str
    faults: tuple[Fault, ...] = ()

    @property
    def readable(self) -> bool:
        """No fault is an error."""
        return all(fault.severity is not Severity.ERROR for fault in self.faults)


Reader = Callable[[CellValue], Reading]


def reader(
    kind: Kind, *, label: str, required: bool = False, options: Sequence[Option] = (), today: date | None = None
) -> Reader:
    """The reader of a column or field named `label` on the screen.

    `options`: a CHOICE takes nothing else; any other kind lets other values through (a rule of the process tells)
    and only turns labels into values. `today` refuses CPR numbers of people not yet born.
    """
    read_text = _reader_of(kind, options, today)

    def read(cell: CellValue) -> Reading:
        if is_blank(cell):
            return Reading("", (_empty(label),)) if required else Reading("")
        try:
            if isinstance(cell, str) and cell[0] == "#" and _EXCEL_ERROR.match(cell):
                raise Unreadable(excel_error_text(), rule="K-02")
            return read_text(cell)
        except Unreadable as fault:
            return Reading(text_of(cell), (Fault(fault.rule, Severity.ERROR, str(fault)),))

    return read


def column_reader(column: Column, options: Sequence[Option] = (), today: date | None = None) -> Reader:
    """The reader of a template's column; `options` are those of its settings table (`options_from`)."""
    return reader(
        column.kind,
        label=column.header,
        required=column.required,
        options=column.options or options,
        today=today,
    )


def read(
    cell: CellValue, what: Column | Field, options: Sequence[Option] = (), today: date | None = None
) -> Reading:
    """One cell, or what a user typed in a field."""
    label = what.header if isinstance(what, Column) else what.label
    return reader(what.kind, label=label, required=what.required, options=what.options or options, today=today)(
        cell
    )


def stored(kind: Kind, text: str, *, label: str = "", options: Sequence[Option] = ()) -> str:
    """What a user typed, in stored form. Raises `Unreadable` with the rule's sentence."""
    found = reader(kind, label=label, options=options)(text)
    for fault in found.faults:
        if fault.severity is Severity.ERROR:
            raise Unreadable(fault.message, rule=fault.rule)
    return found.value


def stored_or_typed(kind: Kind, text: str, options: Sequence[Option] = ()) -> str:
    """What a user typed, in stored form where it can be read, otherwise as typed (the checks will tell)."""
    return reader(kind, label="", options=options)(text).value


def normalised(raw: str, field: Field, options: Sequence[Option] = ()) -> str:
    """A source's own text in stored form where it can be read, otherwise as it is."""
    if not raw or not stored_faults(raw, field.kind, options):
        return raw
    reading = reader(field.kind, label=field.label, options=field.options or options)(raw)
    return reading.value if reading.readable else raw


def stored_faults(
    value: str, kind: Kind, options: Sequence[Option] = (), today: date | None = None
) -> tuple[Fault, ...]:
    """What is wrong with a value that should already be in stored form; nothing with ""."""
    if value == "" or (kind is Kind.CHOICE and value in {option.value for option in options}):
        return ()
    if kind in _IS_STORED:
        return () if _IS_STORED[kind](value) else (_not_stored(kind),)
    return reader(kind, label="", options=options, today=today)(value).faults


def show(value: str, kind: Kind, options: Sequence[Option] = ()) -> str:
    """Stored form as a Dane reads it; CPR masked. What is not in stored form is shown as it stands."""
    if kind is Kind.CPR:
        return cpr_numbers.masked(value) if re.fullmatch(r"\d{10}", value) else cpr_numbers.without_cpr(value)
    if value == "" or (kind in _IS_STORED and not _IS_STORED[kind](value)):
        return value
    if kind is Kind.CHOICE:
        return {option.value: option.label for option in options}.get(value, value)
    return _SHOW[kind](value) if kind in _SHOW else value


def edit(value: str, kind: Kind) -> str:
    """Stored form as the text of an editor; `read` turns it back into the same value."""
    if kind is Kind.CPR and re.fullmatch(r"\d{10}", value):
        return f"{value[:6]}-{value[6:]}"
    if kind is Kind.MONTH or (kind in _IS_STORED and not _IS_STORED[kind](value)):
        return value
    if kind in _SHOW:
        return _SHOW[kind](value)
    return value


def is_blank(cell: CellValue) -> bool:
    """Nothing, or only blanks of any sort."""
    if isinstance(cell, str):
        # A printable first sign that is no blank settles it without a search (the common case by far).
        return not (cell and cell[0].isprintable() and cell[0] != " ") and not _BLANKS.sub("", cell)
    return cell is None


def text_of(cell: CellValue) -> str:
    """The cell as text: one blank between words, whole numbers without ".0", dates as Danes write them."""
    if isinstance(cell, str):
        return _tidy(cell)
    if isinstance(cell, bool):
        return "SAND" if cell else "FALSK"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**_EXCEL_DIGITS:
        return str(int(cell))
    if isinstance(cell, date):
        return danish_date(cell)
    return "" if cell is None else str(cell)


def _tidy(text: str) -> str:
    if text.isprintable() and "  " not in text:
        return text.strip(" ")
    return _CONTROL.sub("", _BLANKS.sub(" ", text)).strip()


def excel_error_text() -> str:
    """The message of K-02."""
    return say("Cellen viser en fejl i Excel. Skriv selve værdien i stedet for formlen.")


def _empty(label: str) -> Fault:
    return Fault("K-01", Severity.ERROR, say("{label} mangler. Udfyld cellen.", label=label))


def _reader_of(kind: Kind, options: Sequence[Option], today: date | None) -> Reader:
    if kind is Kind.CPR:
        return _cpr_reader(today)
    if kind is Kind.CHOICE:
        return _choice_reader(options, strict=True)
    if options and kind is Kind.TEXT:
        return _choice_reader(options, strict=False)
    return _READERS[kind]


def _cpr_reader(today: date | None) -> Reader:
    zero_put_back = (_zero_put_back(),)
    replacement = (Fault("V-FX-04", Severity.WARNING, replacement_text()),)
    no_mod11 = (Fault("V-FX-03", Severity.WARNING, no_mod11_text()),)

    def read_cpr(cell: CellValue) -> Reading:
        text = _whole_number_text(cell)
        digits = text.translate(_CPR_MARKS)
        mended: tuple[Fault, ...] = ()
        if len(digits) == 9 and digits.isdigit() and cpr_numbers.birth_date("0" + digits) is not None:
            text, mended = "0" + digits, zero_put_back
        found = parse_cpr(text, today=today)
        if found.replacement:
            return Reading(found.digits, mended + replacement)
        return Reading(found.digits, mended + no_mod11 if found.unusual_check_digit else mended)

    return read_cpr


_CPR_MARKS = str.maketrans("", "", " -\u2010\u2011\u2012\u2013\u2212")


def _zero_put_back() -> Fault:
    return Fault(
        "K-05",
        Severity.WARNING,
        say(
            "CPR-nummeret havde kun 9 cifre; nullet forrest er sat på igen. Kontrollér nummeret, "
            "og formatér kolonnen som tekst."
        ),
    )


def _read_tjenestenr(cell: CellValue) -> Reading:
    digits = _whole_number_text(cell).replace(" ", "")
    if not (digits.isascii() and digits.isdigit()):
        raise Unreadable(say("Tjenestenummeret må kun have cifre. Slå det op i OPUS."), rule="K-10")
    return Reading(digits)


def _read_date(cell: CellValue) -> Reading:
    return Reading(_date_of(cell).isoformat())


def _date_of(cell: CellValue) -> date:
    if isinstance(cell, datetime):
        return _sane(cell.date())
    if isinstance(cell, date):
        return _sane(cell)
    if cell is None or isinstance(cell, bool | time | timedelta):
        raise no_such_date()
    if isinstance(cell, str):
        text = text_of(cell)
        return from_excel_serial(int(text)) if re.fullmatch(r"\d{5}", text) else parse_date(text)
    return _date_of_number(cell)


def _sane(day: date) -> date:
    if not 1900 <= day.year <= 2199:
        raise no_such_date()
    return day


def _date_of_number(number: float) -> date:
    """A day number of Excel's, or a date typed as digits that lost its leading zero."""
    if 100_000 <= number < 10**8 and number == int(number):
        digits = str(int(number))
        return parse_date(digits.zfill(8 if len(digits) > 6 else 6))
    return from_excel_serial(number)


def _read_month(cell: CellValue) -> Reading:
    try:
        return Reading(f"{_month_of(cell):%Y-%m}")
    except Unreadable:
        raise Unreadable(say("Måneden kan ikke læses. Skriv den som ÅÅÅÅ-MM, fx 2026-11."), rule="K-09") from None


def _month_of(cell: CellValue) -> date:
    text = text_of(cell)
    if not isinstance(cell, date) and not re.fullmatch(r"\d{5}", text):
        return parse_month(text)
    return _date_of(cell)


def _read_amount(cell: CellValue) -> Reading:
    if isinstance(cell, str):
        return Reading(plain(parse_amount(text_of(cell))))
    number = _number_of(cell)
    rounded = None if number is None else number.quantize(OERE)
    if number is None or rounded is None:
        raise Unreadable(say("Beløbet kan ikke læses. Skriv fx 12.500,75."), rule="V-FX-10")
    if abs(number - rounded) > _FLOAT_NOISE:
        raise Unreadable(
            say("Beløbet har mere end to decimaler. Skriv det med højst to, fx 12.500,75."), rule="V-FX-10"
        )
    return Reading(plain(rounded))


def _read_number(cell: CellValue) -> Reading:
    number = _danish_decimal(text_of(cell)) if isinstance(cell, str) else _number_of(cell)
    if number is None:
        raise Unreadable(say("Tallet kan ikke læses. Skriv fx 12 eller 12,5."), rule="K-08")
    return Reading(_plain_decimal(number))


def _read_hours(cell: CellValue) -> Reading:
    hours = _hours_of(cell)
    if hours is None:
        raise Unreadable(say("Timetallet kan ikke læses. Skriv fx 37 eller 7,4."), rule="K-08")
    return Reading(_plain_decimal(hours))


def _hours_of(cell: CellValue) -> Decimal | None:
    if isinstance(cell, timedelta):
        return (Decimal(cell.days * 86_400 + cell.seconds) / 3600).quantize(OERE)
    if isinstance(cell, time):
        return (Decimal(cell.hour * 60 + cell.minute) / 60).quantize(OERE)
    if not isinstance(cell, str):
        return _number_of(cell)
    text = text_of(cell).lower().removesuffix("timer").removesuffix("t").rstrip(" .")
    if clock := _CLOCK.fullmatch(text):
        return (Decimal(int(clock[1]) * 60 + int(clock[2])) / 60).quantize(OERE)
    return _danish_decimal(text)


def _number_of(cell: CellValue) -> Decimal | None:
    """A number cell as Decimal, without the noise of a float; None for what is no number or too big to be one."""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    number = Decimal(repr(cell))
    return number if number.is_finite() and abs(number) < 10**12 else None


def _danish_decimal(text: str) -> Decimal | None:
    if re.fullmatch(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?", text, re.ASCII):
        return Decimal(text.replace(".", "").replace(",", "."))
    return None


def _plain_decimal(number: Decimal) -> str:
    return f"{number.quantize(_FLOAT_NOISE).normalize():f}"


def _read_yes_no(cell: CellValue) -> Reading:
    if isinstance(cell, bool):
        return Reading("J" if cell else "N")
    text = text_of(cell).lower().rstrip(".")
    if text in _YES:
        return Reading("J")
    if text in _NO:
        return Reading("N")
    raise Unreadable(say("Værdien skal være J eller N."), rule="K-07")


def _read_cost_center(cell: CellValue) -> Reading:
    text = _whole_number_text(cell).replace(" ", "")
    if not _COST_CENTER.fullmatch(text):
        raise Unreadable(say("Omkostningsstedet kan ikke læses. Skriv nummeret uden andet."), rule="K-11")
    return Reading(text)


def _read_text(cell: CellValue) -> Reading:
    return Reading(text_of(cell))


def _read_long_text(cell: CellValue) -> Reading:
    """Line breaks are the writer's own and are kept."""
    if not isinstance(cell, str):
        return Reading(text_of(cell))
    lines = _CONTROL.sub("", cell.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return Reading("\n".join(line.replace("\u00a0", " ").rstrip() for line in lines).strip())


def _choice_reader(options: Sequence[Option], *, strict: bool) -> Reader:
    by_name: dict[str, str] = {}
    for option in options:
        for name in (option.label, option.value, f"{option.value} {option.label}"):
            by_name[folded(name)] = option.value
    values = [option.value for option in options]

    def read_choice(cell: CellValue) -> Reading:
        text = text_of(cell)
        value = by_name.get(folded(text))
        if value is None and strict:
            raise Unreadable(_not_in_list(values), rule="K-06")
        return Reading(text if value is None else value)

    return read_choice


def _not_in_list(values: Sequence[str]) -> str:
    fit = ", ".join(values[:_SHOWN_OPTIONS]) + (" …" if len(values) > _SHOWN_OPTIONS else "")
    return say("Værdien er ikke på listen. Vælg en af: {fit}.", fit=fit)


def folded(text: str) -> str:
    """Letters and digits alone, without case and accents: how two spellings of one word are compared."""
    spelled = text.casefold().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    return "".join(sign for sign in unicodedata.normalize("NFD", spelled) if sign.isalnum())


def _whole_number_text(cell: CellValue) -> str:
    """The text of a number that people keep as digits; refuses one that Excel has rounded."""
    if isinstance(cell, float) and abs(cell) >= 10**_EXCEL_DIGITS:
        raise Unreadable(too_long_text(), rule="K-04")
    return text_of(cell).removesuffix(".0")


def too_long_text() -> str:
    """The message of K-04."""
    return say("Tallet er så langt, at Excel har ændret de sidste cifre. Skriv det igen som tekst.")


def _not_stored(kind: Kind) -> Fault:
    rule, text = {
        Kind.DATE: ("V-FX-11", say("Datoen findes ikke. Skriv den som DD-MM-ÅÅÅÅ.")),
        Kind.AMOUNT: ("V-FX-10", say("Beløbet kan ikke læses. Skriv fx 12.500,75.")),
        Kind.HOURS: ("K-08", say("Timetallet kan ikke læses. Skriv fx 37 eller 7,4.")),
        Kind.MONTH: ("K-09", say("Måneden kan ikke læses. Skriv den som ÅÅÅÅ-MM, fx 2026-11.")),
        Kind.YES_NO: ("K-07", say("Værdien skal være J eller N.")),
    }.get(kind, ("K-08", say("Tallet kan ikke læses. Skriv fx 12 eller 12,5.")))
    return Fault(rule, Severity.ERROR, text)


def _is_plain_decimal(value: str) -> bool:
    try:
        return bool(re.fullmatch(r"-?\d+(\.\d+)?", value, re.ASCII)) and Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _is_month(value: str) -> bool:
    return re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value, re.ASCII) is not None


def _is_iso(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _short_decimal(value: str) -> str:
    number = Decimal(value).normalize()
    exponent = number.as_tuple().exponent
    return danish_number(number, max(0, -exponent) if isinstance(exponent, int) else 0)


_IS_STORED: Mapping[Kind, Callable[[str], bool]] = {
    Kind.AMOUNT: _is_plain_decimal,
    Kind.HOURS: _is_plain_decimal,
    Kind.NUMBER: _is_plain_decimal,
    Kind.DATE: _is_iso,
    Kind.MONTH: _is_month,
    Kind.YES_NO: lambda value: value in {"J", "N"},
}

_READERS: Mapping[Kind, Reader] = {
    Kind.TEXT: _read_text,
    Kind.LONG_TEXT: _read_long_text,
    Kind.TJENESTENR: _read_tjenestenr,
    Kind.DATE: _read_date,
    Kind.MONTH: _read_month,
    Kind.AMOUNT: _read_amount,
    Kind.HOURS: _read_hours,
    Kind.NUMBER: _read_number,
    Kind.YES_NO: _read_yes_no,
    Kind.UNIT: _read_text,
    Kind.COST_CENTER: _read_cost_center,
}

_SHOW: Mapping[Kind, Callable[[str], str]] = {
    Kind.DATE: lambda value: danish_date(date.fromisoformat(value)),
    Kind.MONTH: lambda value: danish_month(date.fromisoformat(value + "-01")),
    Kind.AMOUNT: lambda value: danish_number(Decimal(value)),
    Kind.HOURS: _short_decimal,
    Kind.NUMBER: _short_decimal,
    Kind.YES_NO: lambda value: say("Ja") if value == "J" else say("Nej"),
}
