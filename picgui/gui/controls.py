"""Buttons, fields and labels that panels, dialogs and bars share."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QLabel, QLineEdit, QSizePolicy, QToolButton, QWidget

from picgui.gui import theme
from picgui.gui.session import MAX_SATURATION, MAX_TEMPERATURE
from picgui.gui.slider import ResettableSlider, hundredths, percent

_EDITING_KEYS = (
    Qt.Key.Key_Backspace,
    Qt.Key.Key_Delete,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
)


class IconButton(QToolButton):
    """A flat button with an icon of the family; follows the theme."""

    def __init__(self, icon: str, tip: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._icon_name = icon
        self.setIconSize(QSize(20, 20))
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.retint()

    def become(self, icon: str, tip: str) -> None:
        """Change the icon, and what it says."""
        if icon != self._icon_name:
            self._icon_name = icon
            self.setToolTip(tip)
            self.setAccessibleName(tip)
            self.retint()

    def retint(self) -> None:
        """Take the icon's colour from the theme in use."""
        self.setIcon(theme.icon(self._icon_name))


class NumberField(QLineEdit):
    """A whole number within limits, to be typed or stepped with the arrow keys."""

    value_changed = Signal(int)

    def __init__(self, low: int, high: int, initial: int, *, step_from: Callable[[int], int] | None = None, parent: QWidget | None = None):
        """Steps go from its own number, or from what ``step_from`` says for one up (1) or down (-1)."""
        super().__init__(str(initial), parent)
        self._low, self._high, self._value = low, high, initial
        self._step_from = step_from or (lambda _step: self._value)
        self.setValidator(QRegularExpressionValidator(r"[0-9]*", self))  # what is unfinished is taken, too, and set right
        self.setMaxLength(len(str(high)))
        self.setAcceptDrops(False)  # a photograph is dropped on the window
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.editingFinished.connect(self.take_text)
        self.installEventFilter(self)

    def sizeHint(self) -> QSize:  # noqa: N802 - room for its digits, however large the letters are
        return QSize(max(48, self.fontMetrics().horizontalAdvance("0" * self.maxLength()) + 28), super().sizeHint().height())

    def value(self) -> int:
        """The number."""
        return self._value

    def set_value(self, value: int) -> None:
        """Show the nearest number within the limits."""
        value = min(max(value, self._low), self._high)
        self.setText(str(value))
        if value != self._value:
            self._value = value
            self.value_changed.emit(value)

    @Slot()
    def step_up(self) -> None:
        self._step(1)

    @Slot()
    def step_down(self) -> None:
        self._step(-1)

    def _step(self, step: int) -> None:
        self.take_text()
        value = self._step_from(step) + step
        if self._low <= value <= self._high:
            self._value = value
            self.setText(str(value))
            self.value_changed.emit(value)  # the same number may be another wish

    @Slot()
    def take_text(self) -> None:
        """Take what was typed."""
        self.set_value(int(self.text() or self._value))

    def eventFilter(self, watched, event) -> bool:  # noqa: N802 - its own events
        if event.type() == QEvent.Type.ShortcutOverride and not self._is_for_typing(event):
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _is_for_typing(self, event) -> bool:
        """Whether a key is meant here and not for a shortcut of the window: undo and the like only where something was typed."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return self.isModified()
        return event.text().isdigit() or event.key() in _EDITING_KEYS

    def keyPressEvent(self, event) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Up:
            self.step_up()
        elif event.key() == Qt.Key.Key_Down:
            self.step_down()
        elif event.key() == Qt.Key.Key_Space:
            event.ignore()  # it is the window's, which shows the photograph as it was
        else:
            super().keyPressEvent(event)


class ElidedLabel(QLabel):
    """A line of text whose middle is left out where there is no room for it; all of it with less room than the least, in pixels."""

    def __init__(self, *, least: int = 0, beside: int = 0, parent: QWidget | None = None):
        """``beside`` pixels of its width are left free."""
        super().__init__(parent)
        self._whole, self._least, self._beside = "", least, beside
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:  # noqa: N802
        return self.minimumSizeHint()

    def show_text(self, text: str, *, tip: str = "") -> None:
        """Show this text, as far as there is room; all of it in the tool tip, before what is to be said there."""
        self._whole = text
        self.setToolTip(f"{text}\n{tip}".rstrip())
        self._fit()

    def _fit(self) -> None:
        room = self.width() - self._beside
        self.setText("" if room < self._least else self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, room))

    def resizeEvent(self, event) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()


def temperature_slider(initial: float) -> ResettableSlider:
    """A slider of a temperature, in hundredths, which a double click sets back to this one."""
    name = QCoreApplication.translate("Panel", "Temperature")
    slider = ResettableSlider(low=0, high=round(MAX_TEMPERATURE * 100), initial=round(initial * 100), name=name, say=hundredths)
    tip = QCoreApplication.translate("Panel", "How freely colours are drawn: calm keeps to the most likely, vivid takes rarer ones too.\nDouble-click to reset.")
    slider.setToolTip(tip)
    return slider


def saturation_slider(tip: str) -> ResettableSlider:
    """A slider of a saturation, in hundredths, which a double click sets back to the colours as they were drawn."""
    name = QCoreApplication.translate("Panel", "Saturation")
    slider = ResettableSlider(low=0, high=round(MAX_SATURATION * 100), initial=100, name=name, say=percent)
    slider.setToolTip(tip)
    return slider
