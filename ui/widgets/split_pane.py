"""Panes side by side, at the widths the user gave them last time."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QSplitter, QWidget

_SETTLED_MS = 400


class PaneMemory(Protocol):
    """Where widths are kept between sessions: small texts by name."""

    def recall(self, name: str) -> str | None: ...
    def keep(self, name: str, value: str) -> None: ...


class SplitPane(QSplitter):
    """Widths in logical pixels are recalled from, and kept in, `memory` under `name`."""

    def __init__(self, name: str, memory: PaneMemory | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._name, self._memory = name, memory
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self.keep_widths)
        self.splitterMoved.connect(self._settled.start)

    def fill(self, panes: Sequence[tuple[QWidget, int, bool]]) -> None:
        """Add panes as (widget, width at first, grows with the window), then recall the user's widths."""
        for at, (pane, _width, grows) in enumerate(panes):
            self.addWidget(pane)
            self.setStretchFactor(at, 1 if grows else 0)
        self.setSizes(self._recalled(len(panes)) or [width for _pane, width, _grows in panes])

    def keep_widths(self) -> None:
        """Write the widths down."""
        self._settled.stop()
        if self._memory is not None:
            self._memory.keep(self._name, ",".join(str(width) for width in self.sizes()))

    def _recalled(self, count: int) -> list[int]:
        text = (self._memory.recall(self._name) if self._memory else None) or ""
        widths = [int(part) for part in text.split(",") if part.isdecimal()]
        return widths if len(widths) == count else []
