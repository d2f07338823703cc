"""A box that is ticked: the sheet paints the box, the tick is ours."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton

from ui.icons import pixmap
from ui.theme import px


class CheckBox(QCheckBox):
    """A step of a checklist, or a question that is answered by ticking. Cut with … where it is narrow."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._words = text
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        """Room for all the words."""
        hint, metrics = super().sizeHint(), self.fontMetrics()
        lacking = metrics.horizontalAdvance(self._words) - metrics.horizontalAdvance(self.text())
        return QSize(hint.width() + lacking, hint.height())

    def minimumSizeHint(self) -> QSize:
        """The box and a few words."""
        return QSize(min(self.sizeHint().width(), px(160)), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the words anew; they are whole on hover."""
        super().resizeEvent(event)
        metrics = self.fontMetrics()
        room = self.width() - (self.sizeHint().width() - metrics.horizontalAdvance(self._words))
        shown = metrics.elidedText(self._words, Qt.TextElideMode.ElideRight, max(0, room))
        if shown != self.text():
            self.setText(shown)
            self.setToolTip(self._words if shown != self._words else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        """The tick over the box of the sheet."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        side = px(12)
        painter = QPainter(self)
        mark = pixmap("check", "on_accent", side, self.devicePixelRatioF())
        painter.drawPixmap(box.center().x() - side // 2 + 1, box.center().y() - side // 2 + 1, mark)
        painter.end()
