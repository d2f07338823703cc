"""The seeded cases: the same for the same seed, plausible, and awkward on purpose."""

from collections import Counter
from datetime import timedelta

from kkassist.practice.servicenow.clock import parse_stamp
from kkassist.practice.servicenow.server import start_servicenow


def everything(running):
    return {
        table: list(running.tables.rows(table))
        for table in ("task", "sys_user", "sys_journal_field", "sys_attachment", "task_sla")
    }


def test_equal_seeds_make_equal_instances_and_others_differ(start, city):
    first, second = start(), start()
    other = start_servicenow(city, cases=120, seed=8, now=first.clock.now())
    other.stop()

    assert everything(first) == everything(second)
    assert everything(first)["task"] != everything(other)["task"]


def test_exactly_the_asked_number_of_cases_is_made(shared):
    assert shared.tables.count("task") == 600


def test_most_are_pay_cases_and_a_third_are_leavings(shared, reader):
    kinds = Counter(row["sys_class_name"] for row in shared.tables.rows("task"))
    leaving = reader.rows("sn_hr_le_case", "hr_service.name=Fratrædelse", display_value="all")

    assert 0.25 < len(leaving) / 600 < 0.45
    assert {row["hr_service"]["display_value"] for row in leaving} == {"Fratrædelse"}
    assert kinds.keys() >= {
        "sn_hr_core_case_payroll", "sn_spend_sdc_service_request", "sn_ap_cm_ap_case",
        "sn_customerservice_case", "sc_req_item", "sc_task", "task",
    }  # fmt: skip
    group = shared.tables.where("sys_user_group", "name", "Løn og ansættelse")[0]["sys_id"]
    ours = [row for row in shared.tables.rows("task") if row.get("assignment_group") == group]
    held = Counter(row.get("assigned_to", "") for row in ours if row.get("active") == "true")
    anna = shared.tables.where("sys_user", "user_name", "anna.holm")[0]["sys_id"]
    assert len(ours) > 300
    assert held[anna] > 10
    assert held[""] > 10
    assert len(held) > 4


def test_cases_are_about_people_that_opus_knows(shared, city):
    by_cpr = {}
    for one in city.employments:
        by_cpr.setdefault(one.cpr, []).append(one)
    units = {unit.kkorgnr for unit in city.units}
    cases = list(shared.tables.rows("sn_hr_core_case"))
    cprs = [row["u_cpr"].replace("-", "") for row in cases]

    assert set(cprs) <= by_cpr.keys()
    assert {row["u_enhed"] for row in cases} <= units
    assert any("-" in row["u_cpr"] for row in cases)
    for row, cpr in zip(cases, cprs, strict=True):
        assert row.get("u_tjenestenr", "") in {"", *(one.tjenestenr for one in by_cpr[cpr])}
    open_question = [
        cpr for row, cpr in zip(cases, cprs, strict=True) if "u_tjenestenr" not in row and len(by_cpr[cpr]) > 1
    ]
    names = {cpr: {one.name for one in found} for cpr, found in by_cpr.items()}
    disagreeing = [row for row, cpr in zip(cases, cprs, strict=True) if row["u_navn"] not in names[cpr]]
    assert open_question
    assert disagreeing
    assert any(count > 1 for count in Counter(cprs).values())


def test_leavings_cover_every_way_to_leave(shared):
    leaving = [row for row in shared.tables.rows("sn_hr_le_case") if "u_opsigelse_modtaget" in row]

    assert {row.get("u_initiativ", "") for row in leaving} == {"M", "A", "D", "T", ""}
    assert any(row["u_aarsag"] == "08" and "u_ny_enhed" in row for row in leaving)
    assert any(row.get("u_oensket_fratraedelsesdato", "").endswith("-15") for row in leaving)
    for row in leaving:
        assert row["u_opsigelse_modtaget"] <= row["opened_at"][:10]


def test_clocks_are_over_near_far_and_on_hold_and_their_percentages_stale(shared):
    now = shared.clock.now()
    running = [row for row in shared.tables.rows("task_sla") if row["stage"] == "in_progress"]
    left = [parse_stamp(row["planned_end_time"]) - now for row in running]

    assert any(one < timedelta(0) for one in left)
    assert any(timedelta(0) < one < timedelta(hours=2) for one in left)
    assert any(one > timedelta(days=3) for one in left)
    assert any(row["stage"] == "paused" and row["pause_time"] for row in shared.tables.rows("task_sla"))
    breached = [row for row, one in zip(running, left, strict=True) if one < timedelta(0)]
    assert any("has_breached" not in row for row in breached)


def test_times_lie_in_the_past_and_in_order(shared):
    now = shared.clock.stamp()
    for row in shared.tables.rows("task"):
        assert row["opened_at"] <= row["sys_updated_on"] <= now
        assert row.get("active") == "true" or row["closed_at"] >= row["opened_at"]


def test_two_records_can_have_one_number(start):
    numbers = Counter(row["number"] for row in start(1500).tables.rows("task"))

    assert numbers.most_common(1)[0][1] == 2


def test_notes_hold_html_now_and_then(shared):
    texts = [row["value"] for row in shared.tables.rows("sys_journal_field")]

    assert any("[code]<" in text for text in texts)
    assert any("<" not in text for text in texts)


def test_catalogue_items_have_answers_and_sets_of_rows(shared, overseer):
    item = overseer.rows("sc_req_item", limit=1, exclude_reference_link="true")[0]
    answers = overseer.rows(
        "sc_item_option_mtom",
        f"request_item={item['sys_id']}",
        fields="sc_item_option.item_option_new.name,sc_item_option.value",
    )
    sets = overseer.rows("sc_multi_row_question_answer", f"parent_id={item['sys_id']}")

    assert {row["sc_item_option.item_option_new.name"] for row in answers} == {
        "kortholder", "beloebsgraense", "begrundelse",
    }  # fmt: skip
    assert len({row["row_index"] for row in sets}) == 2
    assert overseer.rows("sc_task", f"request_item={item['sys_id']}")


def test_an_index_finds_what_a_whole_search_finds(start):
    """The order kept while rows change equals a fresh sort of all rows."""
    instance = start()
    for _ in range(30):
        instance.colleagues.stir()
        instance.clock.move(1)
    rows = list(instance.tables.rows("task"))
    keys = [(row["sys_updated_on"], row["sys_id"]) for row in rows]

    assert keys == sorted(keys)
    for table in ("sn_hr_le_case", "sn_hr_core_case"):
        ids = {row["sys_id"] for row in instance.tables.rows(table)}
        assert ids == {
            row["sys_id"] for row in rows if row["sys_class_name"].startswith(table)
            or (table == "sn_hr_core_case" and row["sys_class_name"] == "sn_hr_le_case")
        }  # fmt: skip
    by_number = {row["sys_id"] for row in instance.tables.where("task", "number", rows[0]["number"])}
    assert by_number == {row["sys_id"] for row in rows if row["number"] == rows[0]["number"]}
