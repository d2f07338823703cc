"""The practice city starts whole, tells where everything is, and lets days pass."""

import json
import tomllib
from datetime import date
from pathlib import Path

import pytest
import requests

from kkassist.practice.resultatloen import resultatloen_rows
from kkassist.practice.run import start_city

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    with start_city(
        folder, cases=30, employees=200, seed=5, port_file=folder / "ports.json", today=TODAY
    ) as running:
        yield running


def test_the_port_file_tells_everything_and_is_whole(city):
    told = json.loads((city.folder / "ports.json").read_text())
    assert {"servicenow", "kkorg", "robots", "opus_folder", "settings", "accounts", "secrets"} <= set(told)
    assert all(
        told[system].startswith("http://127.0.0.1:") for system in ("servicenow", "kkorg", "robots", "practice")
    )
    assert {"user": "anna.holm", "password": "oevelse-anna"}.items() <= told["accounts"][0].items()
    assert set(told["secrets"]) == {
        "KKASSIST_SECRET_SERVICENOW_PASSWORD",
        "KKASSIST_SECRET_SERVICENOW_CLIENT_SECRET",
        "KKASSIST_SECRET_ROBOTS_CLIENT_SECRET",
        "KKASSIST_SECRET_WORKSPACE_KEY",
    }
    assert not list(city.folder.glob(".*.part"))


def test_each_person_has_settings_of_her_own(city):
    anna = tomllib.loads((city.homes["anna.holm"] / "settings.toml").read_text())
    bent = tomllib.loads((city.homes["bent.kjaer"] / "settings.toml").read_text())
    assert anna["practice"] is True
    assert anna["user"] == {"id": "anna.holm", "role": "sagsbehandler", "language": "da"}
    assert bent["user"]["role"] == "godkender"
    assert anna["servicenow"]["process_map"]["sn_hr_le_case|Fratrædelse"] == "fratraedelse"
    assert anna["kkorg"]["url"] == f"{city.kkorg.base_url}/graphql/v30"
    assert anna["opus"]["folder"] == str(city.opus_folder)
    assert city.homes["anna.holm"] != city.homes["bent.kjaer"]
    lines = (city.home / "kkorg.csv").read_text().splitlines()
    assert lines[0] == "kkorgnr;opus_orgunit;navn;forvaltning"
    assert len(lines) == 1 + len(city.city.units)


def test_the_secrets_open_the_doors(city):
    form = {"grant_type": "client_credentials", "client_id": "kkassist-robots", "scope": "OR.Queues"}
    form["client_secret"] = city.secrets["KKASSIST_SECRET_ROBOTS_CLIENT_SECRET"]
    assert requests.post(f"{city.robots.base_url}/identity/connect/token", data=form, timeout=5).ok
    settings = tomllib.loads((city.home / "settings.toml").read_text())["servicenow"]
    form = {
        "grant_type": "password",
        "client_id": settings["client_id"],
        "client_secret": city.secrets["KKASSIST_SECRET_SERVICENOW_CLIENT_SECRET"],
        "username": settings["user"],
        "password": city.secrets["KKASSIST_SECRET_SERVICENOW_PASSWORD"],
    }
    assert requests.post(f"{city.servicenow.base_url}/oauth_token.do", data=form, timeout=5).ok


def test_two_extracts_lie_ready_and_a_day_brings_another(city):
    before = sorted(path.name for path in city.opus_folder.iterdir())
    assert before == ["ZLPE20261119224000_delta.xml", "ZLPE20261120224000_delta.xml"]
    told = requests.post(f"{city.control.base_url}/practice/opus/next-day", timeout=10).json()
    assert told == {"extract": "ZLPE20261123224000_delta.xml", "today": "2026-11-24"}
    assert (city.opus_folder / told["extract"]).exists()
    query = {
        "query": "{ engagements(filter: {from_date: null, to_date: null}) { objects { current { user_key } } } }"
    }
    answer = requests.post(f"{city.kkorg.base_url}/graphql/v30", json=query, timeout=10).json()
    assert len(answer["data"]["engagements"]["objects"]) == len(city.city.employments), "KKorg follows"


def test_faults_go_to_the_system_that_knows_them(tmp_path):
    faults = ["answer-lost", "kkorg:slow", "graphql-error", "error_500"]
    with start_city(tmp_path, cases=5, employees=60, faults=faults, today=TODAY) as running:
        assert running.robots.faults.strike("answer-lost")
        assert running.kkorg.faults.strike("slow")
        assert running.kkorg.faults.strike("graphql-error")
        assert not running.robots.faults.strike("slow")


def test_the_first_users_home_can_be_chosen_and_stopping_twice_is_fine(tmp_path):
    home = tmp_path / "her own"
    running = start_city(tmp_path / "city", cases=5, employees=60, home=home, today=TODAY)
    running.stop()
    running.stop()
    assert running.home == home
    assert (home / "settings.toml").exists()


def test_sample_rows_of_resultatloen_are_plausible_and_without_errors(city):
    rows = resultatloen_rows(city.city, 40, seed=1)
    assert rows == resultatloen_rows(city.city, 40, seed=1)
    assert len({row["Tjenestenr."] for row in rows}) == 40
    for row in rows:
        employment = city.city.employments_by_tjenestenr[row["Tjenestenr."]]
        assert (row["CPR-nr."], row["Navn"]) == (employment.cpr, employment.name)
        assert row["Aftale-id"] in {f"RL-2026-{number:03d}" for number in range(1, 21)}
        assert 0 < float(row["Beløb"].replace(".", "").replace(",", ".")) <= 60_000
    with pytest.raises(ValueError, match="only"):
        resultatloen_rows(city.city, 10_000, seed=1)
    assert Path(city.home).is_dir()
