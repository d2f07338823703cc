"""Reads settings.toml into `kkassist.domain.settings`. Every fault is told with its line and what fits."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from kkassist.domain.errors import Misused, SettingFault
from kkassist.domain.language import say
from kkassist.domain.settings import Settings

FILE_NAME = "settings.toml"


def read_settings(home: Path) -> Settings:
    """The settings of a home folder. Raises `Misused` with every fault (line, key, what to do)."""
    path = home / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Misused(say("Der er ingen indstillinger endnu. Kør kkassist init, eller start øvelsen.")) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Misused(
            say("Indstillingerne kan ikke læses. Kontrollér filen settings.toml."), log_detail=repr(error)
        ) from error
    return parse_settings(text, home)


def parse_settings(text: str, home: Path) -> Settings:
    """Settings from the text of a file that lies in `home`; relative paths count from there."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = int(match.group(1)) if (match := re.search(r"line (\d+)", str(error))) else 0
        raise _misused((SettingFault(line, "", say("Linjen er ikke gyldig TOML.")),)) from error
    reader = _Reader(text, home)
    settings = reader.whole(given)
    if reader.faults or settings is None:
        raise _misused(tuple(reader.faults))
    return settings


def _misused(faults: tuple[SettingFault, ...]) -> Misused:
    first = faults[0]
    where = say("settings.toml, linje {line}", line=first.line) if first.line else "settings.toml"
    more = say(" ({count} fejl i alt)", count=len(faults)) if len(faults) > 1 else ""
    return Misused(f"{where}: {first.message}{more}", faults=faults)


class _Reader:
    """Walks the frozen dataclasses and the given tables side by side, and collects what does not fit."""

    def __init__(self, text: str, home: Path) -> None:
        self.faults: list[SettingFault] = []
        self._lines = text.splitlines()
        self._home = home

    def whole(self, given: Mapping[str, Any]) -> Settings | None:
        known = {field.name: field for field in fields(Settings) if field.name != "home"}
        for name in given:
            if name not in known:
                self._fault(
                    name,
                    "",
                    say("Afsnittet [{name}] findes ikke. Kendte: {known}.", name=name, known=", ".join(known)),
                )
        hints = get_type_hints(Settings)
        values: dict[str, Any] = {"home": self._home}
        for name, field in known.items():
            if name in given:
                values[name] = self._value(given[name], hints[name], name, "")
            elif _required(field):
                self._fault(name, "", say("Afsnittet [{name}] mangler.", name=name))
        if self.faults:
            return None
        settings = Settings(**values)
        self._demands(settings)
        return settings

    def _demands(self, settings: Settings) -> None:
        """What one key demands of another."""
        if not settings.user.id.strip():
            self._fault("user", "id", say("Skriv dit brugernavn i ServiceNow, fx anna.holm."))
        for section, url in (
            ("servicenow", settings.servicenow and settings.servicenow.url),
            ("kkorg", settings.kkorg and settings.kkorg.kind == "os2mo" and (settings.kkorg.url or " ")),
            ("robots", settings.robots and settings.robots.kind == "uipath" and (settings.robots.url or " ")),
        ):
            if url and not re.match(r"https?://[^/\s]+", url):
                self._fault(section, "url", say("Adressen skal begynde med https:// (eller http:// i øvelsen)."))
        if settings.kkorg and settings.kkorg.kind == "opus" and settings.kkorg.mapping is None:
            self._fault(
                "kkorg", "kind", say("KKorg fra OPUS kræver mapping = en CSV-fil med kkorgnr og OPUS-enhed.")
            )
        if settings.http.timeout_s <= 0:
            self._fault("http", "timeout_s", say("Ventetiden skal være et positivt antal sekunder."))
        if settings.opus and (settings.opus.min_units < 0 or settings.opus.min_employees < 0):
            self._fault("opus", "min_units", say("Mindsteantallet kan ikke være negativt."))

    def _table(self, given: Any, kind: type, section: str) -> Any:
        if not isinstance(given, dict):
            self._fault(section, "", say("[{name}] skal være et afsnit.", name=section))
            return None
        known = {field.name: field for field in fields(kind)}
        hints = get_type_hints(kind)
        for key in given:
            if key not in known:
                known_keys = ", ".join(known)
                self._fault(
                    section, key, say("Nøglen {key} findes ikke her. Kendte: {known}.", key=key, known=known_keys)
                )
        values = {key: self._value(given[key], hints[key], section, key) for key in known if key in given}
        missing = [key for key, field in known.items() if key not in given and _required(field)]
        for key in missing:
            self._fault(section, "", say("[{section}] mangler nøglen {key}.", section=section, key=key))
        return None if self.faults else kind(**values)

    def _value(self, given: Any, hint: Any, section: str, key: str) -> Any:
        origin = get_origin(hint)
        if origin in (Union, UnionType):
            inner = next(arg for arg in get_args(hint) if arg is not NoneType)
            return self._value(given, inner, section, key)
        if is_dataclass(hint) and isinstance(hint, type):
            return self._table(given, hint, f"{section}.{key}" if key else section)
        if origin is Literal:
            return self._one_of(given, get_args(hint), section, key)
        if origin is tuple:
            return self._texts(given, section, key)
        if origin is not None and issubclass(origin, Mapping):
            return self._mapping(given, get_args(hint)[1], section, key)
        if hint is Path:
            return self._path(given, section, key)
        return self._plain(given, hint, section, key)

    def _one_of(self, given: Any, choices: tuple[str, ...], section: str, key: str) -> Any:
        if given not in choices:
            fitting = ", ".join(choices)
            self._fault(section, key, say("{key} kan være: {fitting}.", key=key, fitting=fitting))
        return given

    def _texts(self, given: Any, section: str, key: str) -> tuple[str, ...]:
        if not isinstance(given, list) or not all(isinstance(one, str) and one.strip() for one in given):
            self._fault(section, key, say('{key} skal være en liste af tekster, fx ["…"].', key=key))
            return ()
        return tuple(given)

    def _mapping(self, given: Any, inner: Any, section: str, key: str) -> Mapping[str, Any]:
        if not isinstance(given, dict):
            self._fault(section, key, say("{key} skal være et afsnit med navn = værdi.", key=key or section))
            return {}
        name = f"{section}.{key}" if key else section
        return {one: self._value(value, inner, name, one) for one, value in given.items()}

    def _path(self, given: Any, section: str, key: str) -> Path:
        if not isinstance(given, str) or not given.strip():
            self._fault(section, key, say("{key} skal være en sti.", key=key))
            return self._home
        return self._home / Path(given).expanduser()

    def _plain(self, given: Any, hint: Any, section: str, key: str) -> Any:
        if hint is float and isinstance(given, int) and not isinstance(given, bool):
            return float(given)
        if hint is str and isinstance(given, str):
            return given
        if hint is str and section.startswith("process.") and isinstance(given, int | float):
            return str(given)  # a process' own table may hold bare numbers, e.g. loft = 60000
        if hint in (int, float, bool) and type(given) is hint:
            return given
        wanted = {str: say("en tekst i anførselstegn"), int: say("et helt tal"), float: say("et tal")}
        kind = wanted.get(hint, say("true eller false"))
        self._fault(section, key, say("{key} skal være {kind}.", key=key or section, kind=kind))
        return given

    def _fault(self, section: str, key: str, message: str) -> None:
        self.faults.append(SettingFault(self._line(section, key), f"{section}.{key}".strip("."), message))

    def _line(self, section: str, key: str) -> int:
        """The line a key stands on; the section's own line when the key is not written, else 0."""
        here, found = "", 0
        for number, line in enumerate(self._lines, start=1):
            if header := re.match(r"\s*\[([^\]]+)\]", line):
                here = header.group(1).replace('"', "").strip()
                found = number if here == section else found
            else:
                own = re.match(rf'\s*"?{re.escape(key or section)}"?\s*=', line)
                if own and (here == section if key else not here):
                    return number
        return found


def _required(field: "Field[Any]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING
