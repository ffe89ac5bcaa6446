"""How a person steers the colours: a place gets one, a part is drawn again or taken from another sample."""

import numpy as np
from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QWidget, QWidgetAction

from picgui.gui.canvas import Canvas
from picgui.gui.gallery import SampleModel
from picgui.gui.hints import HintPanel
from picgui.gui.marking import Tool
from picgui.gui.message import MessageBar
from picgui.gui.pictures import Pictures
from picgui.gui.rows import label
from picgui.gui.session import Sample, Session

_PART_SIDE = 96  # pixels, of what a part is shown in; the style sheet has it, too


class Steering(QObject):
    """Does what a tool is for with what a person marks on the canvas."""

    tool_changed = Signal(object)  # Tool

    def __init__(
        self, session: Session, canvas: Canvas, hints: HintPanel, samples: SampleModel, pictures: Pictures, message: MessageBar, window: QWidget
    ):
        super().__init__(window)
        self._session, self._canvas, self._hints, self._samples = session, canvas, hints, samples
        self._pictures, self._message, self._window = pictures, message, window
        self.marked: np.ndarray | None = None  # the place that is to get a colour, (h, w) bool at the resolution of the chroma
        self._colored: np.ndarray | None = None  # what of it got a colour last
        session.draft_ready.connect(self._forget_marked)
        canvas.place_marked.connect(self._place_marked)
        canvas.place_extended.connect(self._place_extended)
        canvas.place_resized.connect(self._show_marked)
        canvas.color_taken.connect(self._color_taken)
        canvas.region_marked.connect(self._region_marked)
        hints.color_chosen.connect(self._color_chosen)
        hints.brush_changed.connect(canvas.set_brush)
        hints.remove_wanted.connect(self._remove_hints_here)
        hints.clear_wanted.connect(session.clear_hints)

    def use_tool(self, tool: Tool, *, by_key: bool = False) -> None:
        """Mark with a tool from now on; nothing is marked at first."""
        self.marked = None
        self._canvas.use_tool(tool, by_key=by_key)
        if tool is not Tool.MOVE or self._is_choosing_color():  # for its keys; and what is hidden would give the focus to any button
            self._canvas.setFocus(Qt.FocusReason.ShortcutFocusReason if by_key else Qt.FocusReason.OtherFocusReason)
        self.tool_changed.emit(tool)

    def _is_choosing_color(self) -> bool:
        """Whether the focus is among the colours for a marked place."""
        focused = QApplication.focusWidget()
        return focused is not None and self._hints.isAncestorOf(focused)

    @Slot()
    def _forget_marked(self) -> None:
        """What is marked was so at another resolution."""
        self.marked = None
        if self._canvas.tool is not Tool.MOVE:  # which has nothing marked, but may be moving the photograph
            self._canvas.use_tool(self._canvas.tool)
        self._hints.show_place(None)

    # a place and its colour

    @Slot(object)
    def _show_marked(self, mask: np.ndarray | None) -> None:
        self.marked = mask
        self._hints.show_place(mask)

    @Slot(object)
    def _place_marked(self, mask: np.ndarray | None) -> None:
        self._colored = None
        self._show_marked(mask)
        if mask is not None and self._canvas.has_crosshair and self._canvas.hasFocus():
            self._hints.take_focus()

    @Slot(object)
    def _place_extended(self, mask: np.ndarray) -> None:
        """More of the marked place: where that has got a colour, this gets it, too; and what a wider brush added to it."""
        places = [place for place in (self.marked, self._colored) if place is not None]
        color = next(filter(None, map(self._session.hint_in, places)), None)
        if color is None:
            self._place_marked(mask)
        else:
            self.marked = mask
            self._give_color(*color)
            self._hints.show_place(mask)

    def _give_color(self, a: float, b: float) -> None:
        self._colored = self.marked
        self._session.add_hint(self.marked, (a, b))

    @Slot(float, float)
    def _color_taken(self, a: float, b: float) -> None:
        if self.marked is None:
            self._message.tell_note(self.tr("Mark the place first that is to get this colour."))
        self._color_chosen(a, b)

    @Slot(float, float)
    def _color_chosen(self, a: float, b: float) -> None:
        if self.marked is not None:
            self._give_color(a, b)
            if self._canvas.has_crosshair and self._is_choosing_color():
                self._canvas.take_focus()

    @Slot()
    def _remove_hints_here(self) -> None:
        if self.marked is not None:
            self._session.remove_hints(self.marked)

    # a part

    @Slot(object)
    def _region_marked(self, mask: np.ndarray) -> None:
        if self._canvas.tool is Tool.TAKE:
            self._take_region(mask)
        elif mask.all():
            self._message.tell_note(self.tr("That is the whole picture. Resample draws all of it again."))
        elif self._session.hints is not None and mask.any() and not (mask & ~self._session.hints.mask).any():
            self._message.tell_note(self.tr("You gave all colours there, and they are kept. Clear the hints to draw it again."))
        elif mask.any():
            self._session.redo_region(mask)
            self.use_tool(Tool.MOVE)

    def _take_region(self, mask: np.ndarray) -> None:
        """Ask which sample the marked region is to be taken from."""
        if mask.all():
            self._message.tell_note(self.tr("That is the whole picture. Choose the other sample in the gallery instead."))
        elif mask.any() and (source := self._asked_for_source(mask)) is not None:
            self._session.take_part(mask, source)
            self.use_tool(Tool.MOVE)

    def _asked_for_source(self, mask: np.ndarray) -> Sample | None:
        """The sample that a person chooses in a menu beside the marked region, which shows it in each of them; None where none is chosen."""
        menu, sources, ratio = QMenu(self.tr("Take it from"), self._window), self._session.part_sources, self._window.devicePixelRatioF()
        menu.setObjectName("pictures")
        title = QWidgetAction(menu)
        title.setDefaultWidget(label(menu.title(), "heading"))
        title.setEnabled(False)
        menu.addAction(title)
        for sample in filter(sources.__contains__, self._samples.shown):
            picture = QPixmap.fromImage(self._pictures.part(sample, mask, round(_PART_SIDE * ratio)))
            picture.setDevicePixelRatio(ratio)
            menu.addAction(QIcon(picture), self._samples.describe(sample)).setData(sample)
        chosen = menu.exec(_beside(self._canvas.place_of_mark(), menu.sizeHint()))
        menu.deleteLater()
        return chosen.data() if chosen is not None else None


def _beside(place: QRect, size: QSize) -> QPoint:
    """Where something of a size leaves a place on the screen free: to its right, or to its left where only there is room."""
    room = (QGuiApplication.screenAt(place.center()) or QGuiApplication.primaryScreen()).availableGeometry()
    left = place.left() - size.width()
    is_left = place.right() + size.width() > room.right() and left >= room.left()
    return QPoint(left if is_left else place.right() + 1, place.top())
