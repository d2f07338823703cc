"""Fratrædelse: end an employment on the right date with the right final pay.

Sources: the process description § 4 (rules V-FR-01 … V-FR-10), funktionærloven §§ 2, 2 a and 8, ferieloven §§ 16
and 26, forvaltningsloven § 19. ServiceNow's field names (`u_…`) and the table of personnel groups are demo values
of ours, which the municipality replaces.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from kkassist.domain.batch import Severity
from kkassist.domain.cpr import find_cprs
from kkassist.domain.dates import danish_date, end_of_month
from kkassist.domain.errors import Refused
from kkassist.domain.language import say
from kkassist.domain.money import kroner, plain
from kkassist.domain.person import Employment
from kkassist.domain.sourced import Source
from kkassist.processes.words import (
    CaseCheck,
    CaseFacts,
    Field,
    From,
    Kind,
    Letter,
    Minutes,
    Option,
    Process,
    RobotRecipe,
    Step,
    Told,
    Worked,
)
from kkassist.rules import notice
from kkassist.rules.notice import Group, Initiative, Notice

DIRECT_PAYMENT_LIMIT = Decimal(2500)
DIRECT_PAYMENTS_A_YEAR = 2

INITIATIVES = (
    Option("M", "Medarbejder"),
    Option("A", "Arbejdsgiver"),
    Option("D", "Dødsfald"),
    Option("T", "Tidsbegrænset ansættelse udløber"),
)
GROUPS = (Option("F", "Funktionær"), Option("T", "Tjenestemand"), Option("L", "Timelønnet"))
SURVIVORS = (
    Option("AEGTEFAELLE", "Ægtefælle"),
    Option("BARN", "Barn under 18 år"),
    Option("INGEN", "Ingen af dem"),
)

SETTINGS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "personalegrupper": {
        "00": {"gruppe": "F", "navn": "Månedsløn forud"},
        "01": {"gruppe": "F", "navn": "Månedsløn bagud"},
        "03": {"gruppe": "L", "navn": "Måneds-/timeløn"},
    }
}
"""OPUS workContract → personalegruppe (F, T or L). OPUS' extract does not tell tjenestemænd apart: demo, ours."""


def _day(facts: CaseFacts, field: str) -> date | None:
    """The field's date; None when it is empty or cannot be read (then the field says so itself)."""
    try:
        return date.fromisoformat(facts.values.get(field, ""))
    except ValueError:
        return None


def _value(facts: CaseFacts, field: str) -> str:
    return facts.values.get(field, "")


def _number(facts: CaseFacts, field: str) -> Decimal | None:
    text = _value(facts, field)
    return Decimal(text) if text.replace(".", "", 1).replace("-", "", 1).isdigit() else None


def _initiative(facts: CaseFacts) -> Initiative | None:
    text = _value(facts, "initiativ")
    return Initiative(text) if text in set(Initiative) else None


def _notice(facts: CaseFacts) -> Notice | None:
    """The notice of the case, None while something for it is missing or no rule of ours covers it."""
    hired, given, initiative = (
        _day(facts, "anciennitet_fra"),
        _day(facts, "opsigelse_modtaget"),
        _initiative(facts),
    )
    group = _value(facts, "personalegruppe")
    if hired is None or given is None or initiative is None or group not in set(Group):
        return None
    try:
        return notice.notice(Group(group), initiative, hired, given, _day(facts, "proevetid_til"))
    except Refused:
        return None


def _because(worked: Notice) -> str:
    return " ".join((*worked.steps, say("Kilde: {source}.", source=worked.source)))


def work_seniority(facts: CaseFacts) -> Worked | None:
    """From which day the employment counts: the first day in the city, since an internal move is no leave."""
    known = facts.employment
    if known is None or known.entry_date is None:
        return None
    start = notice.seniority_start(known.entry_date, known.initial_entry)
    if start == known.entry_date:
        return Worked(start.isoformat(), say("Ansættelsesdatoen i OPUS."))
    reason = say(
        "Første dag i kommunen. Et skift inden for kommunen bryder ikke ancienniteten: {source}.",
        source=notice.SAME_EMPLOYER,
    )
    return Worked(start.isoformat(), reason)


def work_group(facts: CaseFacts) -> Worked | None:
    """The personnel group of the employment's work contract, by the settings table."""
    if facts.employment is None:
        return None
    row = facts.settings.get("personalegrupper", {}).get(facts.employment.work_contract)
    if row is None:
        return None
    reason = say(
        "Aflønningsform {code} ({name}) i OPUS. OPUS skelner ikke tjenestemænd: ret, hvis det er en.",
        code=facts.employment.work_contract,
        name=row.get("navn", ""),
    )
    return Worked(row["gruppe"], reason)


def work_notice(facts: CaseFacts) -> Worked | None:
    """The length of the notice, in words."""
    worked = _notice(facts)
    return None if worked is None else Worked(worked.length, _because(worked))


def work_earliest(facts: CaseFacts) -> Worked | None:
    """The earliest last day of employment. At death the day of death; a fixed term ends as OPUS has it."""
    initiative = _initiative(facts)
    if initiative is Initiative.DOEDSFALD:
        death = _day(facts, "doedsdato")
        return Worked(death.isoformat(), say("Ansættelsen ophører på dødsdagen.")) if death else None
    if initiative is Initiative.TIDSBEGRAENSET:
        end = facts.employment.leave_date if facts.employment else None
        return (
            Worked(end.isoformat(), say("Slutdatoen for den tidsbegrænsede ansættelse i OPUS.")) if end else None
        )
    worked = _notice(facts)
    return None if worked is None else Worked(worked.leave.isoformat(), _because(worked))


def work_severance(facts: CaseFacts) -> Worked | None:
    """Months of fratrædelsesgodtgørelse (§ 2 a)."""
    hired, leave, initiative = _day(facts, "anciennitet_fra"), _leave(facts), _initiative(facts)
    if (
        hired is None
        or leave is None
        or initiative is None
        or _value(facts, "personalegruppe") != Group.FUNKTIONAER
    ):
        return None
    worked = notice.severance(hired, leave, initiative)
    return Worked(str(worked.months), " ".join((*worked.steps, say("Kilde: {source}.", source=worked.source))))


def work_severance_amount(facts: CaseFacts) -> Worked | None:
    """The months' pay in kroner, once the monthly pay is known."""
    months, pay = _number(facts, "godtgoerelse_mdr"), _number(facts, "maanedsloen")
    if not months or pay is None:
        return None
    amount = months * pay
    reason = say("{months} × {pay} = {amount}", months=months, pay=kroner(pay), amount=kroner(amount))
    return Worked(plain(amount), reason)


def work_survivors(facts: CaseFacts) -> Worked | None:
    """Months of efterløn (§ 8), once it is known who is left."""
    hired, death, left = _day(facts, "anciennitet_fra"), _day(facts, "doedsdato"), _value(facts, "efterladte")
    if _initiative(facts) is not Initiative.DOEDSFALD or hired is None or death is None or not left:
        return None
    worked = notice.survivors_pay(hired, death, spouse_or_child_under_18=left != "INGEN")
    return Worked(str(worked.months), " ".join((*worked.steps, say("Kilde: {source}.", source=worked.source))))


def work_new_job(facts: CaseFacts) -> Worked | None:
    """Whether another employment in the city begins the day after the last one."""
    leave = _leave(facts)
    if leave is None or facts.employment is None:
        return None
    following = _next_employment(facts, leave)
    if following is None:
        return Worked("N", say("OPUS har ingen ansættelse, der begynder dagen efter."))
    number, job = following.tjenestenr, following.position
    reason = say("Tjenestenr. {number} begynder dagen efter, som {job}.", number=number, job=job)
    return Worked("J", reason)


def _leave(facts: CaseFacts) -> date | None:
    return _day(facts, "fratraedelsesdato")


def _next_employment(facts: CaseFacts, leave: date) -> Employment | None:
    own = facts.employment.tjenestenr if facts.employment else ""
    after = leave + timedelta(days=1)
    others = (one for one in facts.employments if one.tjenestenr != own)
    return next((one for one in others if one.entry_date == after), None)


def _belongs_to_cpr(facts: CaseFacts) -> Told | None:
    number, cpr = _value(facts, "tjenestenr"), _value(facts, "cpr")
    if not number or not cpr:
        return None
    known = any(one.tjenestenr == number and one.cpr == cpr for one in facts.employments)
    return None if known else Told()


def _cpr_in(field: str) -> Callable[[CaseFacts], Told | None]:
    return lambda facts: Told() if find_cprs(_value(facts, field)) else None


def _too_early(facts: CaseFacts) -> Told | None:
    worked, leave = _notice(facts), _leave(facts)
    if worked is None or leave is None:
        return None
    # In a prøvetid the notice runs from day to day, otherwise to the end of a month.
    at_months_end = worked.months == 0 or leave == end_of_month(leave)
    if leave >= worked.leave and at_months_end:
        return None
    return Told({"varsel": worked.length, "dato": danish_date(worked.leave)})


def _mid_month(facts: CaseFacts) -> Told | None:
    worked = _notice(facts)
    return Told({"varsel": worked.length}) if worked is not None and worked.differs else None


def _not_heard(facts: CaseFacts) -> Told | None:
    if _initiative(facts) is not Initiative.ARBEJDSGIVER:
        return None
    heard, given = _day(facts, "partshoering"), _day(facts, "opsigelse_modtaget")
    return None if heard is not None and (given is None or heard <= given) else Told()


def _severance_missing(facts: CaseFacts) -> Told | None:
    hired, leave, initiative = _day(facts, "anciennitet_fra"), _leave(facts), _initiative(facts)
    if hired is None or leave is None or initiative is not Initiative.ARBEJDSGIVER:
        return None
    if _value(facts, "personalegruppe") != Group.FUNKTIONAER:
        return None
    due = notice.severance(hired, leave, initiative)
    if _number(facts, "godtgoerelse_mdr") == due.months:
        return None
    return Told({"aar": due.years, "mdr": due.months}) if due.months else None


def _pay_goes_on(facts: CaseFacts) -> Told | None:
    return Told() if _value(facts, "loen_efter") == "J" else None


def _balance_unconfirmed(facts: CaseFacts) -> Told | None:
    return None if _value(facts, "ferie_bekraeftet") == "J" else Told()


def _direct_payment(facts: CaseFacts) -> Told | None:
    if _value(facts, "feriepenge_direkte") != "J":
        return None
    net, earlier = _number(facts, "feriepenge_netto"), _number(facts, "tidligere_udbetalinger") or Decimal(0)
    small = net is not None and net <= DIRECT_PAYMENT_LIMIT
    return None if small and earlier < DIRECT_PAYMENTS_A_YEAR else Told()


def _internal_move(facts: CaseFacts) -> Told | None:
    return Told() if _value(facts, "ny_kk_ansaettelse") == "J" else None


def _access_open(facts: CaseFacts) -> Told | None:
    leave = _leave(facts)
    if leave is None or _value(facts, "adgange_bestilt") == "J":
        return None
    return Told({"dato": danish_date(leave)})


def _death(facts: CaseFacts) -> Told | None:
    if _initiative(facts) is not Initiative.DOEDSFALD:
        return None
    death = _day(facts, "doedsdato")
    return None if death is not None and death == _leave(facts) and _value(facts, "efterladte") else Told()


def _survivors_differ(facts: CaseFacts) -> Told | None:
    worked = work_survivors(facts)
    return (
        None if worked is None or _value(facts, "efterloen_mdr") == worked.value else Told({"mdr": worked.value})
    )


def _moved_inside(facts: CaseFacts) -> Told | None:
    known = facts.employment
    if known is None or known.entry_date is None or known.initial_entry is None:
        return None
    if known.initial_entry >= known.entry_date:
        return None
    return Told({"foerst": danish_date(known.initial_entry), "nu": danish_date(known.entry_date)})


def _dates_contradict(facts: CaseFacts) -> Told | None:
    hired, given, leave = _day(facts, "anciennitet_fra"), _day(facts, "opsigelse_modtaget"), _leave(facts)
    if hired is None or given is None:
        return None
    before = given < hired or (leave is not None and leave < hired)
    return Told({"ansat": danish_date(hired)}) if before else None


def _is(*values: str) -> Callable[[CaseFacts], bool]:
    return lambda facts: _value(facts, "initiativ") in values


def _gets_severance(facts: CaseFacts) -> bool:
    return bool(_number(facts, "godtgoerelse_mdr"))


_PERSON, _JOB, _NOTICE, _BALANCE, _END = "Medarbejder", "Ansættelse", "Opsigelse", "Saldi", "Afslutning"


def _opus(key: str) -> From:
    return From(Source.OPUS, key)


def _kkorg(key: str) -> From:
    return From(Source.KKORG, key)


def _now(key: str) -> From:
    return From(Source.SERVICENOW, key)


def _rule(key: str) -> From:
    return From(Source.RULE, key)


# In the order in which the rules need one another's values.
FIELDS = (
    Field("navn", "Navn", sources=(_opus("name"), _kkorg("person_name"), _now("subject_person")), group=_PERSON,
          editable=False),
    Field("cpr", "CPR-nr.", Kind.CPR, (_opus("cpr"), _now("u_cpr")), _PERSON, required=True, editable=False,
          width="short"),
    Field("tjenestenr", "Tjenestenr.", Kind.TJENESTENR, (_opus("tjenestenr"), _now("u_tjenestenr")), _PERSON,
          required=True, writes_to="u_tjenestenr", width="short"),
    Field("emne", "Sagens emne", sources=(_now("short_description"),), group=_PERSON,
          writes_to="short_description", width="long", help="Må ikke indeholde CPR-nummer."),
    Field("stilling", "Stilling", sources=(_opus("position"), _kkorg("job_function")), group=_JOB, editable=False),
    Field("enhed", "Enhed", sources=(_opus("unit_name"), _kkorg("unit_name")), group=_JOB, editable=False),
    Field("kkorgnr", "KKorg-nr.", Kind.UNIT, (_kkorg("kkorgnr"), _now("u_enhed")), _JOB, width="short"),
    Field("leder", "Leder", sources=(_kkorg("leader_name"),), group=_JOB, editable=False),
    Field("ansat_fra", "Ansat i stillingen fra", Kind.DATE, (_opus("entry_date"),), _JOB, editable=False,
          width="short"),
    Field("anciennitet_fra", "Anciennitet regnes fra", Kind.DATE, (_rule("anciennitet"),), _JOB, required=True,
          width="short", help="Første dag i kommunen. En personalejurist kan ændre den."),
    Field("personalegruppe", "Personalegruppe", Kind.CHOICE, (_rule("personalegruppe"),), _JOB, required=True,
          options=GROUPS),
    Field("timer", "Timer om ugen", Kind.HOURS, (_opus("weekly_hours"),), _JOB, editable=False, unit="timer",
          width="short"),
    Field("proevetid_til", "Prøvetid til", Kind.DATE, group=_JOB, width="short", help="Kun hvis prøvetid er aftalt."),
    Field("initiativ", "Hvem siger op", Kind.CHOICE, (_now("u_initiativ"),), _NOTICE, required=True,
          options=INITIATIVES, writes_to="u_initiativ"),
    Field("opsigelse_modtaget", "Opsigelse kommet frem", Kind.DATE, (_now("u_opsigelse_modtaget"),), _NOTICE,
          required=True, writes_to="u_opsigelse_modtaget", width="short",
          help="Den dag, opsigelsen kom frem til den anden part. Ved dødsfald den dag, I fik besked."),
    Field("doedsdato", "Dødsdato", Kind.DATE, group=_NOTICE, width="short", help="Kun ved dødsfald."),
    Field("varsel", "Varsel", sources=(_rule("varsel"),), group=_NOTICE, editable=False, width="short"),
    Field("tidligste_dato", "Tidligste fratrædelsesdato", Kind.DATE, (_rule("tidligste"),), _NOTICE, editable=False,
          width="short"),
    Field("fratraedelsesdato", "Fratrædelsesdato", Kind.DATE, (_rule("tidligste"), _now("u_oensket_fratraedelsesdato")),
          _NOTICE, required=True, writes_to="u_oensket_fratraedelsesdato", width="short",
          help="Sidste ansættelsesdag. Kan gøres senere, ikke tidligere end varslet."),
    Field("aarsag", "Årsag", sources=(_now("u_aarsag"),), group=_NOTICE, writes_to="u_aarsag", width="long"),
    Field("partshoering", "Partshøring afsluttet", Kind.DATE, group=_NOTICE, width="short",
          help="Kun ved uansøgt afsked: før afgørelsen."),
    Field("fritstillet_fra", "Fritstillet fra", Kind.DATE, group=_NOTICE, width="short"),
    Field("ferietimer", "Ferie, rest", Kind.HOURS, group=_BALANCE, unit="timer", width="short"),
    Field("sjette_ferieuge_timer", "6. ferieuge, rest", Kind.HOURS, group=_BALANCE, unit="timer", width="short"),
    Field("flekstimer", "Fleks, saldo", Kind.HOURS, group=_BALANCE, unit="timer", width="short"),
    Field("ferie_bekraeftet", "Saldi bekræftet af leder", Kind.YES_NO, group=_BALANCE, width="short"),
    Field("feriepenge_direkte", "Feriepenge udbetales direkte", Kind.YES_NO, group=_BALANCE, width="short"),
    Field("feriepenge_netto", "Feriepenge, netto", Kind.AMOUNT, group=_BALANCE, unit="kr.", width="short"),
    Field("tidligere_udbetalinger", "Direkte udbetalinger i ferieåret", Kind.NUMBER, group=_BALANCE, width="short"),
    Field("maanedsloen", "Månedsløn inkl. pension", Kind.AMOUNT, group=_END, unit="kr.", width="short",
          help="Til fratrædelsesgodtgørelse efter § 2 a."),
    Field("godtgoerelse_mdr", "Fratrædelsesgodtgørelse", Kind.NUMBER, (_rule("godtgoerelse"),), _END,
          unit="måneder", width="short"),
    Field("godtgoerelse_beloeb", "Godtgørelse i alt", Kind.AMOUNT, (_rule("godtgoerelse_beloeb"),), _END,
          unit="kr.", editable=False, width="short"),
    Field("efterladte", "Efterladte", Kind.CHOICE, group=_END, options=SURVIVORS, help="Kun ved dødsfald."),
    Field("efterloen_mdr", "Efterløn", Kind.NUMBER, (_rule("efterloen"),), _END, unit="måneder", width="short"),
    Field("ny_kk_ansaettelse", "Ny ansættelse i kommunen", Kind.YES_NO, (_rule("ny_ansaettelse"),), _END,
          width="short"),
    Field("loen_efter", "Løn efter fratrædelsesdatoen", Kind.YES_NO, group=_END, width="short",
          help="J, hvis OPUS stadig har løn efter datoen (slutafregning undtaget)."),
    Field("adgange_bestilt", "Adgange og udstyr bestilt lukket", Kind.YES_NO, group=_END, width="short"),
    Field("bemaerkning", "Bemærkning", Kind.LONG_TEXT, group=_END, width="long"),
)  # fmt: skip

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

CASE_CHECKS = (
    CaseCheck("V-FX-05", "tjenestenr", _ERROR, "OPUS", "Medarbejdernummeret findes ikke i OPUS på dette CPR-nummer.",
              _belongs_to_cpr),
    CaseCheck("V-FX-07", "emne", _ERROR, "CPR-loven § 54; databeskyttelsesloven § 11",
              "CPR-nummeret må ikke stå i titel, emne eller filnavn. Brug sagsnummeret.", _cpr_in("emne")),
    CaseCheck("K-FR-01", "anciennitet_fra", _WARNING, "Højesteret 11.12.2014",
              "Medarbejderen kom til kommunen {foerst}, men til stillingen {nu}. Kontrollér, at ansættelsen har været "
              "uafbrudt.", _moved_inside),
    CaseCheck("K-FR-02", "opsigelse_modtaget", _ERROR, "Fratrædelse",
              "Opsigelsen eller fratrædelsen er dateret før ansættelsen begyndte {ansat}. Ret datoen.",
              _dates_contradict),
    CaseCheck("V-FR-01", "fratraedelsesdato", _ERROR, "FUL § 2",
              "Varslet er {varsel}. Medarbejderen kan tidligst fratræde den {dato}.", _too_early),
    CaseCheck("V-FR-02", "varsel", _WARNING, "FUL § 2",
              "Medarbejderen begyndte midt i en måned. Kontrollér varslet - det længste ({varsel}) er foreslået.",
              _mid_month),
    CaseCheck("V-FR-03", "partshoering", _ERROR, "Forvaltningsloven § 19",
              "Der mangler partshøring. En uansøgt afsked må ikke sendes uden.", _not_heard),
    CaseCheck("V-FR-04", "godtgoerelse_mdr", _ERROR, "FUL § 2 a",
              "Medarbejderen har {aar} års ansættelse ved fratræden og skal have {mdr} måneders løn i "
              "fratrædelsesgodtgørelse.", _severance_missing),
    CaseCheck("V-FR-05", "loen_efter", _ERROR, "Ledelsestilsyn LT04",
              "Der er stadig løn efter fratrædelsesdatoen. Stop lønnen, før sagen lukkes.", _pay_goes_on),
    CaseCheck("V-FR-06", "ferie_bekraeftet", _ERROR, "Ferieloven § 16",
              "Feriesaldoen er ikke bekræftet af lederen. Den skal stemme, før feriepenge afregnes.",
              _balance_unconfirmed),
    CaseCheck("V-FR-07", "feriepenge_direkte", _ERROR, "Ferieloven § 26, stk. 2",
              "Beløbet kan ikke udbetales direkte. Det skal indbetales til FerieKonto.", _direct_payment),
    CaseCheck("V-FR-08", "ny_kk_ansaettelse", _WARNING, "OPUS",
              "Medarbejderen begynder i en anden enhed i kommunen. Skal sagen være et jobskifte?", _internal_move),
    CaseCheck("V-FR-09", "adgange_bestilt", _WARNING, "NIS 2-loven § 6, nr. 9",
              "Adgangene er ikke bestilt lukket pr. {dato}.", _access_open),
    CaseCheck("V-FR-10", "doedsdato", _ERROR, "FUL § 8",
              "Ved dødsfald skal lønnen stoppe på dødsdagen, og efterløn beregnes særskilt.", _death),
    CaseCheck("K-FR-03", "efterloen_mdr", _ERROR, "FUL § 8", "Efterlønnen skal være {mdr} måneders løn. Ret tallet.",
              _survivors_differ),
)  # fmt: skip

STEPS = (
    Step("dato", "Kontrollér fratrædelsesdatoen og begrundelsen for varslet"),
    Step("partshoering", "Partshøring er gennemført og dokumenteret", "jurist", _is("A")),
    Step("organisation", "Den faglige organisation har fået besked efter overenskomsten", "jurist", _is("A")),
    Step("saldi", "Lederen har bekræftet ferie, 6. ferieuge og fleks", "leder", _is("M", "A", "T")),
    Step("udstyr", "Udstyr, nøgler og adgange er bestilt lukket", "leder"),
    Step("godtgoerelse", "Fratrædelsesgodtgørelsen er kontrolleret", only_if=_gets_severance),
    Step("efterloen", "Efterlønnen er kontrolleret, og de efterladte har fået besked", only_if=_is("D")),
    Step("slutloen", "Slutlønnen er set igennem"),
    Step("godkend", "Sagen er godkendt af en anden", "godkender"),
    Step("brev", "Brevet er sendt og journaliseret", only_if=_is("M", "A", "T")),
    Step("robot", "Fratrædelsen er indberettet i OPUS"),
    Step("efterkontrol", "Næste måned: der er ikke udbetalt løn efter datoen"),
)

LETTERS = (
    Letter("bekraeftelse", "Bekræftelse på opsigelse", "bekraeftelse_paa_opsigelse.txt", _is("M")),
    Letter("opsigelse", "Opsigelse", "opsigelse.txt", _is("A")),
    Letter("udloeb", "Din tidsbegrænsede ansættelse udløber", "tidsbegraenset_udloeb.txt", _is("T")),
)

PROCESS = Process(
    id="fratraedelse",
    title="Fratrædelse",
    area="Ansættelse",
    description="Afslut en ansættelse på den rigtige dato, med rigtig slutløn og dokumentation.",
    fields=FIELDS,
    rules={
        "anciennitet": work_seniority,
        "personalegruppe": work_group,
        "varsel": work_notice,
        "tidligste": work_earliest,
        "godtgoerelse": work_severance,
        "godtgoerelse_beloeb": work_severance_amount,
        "efterloen": work_survivors,
        "ny_ansaettelse": work_new_job,
    },
    case_checks=CASE_CHECKS,
    steps=STEPS,
    letters=LETTERS,
    robot=RobotRecipe(
        queue="KK_Fratraedelse",
        release="KK_Fratraedelse_OPUS",
        content=(
            ("Tjenestenr", "tjenestenr"),
            ("Fratraedelsesdato", "fratraedelsesdato"),
            ("Initiativ", "initiativ"),
            ("Aarsag", "aarsag"),
            ("FritstilletFra", "fritstillet_fra"),
            ("Ferietimer", "ferietimer"),
            ("SjetteFerieugeTimer", "sjette_ferieuge_timer"),
            ("Flekstimer", "flekstimer"),
            ("GodtgoerelseMaaneder", "godtgoerelse_mdr"),
            ("EfterloenMaaneder", "efterloen_mdr"),
        ),
        business_key=("tjenestenr", "fratraedelsesdato"),
    ),
    minutes=Minutes(before=Decimal(45), after=Decimal(15)),
    settings=SETTINGS,
    help="Udfyld sagen, se begrundelsen for datoen, og ret alle fejl, før sagen sendes.",
)
