"""A box that is ticked: the sheet paints the box, the tick is ours."""

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton

from ui.icons import pixmap
from ui.theme import px


class CheckBox(QCheckBox):
    """A step of a checklist, or a question that is answered by ticking."""

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
