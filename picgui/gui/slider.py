"""A slider for panels that are scrolled."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QSlider, QWidget


class ResettableSlider(QSlider):
    """A slider that a double click sets back."""

    def __init__(self, *, low: int, high: int, initial: int, name: str, step: int = 5, parent: QWidget | None = None):
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._initial = initial
        self.setRange(low, high)
        self.setValue(initial)
        self.setSingleStep(step)
        self.setPageStep(2 * step)
        self.setAccessibleName(name)
        self.installEventFilter(self)

    def eventFilter(self, watched, event) -> bool:  # noqa: N802 - its own events
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            event.accept()  # they move it, and are no shortcuts then
            return True
        return super().eventFilter(watched, event)

    def reset_to(self, value: int) -> None:
        """What a double click sets it back to from now on."""
        self._initial = value

    def mouseDoubleClickEvent(self, _event) -> None:  # noqa: N802
        self.setValue(self._initial)

    def wheelEvent(self, event) -> None:  # noqa: N802
        event.ignore()  # a panel that is scrolled must not change what is drawn
