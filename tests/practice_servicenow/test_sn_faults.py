"""Each fault by name: it strikes as often as asked, and what was to be done is done or not as it says."""

import email.utils
import json

import pytest
import requests

ORDER = "ORDERBYsys_updated_on^ORDERBYsys_id"


def test_rate_limits_tell_when_to_come_back_and_see_who_does_not_listen(instance, anna):
    instance.faults.switch("rate_limit", times=2, seconds=30)
    first = anna.listed("task")
    instance.clock.move(5)
    early = anna.listed("task")
    instance.clock.move(40)
    second = anna.listed("task")
    instance.clock.move(40)
    after = anna.listed("task", limit=1)

    assert [answer.status_code for answer in (first, early, second, after)] == [429, 429, 429, 200]
    assert int(first.headers["Retry-After"]) >= 30
    assert email.utils.parsedate_to_datetime(early.headers["Retry-After"])
    assert first.headers["X-RateLimit-Rule"]
    assert "X-RateLimit-Remaining" not in first.headers
    assert [entry.too_early for entry in instance.log] == [False, True, False, False]


@pytest.mark.parametrize("name", ["error_500", "error_502", "error_503"])
def test_server_errors_come_as_json_and_as_html_and_do_nothing(instance, anna, name):
    case = anna.some_case()
    instance.faults.switch(name, times=2)
    answers = [anna.change("sn_hr_le_case", case["sys_id"], priority="1") for _ in range(2)]

    assert {answer.status_code for answer in answers} == {int(name[-3:])}
    assert {answer.headers["Content-Type"].partition(";")[0] for answer in answers} == {
        "application/json",
        "text/html",
    }
    assert anna.one("task", case["sys_id"])["sys_mod_count"] == case["sys_mod_count"]


@pytest.mark.parametrize(("name", "done"), [("reset_before", 0), ("reset_after", 1)])
def test_a_cut_line_leaves_the_write_done_or_not(instance, anna, name, done):
    case = anna.some_case()
    instance.faults.switch(name, times=1)
    with pytest.raises(requests.ConnectionError):
        anna.change("sn_hr_le_case", case["sys_id"], work_notes="Tabt svar?")

    entries = anna.rows("sys_journal_field", f"element_id={case['sys_id']}^value=Tabt svar?")
    assert len(entries) == done


def test_a_cut_body_is_shorter_than_it_says(instance, anna):
    instance.faults.switch("cut_body", times=1)

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        anna.listed("task", ORDER, limit=20)
    assert anna.rows("task", ORDER, limit=20)


def test_slow_and_dripping_answers_are_whole(instance, anna):
    want = anna.rows("task", ORDER, limit=20)
    for name in ("slow", "drip"):
        instance.faults.switch(name, times=1, seconds=0.05)
        assert anna.rows("task", ORDER, limit=20) == want
        assert instance.faults.struck(name) == 1


def test_a_cancelled_transaction_comes_alone_after_rows_and_as_broken_json(instance, anna):
    instance.faults.switch("cancelled_200", times=3)
    answers = [anna.listed("task", ORDER, limit=20) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert all("Transaction cancelled" in answer.text for answer in answers)
    alone, partial = answers[0].json(), answers[1].json()
    assert "result" not in alone
    assert 0 < len(partial["result"]) < 20
    assert partial["status"] == "failure"
    with pytest.raises(json.JSONDecodeError):
        json.loads(answers[2].text)


@pytest.mark.parametrize(
    ("name", "begins"), [("hibernating", "<html"), ("login_page", "<!doc"), ("empty_200", "")]
)
def test_what_is_no_data_comes_with_200(instance, anna, name, begins):
    instance.faults.switch(name, times=1)
    answer = anna.listed("task")

    assert answer.status_code == 200
    assert answer.text[:5] == begins


def test_a_token_dies_on_the_way_and_refreshing_may_be_refused(instance, http):
    form = {"grant_type": "password", "username": "anna.holm", "password": "oevelse-anna"}
    client = {"client_id": "kkassist-desktop", "client_secret": "oevelse-klient"}
    token = http.post(f"{instance.base_url}/oauth_token.do", data=form | client, timeout=5).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    url = f"{instance.base_url}/api/now/table/task?sysparm_limit=1"
    renewal = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"], **client}

    instance.faults.switch("dead_token", times=1)
    assert [http.get(url, headers=headers, timeout=5).status_code for _ in range(2)] == [401, 401]
    instance.faults.switch("refuse_refresh", times=1)
    codes = [http.post(f"{instance.base_url}/oauth_token.do", data=renewal, timeout=5).status_code for _ in "12"]
    assert codes == [401, 200]


def test_a_list_changes_while_it_is_read(instance, anna):
    before = {row["sys_id"]: row["sys_mod_count"] for row in anna.rows("task")}
    instance.faults.switch("mutate_while_reading", times=5)
    for _ in range(5):
        anna.rows("task", limit=10)
    after = {row["sys_id"]: row["sys_mod_count"] for row in anna.rows("task")}

    assert before != after
    assert instance.faults.struck("mutate_while_reading") == 5


def test_late_commits_carry_an_earlier_time_than_they_are_seen(instance, anna):
    case = anna.some_case()
    instance.faults.switch("late_commit", seconds=3)
    wrote = instance.clock.stamp()
    instance.colleagues.edit([case["sys_id"]], fields={"priority": "1", "urgency": "1", "impact": "1"})
    hidden = anna.one("task", case["sys_id"])
    instance.clock.move(10)
    seen = anna.one("task", case["sys_id"])

    assert hidden["sys_mod_count"] == case["sys_mod_count"]
    assert int(seen["sys_mod_count"]) == int(case["sys_mod_count"]) + 1
    assert wrote <= seen["sys_updated_on"] < instance.clock.stamp()[:-1] + "9"
    assert instance.tables.kept_back == 0


def test_hidden_pages_take_consecutive_cases_from_bound_users_only(instance, anna, freja):
    instance.faults.switch("hidden_pages")
    pages = [len(anna.rows("task", ORDER, limit=4, offset=offset)) for offset in range(0, 120, 4)]

    assert 0 in pages
    assert {row["sys_id"] for row in anna.by_keyset("task", limit=4)} == instance.visible("anna.holm").keys()
    assert len(freja.rows("task")) == 120
    instance.faults.clear()
    assert len(anna.rows("task")) > sum(pages)


def test_counts_can_be_wrong_without_a_row_being_lost(instance, freja):
    instance.faults.switch("wrong_counts")
    answer = freja.listed("task", ORDER)

    assert answer.headers["X-Total-Count"] != "120"
    assert len(answer.json()["result"]) == 120


def test_faults_are_switched_over_http_and_by_the_constructor(start, http):
    instance = start(faults=["error_503:0.5", "closed_journals"])
    url = f"{instance.base_url}/practice/faults"
    listed = http.get(url, timeout=5).json()
    http.post(url, json={"name": "slow", "times": 2, "seconds": 0.01}, timeout=5)
    http.post(url, json={"name": "closed_journals", "on": False}, timeout=5)
    unknown = http.post(url, json={"name": "jordskælv"}, timeout=5)

    assert listed["error_503"]["on"] is True
    assert instance.faults.is_on("slow")
    assert not instance.faults.is_on("closed_journals")
    assert unknown.status_code == 400
    http.delete(url, timeout=5)
    assert not instance.faults.is_on("error_503")


def test_all_faults_at_once_leave_the_instance_standing(start, http):
    instance = start(faults=["all"])
    instance.faults.switch("slow", rate=0.03, seconds=0.01)
    instance.faults.switch("drip", rate=0.03, seconds=0.01)
    whole = 0
    for _ in range(150):
        try:
            answer = http.get(
                f"{instance.base_url}/api/now/table/task?sysparm_limit=5&sysparm_query={ORDER}",
                auth=("anna.holm", "oevelse-anna"),
                timeout=5,
            )
            whole += answer.status_code == 200 and "error" not in answer.text
        except requests.RequestException:
            continue
        instance.clock.move(5)

    assert 0 < whole < 150


def test_the_date_header_is_the_instances_clock(instance, anna):
    instance.clock.move(7200)
    date = email.utils.parsedate_to_datetime(anna.listed("task", limit=1).headers["Date"])

    assert abs((date - instance.clock.now()).total_seconds()) < 5
