"""Types in a case as a user does, and dies a second later. Arguments: home, sys_id, field, text; secrets outside."""

import os
import sys
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtTest import QTest

from kkassist.cli.app import Context
from ui.app import application
from ui.bridge import Bridge
from ui.window import Window

home, sys_id, field, text = sys.argv[1:]
QSettings.setDefaultFormat(QSettings.Format.IniFormat)
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(Path(home) / "qt"))
app = application()
context = Context(home=Path(home))
window = Window(Bridge(context.desk(), context.log_bug))
window.show()
window.start(loop=False)
window.open_case(sys_id)


def type_and_die() -> None:
    form = window.queue.case.form
    if form is None:
        return
    waiting.stop()
    editor = form.rows[field].editor
    editor.setFocus()
    editor.selectAll()
    for number, letter in enumerate(text):  # never a pause: the draft must not wait for one
        QTimer.singleShot(number * 100, lambda letter=letter: QTest.keyClicks(editor, letter))
    QTimer.singleShot((len(text) - 1) * 100 + 1_000, lambda: os._exit(9))


waiting = QTimer()
waiting.timeout.connect(type_and_die)
waiting.start(20)
app.exec()
