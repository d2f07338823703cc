"""OPUS into the workspace: the two public fixtures, snapshots compared, refusals that change nothing."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kkassist.domain.settings import OpusSettings
from kkassist.store import organisation, people
from kkassist.store.engine import Workspace, open_workspace
from kkassist.sync import pull_opus

FIXTURES = Path(__file__).parents[3] / "shared" / "formats" / "opus"
KEY = "ab" * 32


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(f"sqlite:///{tmp_path / 'workspace.db'}", KEY)
    yield opened
    opened.close()


def settings(folder: Path, *, client: str = "101", minimum: int = 1) -> OpusSettings:
    return OpusSettings(folder=folder, client=client, min_units=minimum, min_employees=minimum)


def employee(number: int, *, unit: str = "7", leave: str = "") -> str:
    return (
        f'<employee id="{number}" client="101" lastChanged="2026-01-01"><entryDate>2020-08-01</entryDate>'
        f"<leaveDate>{leave}</leaveDate><cpr suppId='0'>610199{number % 10000:04}</cpr><firstName>Mette</firstName>"
        f"<lastName>Sørensen</lastName><address/><position>Pædagog</position><orgUnit>{unit}</orgUnit>"
        "<numerator>37</numerator><denominator>37</denominator></employee>"
    )


UNIT = (
    '<orgUnit id="7" client="101" lastChanged="x"><startDate>1900-01-01</startDate><endDate>9999-12-31</endDate>'
    "<parentOrgUnit/><shortName>S</shortName><longName>Skolen</longName><costCenter>1234567890</costCenter></orgUnit>"
)


def put(folder: Path, day: str, *elements: str) -> None:
    folder.mkdir(exist_ok=True)
    text = f'<?xml version="1.0" encoding="utf-8"?><kmd>{"".join(elements)}</kmd>'
    (folder / f"ZLPE{day}224000_delta.xml").write_text(text, encoding="utf-8")


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the public fixtures lie beside the checkout")
def test_the_two_public_fixtures_load(tmp_path: Path, workspace: Workspace) -> None:
    folder = tmp_path / "opus"
    folder.mkdir()
    for name in ("20200101", "20200102"):
        data = (FIXTURES / f"ZLPE{name}_delta.xml").read_bytes()
        (folder / f"ZLPE{name}224000_delta.xml").write_bytes(data)

    result = pull_opus.pull(workspace, settings(folder, client="813"))

    assert result.error == ""
    assert result.cursor == "ZLPE20200102224000_delta.xml"
    assert result.removed == 1  # 1006 is gone from the second file: annulled
    with workspace.read() as tx:
        assert {unit.id for unit in organisation.opus_units(tx)} == {"1", "2", "3", "4", "5"}
        assert people.employment(tx, "1006").ended == "annulled"  # type: ignore[union-attr]
        assert people.employment(tx, "1000").position == "Softwaretester"  # type: ignore[union-attr]
        assert len(people.employments_of(tx, "0101010000")) == 3


def test_a_second_snapshot_brings_only_its_differences(tmp_path: Path, workspace: Workspace) -> None:
    folder = tmp_path / "opus"
    put(folder, "20261120", UNIT, *(employee(number) for number in range(1, 6)))
    first = pull_opus.pull(workspace, settings(folder))
    left = '<employee id="4" client="101" action="leave"/>'
    put(folder, "20261121", UNIT, employee(1), employee(2, leave="2026-12-31"), employee(3), left, employee(6))

    second = pull_opus.pull(workspace, settings(folder))

    assert (first.created, first.changed, first.removed) == (6, 0, 0)
    assert (second.created, second.changed, second.removed) == (1, 1, 2)
    with workspace.read() as tx:
        found = {number: people.employment(tx, number) for number in ("1", "2", "4", "5", "6")}
    assert found["2"].leave_date == date(2026, 12, 31)  # type: ignore[union-attr]
    assert (found["4"].ended, found["5"].ended) == ("left", "annulled")  # type: ignore[union-attr]
    assert found["1"].cost_center == "1234567890"  # type: ignore[union-attr]
    assert found["1"].as_of == found["6"].as_of  # type: ignore[union-attr]  # confirmed by the newer extract


def test_a_returning_employee_is_no_longer_ended(tmp_path: Path, workspace: Workspace) -> None:
    folder = tmp_path / "opus"
    put(folder, "20261120", UNIT, employee(1), employee(2))
    put(folder, "20261121", UNIT, employee(1))
    put(folder, "20261122", UNIT, employee(1), employee(2))

    pull_opus.pull(workspace, settings(folder))

    with workspace.read() as tx:
        assert people.employment(tx, "2").ended == ""  # type: ignore[union-attr]


@pytest.mark.parametrize("minimum", [3, 100])
def test_an_extract_below_the_minimum_changes_nothing(tmp_path: Path, workspace: Workspace, minimum: int) -> None:
    folder = tmp_path / "opus"
    put(folder, "20261120", UNIT, employee(1), employee(2))
    before = pull_opus.pull(workspace, settings(folder))
    put(folder, "20261121", UNIT, employee(1))

    result = pull_opus.pull(workspace, settings(folder, minimum=minimum))

    assert before.error == ""
    assert "ikke læst ind" in result.error
    with workspace.read() as tx:
        assert people.employment(tx, "2").ended == ""  # type: ignore[union-attr]
        assert people.read_extracts(tx) == {"ZLPE20261120224000_delta.xml"}


def test_a_cut_file_changes_nothing_and_the_next_run_reads_the_whole_one(
    tmp_path: Path, workspace: Workspace
) -> None:
    folder = tmp_path / "opus"
    put(folder, "20261120", UNIT, employee(1), employee(2))
    path = folder / "ZLPE20261120224000_delta.xml"
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])

    cut = pull_opus.pull(workspace, settings(folder))
    path.write_bytes(whole)
    mended = pull_opus.pull(workspace, settings(folder))

    assert "beskadiget" in cut.error
    assert (mended.error, mended.created) == ("", 3)


def test_a_file_read_once_is_not_read_again(tmp_path: Path, workspace: Workspace) -> None:
    folder = tmp_path / "opus"
    put(folder, "20261120", UNIT, employee(1))
    pull_opus.pull(workspace, settings(folder))

    assert pull_opus.pull(workspace, settings(folder)).fetched == 0


def test_another_municipality_in_the_folder_is_left_out(tmp_path: Path, workspace: Workspace) -> None:
    folder = tmp_path / "opus"
    put(folder, "20261120", UNIT, employee(1), employee(2).replace('client="101"', 'client="751"'))

    pull_opus.pull(workspace, settings(folder))

    with workspace.read() as tx:
        assert people.employment(tx, "2") is None
