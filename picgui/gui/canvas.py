"""The photograph, large: zoom, pan, before and after, one to six samples side by side in the same view."""

import sys
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QBitmap, QColor, QContextMenuEvent, QImage, QLinearGradient, QPainter, QPainterPath, QPen, QPolygonF, QRegion, QTransform
from PySide6.QtWidgets import QGestureEvent, QSizePolicy, QWidget

from picgui.gui import theme
from picgui.gui.announcing import announce
from picgui.gui.marking import Mark, Tool, reach
from picgui.gui.overlay import INSET, Overlay
from picgui.gui.pictures import BAND_ROWS, Pictures
from picgui.gui.session import Sample, Session
from picgui.gui.view import HANDLE, View, clamped, onto, pixel
from picgui.gui.words import number

MAX_PANES = 6
_KEY_STEP = 0.02  # of the longer side, that an arrow key moves the crosshair or the divider
_LEAST_REGION = 6  # width and height together, in widget pixels; less is a click
_ZOOM_STEP = 1.25
_SHARP_FROM = 3.0  # zoom from which single pixels are shown as squares


class _Held(Enum):
    """What a press took hold of."""

    MARK = auto()
    DIVIDER = auto()
    PHOTO = auto()


@dataclass
class _Grab:
    """What is held by a button that is pressed."""

    what: _Held
    button: Qt.MouseButton
    at: QPointF  # where it was pressed, in widget pixels; of the photograph, where that was moved to
    has_moved: bool = False


class Canvas(QWidget):
    """Shows the panes it is given and tells where a person points; decides nothing about samples."""

    zoom_changed = Signal(float)  # screen pixels per photo pixel
    pressed = Signal()
    pane_clicked = Signal(object)  # Sample
    split_changed = Signal(bool)
    place_marked = Signal(object)  # (h, w) bool mask at the resolution of the chroma; None where nothing is any more
    place_extended = Signal(object)  # the same, by a stroke that was added to what was marked
    place_resized = Signal(object)  # the same, by another width of the last stroke
    color_taken = Signal(float, float)  # a, b of a hint that will look as what is shown where a person pointed
    region_marked = Signal(object)  # as `place_marked`
    menu_wanted = Signal(object)  # global position

    def __init__(self, session: Session, pictures: Pictures, parent: QWidget | None = None):
        super().__init__(parent)
        self._session, self._pictures = session, pictures
        self._view, self._mark = View(session, self), Mark()
        self._original = False
        self._caption = ""
        self._drawing = False
        self._grab: _Grab | None = None
        self._shows_part = False
        self._overlay: Overlay | None = None
        self._pointed: QPointF | None = None  # where the mouse is, in widget pixels
        self._crosshair: QPointF | None = None  # of the arrow keys, as shares of the photograph's sides
        self._is_untouched = False  # the crosshair is where it was offered; a mouse takes it away
        self._shows_focus = False  # where a key brought it
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 180)
        self.setAccessibleName(self.tr("Photograph"))
        self._describe()
        pictures.preview_changed.connect(self._preview_changed)
        pictures.bands_changed.connect(self.update)
        session.photo_changed.connect(self._start_anew)
        session.sample_advanced.connect(self._sample_advanced)
        session.hints_changed.connect(self.update)
        self.installEventFilter(self)
        if sys.platform != "darwin":  # which tells of a pinch as a native gesture, too
            self.grabGesture(Qt.GestureType.PinchGesture)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(800, 560)

    @Slot()
    def take_focus(self) -> None:
        """Have the focus, to be seen: a key did it."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # what is shown

    def show_samples(self, samples: tuple[Sample, ...]) -> None:
        """One sample, or up to six to compare."""
        samples = tuple(samples)[:MAX_PANES]
        if samples != self._view.samples:
            number = len(self._view.samples)
            self._view.samples = samples
            self._pictures.show(samples)
            if number != len(samples):
                self._follow_room()
            self._describe()
            self.update()

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The samples that are shown."""
        return self._view.samples

    def show_caption(self, caption: str) -> None:
        """A few words at the foot of the photograph, or none."""
        if caption != self._caption:
            self._caption = caption
            self._describe()
            self.update()
            if caption:
                announce(self, caption)

    def _describe(self) -> None:
        """Say to a screen reader what is seen, and which keys there are."""
        keys = self.tr("Plus and minus zoom, the arrow keys move; with Shift, the line between before and after. With a tool they move its crosshair, and Enter marks.")
        seeds = [self.tr("Seed %1").replace("%1", str(sample.seed)) for sample in self.samples]
        self.setAccessibleDescription(". ".join(filter(None, (", ".join(seeds), self._caption, keys))))

    def set_drawing(self, drawing: bool) -> None:
        """Whether unfinished samples are being drawn: they show a scan line."""
        self._drawing = drawing
        self.update()

    def show_original(self, original: bool) -> None:
        """Show the photograph as it was, for as long as a key is held."""
        self._original = original
        self.update()

    @Slot(bool)
    def show_part(self, on: bool) -> None:
        """Outline the part that Resample would draw again, where the selected sample is one."""
        self._shows_part = on
        self.update()

    def show_overlay(self, overlay: Overlay | None) -> None:
        """Lay numbers over the photograph; None takes them away."""
        self._overlay = overlay
        self.update()

    @property
    def tool(self) -> Tool:
        """What pressing and dragging does."""
        return self._mark.tool

    @property
    def has_crosshair(self) -> bool:
        """Whether a tool is used by keys."""
        return self._crosshair is not None

    @property
    def _is_marking(self) -> bool:
        """Whether there is a tool, and something to be marked with it."""
        return self.tool is not Tool.MOVE and self._session.embedded is not None

    def use_tool(self, tool: Tool, *, by_key: bool = False) -> None:
        """Choose what pressing and dragging does; forgets what was marked. Where a key chose it, its crosshair shows at once."""
        self._mark.tool = tool
        self._is_untouched = by_key and self._is_marking
        self._crosshair = self._view.middle if self._is_untouched else None
        self._forget_mark()

    def set_brush(self, radius: float) -> None:
        """How wide a place is marked: the radius as a share of the photograph's longer side."""
        self._mark.brush = radius
        self.update()
        if self.tool is Tool.HINT and self._mark.stroke and self._grab is None:
            self.place_resized.emit(self._marked_mask())

    def set_split(self, on: bool) -> None:
        """Show the photograph as it was to the left of a divider."""
        if on != self._view.has_split:
            self._view.split = 0.5 if on else None
            if self._grab is not None and self._grab.what is _Held.DIVIDER:
                self._let_go()
            self.split_changed.emit(on)
            self.update()

    # zoom

    @property
    def zoom(self) -> float:
        """Screen pixels per photo pixel."""
        return self._view.zoom

    @Slot()
    def fit(self) -> None:
        """Show the whole photograph."""
        self._view.fit()
        self._zoomed()

    @Slot()
    def show_actual_size(self) -> None:
        """One photo pixel on one screen pixel."""
        self.zoom_to(1.0)

    @Slot()
    def zoom_in(self) -> None:
        self.zoom_to(self.zoom * _ZOOM_STEP)

    @Slot()
    def zoom_out(self) -> None:
        self.zoom_to(self.zoom / _ZOOM_STEP)

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom so that what is under `at` (widget pixels; the middle by default) stays there."""
        if self._session.opened is not None:
            self._view.zoom_to(zoom, at)
            self._zoomed()

    def _zoomed(self) -> None:
        self.zoom_changed.emit(self.zoom)
        self.update()

    # painting

    def paintEvent(self, _event) -> None:  # noqa: N802
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()  # an exception keeps it alive, and Qt does not outlive a painter of what is painted no more

    def _paint(self, painter: QPainter) -> None:
        colors = theme.current()
        painter.fillRect(self.rect(), QColor(colors.canvas))
        if self._session.opened is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wanted: list[tuple[Sample | None, int, int]] = []
        samples = self.samples or (None,)
        for sample, pane in zip(samples, self._view.panes):
            self._paint_pane(painter, sample, pane, wanted)
        if self._caption and len(samples) > 1 and self.tool.outlines:  # what to do is said once, where there is room for it
            room = QRectF(self.rect()).adjusted(INSET, INSET, -INSET, -INSET)
            self._chip(painter, self._caption, room, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter)
        if self._overlay is not None and not self._original:
            self._overlay.paint_legend(painter, self, self._read_at())
        if self._shows_focus and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for shade, inset in ((colors.text, 1), (colors.accent, 3)):
                painter.setPen(QPen(QColor(shade), 2))
                painter.drawRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset))
        self._pictures.want_bands(wanted)

    def _paint_pane(self, painter: QPainter, sample: Sample | None, pane: QRectF, wanted: list) -> None:
        target = self._view.target(pane)
        painter.save()
        frame = target.adjusted(-1, -1, 1, 1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setClipRegion(QRegion(pane.toRect()) - QRegion(target.toAlignedRect().adjusted(1, 1, -1, -1)))  # the shadow alone
        for grow, alpha in ((5, 8), (3, 14), (1, 30)):
            painter.setBrush(QColor(0, 0, 0, alpha))
            painter.drawRoundedRect(frame.adjusted(-grow, -grow + 2, grow, grow + 2), grow + 1, grow + 1)
        if self._original or sample is None:
            self._paint_photo(painter, None, target, pane, wanted)
        elif self._view.has_split:
            at = self._view.divider(pane)
            left = QRectF(pane.left(), pane.top(), max(0.0, at - pane.left()), pane.height()).intersected(pane)
            right = QRectF(at, pane.top(), max(0.0, pane.right() - at), pane.height()).intersected(pane)
            self._paint_photo(painter, sample, target, right, wanted)
            self._paint_photo(painter, None, target, left, wanted)
        else:
            self._paint_photo(painter, sample, target, pane, wanted)
        painter.setClipRect(pane)
        if sample is not None and not self._original:
            self._paint_scan_line(painter, sample, target)
        if self._overlay is not None and not self._original:
            self._overlay.paint(painter, target)
        if self._view.has_split and not self._original and sample is not None:
            self._paint_divider(painter, target, pane)
        if not self._original:
            self._paint_marks(painter, target)
        self._paint_labels(painter, sample, target, pane)
        painter.restore()

    def _paint_marks(self, painter: QPainter, target: QRectF) -> None:
        """What a person marked, and marks, and the part that Resample is about."""
        if self._shows_part and self._session.resamples_part:
            free = ~self._session.selected.known.mask
            _paint_outline(painter, onto(target).map(_outline(free)))
        if self.tool is Tool.HINT:
            self._paint_hints(painter, target)
        if self._mark.stroke:
            self._paint_mark(painter, target)
        if self._crosshair is not None:
            self._paint_crosshair(painter, target)
        elif self.tool is Tool.HINT and self._pointed is not None and target.contains(self._pointed):
            self._paint_brush(painter, self._pointed, target)

    def _read_at(self) -> QPointF | None:
        """Where an overlay is read, as shares of the photograph's sides: at the crosshair of the arrow keys, or else under the mouse."""
        if self._crosshair is not None:
            return QPointF(min(self._crosshair.x(), 1 - 1e-9), min(self._crosshair.y(), 1 - 1e-9))  # it may be on the very edge
        pane = self._view.pane_at(self._pointed) if self._pointed is not None else None
        return None if pane is None else self._view.to_photo(self._pointed, pane)

    def _paint_hints(self, painter: QPainter, target: QRectF) -> None:
        """A ringed dot of its colour on every pixel that a person gave one."""
        hints = self._session.hints
        if hints is None:
            return
        height, width = hints.mask.shape
        ys, xs = np.nonzero(hints.mask)
        across, down = target.width() / width, target.height() / height
        radius, rim = min(max(across * 0.25, 1.5), 7), min(across * 0.12, 1.5)  # they hardly touch
        spots = [QPointF(target.x() + x * across, target.y() + y * down) for x, y in zip((xs + 0.5).tolist(), (ys + 0.5).tolist())]
        by_color: dict[tuple[float, float], list[QPointF]] = {}
        for color, spot in zip(map(tuple, hints.chroma[:, ys, xs].T.tolist()), spots):
            by_color.setdefault(color, []).append(spot)
        dots = [(QColor(0, 0, 0, 120), radius + rim + 0.5, spots), (QColor("#ffffff"), radius + rim, spots)]
        dots += [(theme.color_of(65, *color), radius, where) for color, where in by_color.items()]
        for color, size, where in dots:
            painter.setPen(QPen(color, 2 * size, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoints(QPolygonF(where))

    def _paint_crosshair(self, painter: QPainter, target: QRectF) -> None:
        at, shape = onto(target).map(self._crosshair), QPainterPath()
        for side in (QPointF(12, 0), QPointF(-12, 0), QPointF(0, 12), QPointF(0, -12)):
            shape.moveTo(at + side / 3)
            shape.lineTo(at + side)
        _paint_outline(painter, shape)
        if self.tool is Tool.HINT:
            self._paint_brush(painter, at, target)

    def _paint_brush(self, painter: QPainter, at: QPointF, target: QRectF) -> None:
        """What the brush covers at a place."""
        shape, radius = QPainterPath(), reach(self._mark.brush, target.size())
        shape.addEllipse(at, radius, radius)
        _paint_outline(painter, shape)

    def _paint_mark(self, painter: QPainter, target: QRectF) -> None:
        place = onto(target)
        if self.tool.outlines:
            outside, inside = QPainterPath(), QPainterPath()
            outside.addRect(target)
            inside.addPolygon(place.map(self._mark.region))
            inside.closeSubpath()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.fillPath(outside - inside, QColor(0, 0, 0, 120))
            _paint_outline(painter, inside)
        else:
            lines: dict[float, QPainterPath] = {}  # those of one brush are one shape
            for stroke, brush in self._mark.strokes:
                points = [place.map(point) for point in stroke]
                lines.setdefault(brush, QPainterPath()).addPolygon(QPolygonF(points if len(points) > 1 else [points[0], points[0] + QPointF(0.01, 0)]))
            for brush, line in lines.items():
                theme.paint_brushed(painter, line, 2 * reach(brush, target.size()))

    def _paint_photo(
        self, painter: QPainter, sample: Sample | None, target: QRectF, part: QRectF, wanted: list
    ) -> None:
        """Paint the part of the photograph that lies in `part`; add to `wanted` what would make it sharper."""
        visible = target.intersected(part)
        image = self._pictures.preview(sample) if sample else self._pictures.before
        if visible.isEmpty() or image is None:
            return
        painter.setClipRect(part)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.zoom < _SHARP_FROM)
        across, down = image.width() / target.width(), image.height() / target.height()
        source = QRectF(
            (visible.x() - target.x()) * across,
            (visible.y() - target.y()) * down,
            visible.width() * across,
            visible.height() * down,
        )
        painter.drawImage(visible, image, source)
        level = self._view.level(image.width(), target, visible)
        if level is None:
            return
        bands = [(sample, level, index) for index in self._view.bands(level, target, visible)]
        missing = [band for band in bands if self._pictures.band(*band) is None]
        wanted += missing
        for coarser in range(len(self._session.opened.levels) - 1, level, -1) if missing else ():
            self._paint_bands(painter, sample, coarser, target, visible)
        self._paint_bands(painter, sample, level, target, visible)

    def _paint_bands(self, painter: QPainter, sample: Sample | None, level: int, target: QRectF, visible: QRectF) -> None:
        photo = self._session.opened.levels[level]
        across, down = target.width() / photo.width, target.height() / photo.height
        left, width = (visible.x() - target.x()) / across, visible.width() / across
        for index in self._view.bands(level, target, visible):
            band = self._pictures.band(sample, level, index)
            if band is not None:
                place = QRectF(visible.x(), target.y() + index * BAND_ROWS * down, visible.width(), band.height() * down)
                painter.drawImage(place, band, QRectF(left, 0, width, band.height()))

    def _paint_scan_line(self, painter: QPainter, sample: Sample, target: QRectF) -> None:
        if not self._drawing or sample.has_ended:
            return
        y = target.top() + target.height() * self._pictures.composed_rows(sample) / sample.chroma.shape[1]
        accent = QColor(theme.current().accent)
        glow = QLinearGradient(0, y - 28, 0, y)
        glow.setColorAt(0, QColor(accent.red(), accent.green(), accent.blue(), 0))
        glow.setColorAt(1, QColor(accent.red(), accent.green(), accent.blue(), 56))
        top = max(target.top(), y - 28)
        painter.fillRect(QRectF(target.left(), top, target.width(), y - top), glow)
        painter.fillRect(QRectF(target.left(), y - 0.75, target.width(), 1.5), accent)

    def _paint_divider(self, painter: QPainter, target: QRectF, pane: QRectF) -> None:
        x = self._view.divider(pane)
        top, bottom = max(pane.top(), target.top()), min(pane.bottom(), target.bottom())
        painter.fillRect(QRectF(x - 1.5, top, 3, bottom - top), QColor(0, 0, 0, 70))
        painter.fillRect(QRectF(x - 0.75, top, 1.5, bottom - top), QColor("#ffffff"))
        middle = self._view.handle(pane)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 60))
        painter.drawEllipse(middle + QPointF(0, 1), HANDLE + 2, HANDLE + 2)
        painter.setBrush(QColor("#ffffff"))
        painter.drawEllipse(middle, HANDLE, HANDLE)
        painter.setPen(QPen(QColor("#3a3a3a"), 1.75, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for side in (-1, 1):
            tip = middle + QPointF(8.0 * side, 0)
            path = QPainterPath(tip + QPointF(-3.5 * side, -4))
            path.lineTo(tip)
            path.lineTo(tip + QPointF(-3.5 * side, 4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)

    def _paint_labels(self, painter: QPainter, sample: Sample | None, target: QRectF, pane: QRectF) -> None:
        seen, whole = (room.adjusted(INSET, INSET, -INSET, -INSET) for room in (target.intersected(pane), pane))
        if self._original:
            self._chip(painter, self.tr("Before"), seen, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, elsewhere=whole)
        elif self._view.has_split and sample is not None:
            before, after = QRectF(seen), QRectF(seen)
            before.setRight(min(seen.right(), self._view.divider(pane) - INSET))
            after.setLeft(max(seen.left(), self._view.divider(pane) + INSET))
            self._chip(painter, self.tr("Before"), before, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            self._chip(painter, self.tr("After"), after, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        bottom = Qt.AlignmentFlag.AlignBottom
        if len(self.samples) > 1 and sample is not None:
            words = self.tr("Seed %1").replace("%1", str(sample.seed))
            if self._session.shares_seed(sample):
                words += " · " + number(sample.temperature, 2)
            if not sample.is_complete and (sample.stopped or sample.rows * 2 < sample.chroma.shape[1]):
                words += " · " + (self.tr("stopped") if sample.stopped else self.tr("draft"))
            self._chip(painter, words, seen, bottom | Qt.AlignmentFlag.AlignLeft, elsewhere=whole)
            if sample is self._session.selected:
                painter.setPen(QPen(QColor(theme.current().accent), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(target.intersected(pane).adjusted(1, 1, -1, -1))
        elif self._caption:
            self._chip(painter, self._caption, seen, bottom | Qt.AlignmentFlag.AlignHCenter, elsewhere=whole)

    def _chip(self, painter: QPainter, text: str, room: QRectF, where: Qt.AlignmentFlag, *, elsewhere: QRectF | None = None) -> None:
        """A few words on a dark rounded ground at an edge of a rectangle, above the legend; where it is too small for them, at that of another; none
        where there is no room."""
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.92)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        if elsewhere is not None and (room.width() < metrics.horizontalAdvance(text) + 20 or room.height() < 40):
            room = elsewhere
        if room.width() < 80 or room.height() < 40:
            return
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room.width()) - 20)
        width, height = metrics.horizontalAdvance(text) + 20, metrics.height() + 9
        x, y = room.left(), room.top()
        if where & Qt.AlignmentFlag.AlignRight:
            x = room.right() - width
        elif where & Qt.AlignmentFlag.AlignHCenter:
            x = room.center().x() - width / 2
        if where & Qt.AlignmentFlag.AlignBottom:
            y = room.bottom() - height
        chip = QRectF(x, y, width, height)
        if self._overlay is not None and chip.intersects(legend := self._overlay.legend_box(self)):
            chip.moveBottom(legend.top() - 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 20, 20, 190))
        painter.drawRoundedRect(chip, height / 2, height / 2)
        painter.setPen(QColor("#f4f4f4"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)

    # what changes

    @Slot()
    def _start_anew(self) -> None:
        self._view.samples = ()
        self._caption = ""
        self._pointed = None
        self._forget_mark()
        self.fit()

    @Slot(int)
    def _preview_changed(self, number: int) -> None:
        if any(s.number == number for s in self.samples):
            self.update()

    @Slot(object, int, int)
    def _sample_advanced(self, sample: Sample, _first: int, _last: int) -> None:
        if sample.has_ended and sample in self.samples:  # before, its picture tells when it shows more
            self.update()

    def resizeEvent(self, _event) -> None:  # noqa: N802
        self._follow_room()

    def _follow_room(self) -> None:
        """The room for the photograph is another, or has other pixels."""
        if self._session.opened is None:
            return
        if self._view.fits:
            self.fit()
        else:
            self._view.keep_in_view()

    # pointing

    def eventFilter(self, watched, event) -> bool:  # noqa: N802 - its own events: an exception under an `event` of Python's is a crash
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._follow_room()
        elif event.type() == QEvent.Type.NativeGesture and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_to(self.zoom * (1 + event.value()), event.position())
            return True
        elif event.type() == QEvent.Type.Gesture:
            return self._pinch(event)
        return super().eventFilter(watched, event)

    def _pinch(self, event: QGestureEvent) -> bool:
        """Zoom where two fingers are moved apart or together."""
        pinch = event.gesture(Qt.GestureType.PinchGesture)
        if pinch is None:
            return False
        if pinch.state() is Qt.GestureState.GestureStarted:
            self._forget_mark()  # which the first of them began
            self.place_marked.emit(None)
        if pinch.state() in (Qt.GestureState.GestureStarted, Qt.GestureState.GestureUpdated):  # at its end it repeats its last step
            self.zoom_to(self.zoom * pinch.scaleFactor(), QPointF(self.mapFromGlobal(pinch.centerPoint())))
        event.accept(pinch)
        return True

    def wheelEvent(self, event) -> None:  # noqa: N802
        steps = event.angleDelta().y() / 120
        if steps:
            self.zoom_to(self.zoom * _ZOOM_STEP**steps, event.position())
        event.accept()

    def mousePressEvent(self, event) -> None:  # noqa: N802
        self.pressed.emit()
        at, button = event.position(), event.button()
        if self._session.opened is None or button not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        if self._grab is not None and button is not self._grab.button:
            return  # one thing at a time
        if self._view.pane_at(at) is None:
            return
        self._crosshair = None
        if self.tool.outlines and len(self.samples) > 1 and button is Qt.MouseButton.LeftButton:
            self.pane_clicked.emit(self._view.sample_at(at))  # it may be one of which no region can be marked
        if self._is_marking and button is Qt.MouseButton.LeftButton:
            if self.tool is Tool.HINT and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._take_color(at)
                return
            self._grab = _Grab(_Held.MARK, button, at)
            self._mark.begin(self._inside(at), with_shift=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
            self.update()
            return
        self._grab = _Grab(_Held.DIVIDER if self._view.is_on_divider(at) else _Held.PHOTO, button, at)
        if self._grab.what is _Held.PHOTO:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event) -> None:  # noqa: N802
        if self._session.opened is None:
            return
        if self._is_untouched and self._pointed not in (None, event.position()):
            self._crosshair, self._is_untouched = None, False
            self.update()
        self._pointed = event.position()
        if self._overlay is not None or self.tool is Tool.HINT:
            self.update()
        if self._grab is not None and not event.buttons() & self._grab.button:  # it was let go where nobody told, as over a dialog
            self._forget_mark()
        held = self._grab.what if self._grab is not None else None
        if held is _Held.MARK:
            self._mark.extend(self._inside(event.position()), self._view.size)
            self.update()
        elif held is _Held.DIVIDER:
            self._view.split_at(self._view.to_photo(event.position(), self._held_pane()).x())
            self.update()
        elif held is _Held.PHOTO:
            self._pan(event.position() - self._grab.at)
        elif self._view.is_on_divider(event.position()) and self.tool is Tool.MOVE:
            self.setCursor(Qt.CursorShape.SplitHCursor)
        else:
            self._rest_cursor()

    def leaveEvent(self, _event) -> None:  # noqa: N802
        self._pointed = None
        self.update()

    def _forget_mark(self) -> None:
        """Nothing is marked, and nothing is being marked or dragged."""
        self._mark.clear()
        self._let_go()
        self.update()

    def _let_go(self) -> None:
        self._grab = None
        self._rest_cursor()

    def _rest_cursor(self) -> None:
        self.setCursor(Qt.CursorShape.ArrowCursor if self.tool is Tool.MOVE else Qt.CursorShape.CrossCursor)

    def _held_pane(self) -> QRectF:
        """The pane in which a button was pressed; the first where it has gone since."""
        return self._view.pane_at(self._grab.at) or self._view.panes[0]

    def _inside(self, point: QPointF) -> QPointF:
        """A point of the widget as shares of the photograph's sides, moved into it."""
        return clamped(self._view.to_photo(point, self._held_pane()))

    def _pan(self, moved: QPointF) -> None:
        if self._grab.has_moved or moved.manhattanLength() >= 4:
            self._grab.has_moved = True
            self._move(moved)
            self._grab.at += moved

    def _move(self, by: QPointF) -> None:
        if self._view.move(by):
            self.update()

    def mouseReleaseEvent(self, event) -> None:  # noqa: N802
        grab = self._grab
        if grab is None or event.button() is not grab.button:
            return
        self._let_go()
        if grab.what is _Held.MARK:
            self._tell_mark()
        elif grab.what is _Held.PHOTO and not grab.has_moved and len(self.samples) > 1:
            if (sample := self._view.sample_at(event.position())) is not None:
                self.pane_clicked.emit(sample)

    def _take_color(self, at: QPointF) -> None:
        """Tell the colour that is shown at a point of the widget: of a sample, or of the photograph as it was, on which the saturation has no effect."""
        share, sample = self._view.to_photo(at, self._view.pane_at(at)), self._view.sample_at(at)
        if not QRectF(0, 0, 1, 1).contains(share):
            return
        is_before = self._original or sample is None or (self._view.has_split and share.x() < self._view.split)
        chroma = self._session.own_chroma if is_before else self._session.colors_of(sample)
        color = np.zeros(2) if chroma is None else chroma[:, *pixel(share, *chroma.shape[1:])]
        if is_before and self._session.saturation:
            color = np.clip(color / self._session.saturation, -127, 127)
        self.color_taken.emit(*color.tolist())

    def _marked_mask(self) -> np.ndarray:
        """What is marked, at the resolution of the chroma."""
        photo = self._session.opened.photo
        return self._mark.mask(self._session.embedded.chroma_shape, (photo.height, photo.width), least=_LEAST_REGION / self._view.scale)

    def _tell_mark(self) -> None:
        mask = self._marked_mask()
        if self.tool is Tool.HINT:
            (self.place_extended if self._mark.earlier else self.place_marked).emit(mask)
        else:
            self.region_marked.emit(mask)
            self._forget_mark()  # until then it is seen what is asked about

    def place_of_mark(self) -> QRect:
        """Where what is being marked lies, on the screen: in the pane of the selected sample, where it has one."""
        panes = self._view.panes
        pane = dict(zip(self.samples, panes)).get(self._session.selected, panes[0])
        place = onto(self._view.target(pane)).map(QPolygonF(self._mark.stroke)).boundingRect().toAlignedRect()
        return place.translated(self.mapToGlobal(QPoint()))

    def contextMenuEvent(self, event) -> None:  # noqa: N802
        if self._grab is not None or self._session.selected is None:
            return
        by_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        if len(self.samples) > 1 and by_mouse and (sample := self._view.sample_at(QPointF(event.pos()))) is not None:
            self.pane_clicked.emit(sample)
        self.menu_wanted.emit(event.globalPos())

    def mouseDoubleClickEvent(self, event) -> None:  # noqa: N802
        if self._session.opened is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        if self.tool is not Tool.MOVE:
            self.mousePressEvent(event)  # of a second stroke, soon after the first
            return
        if self._view.is_on_divider(event.position()):
            self._view.split = 0.5
            self.update()
        elif self._view.fits:
            self.zoom_to(1.0, event.position())
        else:
            self.fit()

    def focusInEvent(self, event) -> None:  # noqa: N802
        self._shows_focus = theme.shows_focus(event.reason(), before=self._shows_focus)
        self.update()

    def focusOutEvent(self, event) -> None:  # noqa: N802
        self._shows_focus = theme.keeps_focus(event.reason()) and self._shows_focus
        self.update()

    def keyPressEvent(self, event) -> None:  # noqa: N802
        steps = {
            Qt.Key.Key_Left: QPointF(64, 0),
            Qt.Key.Key_Right: QPointF(-64, 0),
            Qt.Key.Key_Up: QPointF(0, 64),
            Qt.Key.Key_Down: QPointF(0, -64),
        }
        key = event.key()
        if key in steps and self._is_marking:
            self._move_crosshair(steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._is_marking and self._crosshair is not None:
            self._mark_at_crosshair(with_shift=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in steps and self._view.has_split and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._view.split_at(self._view.split - steps[key].x() / 64 * _KEY_STEP)
            self.update()
        elif key in steps and self._session.opened is not None:
            self._move(steps[key])
        else:
            super().keyPressEvent(event)

    def _move_crosshair(self, against: QPointF) -> None:
        """Move the crosshair a step, and with it the second corner of a region; it begins in the middle of what is in view, and stays in view."""
        photo, at, pane = self._session.opened.photo, self._crosshair, self._view.panes[0]
        in_view = max(pane.width(), pane.height()) / self._view.scale  # pixels of the photograph
        step = _KEY_STEP * min(max(photo.width, photo.height), in_view) / 64
        if at is None:
            self._crosshair = self._view.middle
        else:
            self._crosshair = clamped(at - QPointF(against.x() * step / photo.width, against.y() * step / photo.height))
        self._is_untouched = False
        self._view.reveal(self._crosshair)
        if self.tool.outlines and self._mark.stroke:
            self._mark.put_corner(self._crosshair)
        self.update()

    def _mark_at_crosshair(self, *, with_shift: bool) -> None:
        """Enter: a place for a hint, or more of it; of a region the first corner, then the second."""
        self._is_untouched = False
        first = self.tool.outlines and not self._mark.stroke
        if self.tool is Tool.HINT:
            self._mark.begin(self._crosshair, with_shift=with_shift)
        else:
            self._mark.put_corner(self._crosshair)
        self.update()
        if not first:
            self._tell_mark()


def _paint_outline(painter: QPainter, shape: QPainterPath) -> None:
    """White within dark, to be seen on any photograph."""
    for pen in (QPen(QColor(0, 0, 0, 150), 3), QPen(QColor("#ffffff"), 1.5)):
        painter.strokePath(shape, pen)


def _outline(mask: np.ndarray) -> QPainterPath:
    """That of a (h, w) mask, as shares of the photograph's sides."""
    height, width = mask.shape
    rows, shape = np.packbits(mask, axis=1, bitorder="little"), QPainterPath()
    shape.addRegion(QRegion(QBitmap.fromData(QSize(width, height), rows.tobytes(), QImage.Format.Format_MonoLSB)))
    return QTransform.fromScale(1 / width, 1 / height).map(shape.simplified())
