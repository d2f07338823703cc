"""The icon family: outline, 20 px grid, 1.5 px stroke, tinted by a colour token."""

from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from ui.theme import ColorName, tokens

IconName = Literal[
    "arrow-right", "benefits", "calendar", "chart", "check", "chevron-down", "chevron-left", "chevron-right",
    "chevron-up", "clip", "clock", "close", "comment", "copy", "disclosure", "document", "done", "download",
    "edit", "error", "eye", "filter", "folder", "history", "info", "keyboard", "link", "lock", "moon", "more",
    "note", "offline", "open", "outbox", "pause", "person", "pin", "play", "plus", "queue", "receipt", "refresh",
    "retry", "robot", "search", "send", "settings", "sign-in", "sign-out", "sort", "stop", "sun", "supervision",
    "team", "undo", "unit", "unknown", "upload", "warning",
]  # fmt: skip

ICON_NAMES: tuple[IconName, ...] = get_args(IconName)
_RATIOS = (1.0, 1.5, 2.0, 3.0)


def icon(name: IconName, ink: ColorName = "secondary", size: int = 20) -> QIcon:
    """The icon in a token's colour, sharp on every display; `size` in logical pixels."""
    return _icon(name, tokens().hex(ink), tokens().faint, size)


def pixmap(name: IconName, ink: ColorName = "secondary", size: int = 20, ratio: float = 1.0) -> QPixmap:
    """The icon as a picture for painting; `ratio` is the display's device pixel ratio."""
    return _pixmap(name, tokens().hex(ink), size, ratio)


@cache
def _icon(name: IconName, color: str, disabled: str, size: int) -> QIcon:
    made = QIcon()
    for ratio in _RATIOS:
        made.addPixmap(_pixmap(name, color, size, ratio))
        made.addPixmap(_pixmap(name, disabled, size, ratio), QIcon.Mode.Disabled)
    return made


@cache
def _pixmap(name: IconName, color: str, size: int, ratio: float) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", color).encode()))
    side = round(size * ratio)
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


@cache
def _drawing(name: IconName) -> str:
    return (files("ui") / "resources" / "icons" / f"{name}.svg").read_text(encoding="utf-8")
