"""A form is filled from its sources in order of trust; what the others say stands beside, never silently settled."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from kkassist.domain.case import ServerRow
from kkassist.domain.person import Employment
from kkassist.domain.settings import ServiceNowFields, ServiceNowSettings
from kkassist.domain.sourced import Source
from kkassist.domain.unit import KkorgEngagement
from kkassist.processes.mapping import about
from kkassist.processes.prefill import Known, agree, fill
from kkassist.processes.words import CaseFacts, Field, From, Kind, Process, Worked

EXTRACT = datetime(2026, 11, 22, 21, 40, tzinfo=UTC)
RECORD = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)


def employment(**changes: object) -> Employment:
    told: dict[str, object] = dict.fromkeys(Employment.__dataclass_fields__, "")
    told |= {"protected": False, "is_manager": False, "leave_date": None, "initial_entry": None, "as_of": EXTRACT}
    told |= {
        "tjenestenr": "100200",
        "first_name": "Mette",
        "last_name": "Sørensen",
        "entry_date": date(2020, 8, 1),
    }
    told |= {"weekly_hours": Decimal("30.00"), **changes}
    return Employment(**told)  # type: ignore[arg-type]


def known(**changes: object) -> Known:
    told: dict[str, object] = {
        "record": ServerRow(
            "x", "sn_hr_le_case", {"u_navn": "Mette Sorensen", "u_modtaget": "2026-11-20 23:30:00"}, {}
        ),
        "record_as_of": RECORD,
        "employment": employment(),
        "employments": (),
        "opus_unit": None,
        "engagement": KkorgEngagement(
            "100200", "Mette  SØRENSEN", "", "1604", "Skolen", "", None, date(2027, 1, 1), RECORD
        ),
        "unit": None,
        "draft": {},
        "today": date(2026, 11, 23),
        "settings": {},
    }
    return Known(**{**told, **changes})  # type: ignore[arg-type]


def months(facts: CaseFacts) -> Worked | None:
    return Worked(facts.values["name"][:5], "fordi") if facts.values["name"] else None


PROCESS = Process(
    id="prøve",
    title="Prøve",
    area="",
    description="",
    fields=(
        Field(
            "name",
            "Navn",
            sources=(
                From(Source.OPUS, "name"),
                From(Source.SERVICENOW, "u_navn"),
                From(Source.KKORG, "person_name"),
            ),
        ),
        Field("received", "Modtaget", Kind.DATE, sources=(From(Source.SERVICENOW, "u_modtaget"),)),
        Field("hours", "Timer", Kind.HOURS, sources=(From(Source.OPUS, "weekly_hours"),)),
        Field("last", "Sidste dag", Kind.DATE, sources=(From(Source.KKORG, "end"),)),
        Field("worked", "Beregnet", sources=(From(Source.RULE, "months"),)),
        Field("empty", "Tom", sources=(From(Source.SERVICENOW, "u_ukendt"),)),
    ),
    rules={"months": months},
)


def filled(**changes: object) -> dict[str, object]:
    return {field.id: field for field in fill(PROCESS, known(**changes))}


def test_the_first_source_counts_and_only_real_disagreement_is_shown() -> None:
    name = filled()["name"]

    assert (name.value, name.source, name.as_of) == ("Mette Sørensen", Source.OPUS, EXTRACT)
    assert [(said.source, said.value) for said in name.conflicts] == [(Source.SERVICENOW, "Mette Sorensen")]


def test_without_an_employment_the_next_source_fills_the_field() -> None:
    name = filled(employment=None)["name"]

    assert (name.value, name.source) == ("Mette Sorensen", Source.SERVICENOW)


def test_an_instant_becomes_the_day_it_was_in_copenhagen() -> None:
    assert filled()["received"].value == "2026-11-21"


def test_the_screen_shows_the_last_day_not_the_first_without() -> None:
    assert filled()["last"].value == "2026-12-31"


def test_a_rule_tells_why() -> None:
    worked = filled()["worked"]

    assert (worked.value, worked.source, worked.reason) == ("Mette", Source.RULE, "fordi")


def test_what_the_caseworker_typed_wins_and_the_sources_stand_beside() -> None:
    name = filled(draft={"name": "Mette Holm"})["name"]

    assert (name.value, name.source) == ("Mette Holm", Source.USER)
    assert [said.source for said in name.conflicts] == [Source.OPUS, Source.SERVICENOW, Source.KKORG]


def test_a_rule_follows_what_was_typed() -> None:
    assert filled(draft={"name": "Birgitte"})["worked"].value == "Birgi"


def test_a_field_nobody_knows_is_empty() -> None:
    empty = filled()["empty"]

    assert (empty.value, empty.source, empty.conflicts) == ("", None, ())


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        (Kind.HOURS, "30", "30.00", True),
        (Kind.HOURS, "30", "30.01", False),
        (Kind.TJENESTENR, "00100200", "100200", True),
        (Kind.TEXT, "  Ørsted Skole", "ørsted  skole", True),
        (Kind.TEXT, "Ørsted Skole", "Orsted Skole", False),
        (Kind.DATE, "2026-11-01", "2026-11-02", False),
    ],
)
def test_agreement_by_kind(kind: Kind, one: str, other: str, same: bool) -> None:
    assert agree(kind, one, other) is same


@pytest.mark.parametrize(
    ("process_map", "expected"),
    [
        ({"sn_hr_le_case|Fratrædelse": "fratraedelse"}, "fratraedelse"),
        ({"*|Fratrædelse": "a", "sn_hr_le_case|fratrædelse|Løn": "b"}, "b"),
        ({"task|Fratrædelse": "a"}, "titel"),
        ({}, "titel"),
    ],
)
def test_the_closest_line_of_the_map_names_the_process(process_map: dict[str, str], expected: str) -> None:
    row = ServerRow(
        "x",
        "sn_hr_le_case",
        {"hr_service": "abc", "category": "loen", "u_cpr": "610199-1234", "u_tjenestenr": " 100200 "},
        {"hr_service": "Fratrædelse", "category": "Løn"},
    )
    settings = ServiceNowSettings(url="https://x", process_map=process_map, fields=ServiceNowFields())

    found = about(row, settings, {"titel": "Fratrædelse"})

    assert (found.process, found.cpr, found.tjenestenr) == (expected, "6101991234", "100200")
