"""Prints what the window takes with many cases: opening, stepping, and the longest stall during a fetch.

python tests/bench/window_bench.py [cases]
"""

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtTest import QTest

from kkassist.actions import queue as queue_verbs
from kkassist.actions import sources as source_verbs
from kkassist.cli.app import Context
from kkassist.practice.run import start_city
from ui.app import application
from ui.bridge import Bridge
from ui.window import Window


class Gaps:
    """The longest time in which the window's thread did not come round, by a timer of 5 ms."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.longest = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last)
        self._last = now

    def start_over(self) -> None:
        self._last, self.longest = time.perf_counter(), 0.0


def until(condition, patience=120.0) -> None:
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end
        QTest.qWait(2)


def line(what: str, seconds: float) -> None:
    print(f"{what:58} {seconds * 1000:8.1f} ms", flush=True)


def main(cases: int) -> None:
    app = application()
    with tempfile.TemporaryDirectory() as folder, start_city(Path(folder), cases=cases, employees=3_000) as city:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        secrets = {**city.secrets, "KKASSIST_SECRET_WORKSPACE_KEY": "maaling"}
        with Context(home=city.home, environment=secrets) as context:
            desk = context.desk()
            began = time.perf_counter()
            source_verbs.sync_now(desk, [])
            line("first fetch", time.perf_counter() - began)
            window = Window(Bridge(desk, context.log_bug))
            window.show()
            began = time.perf_counter()
            window.start(loop=False)
            window.queue.choose_view("all")
            until(lambda: window.queue.queue.model.count() > 0)
            line(f"list of {window.queue.queue.model.count()} cases shown", time.perf_counter() - began)
            measure(app, window, desk)
            window.close()


def measure(app, window, desk) -> None:
    gaps = Gaps()
    QTest.qWait(500)
    opening(window, desk)
    gaps.start_over()
    stepping(app, window)
    line("longest stall while stepping with j", gaps.longest)
    gaps.start_over()
    cases = window.queue.queue.list
    for share in range(11):
        cases.verticalScrollBar().setValue(cases.verticalScrollBar().maximum() * share // 10)
        QTest.qWait(30)
    line("longest stall while scrolling from top to end", gaps.longest)
    gaps.start_over()
    done = []
    window._bridge.errand(lambda: source_verbs.sync_now(desk, ["servicenow"], full=True), done.append)
    until(lambda: bool(done))
    QTest.qWait(300)
    line("longest stall during a whole fetch", gaps.longest)


def opening(window, desk) -> None:
    rows = queue_verbs.rows(desk, list(window.queue.queue.model._ids)[:300])
    chosen = [row.sys_id for row in rows if row.process == "fratraedelse"][:12]
    taken, in_window = [], []
    show = window.queue.case.show_case

    def timed(opened) -> None:
        began = time.perf_counter()
        show(opened)
        in_window.append(time.perf_counter() - began)

    window.queue.case.show_case = timed
    for sys_id in chosen:
        began = time.perf_counter()
        window.queue._show(sys_id)
        until(
            lambda sys_id=sys_id: window.queue.case.opened and window.queue.case.opened.record.row.sys_id == sys_id
        )
        taken.append(time.perf_counter() - began)
        QTest.qWait(150)
    window.queue.case.show_case = show
    line("opening a case, median, until it is shown", sorted(taken)[len(taken) // 2])
    line("  of it in the window's thread, median", sorted(in_window)[len(in_window) // 2])


def stepping(app, window) -> None:
    cases = window.queue.queue.list
    cases.setFocus()
    slowest = 0.0
    began = time.perf_counter()
    for _step in range(200):
        one = time.perf_counter()
        QTest.keyClick(cases, Qt.Key.Key_J)
        app.processEvents()
        slowest = max(slowest, time.perf_counter() - one)
    line("a step with j, mean of 200", (time.perf_counter() - began) / 200)
    line("a step with j, slowest", slowest)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
