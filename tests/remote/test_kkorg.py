"""KKorg: every query fits the published schema; the tree gives paths and inherited leaders; the mapping is checked."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from kkassist.domain.errors import Misused
from kkassist.domain.unit import KkorgUnit, OpusUnit
from kkassist.remote import kkorg_os2mo
from kkassist.remote.kkorg import placed_in_tree
from kkassist.remote.kkorg_opus import OpusOrganisation, read_mapping

SCHEMA = Path(__file__).parents[3] / "shared" / "formats" / "os2mo_v30.graphql"
AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.skipif(not SCHEMA.exists(), reason="the published schema lies beside the checkout")
@pytest.mark.parametrize("root", sorted(kkorg_os2mo.QUERIES))
def test_every_query_fits_the_published_schema(root: str) -> None:
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"), assume_valid_sdl=True)

    assert validate(schema, parse(kkorg_os2mo.QUERIES[root])) == []


def unit(kkorgnr: str, name: str, parent: str = "", leader: str = "") -> KkorgUnit:
    return KkorgUnit(kkorgnr, "", name, parent, (), "", leader, False, None, None, "", AT)


def test_a_unit_without_leader_has_the_nearest_one_above() -> None:
    tree = [
        unit("1", "KK", leader="Chefen"),
        unit("2", "BUF", "1"),
        unit("3", "Skolen", "2"),
        unit("4", "SFO", "3"),
    ]

    placed = {one.kkorgnr: one for one in placed_in_tree({one.kkorgnr: one for one in tree})}

    assert placed["4"].path == ("KK", "BUF", "Skolen")
    assert placed["4"].forvaltning == "BUF"
    assert (placed["4"].leader_name, placed["4"].leader_inherited) == ("Chefen", True)
    assert not placed["1"].leader_inherited


def test_a_cycle_in_the_tree_ends() -> None:
    tree = {"1": unit("1", "A", "2"), "2": unit("2", "B", "1")}

    assert {one.kkorgnr: one.path for one in placed_in_tree(tree)} == {"1": ("B",), "2": ("A",)}


def opus_unit(key: str, name: str, parent: str = "", end: date | None = None) -> OpusUnit:
    return OpusUnit(key, parent, "", name, None, end, "", "", "", "", "", "", "", "", AT)


def test_opus_units_take_their_keys_from_the_mapping(tmp_path: Path) -> None:
    path = tmp_path / "kkorg.csv"
    path.write_text("kkorgnr;opus_orgunit;navn;forvaltning\n1604;5;Skolen ved Søen;BUF\n", encoding="utf-8-sig")
    units = [
        opus_unit("1", "Kommunen"),
        opus_unit("5", "SKOLE", "1", date(2026, 12, 31)),
        opus_unit("6", "#lukket", "1"),
    ]

    placed = OpusOrganisation(units, [], read_mapping(path)).units(date(2026, 11, 23))

    assert [(one.kkorgnr, one.name, one.end) for one in placed] == [
        ("1", "Kommunen", None),
        ("1604", "Skolen ved Søen", date(2027, 1, 1)),
    ]


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("nr;enhed\n", "Første linje"),
        ("kkorgnr;opus_orgunit;navn;forvaltning\nabc;5;x;BUF\n", "linje 2"),
        ("kkorgnr;opus_orgunit;navn;forvaltning\n1;5;x;BUF\n2;5;y;BUF\n", "to gange"),
    ],
)
def test_a_mapping_that_does_not_fit_names_its_line(tmp_path: Path, text: str, tells: str) -> None:
    path = tmp_path / "kkorg.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(Misused, match=tells):
        read_mapping(path)
