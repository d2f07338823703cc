"""OPUS' extract into the workspace: oldest unread file first, each as a snapshot compared with the one before.

A run that began and did not end is begun again from the start; a file below the minimum counts changes nothing.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from kkassist.domain.errors import Refused
from kkassist.domain.language import say
from kkassist.domain.person import Ended
from kkassist.domain.settings import OpusSettings
from kkassist.remote import opus_extract
from kkassist.remote.opus_extract import Element, ExtractFile
from kkassist.store import organisation, people
from kkassist.store.engine import Workspace
from kkassist.sync.results import Report, SourceResult, silent

PAGE = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """What one snapshot changes: elements to parse and keys that are out."""

    units: Sequence[Element]
    gone_units: Sequence[str]
    employees: Sequence[Element]
    ended: Mapping[str, Ended]
    created: int
    changed: int


def pull(
    workspace: Workspace,
    settings: OpusSettings,
    *,
    full: bool = False,
    stop: threading.Event | None = None,
    report: Report = silent,
) -> SourceResult:
    """Read every unread extract of the folder; with `full` the newest one again. Errors are told in the result."""
    began = time.monotonic()
    result = SourceResult(source="opus", cursor=_last_read(workspace))
    try:
        for file in _unread(workspace, settings, full=full):
            if stop is not None and stop.is_set():
                break
            result = _added(result, _read_one(workspace, settings, file, report))
    except Refused as error:
        result = replace(result, error=str(error))
    return replace(result, seconds=time.monotonic() - began)


def difference(
    elements: Iterable[Element],
    known_units: Mapping[str, bytes],
    known_employees: Mapping[str, bytes],
    client: str,
) -> tuple[Difference, int, int]:
    """Compare a snapshot with what is known (id → hash); also the numbers of units and employees it holds.

    An employee with `action="leave"` left; one that is simply gone was annulled.
    """
    units: dict[str, Element] = {}
    employees: dict[str, Element] = {}
    ended: dict[str, Ended] = {}
    for element in elements:
        if client and element.client != client:
            continue
        if element.kind == "orgUnit":
            units[element.id] = element
        elif element.left:
            ended[element.id] = "left"
        elif opus_extract.is_employment(element):
            employees[element.id] = element
    annulled = (key for key in known_employees if key not in employees and key not in ended)
    gone: dict[str, Ended] = {key: "left" for key in ended if key in known_employees}
    gone.update(dict.fromkeys(annulled, "annulled"))
    new_units, touched_units = _new_and_touched(units, known_units)
    new_employees, touched_employees = _new_and_touched(employees, known_employees)
    found = Difference(
        units=[*new_units, *touched_units],
        gone_units=[key for key in known_units if key not in units],
        employees=[*new_employees, *touched_employees],
        ended=gone,
        created=len(new_units) + len(new_employees),
        changed=len(touched_units) + len(touched_employees),
    )
    return found, len(units), len(employees) + len(ended)


def _new_and_touched(
    seen: Mapping[str, Element], known: Mapping[str, bytes]
) -> tuple[list[Element], list[Element]]:
    new = [element for key, element in seen.items() if key not in known]
    touched = [element for key, element in seen.items() if key in known and known[key] != element.hash]
    return new, touched


def _unread(workspace: Workspace, settings: OpusSettings, *, full: bool) -> list[ExtractFile]:
    """Files not read yet, oldest first. One older than the last read is never read after it."""
    files = opus_extract.extract_files(settings.folder)
    with workspace.read() as tx:
        read = people.read_extracts(tx)
    if full and files:
        return files[-1:]
    newest = max(read, default="")
    return [file for file in files if file.path.name not in read and file.path.name > newest]


def _last_read(workspace: Workspace) -> str:
    with workspace.read() as tx:
        return max(people.read_extracts(tx), default="")


def _read_one(workspace: Workspace, settings: OpusSettings, file: ExtractFile, report: Report) -> SourceResult:
    try:
        data = file.path.read_bytes()
    except OSError as error:
        sentence = say("OPUS-udtrækket {name} kan ikke læses. Prøv igen om lidt.", name=file.path.name)
        raise Refused(sentence, log_detail=repr(error)) from error
    with workspace.read() as tx:
        known_units, known_employees = organisation.opus_unit_hashes(tx), people.hashes(tx)
    found, units, employees = difference(
        opus_extract.elements(data), known_units, known_employees, settings.client
    )
    _demand_minimum(settings, file, units, employees)
    with workspace.write() as tx:
        people.begin_extract(tx, file.path.name, file.made_at)
    _store(workspace, found, file, report)
    counts = {"units": units, "employees": employees}
    with workspace.write() as tx:
        people.confirm(tx, file.made_at)
        people.finish_extract(tx, file.path.name, counts)
    return SourceResult(
        source="opus",
        fetched=units + employees,
        created=found.created,
        changed=found.changed,
        removed=len(found.gone_units) + len(found.ended),
        cursor=file.path.name,
    )


def _demand_minimum(settings: OpusSettings, file: ExtractFile, units: int, employees: int) -> None:
    """A snapshot that lacks most of the city would end everybody's employment: it is refused whole."""
    if units >= settings.min_units and employees >= settings.min_employees:
        return
    raise Refused(
        say(
            "OPUS-udtrækket {name} har kun {units} enheder og {employees} ansættelser for kommune {client} og er "
            "ikke læst ind. Kontrollér udtrækket, eller sænk mindsteantallet i indstillingerne.",
            name=file.path.name,
            units=units,
            employees=employees,
            client=settings.client,
        )
    )


def _store(workspace: Workspace, found: Difference, file: ExtractFile, report: Report) -> None:
    for page in _pages(found.units):
        parsed = [opus_extract.unit(element, file.made_at) for element in page]
        with workspace.write() as tx:
            organisation.store_opus_units(tx, parsed, {one.id: one.hash for one in page})
    if found.gone_units:
        with workspace.write() as tx:
            organisation.remove_opus_units(tx, found.gone_units)
    with workspace.read() as tx:
        cost_centers = organisation.cost_centers_by_unit(tx)
    done = 0
    for page in _pages(found.employees):
        employed = [opus_extract.employment(element, file.made_at, cost_centers) for element in page]
        with workspace.write() as tx:
            people.store_employments(tx, employed, {one.id: one.hash for one in page})
        done += len(page)
        report(done, len(found.employees))
    if found.ended:
        with workspace.write() as tx:
            people.end_employments(tx, found.ended, file.made_at)


def _pages(elements: Sequence[Element]) -> Iterator[list[Element]]:
    several = iter(elements)
    while page := list(islice(several, PAGE)):
        yield page


def _added(before: SourceResult, after: SourceResult) -> SourceResult:
    return SourceResult(
        source=after.source,
        fetched=before.fetched + after.fetched,
        created=before.created + after.created,
        changed=before.changed + after.changed,
        removed=before.removed + after.removed,
        cursor=after.cursor,
    )
