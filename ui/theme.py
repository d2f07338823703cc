"""The look in one file: colours, type, space, and what Qt needs made of them.

Pieces ask `tokens()` for colours and `px()` for sizes, and follow `theme().changed` when they paint
themselves. Everything else is dressed by one style sheet through two dynamic properties: `role` (what a
text or button is) and `tone` (which status colour it carries).
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import Literal, get_args

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from ui.stylesheet import style_sheet

Scheme = Literal["light", "dark", "system"]
Tone = Literal["neutral", "accent", "red", "amber", "green", "violet"]
ColorName = Literal[
    "canvas", "surface", "sunken", "line", "line_strong", "faint", "muted", "secondary", "text",
    "accent", "accent_strong", "on_accent", "selection",
    "red", "amber", "green", "violet", "neutral",
    "red_soft", "amber_soft", "green_soft", "violet_soft", "accent_soft", "neutral_soft",
]  # fmt: skip

TONES: tuple[Tone, ...] = get_args(Tone)

# Sizes in logical pixels at 100 % text.
META, BODY, STRONG, SECTION, PAGE = 12, 13, 15, 18, 24
ROW, ROW_COMPACT, ROW_TWO_LINES = 32, 26, 52
RADIUS = 6
RAIL_WIDTH = 56
FADE_MS = 120
LARGE = 1.25
SKELETON_AFTER_MS = 150
FONT_FAMILIES = ("Segoe UI Variable Text", "Segoe UI Variable", "Segoe UI", "Inter", "Noto Sans")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one scheme as `#rrggbb`.

    Nine neutrals from `canvas` (behind everything) to `text`; `faint` is for marks and borders and never
    for text. A `_soft` colour is the ground behind its own status text.
    """

    scheme: Literal["light", "dark"]
    canvas: str
    surface: str
    sunken: str
    line: str
    line_strong: str
    faint: str
    muted: str
    secondary: str
    text: str
    accent: str
    accent_strong: str
    on_accent: str
    selection: str
    red: str
    amber: str
    green: str
    violet: str
    neutral: str
    red_soft: str
    amber_soft: str
    green_soft: str
    violet_soft: str
    accent_soft: str
    neutral_soft: str

    def hex(self, name: ColorName) -> str:
        """The colour of that name as `#rrggbb`."""
        value: str = getattr(self, name)
        return value

    def color(self, name: ColorName) -> QColor:
        """The colour of that name, ready to paint with."""
        return QColor(self.hex(name))


def mix(front: str, back: str, share: float) -> str:
    """`front` laid over `back` with the opacity `share` (0–1), both `#rrggbb`."""
    parts = (
        round(int(front[at : at + 2], 16) * share + int(back[at : at + 2], 16) * (1 - share)) for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


def _soft(colors: dict[str, str], share: float) -> dict[str, str]:
    tinted = {f"{name}_soft": mix(colors[name], colors["surface"], share) for name in TONES if name != "neutral"}
    return {
        **tinted,
        "neutral_soft": colors["sunken"],
        "selection": mix(colors["accent"], colors["surface"], 0.12),
    }


_LIGHT = {
    "canvas": "#f6f7f9", "surface": "#ffffff", "sunken": "#eff1f5", "line": "#e2e5eb", "line_strong": "#cbd1da",
    "faint": "#868f9d", "muted": "#59636f", "secondary": "#3a434e", "text": "#161b22",
    "accent": "#0b4a94", "accent_strong": "#083973", "on_accent": "#ffffff",
    "red": "#b0231b", "amber": "#865000", "green": "#18693a", "violet": "#663cae", "neutral": "#59636f",
}  # fmt: skip
_DARK = {
    "canvas": "#13161b", "surface": "#1b1f26", "sunken": "#252a33", "line": "#2d333d", "line_strong": "#434b58",
    "faint": "#727c8b", "muted": "#a2acba", "secondary": "#c6cdd8", "text": "#edf0f5",
    "accent": "#83b6f7", "accent_strong": "#a6cbfa", "on_accent": "#0b1a2d",
    "red": "#ff9f97", "amber": "#f0bb5c", "green": "#7dd19b", "violet": "#c8adff", "neutral": "#a2acba",
}  # fmt: skip

LIGHT = Tokens(scheme="light", **_LIGHT, **_soft(_LIGHT, 0.09))
DARK = Tokens(scheme="dark", **_DARK, **_soft(_DARK, 0.15))

_GROUNDS: tuple[ColorName, ...] = ("canvas", "surface", "sunken", "selection")
_INKS: tuple[ColorName, ...] = ("text", "secondary", "muted", "accent")
_STATUS: tuple[ColorName, ...] = ("red", "amber", "green", "violet")

# Every text/ground pair that the window may use; a test holds each at 4.5:1 in both schemes.
TEXT_PAIRS: tuple[tuple[ColorName, ColorName], ...] = (
    *((ink, ground) for ink in (*_INKS, *_STATUS) for ground in _GROUNDS),
    ("on_accent", "accent"),
    ("on_accent", "accent_strong"),
    ("accent", "accent_soft"),
    ("text", "accent_soft"),
    ("secondary", "accent_soft"),
    ("muted", "accent_soft"),
    ("red", "red_soft"),
    ("amber", "amber_soft"),
    ("green", "green_soft"),
    ("violet", "violet_soft"),
    ("neutral", "neutral_soft"),
    *((ink, ground) for ink in ("text", "secondary") for ground in ("red_soft", "amber_soft", "green_soft")),
)


def contrast(front: str, back: str) -> float:
    """Contrast ratio of two `#rrggbb` colours, 1–21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(front), _luminance(back)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class Theme(QObject):
    """The look in use. `changed` fires after a new scheme or text size is in place."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tokens = LIGHT
        self.text_scale = 1.0
        self.reduced_motion = False
        self._scheme: Scheme = "light"
        self._follows_system = False
        self._styled = False

    def apply(self, app: QApplication, scheme: Scheme, text_scale: float) -> None:
        """Dress the application; `text_scale` 1.0–2.0."""
        self._scheme = scheme
        self.text_scale = text_scale
        self._follow_system(app)
        self.tokens = DARK if self._is_dark(app) else LIGHT
        if not self._styled:  # a second style would be swapped in under living widgets
            self._styled = True
            app.setStyle("Fusion")
        app.setFont(font())
        app.setPalette(_palette(self.tokens))
        app.setStyleSheet(style_sheet({f.name: getattr(self.tokens, f.name) for f in fields(Tokens)}, px))
        self.changed.emit()

    def _is_dark(self, app: QApplication) -> bool:
        if self._scheme == "system":
            return app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return self._scheme == "dark"

    def _follow_system(self, app: QApplication) -> None:
        if not self._follows_system:
            self._follows_system = True
            app.styleHints().colorSchemeChanged.connect(self._system_changed)

    def _system_changed(self) -> None:
        app = QApplication.instance()
        if self._scheme == "system" and isinstance(app, QApplication):
            self.apply(app, "system", self.text_scale)


@cache
def theme() -> Theme:
    """The one look of this process."""
    return Theme()


def follow_theme(owner: QObject, act: Callable[[], object]) -> None:
    """Run `act` after every change of the look, as long as `owner` is there.

    A widget may be gone in Qt while Python still holds it; then the look has nothing to tell it.
    """

    look = theme()

    def react() -> None:
        if isValid(owner):
            act()

    def forget() -> None:
        if isValid(look):
            look.changed.disconnect(react)

    look.changed.connect(react)
    owner.destroyed.connect(forget)


def apply_theme(app: QApplication, scheme: Scheme, text_scale: float = 1.0) -> None:
    """Dress the application in a scheme; "system" follows the desktop, also when it changes."""
    theme().apply(app, scheme, text_scale)


def tokens() -> Tokens:
    """The colours in use."""
    return theme().tokens


def px(size: float) -> int:
    """A length that grows with the text size, from its value at 100 %."""
    return round(size * theme().text_scale)


def large_text() -> bool:
    """Whether the text is so large that what stands side by side must stand over each other."""
    return theme().text_scale > LARGE


def font(size: int = BODY, *, strong: bool = False, tabular: bool = False) -> QFont:
    """A font of the family at `size` (px at 100 %); `tabular` gives figures of equal width."""
    made = QFont()
    made.setFamilies(list(FONT_FAMILIES))
    made.setPixelSize(px(size))
    made.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    if tabular:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


def fade_ms() -> int:
    """How long a panel fades in: nothing when the system or the user asks for reduced motion."""
    still = theme().reduced_motion or not QApplication.isEffectEnabled(Qt.UIEffect.UI_AnimateMenu)
    return 0 if still else FADE_MS


def dress(widget: QWidget, *, role: str | None = None, tone: Tone | None = None) -> None:
    """Give a widget its place in the style sheet, also after it has been shown."""
    if role is not None:
        widget.setProperty("role", role)
    if tone is not None:
        widget.setProperty("tone", tone)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def _palette(look: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for name, color in (
        (role.Window, look.canvas), (role.WindowText, look.text), (role.Base, look.surface),
        (role.AlternateBase, look.canvas), (role.Text, look.text), (role.Button, look.surface),
        (role.ButtonText, look.text), (role.BrightText, look.red), (role.Highlight, look.accent),
        (role.HighlightedText, look.on_accent), (role.Link, look.accent), (role.LinkVisited, look.violet),
        (role.ToolTipBase, look.text), (role.ToolTipText, look.surface), (role.PlaceholderText, look.muted),
        (role.Light, look.surface), (role.Midlight, look.sunken), (role.Mid, look.line),
        (role.Dark, look.line_strong), (role.Shadow, look.line_strong), (role.Accent, look.accent),
    ):  # fmt: skip
        palette.setColor(name, QColor(color))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(look.faint))
    return palette
