"""Runs the practice city: all its servers on loopback, its OPUS folder, and ready settings for its people."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from kkassist.practice.city import City
from kkassist.practice.opus_folder import write_extract
from kkassist.practice.os2mo.server import FAULTS as KKORG_FAULTS
from kkassist.practice.os2mo.server import RunningOs2mo
from kkassist.practice.plumbing import Response, Routes, RunningServer, json_response
from kkassist.practice.population import build_city
from kkassist.practice.robots.server import CLIENT_ID as ROBOTS_CLIENT
from kkassist.practice.robots.server import CLIENT_SECRET as ROBOTS_SECRET
from kkassist.practice.robots.server import FAULTS as ROBOT_FAULTS
from kkassist.practice.robots.server import RunningOrchestrator
from kkassist.practice.servicenow.oauth import PRIVATE_CLIENT, PRIVATE_SECRET
from kkassist.practice.servicenow.server import RunningServiceNow, start_servicenow
from kkassist.practice.settings_files import WORKSPACE_KEY, Addresses, write_home, write_secrets
from kkassist.practice.tomorrow import next_day

PLACE: Final = ZoneInfo("Europe/Copenhagen")
EXTRACT_TIME: Final = time(22, 40)
"""KMD makes the extract on weekday evenings about then."""
FIRST_USER: Final = "anna.holm"
PEOPLE_WITH_HOMES: Final = (FIRST_USER, "bent.kjaer", "carla.lund", "dorte.friis", "freja.skov")


@dataclass(frozen=True, slots=True)
class _FaultPlan:
    """Faults by system. `kkorg:NAME` and `robots:NAME` say which; a bare name goes to whoever alone knows it."""

    servicenow: tuple[str, ...]
    kkorg: tuple[str, ...]
    robots: tuple[str, ...]

    @classmethod
    def of(cls, names: Sequence[str]) -> "_FaultPlan":
        servicenow, kkorg, robots = [], [], []
        for name in names:
            system, _, bare = name.partition(":")
            if system == "kkorg" or name in set(KKORG_FAULTS) - {"slow"}:
                kkorg.append(bare or name)
            elif system == "robots" or name in set(ROBOT_FAULTS) - {"slow"}:
                robots.append(bare or name)
            else:
                servicenow.append(name.removeprefix("servicenow:"))
        return cls(tuple(servicenow), tuple(kkorg), tuple(robots))


class RunningCity:
    """A practice city that runs: its servers, its folder, homes of its people. A context manager."""

    def __init__(
        self,
        folder: Path,
        yesterday: City,
        city: City,
        servicenow: RunningServiceNow,
        faults: _FaultPlan,
        *,
        home: Path | None,
        robot_rate: float,
        next_day_every_s: float | None,
    ) -> None:
        self.city = city
        self.folder = folder
        self.opus_folder = folder / "opus"
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._open_opus_folder(yesterday)
        self.servicenow = servicenow
        self.kkorg = RunningOs2mo(lambda: self.city, faults=faults.kkorg)
        self.robots = RunningOrchestrator(
            lambda: self.city, rate=robot_rate, file=folder / "robots.jsonl", faults=faults.robots
        )
        self.control = RunningServer("city", self._routes())
        self.homes = self._write_homes(home)
        self.home = self.homes[FIRST_USER]
        self._clock = threading.Thread(
            target=self._tick, args=(next_day_every_s,), name="practice-days", daemon=True
        )
        self._clock.start()

    @property
    def addresses(self) -> dict[str, str]:
        """Name → address of everything outside: servers, the OPUS folder, the settings of the first user."""
        return {
            "servicenow": self.servicenow.base_url,
            "kkorg": self.kkorg.base_url,
            "robots": self.robots.base_url,
            "practice": self.control.base_url,
            "opus_folder": str(self.opus_folder),
            "settings": str(self.home / "settings.toml"),
        }

    @property
    def secrets(self) -> dict[str, str]:
        """The first user's secrets, as environment variables."""
        return self.secrets_of(FIRST_USER)

    def secrets_of(self, user_name: str) -> dict[str, str]:
        """The secrets with which a person's kkassist signs in, as environment variables."""
        password = next(account.password for account in self.city.accounts if account.user_name == user_name)
        return {
            "KKASSIST_SECRET_SERVICENOW_PASSWORD": password,
            "KKASSIST_SECRET_SERVICENOW_CLIENT_SECRET": PRIVATE_SECRET,
            "KKASSIST_SECRET_ROBOTS_CLIENT_SECRET": ROBOTS_SECRET,
            "KKASSIST_SECRET_WORKSPACE_KEY": WORKSPACE_KEY,
        }

    def next_day(self) -> Path:
        """Lets a working day pass: OPUS and KKorg change, and a new extract lies in the folder. Returns its path."""
        with self._lock:
            made_on = self.city.today
            self.city = next_day(self.city, self.city.seed)
            return write_extract(self.city, self.opus_folder, datetime.combine(made_on, EXTRACT_TIME))

    def write_port_file(self, path: Path) -> None:
        """Writes the addresses, accounts and secrets as JSON; the file appears whole."""
        accounts = [
            {
                "user": one.user_name,
                "name": one.name,
                "role": one.role,
                "password": one.password,
                "groups": one.groups,
            }
            for one in self.city.accounts
        ]
        homes = {user: str(home) for user, home in self.homes.items()}
        content = {**self.addresses, "homes": homes, "accounts": accounts, "secrets": self.secrets}
        part = path.with_name(f".{path.name}.part")
        part.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        part.replace(path)

    def stop(self) -> None:
        """Closes every server; files stay. May be called twice."""
        self._stopped.set()
        self._clock.join()
        for server in (self.control, self.robots, self.kkorg, self.servicenow):
            server.stop()

    def __enter__(self) -> "RunningCity":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _open_opus_folder(self, yesterday: City) -> None:
        """Two extracts lie ready: the one before last and last night's. Those of an earlier run go."""
        self.opus_folder.mkdir(parents=True, exist_ok=True)
        for old in self.opus_folder.glob("ZLPE*_delta.xml"):
            old.unlink()
        for city, day in ((yesterday, yesterday.today - timedelta(days=1)), (self.city, yesterday.today)):
            write_extract(city, self.opus_folder, datetime.combine(day, EXTRACT_TIME))

    def _write_homes(self, home: Path | None) -> dict[str, Path]:
        addresses = Addresses(
            servicenow=self.servicenow.base_url,
            kkorg=self.kkorg.base_url,
            robots=self.robots.base_url,
            opus_folder=self.opus_folder,
            servicenow_client=PRIVATE_CLIENT,
            robots_client=ROBOTS_CLIENT,
        )
        homes = {}
        for account in self.city.accounts:
            if account.user_name in PEOPLE_WITH_HOMES:
                own = (
                    home if home and account.user_name == FIRST_USER else self.folder / "homes" / account.user_name
                )
                write_home(own, account, self.city, addresses)
                write_secrets(own, self.secrets_of(account.user_name))
                homes[account.user_name] = own
        return homes

    def _routes(self) -> Routes:
        routes = Routes()
        routes.add("POST", "/practice/opus/next-day", lambda _, __: self._let_a_day_pass())
        routes.add("GET", "/practice/city", lambda _, __: json_response(self.addresses))
        return routes

    def _let_a_day_pass(self) -> Response:
        extract = self.next_day()
        return json_response({"extract": extract.name, "today": self.city.today.isoformat()})

    def _tick(self, seconds: float | None) -> None:
        while seconds is not None and not self._stopped.wait(seconds):
            self.next_day()


def start_city(
    folder: Path,
    *,
    cases: int = 2_000,
    employees: int = 45_000,
    seed: int = 1,
    faults: Sequence[str] = (),
    home: Path | None = None,
    robot_rate: float = 25.0,
    port_file: Path | None = None,
    next_day_every_s: float | None = None,
    today: date | None = None,
) -> RunningCity:
    """Starts the practice city; its files lie under `folder`.

    `home` is where the first user's settings go (else under `folder`); `robot_rate` is rows a second; with
    `next_day_every_s` a working day passes that often. Equal seeds, sizes and days give equal cities.
    """
    day = today or datetime.now(PLACE).date()
    yesterday = build_city(seed, employees, _working_day_before(day))
    city = next_day(yesterday, seed, day)
    plan = _FaultPlan.of(faults)
    servicenow = start_servicenow(city, cases=cases, seed=seed, faults=plan.servicenow)
    running = RunningCity(
        folder,
        yesterday,
        city,
        servicenow,
        plan,
        home=home,
        robot_rate=robot_rate,
        next_day_every_s=next_day_every_s,
    )
    if port_file is not None:
        running.write_port_file(port_file)
    return running


def _working_day_before(day: date) -> date:
    day -= timedelta(days=1)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return day
