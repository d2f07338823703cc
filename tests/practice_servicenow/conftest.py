"""One practice instance for each test that changes it, one shared by those that only read."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
import requests
from practice_client import Caller

from kkassist.practice.city import City
from kkassist.practice.population import build_city
from kkassist.practice.servicenow.server import RunningServiceNow, start_servicenow

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def city() -> City:
    return build_city(7, 400, date(2026, 11, 23))


@pytest.fixture(scope="session")
def shared(city) -> Iterator[RunningServiceNow]:
    """Only for tests that change nothing."""
    with start_servicenow(city, cases=600, seed=7, now=NOW) as running:
        yield running
        assert not running.bugs


@pytest.fixture
def start(city) -> Iterator[Callable[..., RunningServiceNow]]:
    """Starts instances that end with the test; a handler that failed fails the test."""
    started: list[RunningServiceNow] = []

    def begin(cases: int = 120, **options) -> RunningServiceNow:
        running = start_servicenow(city, cases=cases, seed=7, now=NOW, **options)
        started.append(running)
        return running

    yield begin
    for running in started:
        running.stop()
        assert not running.bugs, running.bugs


@pytest.fixture
def instance(start) -> RunningServiceNow:
    return start()


@pytest.fixture
def anna(instance) -> Iterator[Caller]:
    with Caller(instance.base_url, "anna.holm") as caller:
        yield caller


@pytest.fixture
def freja(instance) -> Iterator[Caller]:
    """The administrator: sees everything."""
    with Caller(instance.base_url, "freja.skov") as caller:
        yield caller


@pytest.fixture(scope="session")
def reader(shared) -> Iterator[Caller]:
    """anna.holm at the shared instance."""
    with Caller(shared.base_url, "anna.holm") as caller:
        yield caller


@pytest.fixture(scope="session")
def overseer(shared) -> Iterator[Caller]:
    """The administrator at the shared instance."""
    with Caller(shared.base_url, "freja.skov") as caller:
        yield caller


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session
