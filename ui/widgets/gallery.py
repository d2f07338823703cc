"""Every piece on one wall, to be looked at: `python -m ui.widgets.gallery OUT_DIR` paints them to PNG files."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListView,
    QVBoxLayout,
    QWidget,
)

from ui.frame.sources import SourceBar, SourceState
from ui.icons import ICON_NAMES
from ui.theme import apply_theme, dress, px
from ui.widgets.buttons import Button, IconButton, MenuButton, PrimaryAction
from ui.widgets.diff_table import ConflictTable, Difference, DiffTable, Dispute
from ui.widgets.due_label import DueLabel
from ui.widgets.editors import Choice
from ui.widgets.empty_state import EmptyState
from ui.widgets.field_row import FieldRow, FieldSpec
from ui.widgets.findings import FindingLine, FindingsList
from ui.widgets.icon_mark import IconMark
from ui.widgets.key_hint import KeyHint
from ui.widgets.list_header import ListHeader, SelectionBar
from ui.widgets.notation import now
from ui.widgets.person_card import EmploymentLine, PersonCard, PersonFacts
from ui.widgets.progress_strip import Progress, ProgressStrip
from ui.widgets.queue_delegate import ROW_ROLE, Density, GroupLine, QueueDelegate, QueueLine, spoken
from ui.widgets.rail import Rail, RailPlace
from ui.widgets.ribbon import Ribbon, practice_ribbon
from ui.widgets.search_field import SearchField
from ui.widgets.section import Section
from ui.widgets.skeleton import Skeleton
from ui.widgets.source_chip import Origin, SourceValue
from ui.widgets.status_pill import StatusPill
from ui.widgets.text import Text
from ui.widgets.timeline import Timeline, TimelineEntry
from ui.widgets.toast import Message, Toaster

Index = QModelIndex | QPersistentModelIndex
_DAY = date(2026, 11, 22)
_AT = datetime(2026, 11, 23, 13, 5, tzinfo=UTC)


class Rows(QAbstractListModel):
    """A short queue that answers as the real one does."""

    def __init__(self, lines: Sequence[QueueLine | GroupLine | None]) -> None:
        super().__init__()
        self._lines = lines

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """One for each line."""
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The line, or what a screen reader says of it."""
        line = self._lines[index.row()]
        if role == ROW_ROLE:
            return line
        if role == Qt.ItemDataRole.AccessibleTextRole and line is not None:
            return spoken(line, _AT)
        return None


def queue_lines() -> list[QueueLine | GroupLine | None]:
    """Cases in every state a row can have."""
    return [
        GroupLine("Overskredet", 2),
        QueueLine("Sørensen, Mette", "Fratrædelse", "BUF Skole Nord", _AT - timedelta(hours=3), unread=True),
        QueueLine("Jensen, Ali", "Lønindplacering", "SOF Center Vest", _AT - timedelta(days=2)),
        GroupLine("I dag", 12),
        QueueLine(
            "Vestergaard-Rasmussen, Anne-Katrine Elisabeth", "Ændring af arbejdstid og ansættelsesvilkår",
            "BUF Daginstitution Sundbyøster Område 4", _AT + timedelta(hours=2, minutes=10), unread=True,
            pending=True, mark="warning", mark_tone="amber", status="Advarsel",
        ),
        QueueLine("Holm, Peter", "Refusion", "TMF Drift", _AT + timedelta(hours=7), mark="robot", status="Robot"),
        QueueLine("Kørsel november.xlsx", "Kørselsgodtgørelse", "KFF", _AT + timedelta(days=3), paused=True),
        None,
    ]  # fmt: skip


def queue_view(density: Density) -> QListView:
    """The queue's list with one row selected."""
    view = QListView()
    view.setAccessibleName("Kø")
    model = Rows(queue_lines())
    model.setParent(view)
    view.setModel(model)
    view.setItemDelegate(QueueDelegate(view, density, lambda: _AT))
    view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    dress(view, role="plain")
    view.setCurrentIndex(model.index(4))
    view.setFixedHeight(px(8 * 52 if density == "two_lines" else 8 * 34))
    return view


def _fields() -> QWidget:
    section = Section("Medarbejder")
    opus = SourceValue("OPUS", "BUF Skole Nord", _DAY)
    disputed = Origin(opus, (SourceValue("KKorg", "BUF Skole Vest", date(2026, 11, 20)),))
    plain = Origin(SourceValue("OPUS", "Mette Sørensen", _DAY))
    section.add(FieldRow(FieldSpec("Navn"), "Mette Sørensen", origin=plain, read_only=True))
    section.add(FieldRow(FieldSpec("Enhed"), "BUF Skole Nord", origin=disputed))
    last_day = FieldRow(FieldSpec("Sidste arbejdsdag", "date", required=True, width="short"), "2026-11-30")
    last_day.set_finding(FindingLine("error", "Dagen ligger før opsigelsen. Ret dagen, eller ret opsigelsen."))
    section.add(last_day)
    section.add(FieldRow(FieldSpec("Beløb", "amount", unit="kr.", width="short"), "12500.75", origin=plain))
    hours = FieldRow(FieldSpec("Timer pr. uge", "hours", unit="timer", width="short"), "32.5")
    hours.set_finding(FindingLine("warning", "Over 37 timer kræver leders godkendelse."))
    section.add(hours)
    choices = (Choice("egen", "Egen opsigelse"), Choice("afsked", "Afsked"))
    section.add(FieldRow(FieldSpec("Årsag til fratrædelse", "choice", choices, required=True), "egen"))
    section.add(FieldRow(FieldSpec("Pension udbetales", "yes_no"), "J"))
    section.add(
        FieldRow(FieldSpec("Bemærkning", "long_text", width="long"), "Aftalt med leder.\nFerie er talt op.")
    )
    return section


def _statuses() -> QWidget:
    section = Section("Status, frister og knapper")
    pills, dues, buttons = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
    dues.setSpacing(16)
    buttons.setSpacing(8)
    for pill in (
        StatusPill("red", "Fejlet"), StatusPill("amber", "Snart"), StatusPill("green", "Sendt"),
        StatusPill("violet", "Ukendt"), StatusPill("neutral", "Venter"), StatusPill("accent", "Kører"),
    ):  # fmt: skip
        pills.addWidget(pill)
    pills.addStretch(1)
    for due in (
        DueLabel(now() + timedelta(hours=2, minutes=10, seconds=20)),
        DueLabel(now() - timedelta(hours=13)),
        DueLabel(now() + timedelta(days=4), paused=True),
    ):
        dues.addWidget(due)
    dues.addStretch(1)
    menu = MenuButton("Robot")
    menu.add_choice("Prøvekørsel", lambda: None)
    for button in (menu, Button("Gem kladde", keys="Ctrl+S"), Button("Afvis", role="danger", mark="close")):
        buttons.addWidget(button)
    disabled = Button("Godkend")
    disabled.setEnabled(False)
    buttons.addWidget(disabled)
    buttons.addWidget(IconButton("refresh", "Hent nu"))
    buttons.addStretch(1)
    buttons.addWidget(PrimaryAction("Send", keys="Ctrl+Return", bind=False))
    for row in (pills, dues, buttons):
        section.add_layout(row)
    keys = QHBoxLayout()
    for hint in ("Ctrl+K", "/", "Esc"):
        keys.addWidget(KeyHint(hint))
    keys.addStretch(1)
    section.add_layout(keys)
    return section


def _changes() -> QWidget:
    section = Section("Ændringer")
    section.add(
        DiffTable(
            (
                Difference("Enhed", "BUF Skole Nord", "BUF Skole Vest"),
                Difference("Timer", "", "32,5 timer pr. uge"),
            )
        )
    )
    section.add(
        ConflictTable(
            (
                Dispute("u", "Enhed", "BUF Nord", "BUF Vest", "BUF Syd", "Hanne"),
                Dispute("d", "Sidste dag", "", "30-11-2026", "31-12-2026", "Hanne"),
            )
        )
    )
    strip = ProgressStrip("Sender til robot")
    strip.set_progress(Progress(312, 1000, 14.2, timedelta(seconds=49)))
    section.add(strip)
    return section


def _findings() -> QWidget:
    section, found = Section("Fund"), FindingsList()
    found.show_findings(
        (
            FindingLine("error", "CPR-nummeret har ni cifre. Skriv alle ti.", "Række 12 · CPR", "12"),
            FindingLine(
                "warning",
                "Beløbet er 40 gange højere end sidste måned for samme medarbejder. Tjek at kommaet står rigtigt.",
                "Række 40 · Beløb",
                "40",
            ),
            FindingLine("info", "Rækken er skjult i filen og er læst med.", "Række 88", "88"),
        )
    )
    found.setFixedHeight(px(190))
    section.add(found)
    return section


def _person() -> QWidget:
    section = Section("Person")
    lines = (
        EmploymentLine("Pædagog", "BUF Skole Nord", "12345678", "01-08-2019 – 30-11-2026", "Fratræder", "amber"),
        EmploymentLine("Vikar", "SOF Center Vest", "87654321", "fra 01-02-2024", "Aktiv", "green"),
    )
    section.add(PersonCard(PersonFacts("Mette Sørensen", "010199-••••", ("Født 01-01-1999",), lines)))
    return section


def _story() -> QWidget:
    section = Section("Forløb")
    entry = TimelineEntry
    section.add(
        Timeline(
            (
                entry(_AT, "Hanne Holm", "Vi har modtaget din opsigelse.", "comment", True),
                entry(_AT - timedelta(hours=2), "Hanne Holm", "Ringet til lederen om restferie.", "note"),
                entry(_AT - timedelta(days=1), "ServiceNow", "Sagen blev tildelt gruppen HR Løn.", "event"),
            )
        )
    )
    return section


def _lists() -> QWidget:
    card = QFrame()
    dress(card, role="card")
    column = QVBoxLayout(card)
    column.setContentsMargins(1, 1, 1, 1)
    column.setSpacing(0)
    header = ListHeader("Mine sager")
    header.set_view("Mine sager", 1248)
    header.add_view("Gruppens sager", lambda: None)
    header.add_action(IconButton("filter", "Filtrér"))
    header.add_action(IconButton("sort", "Sortér"))
    header.add_below(SearchField("Søg navn, sag, CPR"))
    bar = SelectionBar()
    bar.add_action("Tildel mig", lambda: None, keys="T")
    header.add_below(bar)
    bar.set_selected(3)
    column.addWidget(header)
    column.addWidget(queue_view("two_lines"))
    column.addWidget(queue_view("compact"))
    states = (
        SourceState("servicenow", "ServiceNow", "i orden", "green", "Hentet 14:02."),
        SourceState("opus", "OPUS", "fra i går", "amber", "Udtrækket er fra i går."),
        SourceState("kkorg", "KKorg", "svarer ikke", "red", "KKorg svarer ikke."),
    )
    sources = SourceBar()
    sources.show_states(states)
    column.addWidget(sources)
    return card


def _quiet() -> QWidget:
    section = Section("Tomt og på vej")
    section.add(
        EmptyState(
            "upload",
            "Ingen filer endnu",
            "Træk et regneark hertil, eller vælg en fil.",
            "Vælg fil",
        )
    )
    skeleton = Skeleton()
    skeleton.setFixedHeight(px(150))
    skeleton.show_bars()
    section.add(skeleton)
    return section


def _icons() -> QWidget:
    section, grid = Section("Ikoner"), QGridLayout()
    for at, name in enumerate(ICON_NAMES):
        cell = QVBoxLayout()
        cell.addWidget(IconMark(name, "text", 20), 0, Qt.AlignmentFlag.AlignHCenter)
        cell.addWidget(Text(name, "meta"), 0, Qt.AlignmentFlag.AlignHCenter)
        grid.addLayout(cell, at // 10, at % 10)
    grid.setVerticalSpacing(16)
    section.add_layout(grid)
    return section


def _rail() -> Rail:
    rail = Rail(
        (
            RailPlace("queue", "Kø", "queue"), RailPlace("uploads", "Upload", "upload"),
            RailPlace("runs", "Robot", "robot"), RailPlace("team", "Team", "team"),
            RailPlace("supervision", "Tilsyn", "supervision"), RailPlace("outbox", "Udbakke", "outbox"),
            RailPlace("settings", "Indstil", "settings", at_bottom=True),
        )
    )  # fmt: skip
    rail.show_place("queue")
    rail.set_waiting("queue", 12)
    rail.set_waiting("outbox", 128)
    return rail


Wall = Literal["work", "lists", "icons"]


def wall(which: Wall) -> QWidget:
    """One wall of the gallery."""
    page = QWidget()
    page.setAutoFillBackground(True)
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(practice_ribbon())
    column.addWidget(
        Ribbon("Du er logget ud af ServiceNow. Dine ændringer venter her.", "amber", "lock", "Log ind")
    )
    row = QHBoxLayout()
    column.addLayout(row, 1)
    if which == "work":
        row.addWidget(_rail())
    columns: dict[Wall, Sequence[tuple[int, Sequence[Callable[[], QWidget]]]]] = {
        "work": ((700, (_fields, _statuses, _changes)), (320, (_person, _story))),
        "lists": ((440, (_lists,)), (560, (_findings, _quiet))),
        "icons": ((1000, (_icons,)),),
    }
    for width, makers in columns[which]:
        side = QVBoxLayout()
        side.setContentsMargins(12, 16, 12, 16)
        side.setSpacing(16)
        for make in makers:
            piece = make()
            piece.setMinimumWidth(max(width, piece.minimumSizeHint().width()))
            side.addWidget(piece)
        side.addStretch(1)
        row.addLayout(side, width)
    return page


def fit(page: QWidget, app: QApplication) -> None:
    """Give a wall the height that its pieces ask for, without the screen's own limits."""
    layout = page.layout()
    assert layout is not None
    for _settles in range(3):  # rows move their labels once they know their width
        width = layout.minimumSize().width()
        height = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.sizeHint().height()
        page.resize(width, height)
        app.processEvents()


def paint(app: QApplication, out: Path) -> list[Path]:
    """Paint each wall in light, dark and at 200 % text."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    walls: tuple[Wall, ...] = ("work", "lists", "icons")
    schemes: tuple[tuple[Literal["light", "dark"], float], ...] = (("light", 1.0), ("dark", 1.0), ("light", 2.0))
    for scheme, scale in schemes:
        apply_theme(app, scheme, scale)
        for which in walls:
            page = wall(which)
            page.show()
            if which == "work":
                toaster = Toaster(page)
                toaster.tell(Message("Sagen er tildelt dig", undo=lambda: None))
            fit(page, app)
            target = out / f"{which}-{scheme}-{round(scale * 100)}.png"
            page.grab().save(str(target))
            written.append(target)
            page.close()
    return written


def clipped(page: QWidget) -> list[str]:
    """The labels whose text has less room than it needs."""
    short = []
    for label in page.findChildren(QLabel):
        if not label.isVisible() or not label.text():
            continue
        needs_height = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        needs_width = 0 if label.wordWrap() else label.sizeHint().width()
        if label.height() < needs_height or label.width() < needs_width:
            short.append(label.text())
    return short


def main() -> None:
    """Paint the gallery into the folder named on the command line."""
    app = QApplication(sys.argv[:1])
    for target in paint(app, Path(sys.argv[1])):
        sys.stdout.write(f"{target}\n")


if __name__ == "__main__":
    main()
