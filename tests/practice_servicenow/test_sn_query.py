"""The encoded query grammar, seen from outside."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def every(overseer):
    rows = overseer.rows("task", exclude_reference_link="true")
    return {row["sys_id"]: row for row in rows}


@pytest.fixture(scope="module")
def ask(overseer):
    return lambda query, table="task": {row["sys_id"] for row in overseer.rows(table, query, fields="sys_id")}


def where(every, test):
    found = {sys_id for sys_id, row in every.items() if test(row)}
    assert found, "the sample has rows of this kind"
    return found


def test_or_binds_to_the_condition_before_it(ask, every):
    found = ask("active=true^priority=2^ORpriority=3")

    assert found == where(every, lambda row: row["active"] == "true" and row["priority"] in {"2", "3"})


def test_nq_starts_a_group_that_shares_nothing_with_the_first(ask, every):
    found = ask("active=true^priority=2^NQpriority=5")

    assert found == where(
        every, lambda row: (row["active"] == "true" and row["priority"] == "2") or row["priority"] == "5"
    )


@pytest.mark.parametrize(
    ("query", "test"),
    [
        ("priority!=3", lambda row: row["priority"] != "3"),
        ("priority<3", lambda row: int(row["priority"]) < 3),
        ("priority>=4", lambda row: int(row["priority"]) >= 4),
        ("priorityIN1,2", lambda row: row["priority"] in {"1", "2"}),
        ("priorityNOT IN1,2", lambda row: row["priority"] not in {"1", "2"}),
        ("assigned_toISEMPTY", lambda row: not row["assigned_to"]),
        ("assigned_toISNOTEMPTY", lambda row: bool(row["assigned_to"])),
        ("short_descriptionLIKEKILOMETER", lambda row: "kilometer" in row["short_description"].lower()),
        ("short_descriptionNOT LIKEløn", lambda row: "løn" not in row["short_description"].lower()),
        ("short_descriptionSTARTSWITHfrat", lambda row: row["short_description"].startswith("Frat")),
        ("short_descriptionENDSWITHkreditor", lambda row: row["short_description"].endswith("kreditor")),
        ("active!=true", lambda row: row["active"] != "true"),
        ("sys_class_nameINSTANCEOFsn_hr_core_case", lambda row: row["sys_class_name"].startswith("sn_hr_")),
        ("opened_at<2026-06-01 00:00:00", lambda row: row["opened_at"] < "2026-06-01"),
        (
            "opened_atBETWEEN2026-10-01 00:00:00@2026-10-31 23:59:59",
            lambda row: row["opened_at"].startswith("2026-10"),
        ),
        ("closed_atGT_FIELDopened_at", lambda row: row["closed_at"] > row["opened_at"]),
        ("sys_created_onSAMEASopened_at", lambda row: row["sys_created_on"] == row["opened_at"]),
        ("123TEXTQUERY321=aktindsigt", lambda row: "aktindsigt" in str(row).lower()),
    ],
)
def test_operators(ask, every, query, test):
    assert ask(query) == where(every, test)


def test_dot_walking_and_references_by_what_they_show(ask, every, overseer):
    anna = overseer.rows("sys_user", "user_name=anna.holm")[0]["sys_id"]
    hers = where(every, lambda row: row["assigned_to"] == anna)

    assert ask("assigned_to.user_name=anna.holm") == hers
    assert ask("assigned_to.departmentISNOTEMPTY^assigned_toLIKEanna holm") == hers
    assert ask(f"assigned_to={anna}") == hers


def test_name_value_filters_take_raw_and_display_values(overseer, every):
    answer = overseer.ask("GET", "/api/now/table/task?assignment_group=Finans&active=true&sysparm_fields=sys_id")
    finance = overseer.rows("sys_user_group", "name=Finans")[0]["sys_id"]

    assert {row["sys_id"] for row in answer.json()["result"]} == where(
        every, lambda row: row["assignment_group"] == finance and row["active"] == "true"
    )


def test_a_typo_broadens_the_result_unless_the_property_is_set(shared, ask, every):
    assert ask("priority=1^prioritet=2") == ask("priority=1")
    assert ask("prioritet=2") == every.keys()
    shared.properties.invalid_query_returns_no_rows = True
    try:
        assert ask("priority=1^prioritet=2") == set()
    finally:
        shared.properties.invalid_query_returns_no_rows = False


def test_server_side_calls_know_the_user_and_her_day(reader, overseer, every, ask):
    anna = overseer.rows("sys_user", "user_name=anna.holm")[0]["sys_id"]
    mine = reader.rows("task", "assigned_to=javascript:gs.getUserID()", exclude_reference_link="true")
    ours = reader.rows("task", "assignment_groupINjavascript:getMyGroups()", display_value="true")

    assert {row["assigned_to"] for row in mine} == {anna}
    assert {row["assignment_group"]["display_value"] for row in ours} == {"Løn og ansættelse"}
    week = ask("opened_at>=javascript:gs.daysAgoStart(7)")
    assert week == where(every, lambda row: row["opened_at"] >= "2026-11-15 23:00:00")
    assert ask("opened_at>javascript:gs.dateGenerate('2026-07-01','00:00:00')") == where(
        every, lambda row: row["opened_at"] > "2026-06-30 22:00:00"
    )
    assert ask("opened_at>javascript:gs.rm('x')") == every.keys()


def test_relative_bounds_are_reckoned_on_the_server(shared, ask, every):
    found = ask("opened_atRELATIVEGT@day@ago@30")

    assert found == where(every, lambda row: row["opened_at"] > "2026-10-24 10:00:30")


@pytest.mark.parametrize(
    ("query", "test"),
    [
        (
            "opened_atONLast week@javascript:gs.beginningOfLastWeek()@javascript:gs.endOfLastWeek()",
            lambda row: "2026-11-15 23:00:00" <= row["opened_at"] <= "2026-11-22 22:59:59",
        ),
        ("opened_atRELATIVEEE@day@ago@3", lambda row: "2026-11-19 23" <= row["opened_at"] < "2026-11-20 23"),
        (
            "opened_atDATEPARTMonday@javascript:gs.datePart('dayofweek','monday','EE')",
            lambda row: datetime.fromisoformat(row["opened_at"]).weekday() == 0,
        ),
    ],
)
def test_days_are_those_of_the_user(ask, every, query, test):
    assert ask(query) == where(every, test)


def test_dynamic_filters_stand_for_me_and_my_groups(reader, overseer):
    me, groups = "90d1921e5f510100a9ad2572f2b477fe", "d6435e965f510100a9ad2572f2b477fe"
    mine = reader.rows("task", f"assigned_toDYNAMIC{me}", display_value="true")
    ours = reader.rows("task", f"assignment_groupDYNAMIC{groups}", display_value="true")

    assert {row["assigned_to"]["display_value"] for row in mine} == {"Anna Holm"}
    assert {row["assignment_group"]["display_value"] for row in ours} == {"Løn og ansættelse"}


def test_related_lists_can_be_asked_about(ask, overseer):
    paused = {row["task"]["value"] for row in overseer.rows("task_sla", "stage=paused")}

    assert ask("RLQUERYtask_sla.task,>=1^stage=paused^ENDRLQUERY") == paused
    assert paused


@settings(max_examples=25, deadline=None)
@given(text=st.text(st.sampled_from("aAæ^=,& %+#'\"ORNQ"), min_size=1, max_size=12).filter(str.strip))
def test_a_literal_with_doubled_carets_finds_exactly_itself(shared, overseer, text):
    tables = shared.tables
    with tables.lock:
        row = tables.add("sn_hr_core_topic_category", {"name": text})
    try:
        query = f"name={text.replace('^', '^^')}^sys_id={row['sys_id']}"
        assert [one["name"] for one in overseer.rows("sn_hr_core_topic_category", query)] == [text]
    finally:
        with tables.lock:
            tables.remove("sn_hr_core_topic_category", row["sys_id"], by="test")


def test_orders_apply_in_their_order(overseer):
    rows = overseer.rows("task", "ORDERBYpriority^ORDERBYDESCopened_at", fields="priority,opened_at")

    assert [row["priority"] for row in rows] == sorted(row["priority"] for row in rows)
    low = [row["opened_at"] for row in rows if row["priority"] == "4"]
    assert low == sorted(low, reverse=True)


def test_choices_are_inherited_and_come_in_danish_and_english(overseer):
    hr = overseer.rows("sys_choice", "name=sn_hr_core_case^element=state^language=da^ORDERBYsequence")
    english = overseer.rows("sys_choice", "name=task^element=state^language=en")

    assert [row["value"] for row in hr] == ["1", "10", "18", "20", "24", "3", "4", "7"]
    assert "Work in Progress" in {row["label"] for row in english}
    assert overseer.rows("sys_choice", "name=sn_hr_le_case^element=state") == []
