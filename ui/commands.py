"""One registry of what the user can do: it feeds keys, the palette, menus and the sheet of keys."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Command:
    """One act. `key` is Qt's portable text ("Ctrl+K", "J"); `place` names where it belongs, "" for everywhere."""

    id: str
    text: str
    run: Callable[[], object]
    key: str = ""
    place: str = ""
    can: Callable[[], bool] = _always
    more_keys: tuple[str, ...] = ()


class Commands(QObject):
    """All commands of the window. Keys of a place work while the focus is inside that place's widget."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commands: dict[str, Command] = {}

    def add(self, command: Command, owner: QWidget) -> QAction:
        """Register a command and bind its keys to `owner`; a disabled command's key does nothing."""
        action = QAction(command.text, owner)
        action.setObjectName(command.id)
        action.setShortcuts([QKeySequence(key) for key in (command.key, *command.more_keys) if key])
        everywhere = command.place == ""
        context = (
            Qt.ShortcutContext.WindowShortcut if everywhere else Qt.ShortcutContext.WidgetWithChildrenShortcut
        )
        action.setShortcutContext(context)
        action.setAutoRepeat(command.key in ("J", "K"))
        action.triggered.connect(lambda: self.run(command.id))
        owner.addAction(action)
        self._commands[command.id] = command
        self.changed.emit()
        return action

    def run(self, command_id: str) -> None:
        """Do it, if it can be done now."""
        command = self._commands[command_id]
        if command.can():
            command.run()

    def of(self, place: str) -> list[Command]:
        """The commands of a place and those that work everywhere, in the order they were added."""
        return [command for command in self._commands.values() if command.place in ("", place)]

    def key_of(self, command_id: str) -> str:
        """The key as `KeyHint` shows it, "" when there is none."""
        return QKeySequence(self._commands[command_id].key).toString(QKeySequence.SequenceFormat.PortableText)
