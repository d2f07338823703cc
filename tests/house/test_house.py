"""The house keeps its own rules: every sentence in both languages, nothing in the repository that must not be there."""

import re
import subprocess

from sentences import ROOT, without_english


def test_every_sentence_has_its_english_with_the_same_values() -> None:
    assert without_english() == []


def test_no_machine_path_registry_or_secret_is_in_the_repository() -> None:
    forbidden = re.compile(
        rb"/home/\w|/tmp/\w|index-" + rb"url|BEGIN (RSA|EC|OPENSSH) PRIVATE|pypi\.org/" + rb"simple"
    )
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    guilty = [
        name
        for name in files
        if name
        and (ROOT / name).is_file()
        and not name.startswith("tests/")
        and forbidden.search((ROOT / name).read_bytes())
    ]

    assert guilty == []
