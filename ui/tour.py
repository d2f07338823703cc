"""Walks the main job in the real window against the practice city, and leaves a picture of every step.

It presses what a user presses and waits for what she would see; each step that does not come ends the tour.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QSettings, QSize
from PySide6.QtWidgets import QApplication, QWidget

from kkassist.actions import background
from kkassist.actions import outbox as outbox_verbs
from kkassist.actions import queue as queue_verbs
from kkassist.actions import runs as run_verbs
from kkassist.actions import sources as source_verbs
from kkassist.actions import uploads as upload_verbs
from kkassist.actions.case import edit, open_case
from kkassist.actions.desk import Desk
from kkassist.domain.batch import BatchState, RowState, Severity
from kkassist.domain.change import ChangeState
from kkassist.domain.run import RunState
from ui.app import Opened, application, catch_all
from ui.bridge import Bridge
from ui.theme import Scheme, apply_theme
from ui.window import Window

SIZE = QSize(1440, 900)
_PATIENCE_S = 60.0
_TO_MEND = (RowState.REFUSED, RowState.FAILED)
_ATTEMPTS = 4
"""The robot may refuse a mended row for another reason; it is mended again."""


class TourCity(Protocol):
    """What the tour needs of the practice city beside what the program sees: a colleague, and files to upload."""

    def colleague_changes(self, sys_id: str, field: str, value: str) -> None: ...
    def file_with_errors(self) -> Path: ...
    def mended_file(self) -> Path: ...
    def refuse_at_the_robot(self, references: list[str], reason: str) -> None: ...
    def go_away(self) -> None: ...
    def come_back(self) -> None: ...


class Tour:
    """One walk. `step` waits for a condition and takes the picture."""

    def __init__(self, app: QApplication, folder: Path) -> None:
        self._app = app
        self.folder = folder
        self._number = 0
        self.pictures: list[str] = []

    def wait(self, what: str, until: Callable[[], bool]) -> None:
        """Let the window work until `until` holds; raises `RuntimeError` when it never does."""
        deadline = time.monotonic() + _PATIENCE_S
        while not until():
            if time.monotonic() > deadline:
                raise RuntimeError(f"the tour waited in vain for: {what}")
            self.let_work(0.02)

    def let_work(self, seconds: float) -> None:
        """Let the window work for a while."""
        end = time.monotonic() + seconds
        while True:
            self._app.processEvents()
            if time.monotonic() >= end:
                return
            time.sleep(0.005)

    def picture(self, name: str, widget: QWidget) -> None:
        """A picture of the window as it stands."""
        self.let_work(0.25)
        self._number += 1
        file = f"{self._number:02d}-{name}.png"
        widget.grab().save(str(self.folder / file))
        self.pictures.append(file)


def walk(context: Opened, city: TourCity, folder: Path, colleague: Desk) -> dict[str, object]:
    """Walk the main job and write numbered pictures and `summary.json` into `folder`; the summary.

    `colleague` is the desk of the approver on the same workspace.
    """
    folder.mkdir(parents=True, exist_ok=True)
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, str(context.home))
    app = application()
    apply_theme(app, "light")
    bridge = Bridge(context.desk(), context.log_bug)
    catch_all(bridge)
    failures: list[str] = []
    bridge.crashed.connect(failures.append)
    window = Window(bridge)
    window.resize(SIZE)
    window.show()
    tour = Tour(app, folder)
    began = time.monotonic()
    try:
        summary = _walk(tour, window, context.desk(), city, colleague)
    finally:
        window.close()
    summary |= {"pictures": tour.pictures, "seconds": round(time.monotonic() - began, 1), "crashes": failures}
    (folder / "summary.json").write_text(
        json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    return summary


def _walk(tour: Tour, window: Window, desk: Desk, city: TourCity, colleague: Desk) -> dict[str, object]:
    summary: dict[str, object] = {}
    window.start(loop=False)
    tour.let_work(0.5)
    tour.picture("foerste-gang", window)
    fetched = source_verbs.sync_now(desk, [])
    summary["fetched"] = {one.source: one.fetched for one in fetched}
    _queue(tour, window, desk, summary)
    _case(tour, window, desk, city, summary)
    _, end = background.start(desk)
    try:
        _uploads(tour, window, desk, city, colleague, summary)
    finally:
        end()
    _looks(tour, window, city, desk)
    return summary


def _queue(tour: Tour, window: Window, desk: Desk, summary: dict[str, object]) -> None:
    place = window.queue
    place.activate()
    tour.wait("the queue", lambda: place.queue.model.count() > 0)
    summary["queue"] = queue_verbs.counts(desk)
    tour.picture("koeen", window)
    place.queue.search.setText("soren")
    tour.wait("the search", lambda: 0 < place.queue.model.count() < queue_verbs.counts(desk)["queue"])
    tour.picture("soegning", window)
    place.queue.search.clear()
    tour.wait("the whole queue", lambda: place.queue.model.count() == queue_verbs.counts(desk)["queue"])


def _case(tour: Tour, window: Window, desk: Desk, city: TourCity, summary: dict[str, object]) -> None:
    case, ambiguous = _telling_cases(desk)
    _open(tour, window, case)
    tour.picture("sagen-udfyldt", window)
    if ambiguous:
        _open(tour, window, ambiguous)
        tour.picture("vaelg-ansaettelse", window)
        _open(tour, window, case)
    window.commands.run("palette")
    tour.let_work(0.3)
    tour.picture("kommandopalet", window)
    window.palette_panel.hide()
    _note(tour, window)
    _conflict(tour, window, desk, city, case, summary)


def _telling_cases(desk: Desk) -> tuple[str, str]:
    """A fratrædelse where the sources disagree, and one where the caseworker must choose the employment."""
    view = replace(queue_verbs.BUILT_IN[0], sort="number")
    rows = queue_verbs.rows(desk, queue_verbs.ids(desk, view))
    disagreeing, ambiguous = "", ""
    for row in rows:
        if row.process != "fratraedelse" or (disagreeing and ambiguous):
            continue
        opened = open_case(desk, row.sys_id)
        if opened.who.must_choose:
            ambiguous = ambiguous or row.sys_id
        elif any(field.conflicts for field in opened.fields):
            disagreeing = disagreeing or row.sys_id
    return disagreeing or rows[0].sys_id, ambiguous


def _open(tour: Tour, window: Window, sys_id: str) -> None:
    window.open_case(sys_id)
    tour.wait("the case", lambda: _shown(window) == sys_id)


def _shown(window: Window) -> str:
    opened = window.queue.case.opened
    return opened.record.row.sys_id if opened is not None else ""


def _note(tour: Tour, window: Window) -> None:
    composer = window.queue.context.composer
    window.commands.run("case.comment")
    composer.editor.setPlainText("Hej. Vi har modtaget din opsigelse og vender tilbage med din slutopgørelse.")
    tour.let_work(0.8)
    tour.picture("kommentar-til-medarbejderen", window)
    composer.send.click()
    tour.wait("the note in the outbox", lambda: bool(outbox_verbs.entries(window.desk)))


def _conflict(
    tour: Tour, window: Window, desk: Desk, city: TourCity, case: str, summary: dict[str, object]
) -> None:
    """Edit a case, let a colleague edit the same field, send, and settle the conflict by keyboard."""
    now = open_case(desk, case).record.server.fields.get("priority", "")
    mine, theirs = [value for value in ("1", "2", "3") if value != now][:2]
    edit(desk, case, {"priority": mine})
    tour.let_work(0.4)
    tour.picture("aendring-paa-vej", window)
    city.colleague_changes(case, "priority", theirs)
    source_verbs.push_now(desk)
    window.go("outbox")
    tour.wait("the conflict", lambda: source_verbs.conflicts(desk) == 1)
    tour.let_work(0.5)
    tour.picture("konflikt", window)
    window.commands.run("outbox.mine")
    tour.wait("the settled conflict", lambda: source_verbs.conflicts(desk) == 0)
    source_verbs.push_now(desk)
    left = [
        one for one in outbox_verbs.entries(desk) if one.state in (ChangeState.WAITING, ChangeState.UNCONFIRMED)
    ]
    summary["outbox_left"] = len(left)
    tour.let_work(0.5)
    tour.picture("udbakken-tom", window)


def _uploads(
    tour: Tour, window: Window, desk: Desk, city: TourCity, colleague: Desk, summary: dict[str, object]
) -> None:
    place = window.uploads
    window.go("uploads")
    tour.let_work(0.5)
    tour.picture("upload-tom", window)
    wrong = _checked(tour, window, desk, city.file_with_errors())
    found = upload_verbs.findings(desk, wrong)
    summary["planted_errors_found"] = sum(one.severity is Severity.ERROR for one in found)
    place.view.show_segment("findings")
    tour.picture("fund-i-filen", window)
    place.view.show_segment("rows")
    tour.picture("raekker-med-fund", window)
    batch = _checked(tour, window, desk, city.mended_file())
    tour.picture("filen-er-i-orden", window)
    place.act()
    tour.wait("the submitted batch", lambda: _state(desk, batch) is BatchState.SUBMITTED)
    tour.let_work(0.6)
    tour.picture("egen-batch-kan-ikke-godkendes", window)
    summary["approved_by"] = _approved(tour, desk, colleague, batch)
    tour.let_work(0.6)
    tour.picture("godkendt-af-kollega", window)
    _run(tour, window, desk, city, colleague, batch, summary)


def _checked(tour: Tour, window: Window, desk: Desk, path: Path) -> str:
    """Choose a file in the place and wait until its batch is shown; the batch."""
    before = {one.id for one in upload_verbs.all_batches(desk)}
    window.uploads.choose_file(path, "resultatloen")
    tour.wait("the checked file", lambda: window.uploads.current_batch() not in {*before, ""})
    tour.wait("the end of reading", lambda: not window.uploads.busy())
    tour.let_work(0.6)
    return window.uploads.current_batch()


def _state(desk: Desk, batch: str) -> BatchState:
    return upload_verbs.batch(desk, batch).state


def _approved(tour: Tour, desk: Desk, colleague: Desk, batch: str) -> str:
    """The colleague looks at the batch and approves it at her own desk."""
    shown = upload_verbs.to_approve(colleague, batch)
    approved = upload_verbs.approve(colleague, batch, shown.batch.content_hash)
    desk.events.publish("batches", batch)
    tour.wait("the approval", lambda: _state(desk, batch) is BatchState.APPROVED)
    return approved.decided_by


def _run(
    tour: Tour,
    window: Window,
    desk: Desk,
    city: TourCity,
    colleague: Desk,
    batch: str,
    summary: dict[str, object],
) -> None:
    rows = run_verbs.rows(desk, batch)
    city.refuse_at_the_robot([row.reference for row in rows[4:7]], "Lønperioden er låst for medarbejderen.")
    window.uploads.act()
    tour.wait("the run", lambda: bool(run_verbs.all_runs(desk)))
    window.go("runs")
    tour.wait("some results", lambda: run_verbs.all_runs(desk)[0].done > len(rows) // 4)
    tour.let_work(0.3)
    tour.picture("robotten-arbejder", window)
    _finished(tour, desk)
    tour.let_work(1.0)
    tour.picture("koerslen-er-faerdig", window)
    summary["first_run"] = _counts(desk, batch)
    for attempt in range(_ATTEMPTS):
        if not run_verbs.rows(desk, batch, _TO_MEND):
            break
        _repaired(desk, batch)
        upload_verbs.approve(colleague, batch)
        desk.events.publish("batches", batch)
        if attempt == 0:
            tour.let_work(0.6)
            tour.picture("rettet-og-godkendt-igen", window)
        run_verbs.retry(desk, batch)
        _finished(tour, desk)
    tour.let_work(1.0)
    tour.picture("alle-raekker-udfoert", window)
    receipt = run_verbs.receipt(desk, batch, tour.folder / "kvittering.xlsx")
    summary["after_repair"] = _counts(desk, batch)
    summary["receipt"] = receipt.name
    summary["minutes_saved"] = str(run_verbs.minutes_saved(upload_verbs.batch(desk, batch)))


def _finished(tour: Tour, desk: Desk) -> None:
    over = (RunState.FINISHED, RunState.CANCELLED)
    tour.wait("the end of the run", lambda: all(one.state in over for one in run_verbs.all_runs(desk)))


def _counts(desk: Desk, batch: str) -> dict[str, int]:
    return dict(Counter(row.state.value for row in run_verbs.rows(desk, batch)))


def _repaired(desk: Desk, batch: str) -> None:
    """Mend the refused rows: paid a month later, as the robot's words ask for."""
    for row in run_verbs.rows(desk, batch, _TO_MEND):
        year, month = (int(part) for part in row.values["udbetalingsmaaned"].split("-"))
        later = f"{year + month // 12}-{month % 12 + 1:02d}"
        upload_verbs.repair_row(desk, batch, row.row, {"udbetalingsmaaned": later})
    if _state(desk, batch) is not BatchState.SUBMITTED:
        upload_verbs.submit(desk, batch)


def _looks(tour: Tour, window: Window, city: TourCity, desk: Desk) -> None:
    """The window offline, in the dark, small and with large text."""
    window.go("queue")
    city.go_away()
    source_verbs.sync_now(desk, ["servicenow"])
    desk.events.publish("sources", "servicenow")
    tour.let_work(1.2)
    tour.picture("servicenow-svarer-ikke", window)
    city.come_back()
    source_verbs.sync_now(desk, ["servicenow"])
    desk.events.publish("sources", "servicenow")
    looks: tuple[tuple[Scheme, float, str], ...] = (("dark", 1.0, "moerkt"), ("light", 2.0, "stor-tekst"))
    app = application()
    for scheme, size, name in looks:
        apply_theme(app, scheme, size)
        tour.let_work(0.4)
        tour.picture(name, window)
    apply_theme(app, "light")
    window.go("settings")
    tour.let_work(0.5)
    tour.picture("indstillinger", window)
