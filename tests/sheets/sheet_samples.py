"""A small process and the files people make of it."""

from kkassist.processes.words import Column, Kind, Option, Process, Upload

HEADERS = ["CPR-nr.", "Tjenestenr.", "Navn", "Lønart", "Beløb", "Pensionsgivende J/N", "Optjeningsperiode fra"]
ROW = ["0101901234", "00012345", "Åse Sørensen", "4711", 12500.75, "J", "01-01-2026"]

UPLOAD = Upload(
    columns=(
        Column("cpr", "CPR-nr.", Kind.CPR, aliases=("Personnummer",), note="Ti cifre som tekst"),
        Column("tjenestenr", "Tjenestenr.", Kind.TJENESTENR, aliases=("Medarbejdernummer",), example="00012345"),
        Column("navn", "Navn (kontrolfelt)", required=False, example="Åse Sørensen"),
        Column("loenart", "Lønart", Kind.CHOICE, options_from="loenarter", example="4711"),
        Column("beloeb", "Beløb", Kind.AMOUNT, aliases=("Kr",), note="Hele beløbet", example="12.500,75"),
        Column("pension", "Pensionsgivende J/N", Kind.YES_NO, options=(Option("J", "Ja"), Option("N", "Nej"))),
        Column("fra", "Optjeningsperiode fra", Kind.DATE),
        Column("maaned", "Udbetalingsmåned ÅÅÅÅ-MM", Kind.MONTH, required=False),
        Column("omkostningssted", "Omkostningssted", Kind.COST_CENTER, required=False),
    ),
    amount="beloeb",
    cover=(
        Column("titel", "Titel"),
        Column("antal", "Antal rækker", Kind.NUMBER),
        Column("kontrolsum", "Kontrolsum", Kind.AMOUNT),
    ),
)
PROCESS = Process("proeve", "Prøveindberetning", "Løn", "En lille proces til prøver", upload=UPLOAD)
REGISTER = {"loenarter": (Option("4711", "Resultatløn"), Option("4712", "Engangsvederlag"))}


def row(number, **changes):
    """A clean row; values by column id lay over it."""
    ids = ("cpr", "tjenestenr", "navn", "loenart", "beloeb", "pension", "fra")
    values = dict(zip(ids, ROW, strict=True)) | {"tjenestenr": f"{number:08d}"} | changes
    return [values[name] for name in ids]


def rules(table):
    return [finding.rule for finding in table.findings]
