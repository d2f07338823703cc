"""Buttons: the one primary action of a place, plain and quiet ones, icons, menus."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QToolButton

from kkassist.domain.language import say
from ui.icons import IconName, icon, pixmap
from ui.theme import BODY, ColorName, dress, follow_theme, font, px, tokens
from ui.widgets.key_hint import caps_size, paint_caps

_ICON = 16
_EDGE = 12
_GAP = 8
_INK_OF_ROLE: dict[str, ColorName] = {"primary": "on_accent", "danger": "red"}


class Button(QPushButton):
    """A verb, with an icon before it and its key after it where it has them.

    Roles: `plain`, `quiet` (no border until hovered), `danger`. The key is shown and, when `bind` is true,
    also works in the whole window.
    """

    def __init__(
        self, text: str, *, role: str = "plain", mark: IconName | None = None, keys: str = "", bind: bool = False
    ) -> None:
        super().__init__()
        self._words, self._mark, self._keys, self._role = text, mark, keys, role
        self._shows_keys = True
        self.setAccessibleName(text)
        self.setAccessibleDescription(say("Tast {keys}", keys=keys) if keys else "")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        if bind and keys:
            self.setShortcut(QKeySequence(keys))
        dress(self, role=role)
        follow_theme(self, self._fit)

    def words(self) -> str:
        """The verb on the button."""
        return self._words

    def set_words(self, text: str) -> None:
        """Another verb on the button."""
        self._words = text
        self.setAccessibleName(text)
        self._fit()

    def show_keys(self, shown: bool) -> None:
        """Show the key beside the verb, or leave it out where there is too little room."""
        if shown != self._shows_keys:
            self._shows_keys = shown
            self.setToolTip("" if shown else self.accessibleDescription())
            self._fit()

    def _fit(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for icon, verb and key caps."""
        self.ensurePolished()
        width = 2 * _EDGE + self._text_width()
        width += px(_ICON) + _GAP - 2 if self._mark else 0
        width += caps_size(self._keys).width() + _GAP if self._keys and self._shows_keys else 0
        return QSize(width, px(20) + 12)

    def minimumSizeHint(self) -> QSize:
        """A verb is never cut."""
        return self.sizeHint()

    def _text_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(self._words)

    def _ink_name(self) -> ColorName:
        if not self.isEnabled():
            return "faint"
        if self.isChecked():
            return "accent"
        return _INK_OF_ROLE.get(self._role, "text")

    def paintEvent(self, event: QPaintEvent) -> None:
        """The sheet paints the button; icon, verb and caps are laid on it."""
        super().paintEvent(event)
        painter = QPainter(self)
        ink, middle = tokens().color(self._ink_name()), self.height() // 2
        left = (self.width() - self.sizeHint().width()) // 2 + _EDGE
        if self._mark:
            self._paint_mark(painter, self._mark, left, middle)
            left += px(_ICON) + _GAP - 2
        painter.setPen(ink)
        painter.setFont(font(BODY, strong=True))
        painter.drawText(
            left, 0, self._text_width() + 2, self.height(), int(Qt.AlignmentFlag.AlignVCenter), self._words
        )
        if self._keys and self._shows_keys:
            border = QColor(ink)
            border.setAlpha(110)
            paint_caps(painter, self._keys, QPoint(left + self._text_width() + _GAP, middle), ink, border)
        painter.end()

    def _paint_mark(self, painter: QPainter, mark: IconName, left: int, middle: int) -> None:
        side = px(_ICON)
        picture = pixmap(mark, self._ink_name(), side, self.devicePixelRatioF())
        painter.drawPixmap(left, middle - side // 2, picture)


class PrimaryAction(Button):
    """The one action a place is for, bottom right, with its key beside the verb."""

    def __init__(self, text: str, *, keys: str = "", mark: IconName | None = None, bind: bool = True) -> None:
        super().__init__(text, role="primary", mark=mark, keys=keys, bind=bind)


class IconButton(QToolButton):
    """An icon that is pressed. It always has a name, shown on hover and told to assistive tools."""

    def __init__(
        self, name: IconName, text: str, *, keys: str = "", size: int = 16, ink: ColorName = "secondary"
    ) -> None:
        super().__init__()
        self._name, self._ink, self._size = name, ink, size
        self.setAccessibleName(text)
        self.setToolTip(f"{text} ({keys})" if keys else text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if keys:
            self.setShortcut(QKeySequence(keys))
        follow_theme(self, self._tint)
        self._tint()

    def set_mark(self, name: IconName, text: str) -> None:
        """Another icon and name, as a toggle needs."""
        self._name = name
        self.setAccessibleName(text)
        self.setToolTip(text)
        self._tint()

    def _tint(self) -> None:
        side = px(self._size)
        self.setIcon(icon(self._name, self._ink, side))
        self.setIconSize(QSize(side, side))


class MenuButton(Button):
    """A verb that opens a menu: Space, Enter or Down open it, a chevron says so."""

    def __init__(self, text: str, *, role: str = "plain", mark: IconName | None = None) -> None:
        super().__init__(text, role=role, mark=mark)
        self._menu = QMenu(self)
        self.clicked.connect(self.open_menu)

    def menu_of(self) -> QMenu:
        """The menu, to add actions to."""
        return self._menu

    def add_choice(self, text: str, chosen: Callable[[], object]) -> None:
        """One line of the menu."""
        self._menu.addAction(text).triggered.connect(lambda _checked=False: chosen())

    def open_menu(self) -> None:
        """Open the menu below the button."""
        self._menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down opens the menu, as in every menu button."""
        if event.key() == Qt.Key.Key_Down:
            self.open_menu()
            return
        super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Room for the chevron too."""
        return super().sizeHint() + QSize(px(_ICON) + 2, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A chevron at the right."""
        super().paintEvent(event)
        painter = QPainter(self)
        side = px(12)
        chevron = pixmap("chevron-down", "muted", side, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - _EDGE - side + 2, (self.height() - side) // 2, chevron)
        painter.end()
