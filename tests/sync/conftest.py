"""Anna's workspace beside a practice ServiceNow of her own, made for each test that asks."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from annas_world import ANNA, NOW, Annas, Kept

from kkassist.domain.settings import ServiceNowSettings, Settings, UserSettings
from kkassist.practice.population import build_city
from kkassist.practice.servicenow.server import start_servicenow
from kkassist.remote import sign_in
from kkassist.remote.http import Connection
from kkassist.remote.servicenow.client import ServiceNow
from kkassist.store.engine import open_workspace


@pytest.fixture(scope="session")
def city():
    return build_city(7, 400, date(2026, 11, 23))


@pytest.fixture
def begin(city, tmp_path: Path) -> Iterator[Callable[..., Annas]]:
    """Starts an instance with Anna's workspace; a handler of the instance that failed fails the test."""
    started: list[Annas] = []

    def start(cases_made: int = 150, **options) -> Annas:
        instance = start_servicenow(city, cases=cases_made, seed=7, now=NOW, **options)
        passwords = {account.user_name: account.password for account in city.accounts}
        kept = Kept({"password": passwords[ANNA], "client_secret": "oevelse-klient"})
        servicenow = ServiceNowSettings(
            url=instance.base_url, auth="oauth-password", client_id="kkassist-desktop", user=ANNA
        )
        settings = Settings(home=tmp_path, user=UserSettings(ANNA), servicenow=servicenow)
        signed = sign_in.for_servicenow(servicenow, settings.http, kept, kept)
        paused: list[float] = []
        connection = Connection("servicenow", instance.base_url, settings.http, signed, pause=paused.append)
        workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.db'}", "ab" * 32)
        annas = Annas(instance, workspace, settings, ServiceNow(connection, page_limit=40), paused)
        started.append(annas)
        return annas

    yield start
    for one in started:
        one.client.connection.close()
        one.workspace.close()
        one.instance.stop()
        assert not one.instance.bugs, one.instance.bugs


@pytest.fixture
def annas(begin) -> Annas:
    """Anna after her first sync."""
    annas = begin()
    result = annas.pull()
    assert result.error == ""
    return annas
