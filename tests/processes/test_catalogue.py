"""The catalogue: what is declared is sound, and what is declared wrongly is told."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kkassist.domain.errors import Misused
from kkassist.domain.sourced import Source
from kkassist.processes.catalogue import catalogue, help_text, problems, process
from kkassist.processes.own_folder import look_also_in
from kkassist.processes.words import Column, Field, From, Letter, RobotRecipe

OWN = """
from kkassist.processes.words import Field, Process
PROCESS = Process(id="egen", title="Egen", area="Test", description="", fields=(Field("a", "A"),))
"""


def test_the_two_processes_are_found_and_sound() -> None:
    found = catalogue()
    assert {"fratraedelse", "resultatloen"} <= set(found)
    for one in found.values():
        assert problems(one) == []
    assert process("fratraedelse").kinds == ("case", "robot")
    assert process("resultatloen").kinds == ("upload", "robot")


def test_help_comes_from_the_resources() -> None:
    assert help_text(process("fratraedelse")).startswith("# Fratrædelse")
    assert help_text(replace(process("fratraedelse"), id="uden")) == process("fratraedelse").help


def test_a_user_folder_adds_processes(tmp_path: Path) -> None:
    (tmp_path / "egen.py").write_text(OWN, encoding="utf-8")
    assert process("egen", tmp_path).title == "Egen"
    assert "fratraedelse" in catalogue(tmp_path)
    assert catalogue(tmp_path / "findes-ikke").keys() == catalogue().keys()


@pytest.mark.parametrize(
    ("text", "told"), [("x = 1", "PROCESS"), ("1/0", "ZeroDivisionError"), ("(", "SyntaxError")]
)
def test_a_user_file_that_is_no_declaration_is_named(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "gal.py").write_text(text, encoding="utf-8")
    with pytest.raises(Misused, match=rf"gal\.py.*{told}"):
        catalogue(tmp_path)


def test_an_unknown_process_names_those_there_are() -> None:
    with pytest.raises(Misused, match="fratraedelse"):
        process("findes-ikke")


def test_problems_names_what_a_declaration_gets_wrong() -> None:
    sound = process("fratraedelse")
    fields = (*sound.fields, Field("cpr", "Igen"), Field("x", "X", sources=(From(Source.RULE, "ingen"),)))
    broken = replace(
        sound,
        fields=fields,
        case_checks=(replace(sound.case_checks[0], field="findes_ikke", text="Åben {klamme"),),
        letters=(Letter("l", "L", "findes-ikke.txt"),),
        robot=RobotRecipe("q", "r", (("Navn", "ukendt"),), ()),
    )
    text = "\n".join(problems(broken))
    for part in ("felt cpr står 2 gange", "reglen ingen", "findes_ikke", "åben klamme", "findes-ikke", "ukendt",
                 "forretningsnøglen"):  # fmt: skip
        assert part.split("-")[0] in text, part


def test_problems_of_an_upload() -> None:
    sound = process("resultatloen")
    assert sound.upload is not None
    columns = (*sound.upload.columns, Column("x", "CPR nr.", options_from="ingen"))
    broken = replace(sound, upload=replace(sound.upload, columns=columns, amount="kroner"))
    found = problems(broken)
    assert any("overskrift cprnr" in one for one in found)
    assert any("tabellen ingen" in one for one in found)
    assert any("kolonnen kroner" in one for one in found)


@pytest.fixture
def no_folder_chosen() -> Iterator[None]:
    look_also_in(None)
    yield
    look_also_in(None)


def test_the_folder_chosen_at_start_is_in_every_catalogue_and_a_mended_file_is_read_again(
    tmp_path: Path, no_folder_chosen: None
) -> None:
    own = tmp_path / "egen.py"
    own.write_text(OWN, encoding="utf-8")
    look_also_in(tmp_path)
    assert catalogue()["egen"].title == "Egen"

    own.write_text(OWN.replace('"Egen"', '"Rettet"'), encoding="utf-8")
    os.utime(own, ns=(1, 1))
    assert catalogue()["egen"].title == "Rettet"
