"""Who a case is about, with the CPR number masked until someone says why she must see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from kkassist.domain.language import say
from ui.theme import Tone
from ui.widgets.buttons import Button
from ui.widgets.icon_mark import IconMark
from ui.widgets.status_pill import StatusPill
from ui.widgets.text import Text, hairline

_REVEALED_MS = 30_000


@dataclass(frozen=True, slots=True)
class EmploymentLine:
    """One employment: title, where, its tjenestenr. and period as shown; `state` with its tone."""

    title: str
    unit: str
    tjenestenr: str
    period: str
    state: str = ""
    tone: Tone = "neutral"


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person as the card shows her. `masked_cpr` like `010199-••••`; the card never holds the whole number."""

    name: str
    masked_cpr: str
    facts: tuple[str, ...] = ()
    employments: Sequence[EmploymentLine] = ()


class PersonCard(QWidget):
    """`reveal_asked(reason)` when someone gives a reason; the owner answers with `reveal(cpr)` for 30 seconds."""

    reveal_asked = Signal(str)

    def __init__(self, person: PersonFacts) -> None:
        super().__init__()
        self._person = person
        self.setAccessibleName(person.name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(IconMark("person", "muted", 20))
        head.addWidget(Text(person.name, "strong", wrap=True, selectable=True), 1)
        self._column.addLayout(head)
        self._add_cpr()
        for fact in person.facts:
            self._column.addWidget(Text(fact, "label", wrap=True, selectable=True))
        for employment in person.employments:
            self._add_employment(employment)
        self._hide_again = QTimer(self)
        self._hide_again.setSingleShot(True)
        self._hide_again.setInterval(_REVEALED_MS)
        self._hide_again.timeout.connect(self.hide_cpr)

    def _add_cpr(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(Text(say("CPR"), "label"))
        self._cpr = Text(self._person.masked_cpr, "body", selectable=True)
        self._cpr.setAccessibleName(say("CPR, skjult efter fødselsdagen"))
        self._show = Button(say("Vis"), role="quiet", mark="eye")
        self._show.setAccessibleName(say("Vis hele CPR-nummeret"))
        self._show.clicked.connect(self._ask)
        line.addWidget(self._cpr)
        line.addStretch(1)
        line.addWidget(self._show)
        self._column.addLayout(line)
        self._ask_panel = QWidget()
        ask = QVBoxLayout(self._ask_panel)
        ask.setContentsMargins(0, 0, 0, 4)
        ask.setSpacing(4)
        ask.addWidget(Text(say("Hvorfor skal du se nummeret? Svaret gemmes i loggen."), "meta", wrap=True))
        answer = QHBoxLayout()
        answer.setSpacing(8)
        self._reason = QLineEdit()
        self._reason.setAccessibleName(say("Begrundelse for at se CPR-nummeret"))
        self._reason.returnPressed.connect(self._give_reason)
        give = Button(say("Vis nummeret"))
        give.clicked.connect(self._give_reason)
        answer.addWidget(self._reason, 1)
        answer.addWidget(give)
        ask.addLayout(answer)
        self._ask_panel.hide()
        self._column.addWidget(self._ask_panel)

    def _add_employment(self, employment: EmploymentLine) -> None:
        self._column.addSpacing(4)
        self._column.addWidget(hairline())
        self._column.addSpacing(4)
        head = QHBoxLayout()
        head.addWidget(Text(employment.title, "bold", wrap=True), 1)
        if employment.state:
            head.addWidget(StatusPill(employment.tone, employment.state))
        self._column.addLayout(head)
        self._column.addWidget(Text(employment.unit, "label", wrap=True, selectable=True))
        number = say("Tjenestenr. {number}", number=employment.tjenestenr)
        self._column.addWidget(Text(number, "label", selectable=True))
        self._column.addWidget(Text(employment.period, "label", wrap=True))

    def _ask(self) -> None:
        self._ask_panel.show()
        self._reason.setFocus()

    def _give_reason(self) -> None:
        reason = self._reason.text().strip()
        if reason:
            self._ask_panel.hide()
            self._reason.clear()
            self.reveal_asked.emit(reason)

    def reveal(self, cpr: str) -> None:
        """Show the whole number for half a minute; the owner has written the audit entry first."""
        self._cpr.setText(cpr)
        self._show.hide()
        self._hide_again.start()

    def hide_cpr(self) -> None:
        """Hide the number again."""
        self._cpr.setText(self._person.masked_cpr)
        self._show.show()
