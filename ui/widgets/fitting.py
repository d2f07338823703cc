"""A column that scrolls up and down and is never wider than what is seen of it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class FittingBody(QWidget):
    """Takes the width there is: what stands in it wraps, cuts with … or moves its label, but is not cut off."""

    def minimumSizeHint(self) -> QSize:
        """As high as its content, as narrow as it must be."""
        return QSize(0, super().minimumSizeHint().height())


def scrolled(body: FittingBody) -> QScrollArea:
    """The body in a scroll area without a frame and without a bar at the bottom."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(body)
    return scroll
