"""A slider for panels that are scrolled."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractSlider, QSlider, QStyle, QStyleOptionSlider, QWidget

from picgui.gui import theme
from picgui.gui.rows import label
from picgui.gui.words import number


class ResettableSlider(QSlider):
    """A slider that goes to where it is pressed and that a double click sets back, and a label to be laid beside it that says where it is."""

    def __init__(
        self, *, low: int, high: int, initial: int, name: str, step: int = 5, say: Callable[[int], str] = str, parent: QWidget | None = None
    ):
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._initial, self._say = initial, say
        self._is_keyed = False  # its focus came by a key
        self.value_label = label(say(self.value()), "value")
        self.setRange(low, high)
        self.setValue(initial)
        self.setSingleStep(step)
        self.setPageStep(2 * step)
        self.setAccessibleName(name)
        self.installEventFilter(self)

    def eventFilter(self, watched, event) -> bool:  # noqa: N802 - its own events
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) and self._is_keyed:
            event.accept()  # they move it, and are no shortcuts then; but who dragged it with the mouse means the photographs
            return True
        return super().eventFilter(watched, event)

    def focusInEvent(self, event) -> None:  # noqa: N802
        self._is_keyed = theme.shows_focus(event.reason(), before=self._is_keyed)
        super().focusInEvent(event)

    def reset_to(self, value: int) -> None:
        """What a double click sets it back to from now on."""
        self._initial = value

    def sliderChange(self, change) -> None:  # noqa: N802
        super().sliderChange(change)
        if change == QAbstractSlider.SliderChange.SliderValueChange:
            self.value_label.setText(self._say(self.value()))
            self.setAccessibleDescription(self.value_label.text())  # else its bare number is read out

    def mousePressEvent(self, event) -> None:  # noqa: N802
        """Bring the handle to the pointer, by which it is then dragged."""
        handle, at = self._part(QStyle.SubControl.SC_SliderHandle), event.position()
        if event.button() is Qt.MouseButton.LeftButton and not handle.contains(at.toPoint()):
            groove = self._part(QStyle.SubControl.SC_SliderGroove)
            room, along = groove.width() - handle.width(), round(at.x()) - groove.left() - handle.width() // 2
            self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), along, room, self.layoutDirection() is Qt.LayoutDirection.RightToLeft))
            at = QPointF(at.x(), handle.center().y())
            event = QMouseEvent(event.type(), at, event.globalPosition(), event.button(), event.buttons(), event.modifiers(), event.pointingDevice())
        super().mousePressEvent(event)

    def _part(self, part: QStyle.SubControl) -> QRect:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        return self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, self)

    def mouseDoubleClickEvent(self, _event) -> None:  # noqa: N802
        self.setValue(self._initial)

    def wheelEvent(self, event) -> None:  # noqa: N802
        event.ignore()  # a panel that is scrolled must not change what is drawn


def hundredths(value: int) -> str:
    """A slider's hundredths, such as a temperature's, as a number."""
    return number(value / 100, 2)


def percent(value: int) -> str:
    """A slider's hundredths, such as a saturation's, as percent."""
    return f"{value} %"
