"""What people write in cases: short descriptions, descriptions, notes and comments. All made up."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of case: how often it comes, where it lands, what it says.

    `{name}`, `{unit}`, `{month}` and `{amount}` are filled in.
    """

    key: str
    share: int
    table: str
    group: str
    service: str
    titles: tuple[str, ...]
    descriptions: tuple[str, ...]
    sla_days: int


KINDS: Final = (
    Kind(
        "fratraedelse", 34, "sn_hr_le_case", "Løn og ansættelse", "Fratrædelse",
        ("Fratrædelse: {name}", "Opsigelse fra {name}", "{name} fratræder", "Fratrædelse, {unit}"),
        (
            "{name} har opsagt sin stilling i {unit}. Fratrædelsen bedes ekspederet.",
            "Vedhæftet opsigelse fra {name}. Der er restferie, som skal udbetales.",
            "{name} stopper hos os i {unit}. Kan I bekræfte sidste arbejdsdag og varslet?",
        ), 10,
    ),
    Kind(
        "loenspoergsmaal", 8, "sn_hr_core_case_payroll", "Løn og ansættelse", "Lønspørgsmål",
        ("Spørgsmål til lønseddel {month}", "Manglende tillæg, {name}", "Forkert timetal på lønsedlen"),
        (
            "{name} mener, at funktionstillægget mangler på lønsedlen for {month}.",
            "Der er trukket for meget i fravær i {month}. Kan I se på det?",
            "Hvorfor er lønnen lavere end sidste måned? Jeg har ikke ændret timer.",
        ), 5,
    ),
    Kind(
        "resultatloen", 8, "sn_hr_core_case_payroll", "Løn og ansættelse", "Resultatløn",
        ("Resultatløn {month}, {unit}", "Udbetaling af resultatløn, {unit}", "Resultatløn efter målopfyldelse"),
        (
            "Listen over resultatløn for {unit} er vedhæftet. Beløbene udbetales i {month}.",
            "Målene i resultatlønsaftalen er opfyldt. Samlet beløb {amount} kr.",
        ), 8,
    ),
    Kind(
        "fejludbetaling", 6, "sn_hr_core_case_payroll", "Løn og ansættelse", "Fejludbetalt løn",
        ("Fejludbetalt løn, {name}", "Løn udbetalt efter fratrædelse", "For meget udbetalt i {month}"),
        (
            "{name} har fået {amount} kr. for meget i {month}. Beløbet skal vurderes.",
            "Der er udbetalt løn efter fratrædelsen. Medarbejderen er ikke orienteret endnu.",
        ), 10,
    ),
    Kind(
        "jobskifte", 8, "sn_hr_le_case", "Jobskifte og organisation", "Jobskifte",
        ("Jobskifte: {name}", "{name} flytter enhed", "Omplacering, {unit}"),
        (
            "{name} skifter til en anden enhed i kommunen. Anciennitet og ferie følger med.",
            "Organisationsændring: {name} flyttes fra {unit} den første i måneden.",
        ), 10,
    ),
    Kind(
        "finans", 12, "sn_spend_sdc_service_request", "Finans", "Ompostering",
        ("Ompostering, {unit}", "Oprettelse af kreditor", "Fejlkonteret bilag", "Intern afregning {month}"),
        (
            "Bilaget er konteret på forkert omkostningssted. {amount} kr. ønskes omposteret.",
            "Leverandøren har skiftet bankkonto. Dokumentation er vedhæftet.",
            "{unit} skal afregnes internt for {month}: {amount} kr.",
        ), 3,
    ),
    Kind(
        "faktura", 5, "sn_ap_cm_ap_case", "Finans", "Fakturaspørgsmål",
        ("Faktura mangler EAN-nummer", "Rykker fra leverandør", "Faktura sendt til forkert enhed"),
        ("Fakturaen på {amount} kr. er ikke nået frem til {unit}.", "Leverandøren rykker for {amount} kr."), 3,
    ),
    Kind(
        "koersel", 8, "sn_spend_sdc_service_request", "Rejser og kørsel", "Egenbefordring",
        ("Kørselsgodtgørelse {month}, {name}", "Kilometerpenge, {unit}", "Rejseafregning, {name}"),
        ("{name} har kørt tjenstligt i {month}. Beløb {amount} kr.", "Rejseafregning for kursus, {amount} kr."), 5,
    ),
    Kind(
        "aktindsigt", 6, "sn_customerservice_case", "Aktindsigt", "Aktindsigt",
        ("Aktindsigt i personalesag", "Aktindsigt: {unit}", "Anmodning om aktindsigt i lønoplysninger"),
        ("Journalist søger aktindsigt i lønforhold i {unit}.", "Anmodning modtaget. Fristen er syv arbejdsdage."), 7,
    ),
    Kind(
        "katalog", 3, "sc_req_item", "Løn og ansættelse", "Firmadankort",
        ("Bestilling af firmadankort, {name}",), ("{name} skal have firmadankort til {unit}.",), 5,
    ),
    Kind(
        "opgave", 2, "task", "Løn og ansættelse", "",
        ("Ring til leder om {name}", "Kontrol af lønkørsel {month}", "Opfølgning på restferie"),
        ("Følg op, når svaret er kommet.", "Gennemgå listen og meld tilbage."), 5,
    ),
)  # fmt: skip

WORK_NOTES: Final = (
    "Har kontaktet lederen for dokumentation.",
    "Tjekket i OPUS: to ansættelser på samme CPR. Afklares med lederen.",
    "Restferie er opgjort og sendt til kontrol.",
    "Afventer partshøring. Frist noteret.",
    "Lederen oplyser, at sidste arbejdsdag er aftalt.",
    "[code]<p>Talt med <b>lederen</b>.<br>Hun sender bilag &amp; aftale.</p>[/code]",
    "Æ, ø og å gik tabt i bilaget. Bedt om et nyt.",
)
COMMENTS: Final = (
    "Tak for henvendelsen. Vi vender tilbage inden for fristen.",
    "Vi mangler den underskrevne opsigelse. Vil du vedhæfte den?",
    "Sagen er sat i gang. Du hører fra os, når den er godkendt.",
    "Her er bilaget. Sig til, hvis der mangler noget.",
    "[code]<ul><li>Opsigelse</li><li>Ferieopgørelse</li></ul>[/code]",
)
CLOSE_NOTES: Final = ("Ekspederet i OPUS. Bekræftelse er sendt.", "Løst. Rekvirenten er orienteret.", "Afsluttet.")
MONTHS: Final = (
    "januar", "februar", "marts", "april", "maj", "juni",
    "juli", "august", "september", "oktober", "november", "december",
)  # fmt: skip
