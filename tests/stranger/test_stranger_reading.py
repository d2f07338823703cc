"""What anybody's ServiceNow may do while it is read, and the queue is still whole."""

from datetime import timedelta

import pytest
from foreign_servicenow import busy_until, cut, html, spliced, tokens_die

from kkassist.domain.errors import OutOfReach, SignInNeeded
from kkassist.store import cases, directory


@pytest.mark.parametrize(
    ("count", "link"),
    [("right", "absent"), ("right", "always"), ("absent", "plain"), ("absent", "always"), ("page", "plain"),
     ("zero", "plain")],
)  # fmt: skip
def test_the_queue_is_whole_whatever_counts_and_links_say(begin, count: str, link: str) -> None:
    desk = begin(
        count=count, link=link, invisible=lambda table, row: table == "task" and row["number"].endswith(("3", "4"))
    )

    result = desk.pull()

    assert result.error == ""
    assert desk.known() == desk.expected()
    assert len(desk.instance.log) < 400


@pytest.mark.parametrize(
    "manners",
    [
        {"chunked": True, "numbers": True, "links": True, "extra": True},
        {"prefix": "/kk/snow", "strict_case": False},
        {
            "javascript": True,
            "hidden": {"task": {"priority", "category"}, "incident": {"sys_mod_count", "closed_at"}},
        },
        {"max_rows": 5},
        {"auth": "basic"},
        {"auth": "api-key"},
        {"auth": "client_credentials", "life": 20},
        {"life": "", "same_token": False},
        {"life": "snart"},
    ],
    ids="-".join,
)
def test_ways_of_answering(begin, manners: dict) -> None:
    desk = begin(**manners)

    result = desk.pull()

    assert result.error == ""
    assert desk.known() == desk.expected()


CLOSED = [
    "sys_user_grmember",
    "sys_user",
    "sys_user_group",
    "sys_choice",
    "sys_journal_field",
    "task_sla",
    "sys_attachment",
]


@pytest.mark.parametrize("how", ["closed", "empty"])
@pytest.mark.parametrize("table", CLOSED)
def test_a_closed_table_takes_nothing_else_with_it(begin, table: str, how: str) -> None:
    desk = begin(**{how: {table}})

    desk.pull()

    assert desk.known() == desk.expected()


@pytest.mark.parametrize("full", [False, True])
def test_closed_clocks_are_no_trouble_and_a_closed_queue_is_told(begin, full: bool) -> None:
    desk = begin(tables=("incident", "x_kk_hr_case"), closed={"task_sla", "sys_journal_field", "x_kk_hr_case"})

    error = desk.pull(full=full).error

    assert error == "ServiceNow lader dig ikke læse x_kk_hr_case: Failed API level ACL Validation"
    assert desk.known() == {one for one in desk.expected() if one in desk.instance.tables["incident"]}
    desk.instance.manners.closed.remove("x_kk_hr_case")
    assert desk.pull(full=full).error == ""
    assert desk.known() == desk.expected()


def test_own_fields_of_a_class_come_a_day_after_it_was_opened(begin) -> None:
    desk = begin(closed={"incident"}, cases_made=6)
    assert desk.pull().error == ""
    case = min(one for one in desk.expected() if one in desk.instance.tables["incident"])
    desk.instance.manners.closed.clear()

    desk.clock += timedelta(hours=21)
    assert desk.pull().error == ""

    with desk.parts[0].read() as tx:
        assert cases.server_row(tx, case).fields["urgency"] == "2"


def test_everything_but_the_cases_is_closed(begin) -> None:
    desk = begin(closed=set(CLOSED))

    desk.pull()

    assert desk.known() == desk.expected()


def test_users_are_shown_by_sys_id_alone_and_with_few_fields(begin) -> None:
    desk = begin(one_by_one={"sys_user"}, hidden={"sys_user": {"email", "sys_updated_on", "active"}})

    assert desk.pull().error == ""
    assert desk.known() == desk.expected()


def test_rows_without_a_moment_are_read_all_the_same_where_it_is_not_needed(begin) -> None:
    hidden = {one: {"sys_updated_on"} for one in ("sys_user", "sys_user_group", "sys_user_grmember", "sys_choice")}
    desk = begin(hidden=hidden)
    for value in ("1", "2", "3", "18"):
        desk.instance.add("sys_choice", name="task", element="state", value=value, label=f"Trin {value}", language="da",
                          sequence=value, inactive="false", dependent_value="")  # fmt: skip

    assert desk.pull().error == ""
    assert desk.known() == desk.expected()


@pytest.mark.parametrize("table", ["sys_user", "sys_user_group", "sys_user_grmember"])
def test_a_dropped_condition_makes_nobody_elses_queue_ours(begin, table: str) -> None:
    """The description's own warning: an invalid part is dropped, and the rest, here nothing, runs."""
    unknown = {"sys_user": {"user_name"}, "sys_user_group": {"name"}, "sys_user_grmember": {"user", "group"}}
    desk = begin(unknown_fields={table: unknown[table]}, groups=())

    desk.pull()

    assert desk.known() <= desk.expected()


TASKS, OWN, USERS = r"table/task\?.*sys_updated_on", r"table/x_kk_hr_case\?", r"table/sys_user\?"


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [(TASKS, cut), (USERS, spliced), (OWN, spliced), (TASKS, tokens_die), (OWN, tokens_die), (USERS, busy_until(2)),
     (TASKS, html("503", 503)), (OWN, html("Please log in with SSO")), (TASKS, html(""))],
)  # fmt: skip
def test_a_broken_answer_on_the_way_costs_no_row(begin, pattern: str, fault) -> None:
    desk = begin()
    desk.instance.next(pattern, fault)

    assert desk.pull().error == ""
    assert desk.known() == desk.expected()
    assert not desk.instance.faults


def test_a_slow_search_for_the_newest_row_is_no_crash(begin) -> None:
    desk = begin()
    for _ in range(3):
        desk.instance.next("ORDERBYDESCsys_updated_on", spliced)

    desk.pull()

    assert desk.known() == desk.expected()


def test_an_answer_that_breaks_off_is_asked_for_in_smaller_parts_in_any_language(begin) -> None:
    desk = begin(max_rows=5, cancelled="Transaktionen blev annulleret, fordi den tog for lang tid")

    assert desk.pull().error == ""
    assert desk.known() == desk.expected()


@pytest.mark.parametrize("auth", ["password", "client_credentials", "basic", "api-key"])
def test_a_refused_secret_is_not_sent_again_and_a_new_one_is(begin, auth: str) -> None:
    desk = begin(auth=auth, cases_made=6)
    right = dict(desk.secrets)
    desk.secrets.update(dict.fromkeys(right, "forkert"))
    for _ in range(3):
        with pytest.raises(SignInNeeded):
            desk.pull()
    assert len(desk.instance.log) == 1

    desk.secrets.update(right)
    assert desk.pull().error == ""
    assert desk.known() == desk.expected()


def test_a_second_with_more_rows_than_many_pages(begin) -> None:
    desk = begin(cases_made=120)
    for row in desk.instance.rows("task").values():
        row["sys_updated_on"] = "2026-11-20 08:00:00"

    assert desk.pull().error == ""
    assert desk.known() == desk.expected()


def test_rows_that_keep_changing_while_they_are_read(begin) -> None:
    """A page is rendered after it was found: each time one of its rows is newer than the order says."""
    desk = begin(count="absent")
    instance = desk.instance
    find = instance.find

    def found_then_changed(table: str, query: str):
        rows = find(table, query)
        limit = 9
        if table == "task" and "ORDERBYsys_updated_on" in query and len(rows) > limit:
            instance.change("task", rows[3]["sys_id"], {"description": instance.now()}, "bo.lund")
        return rows

    instance.find = found_then_changed
    desk.pull()
    instance.find = find
    result = desk.pull()

    assert result.error == ""
    assert desk.known() == desk.expected()


def test_hidden_newest_rows_do_not_cost_the_delta(begin) -> None:
    desk = begin(cases_made=80, invisible=lambda table, row: row.get("short_description", "").startswith("Skjult"))
    for row in sorted(desk.instance.rows("task").values(), key=lambda row: row["sys_updated_on"])[-60:]:
        row["short_description"] = "Skjult"

    result = desk.pull()

    assert result.cursor != ""
    assert desk.known() == desk.expected()


def test_a_table_that_does_not_extend_task_can_be_the_queue(begin) -> None:
    desk = begin(tables=("u_custom",))
    group = next(row["sys_id"] for row in desk.instance.rows("sys_user_group").values() if row["name"] != "IT")
    made = {
        desk.instance.add(
            "u_custom", number=f"CUS{n}", short_description="Egen", assignment_group=group, u_sag="1"
        )
        for n in range(9)
    }

    assert desk.pull().error == ""
    assert desk.known() == made


def test_urls_stay_below_the_safe_length_with_many_groups(begin) -> None:
    desk = begin(groups=(), cases_made=30)
    for n in range(60):
        group = desk.instance.add("sys_user_group", name=f"Gruppe {n} på Øster Allé & Ærøgade", active="true")
        desk.instance.add("sys_user_grmember", user=desk.instance.anna, group=group)
    for n in range(60):
        user = desk.instance.add("sys_user", user_name=f"u{n}", name=f"Bruger {n}", email="", active="true")
        desk.instance.add("sys_user_grmember", user=user, group=group)

    assert desk.pull(full=True).error == ""
    assert desk.known() == desk.expected()


def test_labels_notes_files_and_clocks_of_a_stranger(begin) -> None:
    desk = begin(hashes=False, extra=True, links=True)
    assert desk.pull().error == ""
    file = next(iter(desk.instance.rows("sys_attachment").values()))
    with desk.parts[0].read() as tx:
        record = cases.record(tx, file["table_sys_id"])

    assert record is not None
    assert record.row.table == "x_kk_hr_case"
    assert record.row.state_label in {"New", "In Progress"}
    assert record.fields["due_date"] == "2026-12-01 22:30:00"
    assert [note.text for note in record.notes] == ["Hvornår får jeg løn?"]
    assert [(one.name, one.size) for one in record.attachments] == [("kontrakt.pdf", 4)]
    assert [(one.name, one.stage) for one in record.slas] == [("Svar i 3 dage", "in_progress")]
    assert desk.client.download(file["sys_id"]) == b"%PDF"


def test_a_login_page_is_never_kept_as_a_file(begin) -> None:
    desk = begin()
    file = next(iter(desk.instance.rows("sys_attachment")))
    for _ in range(4):
        desk.instance.next("GET .*/file", html("Please log in"))

    with pytest.raises(OutOfReach):
        desk.client.download(file)


def test_a_choice_without_a_danish_label_keeps_its_english_one(begin) -> None:
    desk = begin(cases_made=6, unknown_fields={"sys_choice": {"language"}})
    for value, label, language in [
        ("1", "New", "en"),
        ("1", "Ny", "da"),
        ("18", "Working", "en"),
        ("1", "Neu", "de"),
    ]:
        desk.instance.add("sys_choice", name="task", element="state", value=value, label=label, language=language,
                          sequence=value, inactive="false")  # fmt: skip

    found = {choice.value: choice.label for choice in desk.client.choices(["task"])}

    assert found == {"1": "Ny", "18": "Working"}


def test_a_case_can_be_given_to_its_earlier_holders_though_memberships_are_closed(begin) -> None:
    desk = begin(cases_made=6, closed={"sys_user_grmember"}, groups=("Løn og Ansættelse",))
    bo = next(row["sys_id"] for row in desk.instance.rows("sys_user").values() if row["user_name"] == "bo.lund")
    desk.instance.rows("task")[min(desk.expected())]["assigned_to"] = bo
    desk.pull()

    with desk.parts[0].read() as tx:
        assert directory.user(tx, "bo.lund") is not None
