"""One practice city for all journeys, and a workspace filled from it that each journey gets a copy of."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from office import Person, person

from kkassist.practice.run import RunningCity, start_city

CASES = 400
EMPLOYEES = 3_000
ROBOT_RATE = 2_000.0


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCity]:
    """A small city whose robots are quick."""
    folder = tmp_path_factory.mktemp("city")
    with start_city(folder, cases=CASES, employees=EMPLOYEES, seed=1, robot_rate=ROBOT_RATE) as running:
        yield running


@pytest.fixture(scope="session")
def filled(city: RunningCity, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Anna's home after her first sync."""
    anna = person(city, "anna.holm", tmp_path_factory.mktemp("filled") / "anna")
    sources = anna.does("sync")["sources"]
    assert [one["source"] for one in sources] == ["servicenow", "opus", "kkorg"]
    assert all(one["error"] == "" and one["fetched"] > 0 for one in sources)
    return anna.home


@pytest.fixture
def anna(city: RunningCity, filled: Path, tmp_path: Path) -> Iterator[Person]:
    """Anna at her machine in the morning: everything fetched, nothing done yet. The outside world is well."""
    yield person(city, "anna.holm", tmp_path / "anna", like=filled)
    city.servicenow.faults.clear()
    shutil.rmtree(tmp_path / "anna", ignore_errors=True)
