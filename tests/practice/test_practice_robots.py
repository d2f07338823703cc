"""The practice orchestrator keeps to UiPath's public description, and its robots pay nobody twice."""

import base64
import hashlib
import time
from datetime import date

import pytest
import requests

from kkassist.practice.population import build_city
from kkassist.practice.robots.server import CLIENT_ID, CLIENT_SECRET, SCOPES, USER_CLIENT_ID, RunningOrchestrator

CITY = build_city(seed=1, employees=300, today=date(2026, 11, 23))
FOLDER = {"X-UIPATH-OrganizationUnitId": "204"}
QUEUE = "KK_Resultatloen"


@pytest.fixture
def orchestrator():
    with RunningOrchestrator(lambda: CITY, rate=500) as running:
        yield running
        assert not running.server.bugs


@pytest.fixture
def client(orchestrator):
    with requests.Session() as session:
        sign_in(session, orchestrator)
        yield session


def sign_in(session, orchestrator, scope=SCOPES):
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "scope": scope,
    }
    answer = session.post(f"{orchestrator.base_url}/identity/connect/token", data=form)
    session.headers.update(FOLDER, Authorization=f"Bearer {answer.json()['access_token']}")


def url(orchestrator, path):
    return f"{orchestrator.base_url}/odata/{path}"


def item(reference, amount="1000,00", number=0):
    who = CITY.employments[number].tjenestenr
    content = {"Tjenestenr": who, "Loenart": "ENG-RES", "Beloeb": amount, "Udbetalingsmaaned": "2026-12"}
    return {"Reference": reference, "Priority": "Normal", "SpecificContent": content}


def bulk(client, orchestrator, items, commit="ProcessAllIndependently"):
    body = {"queueName": QUEUE, "commitType": commit, "queueItems": items}
    return client.post(url(orchestrator, "Queues/UiPathODataSvc.BulkAddQueueItems"), json=body)


def rows(client, orchestrator, **options):
    options = {f"${name}": value for name, value in options.items()}
    return client.get(url(orchestrator, "QueueItems"), params=options).json()["value"]


def start_job(client, orchestrator):
    release = client.get(url(orchestrator, "Releases"), params={"$filter": f"Name eq '{QUEUE}_OPUS'"}).json()[
        "value"
    ][0]
    body = {
        "startInfo": {
            "ReleaseKey": release["Key"],
            "Strategy": "ModernJobsCount",
            "JobsCount": 1,
            "Reference": "B",
        }
    }
    answer = client.post(url(orchestrator, "Jobs/UiPath.Server.Configuration.OData.StartJobs"), json=body)
    assert answer.status_code == 201
    return answer.json()["value"][0]


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def all_final(client, orchestrator):
    found = rows(client, orchestrator)
    return (
        found if all(row["Status"] in {"Successful", "Failed", "Abandoned", "Retried"} for row in found) else None
    )


def test_a_call_without_token_folder_or_right_is_refused_with_its_own_code(orchestrator, client):
    assert requests.get(url(orchestrator, "QueueItems"), timeout=5).status_code == 401
    missing = client.get(url(orchestrator, "QueueItems"), headers={"X-UIPATH-OrganizationUnitId": None})
    assert (missing.status_code, missing.json()["errorCode"]) == (400, 1101)
    unknown = client.get(url(orchestrator, "QueueItems"), headers={"X-UIPATH-OrganizationUnitId": "9"})
    assert unknown.json()["errorCode"] == 1100
    path = base64.b64encode("Koncernservice".encode("utf-16-le")).decode()
    headers = {"X-UIPATH-OrganizationUnitId": None, "X-UIPATH-FolderPath-Encoded": path}
    assert client.get(url(orchestrator, "QueueItems"), headers=headers).status_code == 200
    sign_in(client, orchestrator, "OR.Folders.Read")
    assert client.get(url(orchestrator, "QueueItems")).status_code == 403
    assert client.get(url(orchestrator, "Folders")).json()["value"][1]["DisplayName"] == "Koncernservice"


def test_a_person_signs_in_with_code_and_proof(orchestrator):
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "client_id": USER_CLIENT_ID,
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1:1/back",
        "scope": "OR.Queues offline_access",
        "state": "s1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    base = f"{orchestrator.base_url}/identity/connect"
    sent_back = requests.get(f"{base}/authorize", params=query, allow_redirects=False, timeout=5)
    assert sent_back.status_code == 302
    assert "state=s1" in sent_back.headers["Location"]
    code = sent_back.headers["Location"].split("code=")[1].split("&")[0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:1/back"}
    answer = requests.post(f"{base}/token", data={**form, "code_verifier": verifier}, timeout=5).json()
    assert answer["token_type"] == "Bearer"
    again = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    assert requests.post(f"{base}/token", data=again, timeout=5).status_code == 200
    stolen = requests.post(f"{base}/token", data={**form, "code_verifier": verifier}, timeout=5)
    assert stolen.json() == {"error": "invalid_grant"}, "a code is worth one exchange"


def test_a_reference_is_taken_once(orchestrator, client):
    single = {"itemData": {"Name": QUEUE, **item("R-1")}}
    assert client.post(url(orchestrator, "Queues/UiPathODataSvc.AddQueueItem"), json=single).status_code == 201
    twice = client.post(url(orchestrator, "Queues/UiPathODataSvc.AddQueueItem"), json=single)
    assert (twice.status_code, twice.json()["errorCode"]) == (409, 1016)
    answer = bulk(client, orchestrator, [item("R-0"), item("R-1"), item("R-2"), item("R-2")])
    assert answer.status_code == 200
    assert answer.json()["success"] is False
    assert [(one["Ordinal"], one["ErrorCode"]) for one in answer.json()["failedItems"]] == [
        (1, "DuplicateReference"),
        (3, "DuplicateReference"),
    ]
    assert [row["Reference"] for row in rows(client, orchestrator, orderby="Id")] == ["R-1", "R-0", "R-2"]


def test_all_or_nothing_takes_nothing_and_stop_on_first_failure_the_rows_before(orchestrator, client):
    bulk(client, orchestrator, [item("R-1")])
    refused = bulk(client, orchestrator, [item("R-0"), item("R-1")], "AllOrNothing")
    assert (refused.status_code, refused.json()["errorCode"]) == (409, 1016)
    bulk(client, orchestrator, [item("R-0"), item("R-1"), item("R-2")], "StopOnFirstFailure")
    assert {row["Reference"] for row in rows(client, orchestrator)} == {"R-0", "R-1"}


def test_a_queue_that_is_not_there_is_1002(orchestrator, client):
    body = {"queueName": "Ukendt", "commitType": "AllOrNothing", "queueItems": []}
    answer = client.post(url(orchestrator, "Queues/UiPathODataSvc.BulkAddQueueItems"), json=body)
    assert (answer.status_code, answer.json()["errorCode"]) == (404, 1002)


def test_items_are_found_by_filter_in_pages(orchestrator, client):
    bulk(client, orchestrator, [item(f"B42-{number}") for number in range(30)] + [item("it's")])
    found = rows(
        client,
        orchestrator,
        filter="QueueDefinitionId eq 1 and startswith(Reference,'B42-') and Id gt 1010",
        select="Id,Reference",
        orderby="Id desc",
        top="5",
    )
    assert [row["Id"] for row in found] == [1030, 1029, 1028, 1027, 1026]
    assert set(found[0]) == {"Id", "Reference"}
    assert len(rows(client, orchestrator, filter="Reference eq 'it''s' or Reference eq 'B42-1'")) == 2
    counted = client.get(url(orchestrator, "QueueItems"), params={"$count": "true", "$top": "1", "$skip": "30"})
    assert counted.json()["@odata.count"] == 31
    assert [row["Reference"] for row in counted.json()["value"]] == ["it's"]


@pytest.mark.parametrize(
    "wrong", ["Reference eq", "Nothing eq 1", "Reference like 'x'", "(Id eq 1", "Id eq 'a' 1"]
)
def test_a_filter_that_is_not_odata_is_refused(orchestrator, client, wrong):
    answer = client.get(url(orchestrator, "QueueItems"), params={"$filter": wrong})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 1000)


def test_nothing_is_worked_on_before_a_job_and_everything_after(orchestrator, client):
    bulk(client, orchestrator, [item(f"R-{number}", number=number) for number in range(100)])
    assert {row["Status"] for row in rows(client, orchestrator)} == {"New"}
    job = start_job(client, orchestrator)
    done = until(lambda: all_final(client, orchestrator))
    good = [row for row in done if row["Status"] == "Successful"]
    assert len(good) > 80
    assert good[0]["Output"]["Kvittering"].startswith("OPUS-")
    posted = client.get(f"{orchestrator.base_url}/practice/posted").json()
    assert {one["reference"] for one in posted["posted"]} == {row["Reference"] for row in good}
    assert posted["posted"][0]["amount"] == "1000.00"
    assert posted["twice"] == []
    until(lambda: client.get(url(orchestrator, f"Jobs({job['Id']})")).json()["State"] == "Successful")


def test_an_ordered_refusal_has_its_reason_and_a_retry_makes_a_new_item(orchestrator, client):
    order = {"references": ["R-1"], "reason": "Lønperioden er låst for medarbejderen."}
    client.post(f"{orchestrator.base_url}/practice/robots/refuse", json=order)
    bulk(client, orchestrator, [item("R-1")])
    start_job(client, orchestrator)
    failed = until(lambda: all_final(client, orchestrator))[0]
    assert failed["ProcessingException"]["Reason"] == "Lønperioden er låst for medarbejderen."
    assert failed["ProcessingExceptionType"] == "BusinessException"
    versions = [{"Id": failed["Id"], "RowVersion": failed["RowVersion"]}]
    body = {"queueItems": versions, "status": "Retried"}
    answer = client.post(url(orchestrator, "QueueItems/UiPathODataSvc.SetItemReviewStatus"), json=body)
    assert answer.json()["Success"] is True
    done = until(lambda: all_final(client, orchestrator))
    assert [(row["Status"], row.get("AncestorId")) for row in done] == [
        ("Retried", None),
        ("Successful", failed["Id"]),
    ]
    assert done[1]["Reference"] == "R-1"
    history = client.get(
        url(orchestrator, "QueueItemEvents/UiPath.Server.Configuration.OData.GetQueueItemEventsHistory")
        + f"(queueItemId={failed['Id']})"
    ).json()["value"]
    assert [event["Status"] for event in history] == ["New", "InProgress", "Failed", "Retried"]
    assert history[0]["UserName"] == CLIENT_ID


def test_a_mended_row_is_not_refused_again(orchestrator, client):
    items = [item(f"R-{number}", f"{1000 + number},00", number % 250) for number in range(250)]
    bulk(client, orchestrator, items)
    start_job(client, orchestrator)
    refused = [row for row in until(lambda: all_final(client, orchestrator)) if row["Status"] == "Failed"]
    assert refused
    mended = [
        {"Reference": f"{row['Reference']}-v2", "SpecificContent": {**row["SpecificContent"], "Beloeb": "7,00"}}
        for row in refused
        if row["ProcessingExceptionType"] == "BusinessException"
    ]
    bulk(client, orchestrator, mended)
    until(lambda: all_final(client, orchestrator))
    again = {row["Reference"]: row["Status"] for row in rows(client, orchestrator)}
    assert {again[row["Reference"]] for row in mended} == {"Successful"}


def test_somebody_who_left_or_an_absurd_amount_is_refused(orchestrator, client):
    gone = item("R-1")
    gone["SpecificContent"]["Tjenestenr"] = CITY.left[0]
    bulk(client, orchestrator, [gone, item("R-2", "2.500.000,00")])
    start_job(client, orchestrator)
    done = until(lambda: all_final(client, orchestrator))
    assert "fratrådt" in done[0]["ProcessingException"]["Reason"]
    assert "grænsen" in done[1]["ProcessingException"]["Reason"]


def test_only_new_items_of_the_known_version_can_be_taken_back(orchestrator, client):
    bulk(client, orchestrator, [item("R-1"), item("R-2")])
    first, second = rows(client, orchestrator)
    wanted = [
        {"Id": first["Id"], "RowVersion": first["RowVersion"]},
        {"Id": second["Id"], "RowVersion": "AAAAAAAAAAA="},
    ]
    answer = client.post(url(orchestrator, "QueueItems/UiPathODataSvc.DeleteBulk"), json={"queueItems": wanted})
    assert answer.json()["FailedItems"] == [second["Id"]]
    assert bulk(client, orchestrator, [item("R-1")]).json()["success"] is True, "a deleted reference is free again"


def test_soft_stop_leaves_the_rest_waiting(orchestrator, client):
    with RunningOrchestrator(lambda: CITY, rate=20) as slow, requests.Session() as session:
        sign_in(session, slow)
        bulk(session, slow, [item(f"R-{number}", number=number) for number in range(50)])
        job = start_job(session, slow)
        until(lambda: len(slow.ledger.postings) > 2)
        stop = f"Jobs({job['Id']})/UiPath.Server.Configuration.OData.StopJob"
        assert session.post(url(slow, stop), json={"strategy": "SoftStop"}).status_code == 200
        until(lambda: slow.ledger.jobs[job["Id"]]["State"] == "Stopped")
        assert {row["Status"] for row in rows(session, slow)} >= {"New", "Successful"}
        assert "InProgress" not in {row["Status"] for row in rows(session, slow)}


@pytest.mark.parametrize("fault", ["answer-lost", "half-bulk"])
def test_an_answer_can_be_lost_after_the_rows_were_taken(orchestrator, client, fault):
    client.post(f"{orchestrator.base_url}/practice/faults", json={"name": fault, "times": 1})
    with pytest.raises(requests.ConnectionError):
        bulk(client, orchestrator, [item("R-1"), item("R-2")])
    taken = 2 if fault == "answer-lost" else 1
    assert len(rows(client, orchestrator)) == taken
    assert len(bulk(client, orchestrator, [item("R-1"), item("R-2")]).json()["failedItems"]) == taken


def test_faults_by_name_happen_as_often_as_planned(orchestrator, client):
    for fault, status in (("server-error", 500), ("too-many", 429), ("token-death", 401)):
        orchestrator.faults.plan(fault)
        assert client.get(url(orchestrator, "QueueItems")).status_code == status
    assert client.get(url(orchestrator, "QueueItems")).status_code == 401, "the token is dead"
    sign_in(client, orchestrator)
    assert client.get(url(orchestrator, "QueueItems")).status_code == 200


def test_the_rate_limit_of_the_cloud_can_be_switched_on(client, orchestrator):
    with RunningOrchestrator(lambda: CITY, limit_rate=True) as strict, requests.Session() as session:
        sign_in(session, strict)
        answers = [session.get(url(strict, "QueueItems"), params={"$top": "1"}) for _ in range(101)]
    assert [answer.status_code for answer in answers] == [200] * 100 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 61


def test_a_restarted_city_remembers_references_and_postings(tmp_path):
    file = tmp_path / "items.jsonl"
    with RunningOrchestrator(lambda: CITY, rate=500, file=file) as first, requests.Session() as session:
        sign_in(session, first)
        bulk(session, first, [item("R-1")])
        start_job(session, first)
        until(lambda: all_final(session, first))
        before = rows(session, first)
    with file.open("a") as out:
        out.write('{"kind": "item", "val')
    with RunningOrchestrator(lambda: CITY, rate=500, file=file) as second, requests.Session() as session:
        sign_in(session, second)
        assert rows(session, second) == before
        assert bulk(session, second, [item("R-1")]).json()["failedItems"][0]["ErrorCode"] == "DuplicateReference"
        assert len(second.ledger.postings) == 1
