"""Ready settings for people of the practice city: a home folder each, which share nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kkassist.practice.city import Account, City

SECRETS_FILE = "practice.env"
WORKSPACE_KEY = "practice"
"""The practice workspaces' open key: what lies in them is made up."""
MAPPING_FILE = "kkorg.csv"
PROCESS_MAP = {
    "sn_hr_le_case|Fratrædelse": "fratraedelse",
    "sn_hr_core_case_payroll|Resultatløn": "resultatloen",
}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the city's systems are."""

    servicenow: str
    kkorg: str
    robots: str
    opus_folder: Path
    servicenow_client: str
    robots_client: str


def write_home(home: Path, account: Account, city: City, addresses: Addresses) -> Path:
    """Writes `settings.toml` and the KKorg mapping into `home`; returns the path of the settings."""
    home.mkdir(parents=True, exist_ok=True)
    write_mapping(home / MAPPING_FILE, city)
    path = home / "settings.toml"
    path.write_text(_toml(_sections(account, city, addresses)), encoding="utf-8")
    return path


def write_secrets(home: Path, secrets: Mapping[str, str]) -> None:
    """The city's open secrets beside its settings, so that a practice home works without a keyring."""
    lines = [
        "# Øvelse: åbne adgangskoder, hvor intet er ægte.",
        *(f"{name}={value}" for name, value in secrets.items()),
    ]
    (home / SECRETS_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_mapping(path: Path, city: City) -> None:
    """`kkorgnr;opus_orgunit;navn;forvaltning`, as the municipality would hand it over."""
    lines = ["kkorgnr;opus_orgunit;navn;forvaltning"]
    lines += [f"{unit.kkorgnr};{unit.opus_id};{unit.name};{unit.forvaltning}" for unit in city.units]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _sections(account: Account, city: City, at: Addresses) -> dict[str, Mapping[str, object]]:
    role = account.role if account.role != "integration" else "systemansvarlig"
    return {
        "": {"practice": True},
        "user": {"id": account.user_name, "role": role, "language": "da"},
        "servicenow": {
            "url": at.servicenow,
            "auth": "oauth-password",
            "client_id": at.servicenow_client,
            "user": account.user_name,
            "tables": ["task"],
            "groups": account.groups,
        },
        "servicenow.fields": {"cpr": "u_cpr", "tjenestenr": "u_tjenestenr"},
        "servicenow.process_map": PROCESS_MAP,
        "opus": {
            "folder": str(at.opus_folder),
            "client": "101",
            "min_units": min(10, len(city.units) // 2),
            "min_employees": min(50, len(city.employments) // 2),
        },
        "kkorg": {"kind": "os2mo", "url": f"{at.kkorg}/graphql/v30", "auth": "none", "mapping": MAPPING_FILE},
        "robots": {
            "kind": "uipath",
            "url": at.robots,
            "folder": "Koncernservice",
            "auth": "client-credentials",
            "client_id": at.robots_client,
        },
    }


def _toml(sections: Mapping[str, Mapping[str, object]]) -> str:
    lines = ["# Øvelse: skrevet af øvelsesbyen. Intet her er ægte."]
    for section, values in sections.items():
        if section:
            lines += ["", f"[{section}]"]
        lines += [f"{_key(name)} = {_value(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() and name.isascii() else _text(name)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(_text(str(one)) for one in value)}]"
    raise TypeError(f"{value!r} has no place in settings")


def _text(text: str) -> str:
    """A TOML basic string; JSON's escapes are a part of TOML's."""
    return json.dumps(text, ensure_ascii=False)
