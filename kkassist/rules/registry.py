"""The rules by name, for the `calc` command and the window's calculator: what goes in, what comes out, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from kkassist.domain.cpr import no_mod11_text, parse_cpr, replacement_text
from kkassist.domain.dates import danish_day, parse_date
from kkassist.domain.errors import Misused, Refused
from kkassist.domain.language import say
from kkassist.rules import calendar, identifiers, notice

InputKind = Literal["date", "integer", "choice", "text", "yes_no"]


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a rule. Values come as text: dates as Danes or ISO write them."""

    id: str
    label: str
    kind: InputKind
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()
    """(value, label) of a choice."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule gave: figures in stored form, the source, and the steps in words."""

    figures: Mapping[str, str]
    source: str
    steps: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "figures": dict(self.figures),
            "source": self.source,
            "steps": list(self.steps),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class Calculation:
    """One rule that can be asked by name."""

    name: str
    description: str
    inputs: tuple[Input, ...]
    run: Callable[[Mapping[str, str]], Outcome] = field(repr=False)


def calculations() -> Mapping[str, Calculation]:
    """All of them by name."""
    return {one.name: one for one in _CALCULATIONS}


def calculate(name: str, values: Mapping[str, str]) -> Outcome:
    """Run the rule `name`. Raises `Misused` (unknown name or input), `Refused` (no answer)."""
    found = calculations().get(name)
    if found is None:
        names = ", ".join(calculations())
        raise Misused(
            say("Der er ingen beregning, der hedder {name}. Vælg en af: {names}.", name=name, names=names)
        )
    _refuse_wrong_inputs(found, values)
    return found.run(values)


def _refuse_wrong_inputs(calculation: Calculation, values: Mapping[str, str]) -> None:
    known = {one.id for one in calculation.inputs}
    for name in values:
        if name not in known:
            fit = ", ".join(one.id for one in calculation.inputs)
            raise Misused(say("Feltet {name} kendes ikke her. Felterne er: {fit}.", name=name, fit=fit))
    for one in calculation.inputs:
        given = values.get(one.id, "")
        if one.required and not given:
            raise Misused(say("Feltet {name} mangler.", name=one.id))
        if given and one.kind == "choice" and given not in dict(one.options):
            fit = ", ".join(value for value, _ in one.options)
            raise Misused(say("Feltet {name} skal være et af: {fit}.", name=one.id, fit=fit))


def _day(values: Mapping[str, str], name: str) -> date:
    return parse_date(values[name])


def _optional_day(values: Mapping[str, str], name: str) -> date | None:
    return parse_date(values[name]) if values.get(name) else None


def _whole(values: Mapping[str, str], name: str) -> int:
    text = values[name].strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise Refused(say("{name} skal være et helt tal fra 0 til 9999.", name=name))
    return int(text)


def _yes(values: Mapping[str, str], name: str) -> bool:
    return values.get(name, "").strip().lower() in {"j", "ja", "true", "1"}


def _working_days(values: Mapping[str, str]) -> Outcome:
    start, count = _day(values, "fra"), _whole(values, "antal")
    which = calendar.Calendar(values.get("kalender") or calendar.Calendar.LOV)
    found, steps = start, []
    for number in range(1, count + 1):
        found = calendar.next_working_day(found, which)
        steps.append(say("Arbejdsdag {number}: {day}.", number=number, day=danish_day(found)))
    return Outcome({"dato": found.isoformat(), "kalender": which.value}, calendar.SOURCES[which], tuple(steps))


def _notice(values: Mapping[str, str]) -> Outcome:
    worked = notice.notice(
        notice.Group(values.get("personalegruppe") or notice.Group.FUNKTIONAER),
        notice.Initiative(values["initiativ"]),
        _day(values, "ansat"),
        _day(values, "opsagt"),
        _optional_day(values, "proevetid_til"),
    )
    figures = {
        "maaneder": str(worked.months),
        "dage": str(worked.days),
        "varsel": worked.length,
        "fratraeden": worked.leave.isoformat(),
    }
    warning = say("Medarbejderen begyndte midt i en måned. Kontrollér varslet.")
    return Outcome(figures, worked.source, worked.steps, (warning,) if worked.differs else ())


def _severance(values: Mapping[str, str]) -> Outcome:
    initiative = notice.Initiative(values.get("initiativ") or notice.Initiative.ARBEJDSGIVER)
    worked = notice.severance(_day(values, "ansat"), _day(values, "fratraeden"), initiative)
    return Outcome({"maaneder": str(worked.months), "aar": str(worked.years)}, worked.source, worked.steps)


def _survivors_pay(values: Mapping[str, str]) -> Outcome:
    worked = notice.survivors_pay(
        _day(values, "ansat"), _day(values, "doedsdato"), spouse_or_child_under_18=_yes(values, "efterladte")
    )
    return Outcome({"maaneder": str(worked.months), "aar": str(worked.years)}, worked.source, worked.steps)


def _cpr(values: Mapping[str, str]) -> Outcome:
    found = parse_cpr(values["cpr"])
    figures = {
        "cpr": found.masked(),
        "foedselsdato": found.birth_date.isoformat(),
        "erstatningsnummer": "J" if found.replacement else "N",
        "modulus11": "J" if found.mod11 else "N",
    }
    warnings = [] if found.mod11 else [no_mod11_text()]
    if found.replacement:
        warnings.append(replacement_text())
    return Outcome(figures, "cpr.dk: Personnummeret i CPR", warnings=tuple(warnings))


def _cvr(values: Mapping[str, str]) -> Outcome:
    return Outcome({"cvr": identifiers.parse_cvr(values["cvr"])}, "CVR: modulus 11")


def _ean(values: Mapping[str, str]) -> Outcome:
    ean = identifiers.parse_ean(values["ean"])
    strange = () if ean.startswith("579") else (say("Kommunale EAN-numre begynder normalt med 579."),)
    return Outcome({"ean": ean}, "GS1: kontrolciffer modulus 10", warnings=strange)


def _iban(values: Mapping[str, str]) -> Outcome:
    return Outcome({"iban": identifiers.parse_iban(values["iban"])}, "ISO 13616: modulus 97")


def _account(values: Mapping[str, str]) -> Outcome:
    account = identifiers.parse_account(values["konto"])
    return Outcome({"reg": account.reg, "konto": account.number}, "Ingen fælles kontrolciffer: slå kontoen op")


_GROUPS = (("F", "Funktionær"), ("T", "Tjenestemand"), ("L", "Timelønnet"))
_INITIATIVES = (("M", "Medarbejder"), ("A", "Arbejdsgiver"))
_CALENDARS = tuple((one.value, one.value) for one in calendar.Calendar)

_CALCULATIONS = (
    Calculation(
        "arbejdsdage",
        "Den n'te arbejdsdag efter en dato",
        (
            Input("fra", "Fra dato (tælles ikke med)", "date"),
            Input("antal", "Antal arbejdsdage", "integer"),
            Input("kalender", "Kalender", "choice", required=False, options=_CALENDARS),
        ),
        _working_days,
    ),
    Calculation(
        "varsel",
        "Opsigelsesvarsel og tidligste fratrædelsesdato",
        (
            Input("ansat", "Ansat fra", "date"),
            Input("opsagt", "Opsigelse kommet frem", "date"),
            Input("initiativ", "Hvem siger op", "choice", options=_INITIATIVES),
            Input("personalegruppe", "Personalegruppe", "choice", required=False, options=_GROUPS),
            Input("proevetid_til", "Prøvetid til", "date", required=False),
        ),
        _notice,
    ),
    Calculation(
        "fratraedelsesgodtgoerelse",
        "Måneders løn efter funktionærlovens § 2 a",
        (
            Input("ansat", "Ansat fra", "date"),
            Input("fratraeden", "Sidste ansættelsesdag", "date"),
            Input("initiativ", "Hvem siger op", "choice", required=False, options=_INITIATIVES),
        ),
        _severance,
    ),
    Calculation(
        "efterloen",
        "Måneders efterløn efter funktionærlovens § 8",
        (
            Input("ansat", "Ansat fra", "date"),
            Input("doedsdato", "Dødsdato", "date"),
            Input("efterladte", "Ægtefælle eller børn under 18 år", "yes_no"),
        ),
        _survivors_pay,
    ),
    Calculation("cpr", "Kontrol af et CPR-nummer", (Input("cpr", "CPR-nr.", "text"),), _cpr),
    Calculation("cvr", "Kontrol af et CVR-nummer", (Input("cvr", "CVR-nr.", "text"),), _cvr),
    Calculation("ean", "Kontrol af et EAN-nummer", (Input("ean", "EAN-nr.", "text"),), _ean),
    Calculation("iban", "Kontrol af et IBAN-nummer", (Input("iban", "IBAN", "text"),), _iban),
    Calculation("konto", "Reg.nr. og kontonummer skilt ad", (Input("konto", "Konto", "text"),), _account),
)
