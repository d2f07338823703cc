"""The house keeps its own rules: every sentence in both languages, nothing in the repository that must not be there."""

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

from sentences import ROOT, without_english

LONGEST = 1_000
"""Lines of one module."""


def test_every_sentence_has_its_english_with_the_same_values() -> None:
    assert without_english() == []


def test_no_machine_path_registry_or_secret_is_in_the_repository() -> None:
    forbidden = re.compile(
        rb"/home/\w|/tmp/\w|index-" + rb"url|BEGIN (RSA|EC|OPENSSH) PRIVATE|pypi\.org/" + rb"simple"
    )
    guilty = [
        path
        for path in _files()
        if "tests" not in path.relative_to(ROOT).parts and forbidden.search(path.read_bytes())
    ]

    assert guilty == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path
        for path in _files()
        if path.suffix == ".py" and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert silent == []


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    long = [path for path in _files() if path.suffix == ".py" and len(path.read_bytes().splitlines()) > LONGEST]

    assert long == []


def test_every_test_module_has_a_name_of_its_own() -> None:
    """pytest imports them by their bare names, so that of two equal ones only the first would run."""
    named = Counter(
        path.name for path in _files() if ROOT / "tests" in path.parents and path.name != "conftest.py"
    )

    assert [name for name, times in named.items() if times > 1] == []


def _files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
