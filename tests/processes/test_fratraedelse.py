"""The leave of an employment as a specification: a clean case, and one thing wrong at a time."""

from dataclasses import replace
from datetime import date

import pytest
from registers import AS_OF, TODAY, employment

from kkassist.domain.batch import Severity
from kkassist.domain.case import ServerRow
from kkassist.domain.errors import Refused
from kkassist.domain.person import Employment
from kkassist.domain.sourced import FilledField
from kkassist.processes.checking import CaseFinding, check_case, render_letter
from kkassist.processes.fratraedelse import LETTERS, PROCESS
from kkassist.processes.own_rules import OWN_RULES
from kkassist.processes.prefill import Known, facts, fill
from kkassist.processes.words import CaseFacts

ANNA = employment("123456", "0707614285", "Anna Maria Eksempel")
RECORD = {
    "short_description": "Fratrædelse",
    "u_cpr": "070761-4285",
    "u_tjenestenr": "123456",
    "u_initiativ": "M",
    "u_opsigelse_modtaget": "2026-11-30",
    "u_aarsag": "Nyt job",
}
CONFIRMED = {"ferie_bekraeftet": "J", "adgange_bestilt": "J"}


def known(
    record: dict[str, str] | None = None,
    draft: dict[str, str] | None = None,
    employed: Employment | None = ANNA,
    others: tuple[Employment, ...] = (),
) -> Known:
    return Known(
        record=ServerRow("1", "sn_hr_le_case", {**RECORD, **(record or {})}, {}),
        record_as_of=AS_OF,
        employment=employed,
        employments=((employed,) if employed else ()) + others,
        opus_unit=None,
        engagement=None,
        unit=None,
        draft={**CONFIRMED, **(draft or {})},
        today=TODAY,
        settings=PROCESS.settings,
    )


def filled(*parts: object, **named: object) -> dict[str, FilledField]:
    return {one.id: one for one in fill(PROCESS, known(*parts, **named))}  # type: ignore[arg-type]


def case(*parts: object, **named: object) -> CaseFacts:
    everything = known(*parts, **named)  # type: ignore[arg-type]
    return facts(fill(PROCESS, everything), everything)


def findings(*parts: object, **named: object) -> list[tuple[str, str, Severity]]:
    return [(one.rule, one.field, one.severity) for one in check_case(PROCESS, case(*parts, **named))]


def message(rule: str, found: tuple[CaseFinding, ...]) -> str:
    return next(one.message for one in found if one.rule == rule)


DISMISSED = {"u_initiativ": "A", "u_opsigelse_modtaget": "2026-03-31"}
HEARD = {"partshoering": "2026-03-15"}


def test_a_resignation_is_filled_in_with_the_date_and_why() -> None:
    form = filled()
    assert form["fratraedelsesdato"].value == "2026-12-31"
    assert form["varsel"].value == "1 måned"
    assert "30-11-2026" in form["fratraedelsesdato"].reason
    assert "funktionærloven § 2, stk. 6" in form["fratraedelsesdato"].reason
    assert form["navn"].value == "Anna Maria Eksempel"
    assert findings() == []


@pytest.mark.parametrize(("given", "leave"), [("2026-03-31", "2026-07-31"), ("2026-04-01", "2026-09-30")])
def test_a_dismissal_names_section_2_and_the_band(given: str, leave: str) -> None:
    form = filled({**DISMISSED, "u_opsigelse_modtaget": given}, HEARD)
    assert form["fratraedelsesdato"].value == leave
    assert "§ 2, stk. 2-3" in form["tidligste_dato"].reason
    assert "måneders varsel" in form["tidligste_dato"].reason
    assert findings({**DISMISSED, "u_opsigelse_modtaget": given}, HEARD) == []


def test_a_wish_that_differs_from_the_computed_date_stands_beside_it() -> None:
    form = filled({"u_oensket_fratraedelsesdato": "2027-01-31"})
    assert form["fratraedelsesdato"].value == "2026-12-31"
    assert [one.value for one in form["fratraedelsesdato"].conflicts] == ["2027-01-31"]


@pytest.mark.parametrize(
    ("rule", "field", "record", "draft"),
    [
        ("V-FX-05", "tjenestenr", {}, {"tjenestenr": "999999"}),
        ("V-FX-02", "cpr", {}, {"cpr": "3213901234"}),
        ("V-FX-07", "emne", {"short_description": "Fratrædelse 070761-4285"}, {}),
        ("V-FX-11", "fratraedelsesdato", {}, {"fratraedelsesdato": "31-02-2027"}),
        ("K-01", "initiativ", {}, {"initiativ": ""}),
        ("K-06", "initiativ", {}, {"initiativ": "Q"}),
        (
            "K-FR-02",
            "opsigelse_modtaget",
            {"u_opsigelse_modtaget": "2019-01-31"},
            {"fratraedelsesdato": "2026-12-31"},
        ),
        ("V-FR-01", "fratraedelsesdato", {}, {"fratraedelsesdato": "2026-11-30"}),
        ("V-FR-01", "fratraedelsesdato", {}, {"fratraedelsesdato": "2027-01-15"}),
        ("V-FR-03", "partshoering", DISMISSED, {}),
        ("V-FR-03", "partshoering", DISMISSED, {"partshoering": "2026-04-01"}),
        ("V-FR-05", "loen_efter", {}, {"loen_efter": "J"}),
        ("V-FR-06", "ferie_bekraeftet", {}, {"ferie_bekraeftet": "N"}),
        ("V-FR-07", "feriepenge_direkte", {}, {"feriepenge_direkte": "J", "feriepenge_netto": "2500.01"}),
        (
            "V-FR-07",
            "feriepenge_direkte",
            {},
            {"feriepenge_direkte": "J", "feriepenge_netto": "100.00", "tidligere_udbetalinger": "2"},
        ),
        ("V-FR-10", "doedsdato", {"u_initiativ": "D"}, {"fratraedelsesdato": "2026-11-20"}),
    ],
)
def test_one_error_blocks_at_its_field_and_no_other_is_invented(
    rule: str, field: str, record: dict[str, str], draft: dict[str, str]
) -> None:
    errors = [one for one in findings(record, draft) if one[2] is Severity.ERROR]
    if field == "cpr":  # the employment is then another person's too
        errors = [one for one in errors if one[0] != "V-FX-05"]
    if rule in {"K-01", "K-06"}:
        errors = [one for one in errors if one[1] == "initiativ"]
    assert errors == [(rule, field, Severity.ERROR)]


def test_the_earliest_date_is_named_in_the_error() -> None:
    found = check_case(PROCESS, case(DISMISSED, {**HEARD, "fratraedelsesdato": "2026-06-30"}))
    assert message("V-FR-01", found) == "Varslet er 4 måneder. Medarbejderen kan tidligst fratræde den 31-07-2026."


def test_direct_payment_of_little_holiday_pay_is_allowed() -> None:
    draft = {"feriepenge_direkte": "J", "feriepenge_netto": "2500.00", "tidligere_udbetalinger": "1"}
    assert findings({}, draft) == []


def test_a_start_in_mid_month_is_a_warning() -> None:
    late = replace(ANNA, entry_date=date(2020, 2, 15), initial_entry=date(2020, 2, 15))
    record = {"u_initiativ": "A", "u_opsigelse_modtaget": "2020-07-10"}
    found = check_case(PROCESS, case(record, {"partshoering": "2020-07-01"}, late))
    assert [(one.rule, one.severity) for one in found] == [("V-FR-02", Severity.WARNING)]
    assert "(3 måneder)" in found[0].message


def test_severance_is_worked_out_and_guarded() -> None:
    old = replace(ANNA, entry_date=date(2014, 6, 1), initial_entry=date(2014, 6, 1))
    record = {"u_initiativ": "A", "u_opsigelse_modtaget": "2025-11-30"}
    heard = {"partshoering": "2025-11-01"}
    form = filled(record, {**heard, "maanedsloen": "40000.00"}, old)
    assert form["fratraedelsesdato"].value == "2026-05-31"
    assert form["godtgoerelse_mdr"].value == "1"
    assert form["godtgoerelse_beloeb"].value == "40000.00"
    assert "§ 2 a" in form["godtgoerelse_mdr"].reason
    found = check_case(PROCESS, case(record, {**heard, "godtgoerelse_mdr": "0"}, old))
    assert "12 års ansættelse ved fratræden og skal have 1 måneders løn" in message("V-FR-04", found)


def test_an_internal_move_keeps_seniority_and_asks_whether_it_was_uninterrupted() -> None:
    moved = replace(ANNA, entry_date=date(2026, 9, 1), initial_entry=date(2015, 4, 1))
    record, draft = {"u_initiativ": "A", "u_opsigelse_modtaget": "2026-10-05"}, {"partshoering": "2026-10-01"}
    form = filled(record, draft, moved)
    assert form["anciennitet_fra"].value == "2015-04-01"
    assert form["fratraedelsesdato"].value == "2027-04-30"
    assert findings(record, draft, moved) == [("K-FR-01", "anciennitet_fra", Severity.WARNING)]


def test_another_job_from_the_day_after_is_perhaps_a_move() -> None:
    following = employment("654321", ANNA.cpr, entry_date=date(2027, 1, 1))
    assert filled(others=(following,))["ny_kk_ansaettelse"].value == "J"
    assert findings(others=(following,)) == [("V-FR-08", "ny_kk_ansaettelse", Severity.WARNING)]


def test_open_access_is_a_warning_that_names_the_date() -> None:
    found = check_case(PROCESS, case({}, {"adgange_bestilt": ""}))
    assert [(one.rule, one.severity) for one in found] == [("V-FR-09", Severity.WARNING)]
    assert "31-12-2026" in found[0].message


def test_a_death_ends_the_employment_on_the_day_and_gives_survivors_pay() -> None:
    draft = {"doedsdato": "2026-11-20", "efterladte": "AEGTEFAELLE"}
    form = filled({"u_initiativ": "D"}, draft)
    assert form["fratraedelsesdato"].value == "2026-11-20"
    assert form["efterloen_mdr"].value == "3"
    assert findings({"u_initiativ": "D"}, draft) == []
    assert findings({"u_initiativ": "D"}, {**draft, "efterloen_mdr": "1"}) == [
        ("K-FR-03", "efterloen_mdr", Severity.ERROR)
    ]
    assert filled({"u_initiativ": "D"}, {**draft, "efterladte": "INGEN"})["efterloen_mdr"].value == "0"


def test_hourly_paid_staff_have_their_notice_in_their_overenskomst() -> None:
    hourly = replace(ANNA, work_contract="03")
    form = filled(employed=hourly)
    assert form["personalegruppe"].value == "L"
    assert form["varsel"].value == ""
    assert ("K-01", "fratraedelsesdato", Severity.ERROR) in findings(employed=hourly)
    assert findings({}, {"fratraedelsesdato": "2026-12-31"}, hourly) == []


def test_a_fixed_term_ends_as_opus_has_it() -> None:
    fixed = replace(ANNA, leave_date=date(2026, 12, 18))
    assert filled({"u_initiativ": "T"}, {}, fixed)["fratraedelsesdato"].value == "2026-12-18"
    assert findings({"u_initiativ": "T"}, {}, fixed) == []


def test_without_an_employment_the_form_still_says_what_is_missing() -> None:
    rules = {one[0] for one in findings(employed=None)}
    assert {"K-01", "V-FX-05"} <= rules


def test_the_letter_is_filled_in_and_holds_no_cpr() -> None:
    text = render_letter(LETTERS[0], PROCESS, case({}, {"enhed": "Øvelsesskolen"}))
    assert "Kære Anna Maria Eksempel" in text
    assert "Din sidste ansættelsesdag er den 31-12-2026." in text
    assert "0707614285" not in text
    assert "{" not in text


def test_a_letter_with_an_empty_field_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="Enhed"):
        render_letter(LETTERS[0], PROCESS, case())


def test_letters_and_steps_fit_the_initiative() -> None:
    fitting = {one.id for one in LETTERS if one.only_if is not None and one.only_if(case(DISMISSED))}
    assert fitting == {"opsigelse"}
    steps = {one.id for one in PROCESS.steps if one.only_if is None or one.only_if(case())}
    assert "partshoering" not in steps
    assert "slutloen" in steps


def test_every_rule_of_the_description_is_declared() -> None:
    rules = {one.rule for one in PROCESS.case_checks}
    assert {f"V-FR-{number:02d}" for number in range(1, 11)} <= rules
    assert {one for one in rules if one.startswith("K-")} <= set(OWN_RULES)
