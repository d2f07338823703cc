"""The one style sheet, written from tokens: what Qt's own widgets look like.

`role` says what a widget is, `tone` which status colour it carries. A focus ring takes its second pixel
from the padding, so that nothing moves when it appears.
"""

from collections.abc import Callable, Mapping
from importlib.resources import files
from string import Template

_SHEET = """
QMainWindow, QDialog { background: $canvas; }
QToolTip { background: $text; color: $surface; border: none; padding: 4px 8px; font-size: ${meta}px; }

QLabel { background: transparent; }
QLabel[role="meta"] { font-size: ${meta}px; color: $muted; }
QLabel[role="label"] { color: $muted; }
QLabel[role="strong"] { font-size: ${strong}px; font-weight: 600; }
QLabel[role="bold"] { font-weight: 600; }
QLabel[role="section"] { font-size: ${section}px; font-weight: 600; }
QLabel[role="page"] { font-size: ${page}px; font-weight: 600; }
QLabel[tone="neutral"] { color: $muted; }
QLabel[tone="accent"] { color: $accent; }
QLabel[tone="red"] { color: $red; }
QLabel[tone="amber"] { color: $amber; }
QLabel[tone="green"] { color: $green; }
QLabel[tone="violet"] { color: $violet; }

QFrame[role="card"] { background: $surface; border: 1px solid $line; border-radius: 6px; }
QFrame[role="popover"] { background: $surface; border: 1px solid $line_strong; border-radius: 6px; }
QFrame[role="bar"] { background: $accent_soft; border: 1px solid $line; border-radius: 6px; }
QFrame[role="toast"] { background: $surface; border: 1px solid $line_strong; border-radius: 6px; }
QFrame[role="rail"] { background: $canvas; border: none; border-right: 1px solid $line; }
QFrame[role="foot"] { background: $surface; border: none; border-top: 1px solid $line; }
QFrame[role="head"] { background: transparent; border: none; }
QFrame[role="practice"] { background: $amber_soft; border: none; border-bottom: 1px solid $line; }
QFrame[role="list"] { background: $surface; border: none; border-right: 1px solid $line; }
QFrame[role="context"] { background: $canvas; border: none; border-left: 1px solid $line; }
QFrame[role="hairline"] { background: $line; border: none; max-height: 1px; min-height: 1px; }

QPushButton {
  background: $surface; border: 1px solid $line_strong; border-radius: 6px;
  padding: 5px 12px; font-weight: 600; min-height: ${control}px;
}
QPushButton:hover, QPushButton:open { background: $sunken; }
QPushButton:pressed { background: $line; }
QPushButton:disabled { color: $faint; border-color: $line; }
QPushButton:focus { border: 2px solid $accent; padding: 4px 11px; }
QPushButton:checked { background: $accent_soft; border-color: $accent; color: $accent; }
QPushButton::menu-indicator { image: none; width: 0px; }
QPushButton[role="primary"] { background: $accent; border-color: $accent; color: $on_accent; }
QPushButton[role="primary"]:hover { background: $accent_strong; }
QPushButton[role="primary"]:focus { border: 2px solid $text; }
QPushButton[role="primary"]:disabled { background: $sunken; border-color: $line; color: $faint; }
QPushButton[role="quiet"] { background: transparent; border-color: transparent; }
QPushButton[role="quiet"]:hover, QPushButton[role="quiet"]:open { background: $sunken; }
QPushButton[role="quiet"]:focus { border: 2px solid $accent; }
QPushButton[role="danger"] { color: $red; }
QPushButton[role="chip"] {
  background: transparent; border: 1px solid transparent; border-radius: 4px; color: $muted;
  font-size: ${meta}px; font-weight: 400; padding: 1px 5px; min-height: 0px; text-align: left;
}
QPushButton[role="chip"]:hover { background: $sunken; }
QPushButton[role="chip"]:disabled { color: $muted; }
QPushButton[role="chip"][tone="amber"] { background: $amber_soft; color: $amber; }
QPushButton[role="chip"]:focus { border: 2px solid $accent; padding: 0px 4px; }
QPushButton[role="view"] {
  background: transparent; border-color: transparent; font-size: ${strong}px; padding: 3px 6px; min-height: 0px;
}
QPushButton[role="view"]:hover, QPushButton[role="view"]:open { background: $sunken; }
QPushButton[role="view"]:focus { border: 2px solid $accent; padding: 2px 5px; }

QPushButton[role="link"] {
  background: transparent; border: 1px solid transparent; border-radius: 4px; color: $accent; font-weight: 400;
  padding: 2px 3px; min-height: 0px; text-align: left;
}
QPushButton[role="link"]:hover { background: $sunken; }
QPushButton[role="link"]:focus { border: 2px solid $accent; padding: 1px 2px; }
QPushButton[role="segment"] {
  background: transparent; border: 1px solid $line_strong; padding: 2px 8px; min-height: 0px; font-weight: 400;
}
QPushButton[role="segment"]:checked {
  background: $accent_soft; border-color: $accent; color: $accent; font-weight: 600;
}
QPushButton[role="segment"]:focus { border: 2px solid $accent; padding: 1px 7px; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 4px; }
QToolButton:hover { background: $sunken; }
QToolButton:pressed { background: $line; }
QToolButton:focus { border: 2px solid $accent; padding: 3px; }
QToolButton::menu-indicator { image: none; width: 0px; }

QLineEdit, QPlainTextEdit, QComboBox {
  background: $surface; border: 1px solid $line_strong; border-radius: 6px; padding: 4px 8px;
  min-height: ${control}px; selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:hover, QPlainTextEdit:hover, QComboBox:hover { border-color: $faint; }
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus { border: 2px solid $accent; padding: 3px 7px; }
QLineEdit:disabled, QComboBox:disabled { color: $faint; border-color: $line; }
QLineEdit[tone="red"], QPlainTextEdit[tone="red"], QComboBox[tone="red"] { border-color: $red; }
QLineEdit[tone="amber"], QPlainTextEdit[tone="amber"], QComboBox[tone="amber"] { border-color: $amber; }
QLineEdit:read-only, QPlainTextEdit:read-only { background: transparent; border-color: transparent; }
QLineEdit:read-only:focus, QPlainTextEdit:read-only:focus { border: 2px solid $accent; }
QPlainTextEdit { padding: 2px 4px; min-height: 0px; }
QPlainTextEdit:focus { padding: 1px 3px; }
QComboBox { padding-right: 24px; }
QComboBox:focus { padding-right: 23px; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView {
  background: $surface; border: 1px solid $line_strong; padding: 4px; outline: none;
  selection-background-color: $selection; selection-color: $text;
}

QCheckBox, QRadioButton {
  spacing: 8px; background: transparent; border: 2px solid transparent; border-radius: 4px; padding: 1px 4px;
}
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }
QCheckBox::indicator {
  width: ${mark}px; height: ${mark}px; border: 1px solid $faint; background: $surface; border-radius: 3px;
}
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$check"); }
QCheckBox::indicator:disabled { border-color: $line_strong; background: $sunken; }
QCheckBox::indicator {
  width: ${mark}px; height: ${mark}px; border: 1px solid $faint; background: $surface; border-radius: 3px;
}
QCheckBox::indicator:checked { background: $accent; border-color: $accent; }
QCheckBox:disabled { color: $faint; }
QRadioButton::indicator {
  width: ${mark}px; height: ${mark}px; border: 1px solid $faint; background: $surface;
  border-radius: ${mark_radius}px;
}
QRadioButton::indicator:checked {
  border: ${mark_ring}px solid $accent; background: $on_accent; width: ${mark_core}px; height: ${mark_core}px;
}

QMenu { background: $surface; border: 1px solid $line_strong; border-radius: 6px; padding: 4px; }
QMenu::item { padding: 5px 28px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }

QAbstractItemView { background: $surface; border: none; outline: none; }
QListView[role="framed"] { border: 1px solid $line; border-radius: 6px; }
QListView[role="framed"]:focus, QListView[role="plain"]:focus { border: 2px solid $accent; border-radius: 6px; }
QListView[role="plain"] { border: 2px solid transparent; }
QTableView { background: $surface; gridline-color: $line; border: 1px solid $line; border-radius: 6px;
  selection-background-color: $selection; selection-color: $text; }
QTableView:focus { border: 2px solid $accent; }
QTableView::item { padding: 0px 5px; }
QTableCornerButton::section { background: $surface; border: none; border-bottom: 1px solid $line; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section { background: $surface; color: $muted; border: none; border-bottom: 1px solid $line;
  padding: 5px 8px; font-size: ${meta}px; font-weight: 600; }

QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0px; }
QScrollBar::handle {
  background: $line_strong; border-radius: 3px; margin: 2px; min-height: 28px; min-width: 28px;
}
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0px; height: 0px; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QProgressBar { background: $sunken; border: none; border-radius: 2px; min-height: 4px; max-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QProgressBar[tone="amber"]::chunk { background: $amber; }

QSplitter::handle { background: $line; }
QSplitter::handle:hover, QSplitter::handle:focus { background: $accent; }
QTabBar::tab { padding: 6px 12px; border: none; border-bottom: 2px solid transparent; color: $muted; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; font-weight: 600; }
QTabBar::tab:focus { color: $accent; }

QCalendarWidget QWidget { alternate-background-color: $surface; }
QCalendarWidget QToolButton { color: $text; font-weight: 600; padding: 4px 8px; }
QCalendarWidget QAbstractItemView { selection-background-color: $accent; selection-color: $on_accent; }
QCalendarWidget QWidget#qt_calendar_navigationbar { background: $surface; }
"""


def style_sheet(colors: Mapping[str, str], px: Callable[[float], int]) -> str:
    """The sheet for these colours (`#rrggbb` by token name), with type sizes grown by `px`."""
    mark, core = px(14), px(6)
    check = (files("ui") / "resources" / "marks" / f"check-{colors['scheme']}.svg").as_posix()  # type: ignore[attr-defined]
    sizes = {
        "meta": px(12), "strong": px(15), "section": px(18), "page": px(24), "control": px(20), "mark": mark,
        "mark_radius": (mark + 2) // 2, "mark_core": core, "mark_ring": (mark + 2 - core) // 2,
    }  # fmt: skip
    return Template(_SHEET).substitute(
        {**colors, "check": check, **{name: str(size) for name, size in sizes.items()}}
    )
