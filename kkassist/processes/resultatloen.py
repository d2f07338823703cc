"""Masseindberetning af resultatløn: an Excel file of engangsbeløb, checked, approved and handed to the robot.

Sources: the process description § 7 (rules V-RL-01 … V-RL-08) and the city's own pay codes and agreements, which
are not public: `SETTINGS` holds demo values of ours that the municipality replaces in settings.toml.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from kkassist.domain.batch import Severity
from kkassist.domain.dates import danish_date, danish_month, end_of_month
from kkassist.domain.money import danish_number
from kkassist.domain.person import Employment
from kkassist.processes.kinds import folded
from kkassist.processes.words import (
    Column,
    FileCheck,
    Kind,
    Minutes,
    Process,
    Register,
    RobotRecipe,
    RowCheck,
    Step,
    Told,
    Upload,
)

Values = Mapping[str, str]
Rows = Sequence[tuple[int, Values]]

LARGE_AMOUNT = Decimal(100_000)
HUNDREDFOLD = Decimal(100)
FEW_ROWS = 5
SUM_WORDS = frozenset({"ialt", "sum", "total", "totalt", "samlet", "subtotal", "summen"})
LONGEST_SUM_WORD = 12
"""With blanks and points: "I alt:", "Total kr."."""

SETTINGS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "loenarter": {
        "ENG-RES": {"navn": "Resultatløn, engangsbeløb", "engangs": "J"},
        "ENG-VED": {"navn": "Engangsvederlag (lokal løn)", "engangs": "J"},
        "FRA-2A": {"navn": "Fratrædelsesgodtgørelse § 2 a", "engangs": "N"},
        "TRK-TIL": {"navn": "Træk: tilbagebetaling af for meget udbetalt løn", "engangs": "N"},
    },
    "aftaler": {
        f"RL-2026-{number:03d}": {
            "navn": f"Resultatlønsaftale {number}",
            "fra": "2025-07-01",
            "til": "2026-12-31",
            "loft": "60000",
            "pensionsgivende": "N" if number % 4 == 0 else "J",
            "stillinger": "",
        }
        for number in range(1, 21)
    },
}
"""Demo values, ours. "stillinger" lists positions parted by comma; "" covers every position of the city.
"pensionsgivende" is J, N, or "" where the agreement leaves it to the file."""


def _employment(values: Values, register: Register) -> Employment | None:
    return register.employment(values["tjenestenr"])


def _belongs(values: Values, register: Register) -> Told | None:
    employment = _employment(values, register)
    return Told() if employment is None or employment.cpr != values["cpr"] else None


def _name_differs(values: Values, register: Register) -> Told | None:
    employment = _employment(values, register)
    if employment is None or employment.cpr != values["cpr"] or not values["navn"]:
        return None
    if values["navn"] == employment.name or _same_name(values["navn"], employment.name):
        return None
    return Told({"navn": employment.name})


def _same_name(written: str, known: str) -> bool:
    """Equal names in any order ("Holm, Anna"); middle names may be left out, first and last may not."""
    first, second = _words(written), _words(known)
    if sorted(first) == sorted(second):
        return True
    few, many = sorted((first, second), key=len)
    return len(few) >= 2 and set(few) <= set(many) and {many[0], many[-1]} <= set(few)


def _words(name: str) -> list[str]:
    parts = name.replace(",", " ").replace("-", " ").replace(".", " ").split()
    return [word for part in parts if (word := folded(part))]


def _agreement(values: Values, register: Register) -> Told | None:
    agreement = register.setting("aftaler").get(values["aftale"])
    if agreement is None:
        return Told()
    if not agreement["fra"] <= values["optjening_fra"] <= values["optjening_til"] <= agreement["til"]:
        # A period turned round has a finding of its own and says nothing about the agreement.
        return None if values["optjening_fra"] > values["optjening_til"] else Told()
    positions = [folded(one) for one in agreement.get("stillinger", "").split(",") if one.strip()]
    employment = _employment(values, register)
    if positions and employment is not None and folded(employment.position) not in positions:
        return Told()
    return None


def _pay_code(values: Values, register: Register) -> Told | None:
    known = register.setting("loenarter").get(values["loenart"])
    return None if known is not None and known.get("engangs") == "J" else Told({"art": values["loenart"]})


def _not_positive(values: Values, _register: Register) -> Told | None:
    return Told() if Decimal(values["beloeb"]) <= 0 else None


def _ceiling(values: Values, register: Register) -> Decimal | None:
    loft = register.setting("aftaler").get(values["aftale"], {}).get("loft", "")
    return Decimal(loft) if loft else None


def _above_ceiling(values: Values, register: Register) -> Told | None:
    ceiling = _ceiling(values, register)
    if ceiling is None or Decimal(values["beloeb"]) <= ceiling:
        return None
    return Told({"loft": danish_number(ceiling)})


def _large(values: Values, register: Register) -> Told | None:
    """Unless the ceiling is passed, which says it already."""
    amount, ceiling = Decimal(values["beloeb"]), _ceiling(values, register)
    if ceiling is not None and amount > ceiling:
        return None
    return Told({"beloeb": danish_number(amount)}) if amount > LARGE_AMOUNT else None


def _pension(values: Values, register: Register) -> Told | None:
    agreed = register.setting("aftaler").get(values["aftale"], {}).get("pensionsgivende", "")
    if not agreed or agreed == values["pensionsgivende"]:
        return None
    return Told({"vaerdi": agreed})


def _left(values: Values, register: Register) -> Told | None:
    employment = _employment(values, register)
    if employment is None or employment.leave_date is None:
        return None
    if employment.leave_date >= date.fromisoformat(values["optjening_til"]):
        return None
    return Told({"dato": danish_date(employment.leave_date)})


def _not_begun(values: Values, register: Register) -> Told | None:
    employment = _employment(values, register)
    if employment is None or employment.entry_date is None:
        return None
    if employment.entry_date <= date.fromisoformat(values["optjening_til"]):
        return None
    return Told({"dato": danish_date(employment.entry_date)})


def _cost_center_closed(values: Values, register: Register) -> Told | None:
    given = values["omkostningssted"]
    if not given:
        return None
    pay_day = end_of_month(date.fromisoformat(values["udbetalingsmaaned"] + "-01"))
    return Told({"osted": given}) if register.cost_center_open(given, pay_day) is False else None


def _turned_round(values: Values, _register: Register) -> Told | None:
    return Told() if values["optjening_fra"] > values["optjening_til"] else None


def _pay_month(values: Values, register: Register) -> Told | None:
    month = values["udbetalingsmaaned"]
    if month < f"{register.today():%Y-%m}" or month < values["optjening_fra"][:7]:
        return Told({"maaned": danish_month(date.fromisoformat(month + "-01"))})
    return None


def _sum_row(values: Values, _register: Register) -> Told | None:
    name = values["navn"]
    return Told() if len(name) <= LONGEST_SUM_WORD and folded(name) in SUM_WORDS else None


def _duplicates(rows: Rows, _cover: Values, _register: Register) -> list[tuple[int, Told]]:
    key = ("cpr", "tjenestenr", "loenart", "optjening_fra", "optjening_til")
    return [(later, Told({"r1": first, "r2": later})) for first, later in _repeated(rows, key)]


def _same_person(rows: Rows, _cover: Values, _register: Register) -> list[tuple[int, Told]]:
    """The same person with another tjenestenr., for the same pay and period."""
    key = ("cpr", "loenart", "optjening_fra", "optjening_til")
    numbers = {number: values for number, values in rows}  # noqa: C416 - rows may be any sequence of pairs
    return [
        (later, Told({"r1": first}))
        for first, later in _repeated(rows, key)
        if numbers[first].get("tjenestenr") != numbers[later].get("tjenestenr")
    ]


def _repeated(rows: Rows, key: Sequence[str]) -> Iterator[tuple[int, int]]:
    """(first row, later row) for rows with the same values; rows where one cannot be read are left out."""
    first: dict[tuple[str, ...], int] = {}
    for number, values in rows:
        found = tuple([values.get(one, "") for one in key])
        known = first.setdefault(found, number)
        if known != number and all(found):
            yield known, number


def _control_sum(rows: Rows, cover: Values, _register: Register) -> list[tuple[int, Told]]:
    """Number and sum against the cover sheet; a sum that cannot be worked out yet is not compared."""
    amounts = [values.get("beloeb", "") for _, values in rows]
    total = sum((Decimal(one) for one in amounts if one), Decimal(0))
    said_rows, said_sum = cover.get("antal", ""), cover.get("kontrolsum", "")
    wrong_rows = bool(said_rows) and Decimal(said_rows) != len(rows)
    wrong_sum = bool(said_sum) and all(amounts) and Decimal(said_sum) != total
    if not (wrong_rows or wrong_sum):
        return []
    told = {
        "antal": len(rows),
        "sum": danish_number(total),
        "antal2": said_rows or "–",
        "sum2": danish_number(Decimal(said_sum)) if said_sum else "–",
    }
    return [(0, Told(told))]


def _hundredfold(rows: Rows, _cover: Values, _register: Register) -> list[tuple[int, Told]]:
    """Amounts fifty times the middle one: a decimal comma was probably lost. Few rows tell nothing."""
    amounts = sorted(Decimal(one) for _, values in rows if (one := values.get("beloeb", "")) and Decimal(one) > 0)
    if len(amounts) < FEW_ROWS:
        return []
    middle = amounts[len(amounts) // 2]
    return [
        (
            number,
            Told({"beloeb": danish_number(Decimal(one)), "mindre": danish_number(Decimal(one) / HUNDREDFOLD)}),
        )
        for number, values in rows
        if (one := values.get("beloeb", "")) and Decimal(one) >= middle * HUNDREDFOLD / 2
    ]


def _cover_differs(rows: Rows, cover: Values, _register: Register) -> list[tuple[int, Told]]:
    """Rows of another month than the cover sheet's."""
    month = cover.get("udbetalingsmaaned_forside", "")
    return [
        (number, Told({"maaned": danish_month(date.fromisoformat(month + "-01"))}))
        for number, values in rows
        if month and values.get("udbetalingsmaaned", month) != month
    ]


COLUMNS = (
    Column(
        "cpr", "CPR-nr.", Kind.CPR, aliases=("CPR", "CPR-nummer", "Personnummer", "CPRnr", "CPR nr"),
        note="Ti cifre som tekst, med eller uden bindestreg.", example="610190-1234",
    ),
    Column(
        "tjenestenr", "Tjenestenr.", Kind.TJENESTENR,
        aliases=("Tjenestenummer", "Medarbejdernr.", "Medarbejdernummer", "Tj.nr.", "MA-nr.", "Medarb.nr."),
        note="Ansættelsens nummer i OPUS.", example="123456",
    ),
    Column(
        "navn", "Navn", required=False, aliases=("Navn (kontrolfelt)", "Medarbejder", "Medarbejdernavn", "Fulde navn"),
        note="Kontrolfelt: sammenlignes med navnet i OPUS.", example="Anna Eksempel",
    ),
    Column(
        "loenart", "Lønart", options_from="loenarter", aliases=("Lønartskode", "Løn art", "Art"),
        note="Vælg fra listen. Kun engangslønarter.", example="ENG-RES",
    ),
    Column(
        "beloeb", "Beløb", Kind.AMOUNT, aliases=("Beløb kr.", "Beløb i kr.", "Kr.", "Kroner", "Engangsbeløb"),
        note="Hele beløbet, ikke grundbeløb. Højst to decimaler.", example="12.500,75",
    ),
    Column(
        "pensionsgivende", "Pensionsgivende J/N", Kind.YES_NO,
        aliases=("Pensionsgivende", "Pension", "Pension J/N", "Pensionsgiv."), note="J eller N, som aftalen siger.",
        example="J",
    ),
    Column(
        "optjening_fra", "Optjeningsperiode fra", Kind.DATE,
        aliases=("Optjening fra", "Periode fra", "Fra dato", "Fra"), note="DD-MM-ÅÅÅÅ.", example="01-01-2026",
    ),
    Column(
        "optjening_til", "Optjeningsperiode til", Kind.DATE,
        aliases=("Optjening til", "Periode til", "Til dato", "Til"), note="DD-MM-ÅÅÅÅ.", example="31-10-2026",
    ),
    Column(
        "udbetalingsmaaned", "Udbetalingsmåned ÅÅÅÅ-MM", Kind.MONTH,
        aliases=("Udbetalingsmåned", "Udbetales", "Udbetaling", "Lønmåned"), note="ÅÅÅÅ-MM.", example="2026-12",
    ),
    Column(
        "aftale", "Aftale-id", options_from="aftaler",
        aliases=("Aftale", "Aftalenr.", "Aftalenummer", "Forhåndsaftale"),
        note="Aftalen om resultatløn, der gælder i perioden.", example="RL-2026-001",
    ),
    Column(
        "begrundelse", "Begrundelse", aliases=("Bemærkning", "Tekst", "Årsag", "Grundlag"),
        note="Kort, uden CPR-nummer.", example="Mål for 2026 opfyldt",
    ),
    Column(
        "omkostningssted", "Omkostningssted", Kind.COST_CENTER, required=False,
        aliases=("Omk.sted", "Omkostningssted (tom = medarbejderens)", "Profitcenter"),
        note="Tom: medarbejderens eget omkostningssted.", example="",
    ),
    Column("psp", "PSP", required=False, aliases=("PSP-element", "PSP element"), note="Kun ved projekter.", example=""),
)  # fmt: skip

COVER = (
    Column("titel", "Titel", required=False),
    Column("indsender", "Indsender", required=False),
    Column(
        "udbetalingsmaaned_forside", "Udbetales i måned", Kind.MONTH, required=False,
        aliases=("Udbetalingsmåned", "Udbetalingsmåned ÅÅÅÅ-MM"),
    ),
    Column(
        "antal", "Antal rækker", Kind.NUMBER, required=False, aliases=("Antal", "Antal personer", "Antal medarbejdere"),
    ),
    Column("kontrolsum", "Kontrolsum", Kind.AMOUNT, required=False, aliases=("Sum", "Samlet beløb", "Beløb i alt")),
)  # fmt: skip

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_AGREEMENT = "Aftale om lokal løndannelse (forhåndsaftaler § 13, resultatløn § 17)"

ROW_CHECKS = (
    RowCheck(
        "V-FX-05", "tjenestenr", _ERROR, "OPUS",
        "Medarbejdernummeret findes ikke i OPUS på dette CPR-nummer. Slå medarbejderen op, og ret nummeret.", _belongs,
    ),
    RowCheck(
        "K-RL-01", "navn", _WARNING, "OPUS",
        "I OPUS hedder medarbejderen {navn}. Kontrollér, at det er den rigtige person.", _name_differs,
    ),
    RowCheck(
        "K-RL-06", "navn", _ERROR, "Masseindberetning", "Rækken ligner en sum. Slet den fra filen.", _sum_row,
    ),
    RowCheck(
        "V-RL-01", "aftale", _ERROR, _AGREEMENT,
        "Der er ingen gyldig aftale om resultatløn for medarbejderen i perioden. Ret aftale-id eller periode.",
        _agreement,
    ),
    RowCheck(
        "V-RL-02", "loenart", _ERROR, "OPUS",
        "Lønarten {art} kan ikke bruges til engangsbeløb. Vælg en fra listen.", _pay_code,
        reads=("loenart",),
    ),
    RowCheck(
        "V-RL-03", "beloeb", _ERROR, "Aftalen", "Beløbet skal være større end nul. Ret det, eller slet rækken.",
        _not_positive,
        reads=("beloeb",),
    ),
    RowCheck(
        "V-RL-03", "beloeb", _ERROR, "Aftalen",
        "Beløbet er højere end aftalens loft på {loft} kr. Ret beløbet eller aftale-id.", _above_ceiling,
        reads=("beloeb", "aftale"),
    ),
    RowCheck(
        "V-RL-03", "beloeb", _WARNING, "Aftalen",
        "Beløbet er {beloeb} kr. Kontrollér, at kommaet står rigtigt.", _large,
        reads=("beloeb", "aftale"),
    ),
    RowCheck(
        "V-RL-04", "pensionsgivende", _ERROR, "Overenskomst/aftale",
        "Angiv om beløbet er pensionsgivende. Aftalen siger {vaerdi}.", _pension,
        reads=("pensionsgivende", "aftale"),
    ),
    RowCheck(
        "V-RL-05", "optjening_til", _WARNING, "OPUS",
        "Medarbejderen er fratrådt den {dato}. Skal beløbet stadig udbetales?", _left,
    ),
    RowCheck(
        "V-RL-05", "optjening_til", _WARNING, "OPUS",
        "Medarbejderen begynder først den {dato}. Kontrollér perioden.", _not_begun,
    ),
    RowCheck(
        "V-RL-08", "omkostningssted", _ERROR, "KKorg/økonomisystem",
        "Omkostningsstedet {osted} er lukket. Vælg et åbent, eller lad feltet stå tomt.", _cost_center_closed,
        reads=("omkostningssted", "udbetalingsmaaned"),
    ),
    RowCheck(
        "K-RL-03", "optjening_til", _ERROR, "Masseindberetning",
        "Perioden slutter, før den begynder. Byt om på datoerne, eller ret dem.", _turned_round,
        reads=("optjening_fra", "optjening_til"),
    ),
    RowCheck(
        "K-RL-04", "udbetalingsmaaned", _WARNING, "Masseindberetning",
        "Udbetalingsmåneden {maaned} er passeret eller ligger før perioden. Kontrollér måneden.", _pay_month,
        reads=("udbetalingsmaaned", "optjening_fra"),
    ),
)  # fmt: skip

FILE_CHECKS = (
    FileCheck(
        "V-RL-06", "tjenestenr", _ERROR, "Masseindberetning",
        "Medarbejderen står to gange i filen med samme lønart og periode (række {r1} og {r2}). Slet den ene.",
        _duplicates,
    ),
    FileCheck(
        "K-RL-05", "cpr", _WARNING, "Masseindberetning",
        "Personen står også i række {r1} med et andet tjenestenummer. Kontrollér, at begge skal have beløbet.",
        _same_person,
    ),
    FileCheck(
        "V-RL-07", "", _ERROR, "Masseindberetning",
        "Filen har {antal} rækker og {sum} kr., men forsiden siger {antal2} og {sum2}. Ret forsiden eller rækkerne.",
        _control_sum,
    ),
    FileCheck(
        "K-RL-02", "beloeb", _WARNING, "Masseindberetning",
        "Beløbet {beloeb} kr. er langt over de andre. Skulle der have stået {mindre} kr.? Kontrollér kommaet.",
        _hundredfold,
    ),
    FileCheck(
        "K-RL-04", "udbetalingsmaaned", _WARNING, "Masseindberetning",
        "Forsiden siger {maaned}. Kontrollér udbetalingsmåneden.", _cover_differs,
    ),
)  # fmt: skip

PROCESS = Process(
    id="resultatloen",
    title="Masseindberetning af resultatløn",
    area="Løn",
    description="Engangsbeløb efter aftale til mange medarbejdere i én kontrolleret og godkendt fil.",
    upload=Upload(
        columns=COLUMNS,
        row_checks=ROW_CHECKS,
        file_checks=FILE_CHECKS,
        amount="beloeb",
        group_by="omkostningssted",
        person="tjenestenr",
        name="navn",
        cover=COVER,
    ),
    steps=(
        Step("skabelon", "Hent skabelonen, og udfyld den"),
        Step("kontrol", "Kontrollér filen, og ret alle fejl"),
        Step("se", "Se summer, største beløb og forskelle fra sidst"),
        Step("godkend", "En anden godkender filen", role="godkender"),
        Step("send", "Send til robotten, og følg rækkerne"),
        Step("kvittering", "Gem kvitteringen på sagen"),
    ),
    robot=RobotRecipe(
        queue="KK_Resultatloen",
        release="KK_Resultatloen_OPUS",
        content=(
            ("Tjenestenr", "tjenestenr"),
            ("Loenart", "loenart"),
            ("Beloeb", "beloeb"),
            ("Pensionsgivende", "pensionsgivende"),
            ("OptjeningFra", "optjening_fra"),
            ("OptjeningTil", "optjening_til"),
            ("Udbetalingsmaaned", "udbetalingsmaaned"),
            ("AftaleId", "aftale"),
            ("Begrundelse", "begrundelse"),
            ("Omkostningssted", "omkostningssted"),
            ("PSP", "psp"),
        ),
        business_key=("tjenestenr", "loenart", "optjening_fra", "optjening_til", "beloeb"),
    ),
    minutes=Minutes(before=Decimal(6), after=Decimal(1), per="række"),
    settings=SETTINGS,
    help="Hent skabelonen, udfyld en række pr. medarbejder, og kontrollér filen, før en anden godkender den.",
)
