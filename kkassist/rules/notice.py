"""Notice and what follows from it: funktionærloven § 2, § 2 a and § 8, prøvetid, tjenestemænd.

Every result carries its steps and its source, so that a caseworker can check it and a leader can be told why.
Dates are whole days; a leave date is the last employed day, inclusive.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from kkassist.domain.dates import add_months, danish_date, end_of_month
from kkassist.domain.errors import Refused
from kkassist.domain.language import say

SECTION_2 = "funktionærloven § 2, stk. 2-3"
SECTION_2_PROBATION = "funktionærloven § 2, stk. 5"
SECTION_2_EMPLOYEE = "funktionærloven § 2, stk. 6"
SECTION_2A = "funktionærloven § 2 a"
SECTION_8 = "funktionærloven § 8"
CIVIL_SERVANTS = "tjenestemandsloven §§ 27-28"
SAME_EMPLOYER = "Højesterets dom af 11.12.2014 (samme kommune er samme virksomhed)"

PROBATION_MONTHS = 3
PROBATION_NOTICE_DAYS = 14
CIVIL_SERVANT_MONTHS = 3
CIVIL_SERVANT_PROBATION_MONTHS = 6


class Group(StrEnum):
    """Personalegruppe: which law sets the notice."""

    FUNKTIONAER = "F"
    TJENESTEMAND = "T"
    TIMELOENNET = "L"


class Initiative(StrEnum):
    """Who ended the employment, as ServiceNow's demo field has it."""

    MEDARBEJDER = "M"
    ARBEJDSGIVER = "A"
    DOEDSFALD = "D"
    TIDSBEGRAENSET = "T"


@dataclass(frozen=True, slots=True)
class Band:
    """One band of § 2: notice of `months` when given before `given_before` months of employment (the usual
    table), which the law states as leaving within `leave_within` months. None: no limit."""

    months: int
    given_before: int | None
    leave_within: int | None


BANDS = (Band(1, 5, 6), Band(3, 33, 36), Band(4, 68, 72), Band(5, 103, 108), Band(6, None, None))


@dataclass(frozen=True, slots=True)
class Notice:
    """A worked-out notice. `months` is 0 when the notice is counted in `days`."""

    months: int
    days: int
    leave: date
    """Earliest last day of employment."""
    source: str
    steps: tuple[str, ...]
    differs: bool = False
    """The table and the law's own wording give different notices, as for a start in mid-month (V-FR-02)."""

    @property
    def length(self) -> str:
        """ "4 måneder", "14 dage", "dags varsel"."""
        if self.months:
            return say("1 måned") if self.months == 1 else say("{months} måneder", months=self.months)
        return say("{days} dage", days=self.days) if self.days else say("dags varsel")


@dataclass(frozen=True, slots=True)
class Months:
    """A number of months' pay, 0 when none is due."""

    months: int
    years: int
    """Whole years of employment it is worked out from."""
    source: str
    steps: tuple[str, ...]


def seniority_start(entry: date, first_in_city: date | None, *, keep: bool = True) -> date:
    """From which day notice counts. A move inside the municipality keeps seniority unless a jurist decides not."""
    return first_in_city if keep and first_in_city is not None and first_in_city < entry else entry


def whole_years(hired: date, leave: date) -> int:
    """Whole years of employment when `leave` is the last employed day."""
    after = leave + timedelta(days=1)
    years = after.year - hired.year
    return years if add_months(hired, 12 * years) <= after else years - 1


def notice(
    group: Group, initiative: Initiative, hired: date, given: date, probation_until: date | None = None
) -> Notice:
    """The notice for `group` when it came forward on `given`.

    Raises `Refused` for death and fixed term (which have no notice), and for hourly paid staff, whose notice is in
    their overenskomst and not in any public table we could confirm.
    """
    _refuse_before_hire(hired, given)
    if initiative not in {Initiative.MEDARBEJDER, Initiative.ARBEJDSGIVER}:
        raise Refused(say("Der er intet varsel ved dødsfald og ved udløb af en tidsbegrænset ansættelse."))
    if group is Group.TIMELOENNET:
        raise Refused(say("Varslet for timelønnede står i overenskomsten. Slå det op, og skriv datoen selv."))
    if group is Group.TJENESTEMAND:
        return civil_servant_notice(hired, given)
    if initiative is Initiative.MEDARBEJDER:
        return employee_notice(hired, given, probation_until)
    return employer_notice(hired, given, probation_until)


def employer_notice(hired: date, given: date, probation_until: date | None = None) -> Notice:
    """Employer's notice to a funktionær: § 2 by the usual table and by the law's own words; the longest wins."""
    _refuse_before_hire(hired, given)
    steps = [
        say(
            "Ansættelsen regnes fra {hired}; opsigelsen er kommet frem {given}.",
            hired=danish_date(hired),
            given=danish_date(given),
        )
    ]
    if (probation := _probation_end(hired, probation_until)) is not None and given <= probation:
        leave = given + timedelta(days=PROBATION_NOTICE_DAYS)
        if leave <= probation:
            steps.append(
                say(
                    "Prøvetiden løber til {until}. Varslet er 14 dage, og {leave} ligger inden for den.",
                    until=danish_date(probation), leave=danish_date(leave),
                )
            )  # fmt: skip
            return Notice(0, PROBATION_NOTICE_DAYS, leave, SECTION_2_PROBATION, tuple(steps))
        steps.append(
            say(
                "14 dages varsel ville give fratræden {leave}, efter at prøvetiden udløber {until}. Så gælder de "
                "almindelige varsler.",
                leave=danish_date(leave), until=danish_date(probation),
            )
        )  # fmt: skip
    table, law = band_by_table(hired, given), band_by_law(hired, given)
    chosen = max(table, law, key=lambda band: band.months)
    leave = leave_after(given, chosen.months)
    steps.append(_band_step(chosen, hired, leave))
    if table != law:
        steps.append(
            say(
                "Begyndt midt i en måned: tabellen giver {table} mdr. og lovens ord {law}. Det længste er valgt.",
                table=table.months, law=law.months,
            )
        )  # fmt: skip
    steps.append(say("Fratræden sker ved udgangen af en måned: {leave}.", leave=danish_date(leave)))
    return Notice(chosen.months, 0, leave, SECTION_2, tuple(steps), differs=table != law)


def band_by_table(hired: date, given: date) -> Band:
    """The usual table: by how long the employment had lasted when notice came forward."""
    return next(
        band for band in BANDS if band.given_before is None or given < add_months(hired, band.given_before)
    )


def band_by_law(hired: date, given: date) -> Band:
    """The law's words: the notice with which the employment ends within 6 months, 3, 6 or 9 years."""
    return next(
        band
        for band in BANDS
        if band.leave_within is None or leave_after(given, band.months) < add_months(hired, band.leave_within)
    )


def leave_after(given: date, months: int) -> date:
    """The last day of the month `months` after the month in which notice came forward."""
    return end_of_month(add_months(given.replace(day=1), months))


def employee_notice(hired: date, given: date, probation_until: date | None = None) -> Notice:
    """A funktionær's own notice: a month to the end of a month; in the prøvetid from day to day."""
    _refuse_before_hire(hired, given)
    probation = _probation_end(hired, probation_until)
    if probation is not None and given <= probation:
        step = say(
            "Prøvetiden løber til {until}. Medarbejderen kan fratræde fra dag til dag.",
            until=danish_date(probation),
        )
        return Notice(0, 0, given, SECTION_2_PROBATION, (step,))
    leave = leave_after(given, 1)
    step = say(
        "Medarbejderens egen opsigelse kom frem {given}: 1 måned til udgangen af en måned giver {leave}.",
        given=danish_date(given), leave=danish_date(leave),
    )  # fmt: skip
    return Notice(1, 0, leave, SECTION_2_EMPLOYEE, (step,))


def civil_servant_notice(hired: date, given: date) -> Notice:
    """A tjenestemand's notice, both ways: 3 months to the end of a month; 14 days in the first six months."""
    _refuse_before_hire(hired, given)
    if given < add_months(hired, CIVIL_SERVANT_PROBATION_MONTHS):
        leave = end_of_month(given + timedelta(days=PROBATION_NOTICE_DAYS))
        step = say(
            "Tjenestemand på prøve: 14 dage til udgangen af en måned giver {leave}.", leave=danish_date(leave)
        )
        return Notice(0, PROBATION_NOTICE_DAYS, leave, CIVIL_SERVANTS, (step,))
    leave = leave_after(given, CIVIL_SERVANT_MONTHS)
    step = say("Tjenestemand: 3 måneder til udgangen af en måned giver {leave}.", leave=danish_date(leave))
    return Notice(CIVIL_SERVANT_MONTHS, 0, leave, CIVIL_SERVANTS, (step,))


def severance(hired: date, leave: date, initiative: Initiative) -> Months:
    """Fratrædelsesgodtgørelse (§ 2 a): 1 or 3 months' pay at 12 or 17 years on the day of leaving.

    Only when the employer gave notice; a right to pension has made no difference since 1 February 2015.
    """
    years = whole_years(hired, leave)
    if initiative is not Initiative.ARBEJDSGIVER:
        step = say("Ingen fratrædelsesgodtgørelse: den gives kun, når arbejdsgiveren har sagt op.")
        return Months(0, years, SECTION_2A, (step,))
    months = 3 if years >= 17 else 1 if years >= 12 else 0
    step = say(
        "{years} hele år ved fratræden {leave} giver {months} måneders løn (12 år giver 1, 17 år giver 3).",
        years=years, leave=danish_date(leave), months=months,
    )  # fmt: skip
    return Months(months, years, SECTION_2A, (step,))


def survivors_pay(hired: date, death: date, *, spouse_or_child_under_18: bool) -> Months:
    """Efterløn (§ 8): 1, 2 or 3 months' pay after 1, 2 or 3 years, to a spouse or children under 18 only."""
    years = whole_years(hired, death)
    if not spouse_or_child_under_18:
        step = say("Ingen efterløn: den gives kun til ægtefælle eller børn under 18 år.")
        return Months(0, years, SECTION_8, (step,))
    months = min(years, 3)
    step = say(
        "{years} hele års ansættelse ved dødsfaldet giver {months} måneders efterløn.", years=years, months=months
    )
    return Months(months, years, SECTION_8, (step,))


def _probation_end(hired: date, probation_until: date | None) -> date | None:
    if probation_until is None:
        return None
    return min(probation_until, add_months(hired, PROBATION_MONTHS) - timedelta(days=1))


def _band_step(band: Band, hired: date, leave: date) -> str:
    if band.leave_within is None:
        return say("Over 9 års ansættelse ved fratræden: 6 måneders varsel.")
    limit = say("6 måneder") if band.leave_within < 12 else say("{years} år", years=band.leave_within // 12)
    length = say("1 måneds varsel") if band.months == 1 else say("{months} måneders varsel", months=band.months)
    end = add_months(hired, band.leave_within)
    return say(
        "Fratræden {leave} ligger inden for {limit} (før {end}): {length}.",
        leave=danish_date(leave),
        limit=limit,
        end=danish_date(end),
        length=length,
    )


def _refuse_before_hire(hired: date, given: date) -> None:
    if given < hired:
        raise Refused(say("Opsigelsen er dateret før ansættelsen begyndte. Kontrollér de to datoer."))
