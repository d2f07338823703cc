"""The commands as a script runs them, against a ServiceNow that somebody else set up."""

from foreign_servicenow import PASSWORD, busy_until, html

STRANGE = {
    "prefix": "/kk/snow", "count": "absent", "chunked": True, "numbers": True, "links": True, "extra": True,
    "hashes": False, "closed": {"task_sla"}, "empty": {"sys_journal_field", "sys_choice"},
    "one_by_one": {"sys_user"}, "first_byte_s": 0.02,
}  # fmt: skip


def test_a_days_work_by_command_line(begin, tmp_path) -> None:
    desk = begin(cases_made=12, **STRANGE)
    instance = desk.instance

    code, synced = desk.program("sync")
    assert (code, synced["sources"][0]["error"]) == (0, "")
    assert synced["sources"][0]["created"] == len(desk.expected())

    code, queue = desk.run("queue")
    assert code == 0
    assert {one["sys_id"] for one in queue["cases"]} == desk.expected()
    assert queue["total"] == len(desk.expected())
    assert {one["state"] for one in queue["cases"]} <= {"New", "In Progress"}
    assert {one["table"] for one in queue["cases"]} == {"incident", "x_kk_hr_case"}
    case = next(one for one in queue["cases"] if one["table"] == "incident")
    sys_id, number = case["sys_id"], case["number"]

    file = tmp_path / "bilag æøå.txt"
    file.write_text("hej")
    assert desk.run("set", number, "short_description=Ny tekst ^ & æøå", "priority=2")[0] == 0
    assert desk.run("note", number, "--work-note", "Ringet op")[0] == 0
    assert desk.run("note", number, "--comment", "Vi ser på det")[0] == 0
    assert desk.run("assign", sys_id, "--me")[0] == 0
    assert desk.run("attach", number, str(file))[0] == 0
    assert instance.asked("PATCH|POST .*(table|attachment)") == [], "nothing is sent yet"

    code, pushed = desk.run("push")
    assert (code, pushed["refused"], pushed["waiting"], pushed["conflicts"]) == (0, [], 0, 0), pushed
    row = instance.rows("task")[sys_id]
    assert (row["short_description"], row["priority"], row["assigned_to"]) == (
        "Ny tekst ^ & æøå", "2", instance.anna,
    )  # fmt: skip
    written = [row for row in instance.rows("sys_journal_field").values() if row["element_id"] == sys_id]
    assert sorted(row["value"] for row in written) == ["Ringet op", "Vi ser på det"]
    assert b"hej" in instance.blobs.values()
    assert desk.run("outbox")[1]["entries"] == []

    code, shown = desk.run("case", number)
    assert code == 0
    assert shown["record"]["short_description"] == "Ny tekst ^ & æøå"
    assert any("Ringet op" in note["text"] for note in shown["notes"])


def test_a_conflict_two_cases_of_one_number_and_a_removal(begin) -> None:
    desk = begin(cases_made=12, auth="basic")
    instance = desk.instance
    assert desk.run("sync")[0] == 0
    first, second, third = sorted(desk.expected())[:3]
    rows = instance.rows("task")
    number = rows[first]["number"]

    assert desk.run("set", first, "close_notes=Min")[0] == 0
    instance.change("task", first, {"close_notes": "Kollegaens"}, "bo.lund")
    code, pushed = desk.run("push")
    assert (code, pushed["conflicts"], rows[first]["close_notes"]) == (0, 1, "Kollegaens")
    entry = desk.run("outbox")[1]["entries"][0]
    assert (entry["state"], entry["field"]) == ("conflict", "close_notes")
    assert desk.run("outbox", "resolve", entry["id"], "--mine")[0] == 0
    assert desk.run("push")[1]["sent"] == 1
    assert rows[first]["close_notes"] == "Min"

    instance.change("task", second, {"number": number}, "bo.lund")
    for table in ("incident", "x_kk_hr_case"):
        instance.tables[table].pop(third, None)
    code, synced = desk.run("sync", "--full")
    assert (code, synced["sources"][0]["removed"]) == (0, 1)
    code, refused = desk.run("case", number)
    assert code == 1
    assert first in str(refused) and second in str(refused)
    assert desk.run("case", second)[0] == 0


def test_exit_codes_of_a_system_in_trouble(begin) -> None:
    desk = begin(cases_made=6)
    desk.instance.next("oauth_token", lambda handler: handler.send(401, {"error": "server_error",
                       "error_description": "access_denied"}) or True)  # fmt: skip
    code, told = desk.run("sync")
    assert code == 3
    assert "access_denied" in told["sources"][0]["error"] and PASSWORD not in str(told)
    asked = len(desk.instance.log)
    assert desk.run("sync")[0] == 3
    assert len(desk.instance.log) == asked, "a refused sign-in is not repeated: accounts lock"

    assert desk.run("login", "servicenow")[0] == 0
    desk.instance.next("table/task", busy_until(900))
    assert desk.run("sync")[0] == 3
    desk.instance.next("table/task", html("Instance is hibernating"))
    code, told = desk.run("sync")
    assert code == 3
    assert "dvale" in told["sources"][0]["error"]
    assert desk.run("sync")[0] == 0
    assert {one["sys_id"] for one in desk.run("queue")[1]["cases"]} == desk.expected()
