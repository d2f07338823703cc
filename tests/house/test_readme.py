"""What the README shows is true: its settings are all of them and are read, its process is sound, its accounts are
the practice city's."""

import re
from dataclasses import fields
from datetime import date
from pathlib import Path

from sentences import ROOT

from kkassist.cli.main import _parser
from kkassist.cli.settings import parse_settings
from kkassist.domain.settings import Settings
from kkassist.practice.population import build_city
from kkassist.processes.catalogue import catalogue, problems

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_settings_are_read_and_name_every_key_there_is(tmp_path: Path) -> None:
    text = _block("toml", "practice = ")
    settings = parse_settings(text, tmp_path)

    missing = [
        f"{section.name}.{key.name}"
        for section in fields(Settings)
        if section.name not in ("home", "practice", "process")
        for key in fields(getattr(settings, section.name))
        if not re.search(rf"^{key.name} = |^\[{section.name}\.{key.name}\]", text, re.MULTILINE)
    ]
    assert missing == []


def test_its_process_is_sound(tmp_path: Path) -> None:
    (tmp_path / "orlov.py").write_text(_block("python", '"""Orlov'), encoding="utf-8")

    assert problems(catalogue(tmp_path)["orlov"]) == []


def test_its_commands_are_understood() -> None:
    shown = re.findall(r"`(kkassist [^`]+)`", README.split("## Commands")[1].split("| exit code")[0])
    for command in shown:
        arguments = [one.strip('"') for one in re.findall(r'[^\s"]*"[^"]*"|\S+', command)]
        if "[--home" not in command:
            _parser(arguments[1:]).parse_args(arguments[1:])
    assert len(shown) > 30


def test_its_accounts_are_those_of_the_practice_city() -> None:
    accounts = build_city(1, 300, date(2026, 11, 23)).accounts
    shown = re.findall(r"^\| ([a-z.]+) \| ([a-z]+) \|([^|]*)\| (oevelse-[a-z]+) \|", README, re.MULTILINE)

    assert [(user, role, groups.strip(), password) for user, role, groups, password in shown] == [
        (one.user_name, one.role, ", ".join(one.groups), one.password) for one in accounts
    ]


def _block(language: str, start: str) -> str:
    (found,) = (
        block for block in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if block.startswith(start)
    )
    return found
