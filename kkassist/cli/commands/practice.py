"""practice: the practice city until it is interrupted. demo: the city and the window, or a tour off-screen."""

import argparse
import signal
import sys
import tempfile
import threading
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, cast

from kkassist.cli.app import Context
from kkassist.cli.outcome import Outcome
from kkassist.cli.paths import workspace_url
from kkassist.cli.settings import read_settings
from kkassist.cli.tour_city import TourCity
from kkassist.domain.language import say
from kkassist.domain.settings import WorkspaceSettings
from kkassist.practice.run import RunningCity, start_city

if TYPE_CHECKING:
    from kkassist.cli.commands import Several

_DEMO_CASES = 2_000
_DEMO_EMPLOYEES = 4_500
_DEMO_ROBOT_RATE = 6.0
"""Rows a second: slow enough to be watched."""
_APPROVER = "bent.kjaer"


def add(several: "Several") -> None:
    practice = several.add_parser("practice", help="a synthetic city with real servers on loopback")
    practice.add_argument("--port-file", type=Path)
    practice.add_argument("--cases", type=int, default=2_000)
    practice.add_argument("--employees", type=int, default=45_000)
    practice.add_argument("--seed", type=int, default=1)
    practice.add_argument("--faults", action="append", default=[], metavar="NAME")
    practice.set_defaults(run=_practice)
    demo = several.add_parser("demo", help="the practice city and the window")
    demo.add_argument("--tour", type=Path, metavar="DIR", help="walk the main job off-screen and write pictures")
    demo.add_argument("--cases", type=int, default=_DEMO_CASES)
    demo.add_argument("--employees", type=int, default=_DEMO_EMPLOYEES)
    demo.add_argument("--seed", type=int, default=1)
    demo.set_defaults(run=_demo)


def _practice(context: Context, arguments: argparse.Namespace) -> Outcome:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    folder = context.home / "practice"
    with start_city(
        folder,
        cases=arguments.cases,
        employees=arguments.employees,
        seed=arguments.seed,
        faults=arguments.faults,
        port_file=arguments.port_file,
    ) as city:
        sys.stderr.write(_about(city) + "\n")
        while not stopped.wait(0.5):
            pass
    return Outcome({"stopped": True}, [say("Øvelsesbyen er lukket.")])


def _about(city: RunningCity) -> str:
    lines = [
        say("Øvelsesbyen kører. Intet her er ægte."),
        *(f"  {name}: {value}" for name, value in city.addresses.items()),
    ]
    lines += [
        say("Miljøvariabler med øvelsens adgangskoder:"),
        *(f"  {name}={value}" for name, value in city.secrets.items()),
    ]
    return "\n".join(lines)


def _demo(context: Context, arguments: argparse.Namespace) -> Outcome:
    """The demo has a home of its own, so that it never touches a real workspace; it is thrown away afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="kkassist-demo-", ignore_cleanup_errors=True) as folder,
        start_city(
            Path(folder),
            cases=arguments.cases,
            employees=arguments.employees,
            seed=arguments.seed,
            robot_rate=_DEMO_ROBOT_RATE,
        ) as city,
    ):
        inner = Context(
            home=city.home,
            verbose=context.verbose,
            as_json=context.as_json,
            environment=context.environment,
        )
        with inner:
            return _shown(inner, city, arguments.tour)


def _shown(context: Context, city: RunningCity, tour: Path | None) -> Outcome:
    (window,) = entry_points(group="kkassist.window", name="run" if tour is None else "tour")
    if tour is None:
        code = cast("int", window.load()(context))
        return Outcome({"closed": True}, exit_code=code)
    tour.mkdir(parents=True, exist_ok=True)
    with _colleague(context, city) as colleague:
        summary = window.load()(context, TourCity(city, tour), tour, colleague.desk())
    lines = [
        say("{count} billeder og summary.json ligger i {folder}.", count=len(summary["pictures"]), folder=tour)
    ]
    return Outcome(cast("dict[str, object]", summary), lines, exit_code=1 if summary["crashes"] else 0)


def _colleague(context: Context, city: RunningCity) -> Context:
    """The approver at her own desk, on the workspace the two share."""
    home = city.homes[_APPROVER]
    settings = read_settings(home)
    shared = replace(settings, workspace=WorkspaceSettings(url=workspace_url(context.home, "")))
    return Context(home=home, environment=context.environment, given=shared)
