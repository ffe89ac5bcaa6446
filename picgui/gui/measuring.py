"""What is measured of the photograph and its samples, laid over them as soon as it is known."""

from enum import Enum

from PySide6.QtCore import QObject, Signal, Slot

from picgui.gui.canvas import Canvas
from picgui.gui.jobs import Measured
from picgui.gui.message import MessageBar
from picgui.gui.overlay import Overlay
from picgui.gui.studio import Studio


class Measure(Enum):
    """What can be measured of each pixel."""

    UNCERTAINTY = "uncertainty"
    SPREAD = "spread"
    SURPRISE = "surprise"


class Measuring(QObject):
    """Keeps over the canvas's photograph what a person wants to see there."""

    chosen_changed = Signal()

    def __init__(self, studio: Studio, canvas: Canvas, message: MessageBar, parent: QObject):
        super().__init__(parent)
        self._studio, self._session, self._canvas, self._message = studio, studio.session, canvas, message
        self.chosen: Measure | None = None
        studio.measured.connect(self._measured)
        studio.unmeasured.connect(self._unmeasured)

    def can_show(self, measure: Measure) -> bool:
        """Whether there is what it is measured of, or it is shown, and can be taken away."""
        is_there = self._session.can_spread if measure is Measure.SPREAD else self._session.embedded is not None
        return is_there or measure is self.chosen

    def choose(self, measure: Measure | None) -> None:
        """Show this in place of what was shown, or nothing."""
        self.chosen = measure
        self.show()
        self.chosen_changed.emit()

    @Slot()
    def show(self) -> None:
        """Lay over the photograph what is chosen, as it is now, or ask for it to be measured."""
        self._canvas.show_overlay(self._overlay())

    def _overlay(self) -> Overlay | None:
        match self.chosen:
            case Measure.UNCERTAINTY:
                values, scale = self._studio.uncertainty(), (6, 12, self.tr("sure"), self.tr("unsure"), self.tr("bits"))
            case Measure.SPREAD:
                values, scale = self._session.spread(), (0, 30, self.tr("agree"), self.tr("differ"), "Lab")
            case Measure.SURPRISE:
                values, scale = self._studio.surprise(), (0, 16, self.tr("expected"), self.tr("surprising"), self.tr("bits"))
            case None:
                return None
        return None if values is None else Overlay(values, *scale)

    @Slot(object)
    def _measured(self, measured: Measured) -> None:
        if measured.values is None:
            self._unmeasured(measured.what)
            self._message.tell_note(self.tr("This photograph has no colours of its own that could surprise the model."))
        self.show()

    @Slot(str)
    def _unmeasured(self, what: str) -> None:
        if self.chosen is Measure(what):
            self.choose(None)
