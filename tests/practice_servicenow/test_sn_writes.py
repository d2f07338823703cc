"""What a write does, what it silently does not, and what is refused."""

import threading

from practice_client import Caller


def test_both_put_and_patch_are_partial_and_count_one_change(instance, anna):
    case = anna.some_case()
    for verb, priority in (("PATCH", "1"), ("PUT", "2")):
        before = anna.one("sn_hr_le_case", case["sys_id"])
        instance.clock.move(5)
        body = {"priority": priority}
        echo = anna.ask(verb, f"/api/now/table/sn_hr_le_case/{case['sys_id']}", json=body).json()["result"]

        assert echo["priority"] == priority
        assert int(echo["sys_mod_count"]) == int(before["sys_mod_count"]) + 1
        assert echo["sys_updated_on"] > before["sys_updated_on"]
        assert echo["sys_updated_by"] == "anna.holm"
        unchanged = before.keys() - {"priority", "sys_mod_count", "sys_updated_on", "sys_updated_by"}
        assert {name: echo[name] for name in unchanged} == {name: before[name] for name in unchanged}


def test_an_update_that_changes_nothing_moves_nothing(instance, anna):
    case = anna.some_case()
    instance.clock.move(60)
    echo = anna.change("sn_hr_le_case", case["sys_id"], priority=case["priority"]).json()["result"]

    assert (echo["sys_mod_count"], echo["sys_updated_on"]) == (case["sys_mod_count"], case["sys_updated_on"])


def test_unknown_protected_and_system_fields_are_left_alone_with_200(anna):
    case = anna.some_case()
    answer = anna.change("sn_hr_le_case", case["sys_id"], nonsense="x", u_cpr="1", sys_mod_count="99", number="X")

    assert answer.status_code == 200
    echo = answer.json()["result"]
    assert "nonsense" not in echo
    kept = ("u_cpr", "sys_mod_count", "number")
    assert [echo[name] for name in kept] == [case[name] for name in kept]


def test_an_empty_string_clears_a_field(anna):
    case = anna.some_case("u_oensket_fratraedelsesdatoISNOTEMPTY^active=true")
    echo = anna.change("sn_hr_le_case", case["sys_id"], u_oensket_fratraedelsesdato="").json()["result"]

    assert echo["u_oensket_fratraedelsesdato"] == ""


def test_active_follows_the_state_and_closing_leaves_its_trace(anna):
    case = anna.some_case("state=18^u_initiativISNOTEMPTY")
    echo = anna.change("sn_hr_le_case", case["sys_id"], state="3").json()["result"]

    assert echo["active"] == "false"
    assert echo["closed_at"]
    assert echo["closed_by"]["value"]
    sla = anna.rows("task_sla", f"task={case['sys_id']}")
    assert {row["stage"] for row in sla} == {"completed"}


def test_a_rule_acts_after_the_answer_so_the_echo_is_not_the_end(anna):
    case = anna.some_case("state=10^active=true")
    echo = anna.change("sn_hr_le_case", case["sys_id"], state="18").json()["result"]
    later = anna.one("sn_hr_le_case", case["sys_id"])

    assert echo["work_start"] == ""
    assert later["work_start"]
    assert int(later["sys_mod_count"]) == int(echo["sys_mod_count"]) + 1
    assert later["sys_updated_by"] == "system"


def test_a_business_rule_refuses_with_danish_words_and_changes_nothing(anna):
    case = anna.some_case("state=18^active=true")
    finance = anna.rows("sys_user_group", "name=Finans")[0]["sys_id"]
    answer = anna.change("sn_hr_le_case", case["sys_id"], assignment_group=finance, priority="1")

    error = answer.json()["error"]
    assert (answer.status_code, error["message"]) == (403, "Operation Failed")
    assert error["detail"].startswith("Tildelingsgruppen kan kun ændres, når sagen er i status Klar.")
    assert "was aborted by Business Rule" in error["detail"]
    assert anna.one("sn_hr_le_case", case["sys_id"])["sys_mod_count"] == case["sys_mod_count"]


def test_a_case_without_initiative_cannot_be_closed(instance, anna):
    case = anna.some_case("state=18")
    with instance.tables.lock:
        instance.tables.change("sn_hr_le_case", case["sys_id"], {"u_initiativ": ""}, by="system")

    answer = anna.change("sn_hr_le_case", case["sys_id"], state="3")

    assert answer.status_code == 403
    assert answer.json()["error"]["detail"].startswith("Sagen kan ikke afsluttes, før initiativ er udfyldt.")


def test_putting_a_case_on_hold_stops_its_clock_and_resuming_moves_the_breach(instance, anna):
    case = anna.some_case("state=18^active=true")
    before = anna.rows("task_sla", f"task={case['sys_id']}")[0]
    anna.change("sn_hr_le_case", case["sys_id"], state="24")
    held = anna.rows("task_sla", f"task={case['sys_id']}")[0]
    instance.clock.move(3600)
    anna.change("sn_hr_le_case", case["sys_id"], state="18")
    after = anna.rows("task_sla", f"task={case['sys_id']}")[0]

    assert (before["stage"], held["stage"], after["stage"]) == ("in_progress", "paused", "in_progress")
    assert held["planned_end_time"] == before["planned_end_time"] < after["planned_end_time"]
    assert "1970-01-01 01:00:00" <= after["pause_duration"] <= "1970-01-01 01:00:10"
    assert before["percentage"] == held["percentage"] == after["percentage"]


def test_journals_append_and_read_back_as_one_text_newest_first(instance, anna):
    case = anna.some_case()
    anna.change("sn_hr_le_case", case["sys_id"], work_notes="Første note")
    instance.clock.move(61)
    echo = anna.change("sn_hr_le_case", case["sys_id"], work_notes="Anden note").json()["result"]

    assert echo["work_notes"] == ""
    shown = anna.one("task", case["sys_id"], display_value="true")["work_notes"]
    assert shown.index("Anden note") < shown.index("Første note")
    assert shown.startswith("23-11-2026 11:01:")
    assert " - Anna Holm (Arbejdsnoter)\nAnden note\n\n" in shown
    entries = anna.rows(
        "sys_journal_field", f"element_id={case['sys_id']}^element=work_notes^ORDERBYsys_created_on"
    )
    assert [entry["value"] for entry in entries][-2:] == ["Første note", "Anden note"]
    assert "sys_updated_on" not in entries[0]
    assert int(echo["sys_mod_count"]) == int(case["sys_mod_count"]) + 2


def test_journals_can_be_closed_while_the_display_text_stays(instance, anna):
    case = anna.some_case()
    anna.change("sn_hr_le_case", case["sys_id"], comments="Hej")
    instance.faults.switch("closed_journals")

    closed = anna.listed("sys_journal_field", f"element_id={case['sys_id']}")
    assert (closed.status_code, closed.json()) == (200, {"result": []})
    assert "Hej" in anna.one("task", case["sys_id"], display_value="true")["comments"]


def test_a_new_case_gets_number_location_and_the_fields_of_its_creator(anna):
    body = {"short_description": "Ny", "correlation_id": "c-1", "u_cpr": "6101011234", "sys_id": "a" * 32}
    answer = anna.ask("POST", "/api/now/table/sn_hr_le_case", json=body)

    made = answer.json()["result"]
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"/api/now/table/sn_hr_le_case/{made['sys_id']}")
    assert made["sys_id"] != "a" * 32
    assert made["number"].startswith("HRL")
    assert made["u_cpr"] == "6101011234"
    assert made["sys_created_by"] == "anna.holm"
    assert [row["sys_id"] for row in anna.rows("task", "correlation_id=c-1")] == [made["sys_id"]]


def test_of_several_records_in_a_body_only_the_first_is_made(anna):
    body = {"records": [{"short_description": "Ene"}, {"short_description": "To"}]}
    made = anna.ask("POST", "/api/now/table/sn_hr_le_case", json=body).json()["result"]

    assert made["short_description"] == "Ene"
    assert anna.rows("task", "short_description=To") == []


def test_caseworkers_neither_delete_nor_make_users(anna, freja, instance):
    case = anna.some_case()

    assert anna.ask("DELETE", f"/api/now/table/task/{case['sys_id']}").status_code == 403
    assert anna.ask("POST", "/api/now/table/sys_user", json={"name": "x"}).status_code == 403
    assert freja.ask("DELETE", f"/api/now/table/task/{case['sys_id']}").status_code == 204
    assert anna.ask("GET", f"/api/now/table/task/{case['sys_id']}").status_code == 404
    assert [row["documentkey"] for row in freja.rows("sys_audit_delete")] == [case["sys_id"]]


def test_input_display_values_are_read_in_the_users_zone_and_language(anna):
    case = anna.some_case("state=18^active=true")
    path = f"/api/now/table/sn_hr_le_case/{case['sys_id']}"
    body = {"state": "Sat på hold", "follow_up": "24-12-2026 12:00:00"}
    shown = anna.ask("PATCH", path, params={"sysparm_input_display_value": "true"}, json=body).json()["result"]
    raw = anna.ask("PATCH", path, json={"follow_up": "2026-12-24 12:00:00"}).json()["result"]

    assert (shown["state"], shown["follow_up"]) == ("24", "2026-12-24 11:00:00")
    assert raw["follow_up"] == "2026-12-24 12:00:00"


def test_a_user_in_new_york_reads_her_own_time_and_language(instance, anna, freja):
    case = anna.some_case()
    user = freja.rows("sys_user", "user_name=anna.holm")[0]["sys_id"]
    changes = {"time_zone": "America/New_York", "date_format": "MM/dd/yyyy", "time_format": "hh:mm:ss a"}
    freja.change("sys_user", user, preferred_language="en", **changes)
    anna.change("sn_hr_le_case", case["sys_id"], due_date="2026-03-20 16:30:00")

    shown = anna.one("sn_hr_le_case", case["sys_id"], display_value="all")
    assert shown["due_date"]["display_value"] == "03/20/2026 12:30:00 PM"
    assert shown["state"]["display_value"] == "Work in Progress"


def test_the_body_of_an_answer_can_be_left_out(anna):
    case = anna.some_case()
    path = f"/api/now/table/sn_hr_le_case/{case['sys_id']}"
    answer = anna.ask("PATCH", path, json={"priority": "1"}, headers={"X-no-response-body": "true"})

    assert (answer.status_code, answer.content) == (204, b"")
    assert anna.one("task", case["sys_id"])["priority"] == "1"


def test_a_broken_body_is_a_400(anna):
    case = anna.some_case()
    path = f"/api/now/table/sn_hr_le_case/{case['sys_id']}"
    answer = anna.ask("PATCH", path, data="{", headers={"Content-Type": "application/json"})

    assert answer.status_code == 400


def test_approvals_roll_up_to_their_case(start):
    instance = start(600)
    with Caller(instance.base_url, "bent.kjaer") as bent:
        approval = bent.rows("sysapproval_approver", "state=requested", exclude_reference_link="true")[0]
        bent.change("sysapproval_approver", approval["sys_id"], state="rejected")

        assert bent.one("task", approval["sysapproval"])["approval"] == "rejected"


def test_colleagues_edit_note_insert_and_delete_at_run_time(instance, anna):
    case = anna.some_case()

    def colleague(**what):
        return anna.ask("POST", "/practice/colleague", json=what).json()["result"]

    colleague(action="edit", sys_ids=[case["sys_id"]], fields={"priority": "1"}, user="bent.kjaer")
    colleague(action="note", sys_ids=[case["sys_id"]], text="Fra Bent", user="bent.kjaer")
    new = colleague(action="insert", count=2)
    gone = colleague(action="delete", sys_ids=new[:1])
    now = anna.one("task", case["sys_id"])

    assert (now["priority"], now["sys_updated_by"]) == ("1", "bent.kjaer")
    assert int(now["sys_mod_count"]) == int(case["sys_mod_count"]) + 2
    assert gone == new[:1]
    assert [instance.tables.get("task", sys_id) is None for sys_id in new] == [True, False]
    assert anna.ask("POST", "/practice/colleague", json={"action": "dans"}).status_code == 400


def test_writers_at_the_same_time_lose_no_change(instance, anna):
    case = anna.some_case()

    def write(number: int) -> None:
        with Caller(instance.base_url, "anna.holm") as caller:
            for turn in range(10):
                caller.change("sn_hr_le_case", case["sys_id"], work_notes=f"{number}.{turn}")
                caller.rows("task", "ORDERBYsys_updated_on^ORDERBYsys_id", limit=20)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    after = anna.one("sn_hr_le_case", case["sys_id"])
    notes = anna.rows("sys_journal_field", f"element_id={case['sys_id']}^valueLIKE.")
    assert int(after["sys_mod_count"]) == int(case["sys_mod_count"]) + 40
    assert {f"{number}.{turn}" for number in range(4) for turn in range(10)} <= {one["value"] for one in notes}
