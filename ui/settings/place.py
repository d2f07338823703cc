"""The settings' place: sign-in to each system, the look, the person, and whether everything is in order."""

from collections.abc import Sequence

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from kkassist.actions import checkup
from kkassist.actions import sources as source_verbs
from kkassist.actions.checkup import Check
from kkassist.actions.sources import SourceStatus
from kkassist.domain.language import say
from ui.bridge import Bridge
from ui.commands import Command, Commands
from ui.theme import Scheme, Tone, apply_theme, tokens
from ui.widgets.buttons import Button
from ui.widgets.editors import Choice, ChoiceEditor
from ui.widgets.icon_mark import IconMark
from ui.widgets.notation import joined, moment_text
from ui.widgets.section import Section
from ui.widgets.status_pill import StatusPill
from ui.widgets.text import Text
from ui.widgets.toast import Message, Toaster

SCHEMES: tuple[tuple[Scheme, str], ...] = (("system", "Som computeren"), ("light", "Lyst"), ("dark", "Mørkt"))
SIZES = ((1.0, "100 %"), (1.25, "125 %"), (1.5, "150 %"), (2.0, "200 %"))
_WIDEST = 760
_STATES: dict[str, tuple[str, Tone]] = {
    "ok": ("I orden", "green"),
    "never": ("Ikke hentet endnu", "neutral"),
    "off": ("Ikke sat op", "neutral"),
    "signed_out": ("Logget ud", "amber"),
    "unreachable": ("Svarer ikke", "amber"),
}
_UNUSED: tuple[str, Tone] = ("Ikke brugt endnu", "neutral")


class SettingsPlace(QScrollArea):
    """What is in settings.toml is shown with its meaning; what is the user's own to choose can be chosen here."""

    def __init__(self, bridge: Bridge, commands: Commands, toaster: Toaster) -> None:
        super().__init__()
        self._bridge = bridge
        self._desk = bridge.desk
        self._toaster = toaster
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(32, 24, 32, 32)
        self._column.setSpacing(16)
        self._column.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._column.addWidget(Text(say("Indstillinger"), "page"))
        self._states: Sequence[SourceStatus] = ()
        self._systems = _narrow(Section(say("Systemer"), hairlines=True))
        self._column.addWidget(self._systems)
        self._column.addWidget(self._look())
        self._column.addWidget(self._person())
        self._health = _narrow(Section(say("Er alt i orden?")))
        self._check = Button(say("Undersøg"), mark="check")
        self._check.clicked.connect(self._ask_health)
        self._health.add_action(self._check)
        self._column.addWidget(self._health)
        self.setWidget(body)
        commands.add(Command("look.switch", say("Skift mellem lyst og mørkt"), self._switch, "Ctrl+Shift+D"), self)

    def activate(self) -> None:
        """Shown: how is each system."""
        self._ask()

    def store_changed(self, kind: str, ids: frozenset[str]) -> None:  # noqa: ARG002 - a place's signature
        """A system changed: show it."""
        if kind == "sources" and self.isVisible():
            self._ask()

    def flush(self) -> None:
        """Choices are kept as they are made."""

    def sign_in(self, system: str) -> None:
        """Sign in to a system, in the browser where it wants one."""
        self._toaster.tell(Message(say("Logger ind … Følg vejledningen i din browser."), "neutral"))
        self._bridge.errand(
            lambda: source_verbs.login(self._desk, system),
            lambda _: self._toaster.tell(Message(say("Du er logget ind."))),
            lambda sentence: self._toaster.tell(Message(sentence, "red")),
        )

    def _ask(self) -> None:
        self._bridge.read(lambda: source_verbs.status(self._desk), self._show)

    def _show(self, states: Sequence[SourceStatus]) -> None:
        """A new card when something is new; the focus stays on the system it was on."""
        if list(states) == list(self._states):
            return
        focused = self._focused_system()
        self._states = tuple(states)
        card = _narrow(Section(say("Systemer"), hairlines=True))
        for one in states:
            card.add(self._system(one))
        self._column.replaceWidget(self._systems, card)
        self._systems.hide()
        self._systems.deleteLater()
        self._systems = card
        again = next((one for one in card.findChildren(Button) if one.objectName() == focused), None)
        if focused and again is not None:
            again.setFocus()

    def _focused_system(self) -> str:
        return next((one.objectName() for one in self._systems.findChildren(Button) if one.hasFocus()), "")

    def _system(self, one: SourceStatus) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 6, 0, 6)
        row.setSpacing(12)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Text(one.name, "bold"))
        when = say("Senest hentet {when}", when=moment_text(one.at)) if one.at else ""
        words.addWidget(Text(joined((one.message, when)) or say("Ingen bemærkninger"), "label", wrap=True))
        row.addLayout(words, 1)
        text, tone = _UNUSED if (one.source, one.state) == ("robots", "never") else _STATES[one.state]
        row.addWidget(StatusPill(tone, say(text)))
        if one.source in ("servicenow", "robots"):
            row.addWidget(self._door(one))
        return holder

    def _door(self, one: SourceStatus) -> Button:
        if one.state == "signed_out":
            button = Button(say("Log ind"), mark="sign-in")
            button.setAccessibleName(say("Log ind i {system}", system=one.name))
            button.setObjectName(one.source)
            button.clicked.connect(lambda: self.sign_in(one.source))
            return button
        button = Button(say("Log ud"), role="quiet", mark="sign-out")
        button.setAccessibleName(say("Log ud af {system}", system=one.name))
        button.setObjectName(one.source)
        button.clicked.connect(lambda: self._bridge.errand(lambda: source_verbs.logout(self._desk, one.source)))
        return button

    def _look(self) -> Section:
        section = _narrow(Section(say("Udseende")))
        scheme = ChoiceEditor([Choice(value, say(words)) for value, words in SCHEMES])
        scheme.removeItem(0)
        scheme.set_value(str(QSettings().value("look/scheme", "system")))
        scheme.edited.connect(lambda value: self._choose("look/scheme", value))
        size = ChoiceEditor([Choice(str(scale), words) for scale, words in SIZES])
        size.removeItem(0)
        size.set_value(str(_text_size()))
        size.edited.connect(lambda value: self._choose("look/size", float(value)))
        self._scheme_box = scheme
        section.add(_labelled(say("Farver"), scheme))
        section.add(_labelled(say("Tekststørrelse"), size))
        return section

    def _person(self) -> Section:
        user = self._desk.settings.user
        section = _narrow(Section(say("Dig")))
        for label, value in (
            (say("Bruger i ServiceNow"), user.id),
            (say("Rolle"), user.role),
            (say("Mappe"), str(self._desk.home)),
        ):
            section.add(_labelled(label, Text(value, "body", wrap=True, selectable=True)))
        section.add(
            Text(say("Resten står i settings.toml i mappen og ændres af systemansvarlig."), "label", wrap=True)
        )
        return section

    def _choose(self, name: str, value: object) -> None:
        QSettings().setValue(name, value)
        use_chosen_look()

    def _switch(self) -> None:
        other = "light" if tokens().scheme == "dark" else "dark"
        self._scheme_box.set_value(other)
        self._choose("look/scheme", other)

    def _ask_health(self) -> None:
        self._check.setEnabled(False)
        self._bridge.errand(lambda: checkup.examine(self._desk), self._show_health, self._health_failed)

    def _health_failed(self, sentence: str) -> None:
        self._check.setEnabled(True)
        self._toaster.tell(Message(sentence, "red"))

    def _show_health(self, checks: Sequence[Check]) -> None:
        self._check.setEnabled(True)
        for old in self._health.findChildren(_CheckLine):
            old.hide()
            old.deleteLater()
        for one in checks:
            self._health.add(_CheckLine(one))


class _CheckLine(QWidget):
    def __init__(self, one: Check) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(8)
        row.addWidget(IconMark("done" if one.ok else "error", "green" if one.ok else "red", 16))
        row.addWidget(Text(one.name, "bold"))
        row.addWidget(Text(one.message, "label", wrap=True), 1)


def use_chosen_look() -> None:
    """Dress the application as the user chose; at first as the computer is."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        scheme: Scheme = next(
            (one for one, _ in SCHEMES if one == QSettings().value("look/scheme", "system")), "system"
        )
        apply_theme(app, scheme, _text_size())


def _text_size() -> float:
    kept = QSettings().value("look/size", 1.0)
    return next((scale for scale, _ in SIZES if str(scale) == str(kept)), 1.0)


def _labelled(label: str, value: QWidget) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 4, 0, 4)
    row.setSpacing(12)
    name: QLabel = Text(label, "label")
    name.setFixedWidth(180)
    name.setBuddy(value)
    value.setAccessibleName(label)
    row.addWidget(name)
    row.addWidget(value, 1)
    return holder


def _narrow(section: Section) -> Section:
    section.setMaximumWidth(_WIDEST)
    return section
