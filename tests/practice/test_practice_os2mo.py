"""The practice KKorg answers as OS2mo's published v30 does, and disagrees with OPUS only where it says so."""

from datetime import date, datetime, timedelta

import pytest
import requests

from kkassist.practice.os2mo.server import RunningOs2mo
from kkassist.practice.population import build_city

TODAY = date(2026, 11, 23)
CITY = build_city(seed=4, employees=900, today=TODAY)


@pytest.fixture(scope="module")
def kkorg():
    with RunningOs2mo(lambda: CITY) as running:
        yield running
        assert not running.server.bugs


def ask(kkorg, query, **variables):
    body = {"query": query, "variables": variables}
    return requests.post(f"{kkorg.base_url}/graphql/v30", json=body, timeout=10).json()


def data(kkorg, query, **variables):
    answer = ask(kkorg, query, **variables)
    assert "errors" not in answer, answer
    return answer["data"]


ALL = """
query All($limit: int, $cursor: Cursor) {
  page: engagements(filter: {from_date: null, to_date: null}, limit: $limit, cursor: $cursor) {
    objects { uuid validities { ...Engagement validity { from to } } }
    page_info { next_cursor }
  }
}
fragment Engagement on Engagement {
  user_key
  org_unit_response { current { user_key name } }
  person_response { current { name cpr_number } }
  job_function_response { current { name } }
}
"""


def read_all(kkorg, limit):
    objects, cursor, pages = [], None, 0
    while True:
        page = data(kkorg, ALL, limit=limit, cursor=cursor)["page"]
        objects += page["objects"]
        pages += 1
        cursor = page["page_info"]["next_cursor"]
        if cursor is None:
            return objects, pages


def test_every_engagement_comes_once_through_any_page_size(kkorg):
    objects, pages = read_all(kkorg, 100)
    assert pages == 10, "900 fill nine pages; only the empty tenth says that it was the last"
    assert len(objects) == len({one["uuid"] for one in objects}) == 900
    keys = {one["validities"][-1]["user_key"] for one in objects}
    assert keys == {one.tjenestenr for one in CITY.employments}
    assert read_all(kkorg, None)[0] == objects


def test_engagements_agree_with_opus_except_where_it_is_on_record(kkorg):
    told = kkorg.organisation.disagreements
    assert 5 < len(told.units) < 40
    assert told.names
    for one in read_all(kkorg, 500)[0]:
        last = one["validities"][-1]
        employment = CITY.employments_by_tjenestenr[last["user_key"]]
        unit = CITY.units_by_opus_id[told.units.get(employment.tjenestenr, ("", employment.unit_opus_id))[1]]
        name = told.names.get(employment.cpr, ("", employment.name))[1]
        assert last["org_unit_response"]["current"]["user_key"] == unit.kkorgnr
        assert last["person_response"]["current"] == {"name": name, "cpr_number": employment.cpr}
        assert last["job_function_response"]["current"]["name"] == employment.position


def test_validity_is_half_open_in_danish_midnights(kkorg):
    leaving = next(one for one in CITY.employments if one.leave_date and one.leave_date > TODAY)
    query = """query($k: [String!]) { engagements(filter: {user_keys: $k}) {
        objects { current { validity { from to } } } } }"""
    (found,) = data(kkorg, query, k=[leaving.tjenestenr])["engagements"]["objects"]
    ends = datetime.fromisoformat(found["current"]["validity"]["to"])
    assert ends.date() == leaving.leave_date + timedelta(days=1)
    assert ends.hour == 0
    assert ends.utcoffset() in {timedelta(hours=1), timedelta(hours=2)}


def test_without_dates_only_what_is_valid_today_comes(kkorg):
    future = next(one for one in CITY.employments if one.entry_date > TODAY)
    query = "query($k: [String!], $f: DateTime) { engagements(filter: {user_keys: $k, %s}) { objects { uuid } } }"
    assert data(kkorg, query % "", k=[future.tjenestenr])["engagements"]["objects"] == []
    found = data(kkorg, query % "from_date: $f, to_date: null", k=[future.tjenestenr], f=f"{TODAY}T00:00:00+01:00")
    assert len(found["engagements"]["objects"]) == 1


def test_some_engagements_have_a_history(kkorg):
    versions = [one["validities"] for one in read_all(kkorg, 500)[0] if len(one["validities"]) > 1]
    assert versions
    assert all(first["validity"]["to"] == last["validity"]["from"] for first, last in versions)


def test_units_know_their_place_and_their_leader_even_by_inheritance(kkorg):
    query = """query($k: [String!]) { org_units(filter: {user_keys: $k}) { objects { current {
        name parent_response { current { name } } ancestors { name }
        own: managers(inherit: false) { person { name } }
        managers(inherit: true) { person { name } org_unit { user_key } } } } } }"""
    team = next(unit for unit in CITY.units if unit.name == "Løn og ansættelse")
    (found,) = data(kkorg, query, k=[team.kkorgnr])["org_units"]["objects"]
    assert found["current"]["parent_response"]["current"]["name"] == "Koncernservice"
    above = [one["name"] for one in found["current"]["ancestors"]]
    assert above == ["Koncernservice", "Økonomiforvaltningen", "Københavns Kommune"]
    without = CITY.units_by_opus_id[next(iter(kkorg.organisation.disagreements.without_leader))]
    (found,) = data(kkorg, query, k=[without.kkorgnr])["org_units"]["objects"]
    assert found["current"]["own"] == []
    assert found["current"]["managers"][0]["org_unit"][0]["user_key"] != without.kkorgnr


def test_units_are_found_by_parent_ancestor_and_as_root(kkorg):
    query = "query { org_units(filter: {%s}) { objects { current { user_key } } } }"

    def keys(wanted):
        return {one["current"]["user_key"] for one in data(kkorg, query % wanted)["org_units"]["objects"]}

    root = CITY.units[0]
    assert keys("parent: null") == {root.kkorgnr}
    assert len(keys(f'parent: {{user_keys: ["{root.kkorgnr}"]}}')) == 7
    assert len(keys(f'ancestor: {{user_keys: ["{root.kkorgnr}"]}}')) == len(CITY.units)


def test_persons_are_found_by_cpr_with_their_engagements_and_managers_by_unit(kkorg):
    one = CITY.employments[0]
    query = """query($c: [CPR!]) { persons(filter: {cpr_numbers: $c}) { objects { uuid current {
        given_name surname engagements { user_key } } } } }"""
    (found,) = data(kkorg, query, c=[one.cpr])["persons"]["objects"]
    assert found["uuid"] == one.person_uuid
    assert one.tjenestenr in {each["user_key"] for each in found["current"]["engagements"]}
    query = """query($u: [UUID!]) { managers(filter: {org_unit: {uuids: $u}}, inherit: true) {
        objects { current { user_key } } } }"""
    assert data(kkorg, query, u=[CITY.units[-1].uuid])["managers"]["objects"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("{ org_units { objects { name } } }", "Cannot query field 'name'"),
        ("{ org_units { objects } }", "must have a selection"),
        ("{ org_units { objects { uuid { x } } } }", "must not have a selection"),
        ("{ org_units(filter: {nothing: 1}) { objects { uuid } } }", "nothing"),
        ("{ org_units(wrong: 1) { objects { uuid } } }", "Unknown argument"),
        ("{ org_units { objects { uuid }", "Syntax Error"),
        ("query($k: [String!]!) { org_units(filter: {user_keys: $k}) { objects { uuid } } }", "$k"),
        ("{ org_units(filter: {user_keys: $k}) { objects { uuid } } }", "not defined"),
        ("mutation { org_unit_create { uuid } }", "queries only"),
        ('{ org_units(cursor: "x") { objects { uuid } } }', "cursor"),
    ],
)
def test_a_query_that_the_schema_does_not_have_is_an_error_without_data(kkorg, query, says):
    answer = ask(kkorg, query)
    assert answer["data"] is None
    assert says in answer["errors"][0]["message"]


def test_include_skip_alias_and_typename(kkorg):
    query = """query($no: Boolean = false) {
        v: version { __typename mo_version @include(if: $no) mo_hash @skip(if: true) } }"""
    assert data(kkorg, query) == {"v": {"__typename": "Version"}}


def test_faults_by_name_and_the_bearer_check():
    with RunningOs2mo(lambda: CITY, token="hemmelig", faults=["empty-page"]) as closed:
        url = f"{closed.base_url}/graphql/v30"
        query = {"query": "{ org_units(limit: 5) { objects { uuid } page_info { next_cursor } } }"}
        assert requests.post(url, json=query, timeout=5).status_code == 401
        with requests.Session() as session:
            session.headers["Authorization"] = "Bearer hemmelig"
            empty = session.post(url, json=query).json()["data"]["org_units"]
            assert empty["objects"] == []
            assert empty["page_info"]["next_cursor"]
            session.post(f"{closed.base_url}/practice/faults", json={"name": "short-page"})
            assert len(session.post(url, json=query).json()["data"]["org_units"]["objects"]) == 2
            for fault, status in (("kkorg-error", 500), ("kkorg-unavailable", 503), ("kkorg-signed-out", 401)):
                closed.faults.plan(fault)
                assert session.post(url, json=query).status_code == status
            closed.faults.plan("graphql-error")
            assert session.post(url, json=query).json()["errors"]
            closed.faults.plan("kkorg-cut")
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                session.post(url, json=query)
