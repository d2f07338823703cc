"""How lists come: pages, headers, hidden rows, shapes of values."""

import re

import pytest
from practice_client import Caller

ORDER = "ORDERBYsys_updated_on^ORDERBYsys_id"


def test_every_raw_value_is_a_string_and_an_empty_reference_is_an_empty_string(reader):
    rows = reader.rows("task", ORDER, limit=200)

    plain = {type(value) for row in rows for name, value in row.items() if name != "assigned_to"}
    held = {type(row["assigned_to"]) for row in rows}
    assert plain <= {str, dict}
    assert held == {str, dict}
    assert {row["assigned_to"] for row in rows if isinstance(row["assigned_to"], str)} == {""}
    linked = next(row["assigned_to"] for row in rows if row["assigned_to"])
    assert linked["link"].endswith(f"/api/now/table/sys_user/{linked['value']}")


def test_booleans_of_closed_cases_are_false_in_words(reader):
    rows = reader.rows("task", f"active=false^{ORDER}", limit=5)

    assert {row["active"] for row in rows} == {"false"}


@pytest.mark.parametrize(
    ("display", "excluded", "keys"),
    [
        ("false", "false", {"link", "value"}),
        ("true", "false", {"display_value", "link"}),
        ("all", "false", {"display_value", "value", "link"}),
        ("all", "true", {"display_value", "value"}),
    ],
)
def test_a_reference_has_the_documented_shape(reader, display, excluded, keys):
    row = reader.rows(
        "task", "assigned_toISNOTEMPTY", limit=1, display_value=display, exclude_reference_link=excluded
    )

    assert row[0]["assigned_to"].keys() == keys


def test_a_reference_without_link_is_plain_text(reader):
    raw = reader.rows("task", f"assigned_toISNOTEMPTY^{ORDER}", limit=1, exclude_reference_link="true")
    shown = reader.rows(
        "task", f"assigned_toISNOTEMPTY^{ORDER}", limit=1, exclude_reference_link="true", display_value="true"
    )

    assert re.fullmatch("[0-9a-f]{32}", raw[0]["assigned_to"])
    assert " " in shown[0]["assigned_to"]


def test_display_values_are_in_the_users_language_and_zone(shared, overseer):
    case = overseer.rows("sn_hr_le_case", "state=18", limit=1, display_value="all")[0]

    assert case["state"] == {"display_value": "Igangværende", "value": "18"}
    assert case["sys_class_name"] == {"display_value": "Livscyklussag", "value": "sn_hr_le_case"}
    year, month, day = case["opened_at"]["value"][:10].split("-")
    assert case["opened_at"]["display_value"].startswith(f"{day}-{month}-{year} ")
    assert case["opened_at"]["display_value"][11:13] != case["opened_at"]["value"][11:13]
    assert case["u_opsigelse_modtaget"]["value"][:4] == case["u_opsigelse_modtaget"]["display_value"][6:]


def test_only_the_asked_fields_come_with_walked_ones_flat_and_unknown_ones_missing(reader):
    rows = reader.rows("task", "assigned_toISNOTEMPTY", limit=3, fields="number,assigned_to.name,u_cpr,nonsense")

    assert {tuple(row) for row in rows} == {("number", "assigned_to.name")}
    assert all(row["assigned_to.name"] for row in rows)


def test_the_base_table_gives_only_its_own_fields_and_the_child_its_own_too(reader):
    case = reader.some_case()

    assert "u_initiativ" not in reader.one("task", case["sys_id"])
    assert "u_cpr" in reader.one("sn_hr_core_case", case["sys_id"])
    assert "u_initiativ" in reader.one("sn_hr_le_case", case["sys_id"])
    assert reader.ask("GET", f"/api/now/table/sc_task/{case['sys_id']}").status_code == 404


def test_the_limit_counts_before_hidden_rows_and_so_does_the_total(shared, reader):
    answer = reader.listed("task", ORDER, limit=1000)
    seen = {row["sys_id"] for row in answer.json()["result"]}

    assert answer.headers["X-Total-Count"] == "600"
    assert len(seen) < 600
    assert seen == shared.visible("anna.holm").keys()
    pages = [len(reader.rows("task", ORDER, limit=50, offset=offset)) for offset in range(0, 600, 50)]
    assert sum(pages) == len(seen)
    assert min(pages) < 50


def test_an_entirely_hidden_page_stands_between_others(shared, reader):
    pages = [len(reader.rows("task", ORDER, limit=5, offset=offset)) for offset in range(0, 600, 5)]

    assert 0 in pages[1:-1]
    assert {row["sys_id"] for row in reader.by_keyset("task", limit=5)} == shared.visible("anna.holm").keys()


def test_many_rows_share_a_second_and_the_pair_cursor_meets_each_once(shared, overseer):
    rows = overseer.by_keyset("task", limit=20)
    seconds = [row["sys_updated_on"] for row in rows]

    assert max(seconds.count(second) for second in set(seconds)) > 20
    assert sorted(row["sys_id"] for row in rows) == sorted(shared.visible("freja.skov"))


def test_pages_without_an_order_lose_and_repeat_rows(overseer):
    ids = [row["sys_id"] for offset in range(0, 600, 20) for row in overseer.rows("task", limit=20, offset=offset)]

    assert len(ids) == 600
    assert len(set(ids)) < 600


def test_link_header_is_one_line_without_blanks_and_its_first_prev_is_negative(overseer):
    link = overseer.listed("task", ORDER, limit=100).headers["Link"]

    assert re.findall(r'rel="(\w+)"', link) == ["first", "prev", "next", "last"]
    assert ", <" not in link
    assert re.search(r'sysparm_offset=-100>;rel="prev"', link)
    last = overseer.listed("task", ORDER, limit=100, offset=500).headers["Link"]
    assert 'rel="next"' not in last


def test_headers_can_be_left_out(overseer):
    bare = overseer.listed("task", ORDER, limit=1, no_count="true")
    quiet = overseer.listed("task", ORDER, limit=1, suppress_pagination_header="true")

    assert "X-Total-Count" not in bare.headers
    assert "Link" not in quiet.headers
    assert quiet.headers["X-Total-Count"] == "600"


@pytest.mark.parametrize("params", [{"offset": -1}, {"limit": "ti"}, {"offset": "x"}])
def test_an_impossible_page_is_a_400(reader, params):
    answer = reader.listed("task", **params)

    assert answer.status_code == 400
    assert answer.json()["status"] == "failure"


def test_no_hits_are_an_empty_list_and_404_in_the_first_version(reader):
    assert reader.rows("task", "number=INTET") == []
    old = reader.ask("GET", "/api/now/v1/table/task", params={"sysparm_query": "number=INTET"})
    assert old.status_code == 404


def test_missing_and_hidden_records_are_told_in_the_same_words(shared, reader):
    hidden = next(iter(shared.visible("freja.skov").keys() - shared.visible("anna.holm").keys()))
    answers = [reader.ask("GET", f"/api/now/table/task/{sys_id}") for sys_id in (hidden, "f" * 32)]

    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["error"]["message"] == "No Record found"


@pytest.mark.parametrize("table", ["sys_dictionary", "sys_db_object", "sys_audit_delete"])
def test_closed_tables_look_empty_to_caseworkers(reader, overseer, table):
    answer = reader.listed(table)

    assert (answer.status_code, answer.json()) == (200, {"result": []})
    assert table == "sys_audit_delete" or overseer.rows(table, limit=3)


def test_hr_cases_are_hidden_from_finance_and_their_cpr_field_is_absent(shared):
    with Caller(shared.base_url, "dorte.friis") as dorte:
        assert dorte.rows("sn_hr_core_case", limit=100) == []
        assert "u_cpr" not in dorte.rows("sn_ap_cm_ap_case", limit=1)[0]
        assert "u_beloeb" in dorte.rows("sn_ap_cm_ap_case", limit=1)[0]


def test_a_field_closed_by_its_own_rule_is_absent_not_empty(reader, overseer):
    case = reader.some_case()

    assert "u_intern_vurdering" not in case
    assert "u_intern_vurdering" in overseer.one("sn_hr_le_case", case["sys_id"])


def test_children_of_hidden_cases_are_hidden(shared, reader, overseer):
    seen, every = reader.rows("task_sla", ORDER), overseer.rows("task_sla", ORDER)

    assert 0 < len(seen) < len(every)
    assert {row["task"]["value"] for row in seen} <= shared.visible("anna.holm").keys()


def test_an_unknown_table_is_a_400(reader):
    answer = reader.listed("u_findes_ikke")

    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Invalid table u_findes_ikke")


def test_a_long_address_is_refused_and_a_tiny_one_stands_for_it(reader):
    ids = ",".join(row["sys_id"] for row in reader.rows("task", ORDER, limit=100, fields="sys_id"))
    path = f"/api/now/table/task?sysparm_query=sys_idIN{ids}&sysparm_fields=sys_id"

    assert reader.ask("GET", path).status_code == 414
    tiny = reader.ask("POST", "/api/now/tinyurl", json={"url": path}).json()["result"]
    short = tiny.rpartition("sysparm_tiny=")[2]
    answer = reader.ask("GET", f"/api/now/table/task?sysparm_tiny={short}").json()["result"]
    assert sorted(row["sys_id"] for row in answer) == sorted(ids.split(","))


def test_head_and_the_method_override_are_understood(reader):
    head = reader.ask("HEAD", "/api/now/table/task?sysparm_limit=1")
    posted = reader.ask(
        "POST", "/api/now/table/task?sysparm_limit=2", json={}, headers={"X-HTTP-Method-Override": "GET"}
    )

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["X-Total-Count"] == "600"
    assert len(posted.json()["result"]) <= 2
    assert posted.status_code == 200


def test_media_types_that_are_not_json_are_refused(reader):
    assert reader.ask("GET", "/api/now/table/task", headers={"Accept": "text/csv"}).status_code == 406
    xml = reader.ask("POST", "/api/now/table/task", data="<x/>", headers={"Content-Type": "text/xml"})
    assert xml.status_code == 415


def test_stats_count_more_than_the_user_sees_and_every_number_is_a_string(shared, reader):
    stats = reader.ask("GET", "/api/now/stats/task", params={"sysparm_count": "true"}).json()["result"]["stats"]
    groups = reader.ask(
        "GET",
        "/api/now/stats/task",
        params={"sysparm_count": "true", "sysparm_group_by": "assignment_group", "sysparm_display_value": "true"},
    ).json()["result"]

    assert stats == {"count": "600"}
    assert len(shared.visible("anna.holm")) < 600
    names = [group["groupby_fields"][0]["value"] for group in groups]
    assert "Løn og ansættelse" in names
    assert sum(int(group["stats"]["count"]) for group in groups) == 600


def test_stats_give_sums_and_extremes(overseer):
    params = {f"sysparm_{name}_fields": "u_beloeb" for name in ("sum", "min", "max", "avg")}
    stats = overseer.ask("GET", "/api/now/stats/sn_ap_cm_ap_case", params=params).json()["result"]["stats"]
    amounts = [float(row["u_beloeb"]) for row in overseer.rows("sn_ap_cm_ap_case")]

    assert float(stats["sum"]["u_beloeb"]) == pytest.approx(sum(amounts))
    assert float(stats["min"]["u_beloeb"]) == min(amounts)
    assert float(stats["max"]["u_beloeb"]) == max(amounts)
    assert float(stats["avg"]["u_beloeb"]) == pytest.approx(sum(amounts) / len(amounts), abs=0.001)


def test_a_batch_serves_each_request_with_its_own_status(reader):
    import base64
    import json

    case = reader.some_case()
    asked = [
        {"id": "1", "method": "GET", "url": f"/api/now/table/task/{case['sys_id']}?sysparm_fields=number"},
        {"id": "2", "method": "GET", "url": f"/api/now/table/task/{'e' * 32}"},
    ]
    answer = reader.ask("POST", "/api/now/v1/batch", json={"batch_request_id": "b", "rest_requests": asked}).json()

    bodies = [json.loads(base64.b64decode(one["body"])) for one in answer["serviced_requests"]]
    assert [one["status_code"] for one in answer["serviced_requests"]] == [200, 404]
    assert bodies[0] == {"result": {"number": case["number"]}}
    assert answer["unserviced_requests"] == []
