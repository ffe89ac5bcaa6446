"""The photograph, large: zoom, pan, before and after, one to six samples side by side in the same view."""

import math
import sys
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QBitmap, QColor, QContextMenuEvent, QImage, QLinearGradient, QPainter, QPainterPath, QPen, QPolygonF, QRegion, QTransform
from PySide6.QtWidgets import QGestureEvent, QSizePolicy, QWidget

from picgui.gui import theme
from picgui.gui.announcing import announce
from picgui.gui.pictures import BAND_BYTES, BAND_ROWS, Pictures
from picgui.gui.session import Sample, Session
from picgui.gui.words import number

MAX_ZOOM = 32.0  # screen pixels per photo pixel
MAX_PANES = 6
_KEY_STEP = 0.02  # of the longer side, that an arrow key moves the crosshair or the divider
_MARGIN = 24
_GAP = 8
_GRIP = 9  # how near to the divider a press takes hold of it
_HANDLE = 15  # radius of its handle
_INSET = 12  # of words from the edges of what is in view
_LEGEND_WIDTH = 256  # at least, where there is room
_LEGEND_GAP = 12  # between its words
_LEAST_REGION = 6  # width and height together, in pixels of the screen; less is a click
_ZOOM_STEP = 1.25
_SHARP_FROM = 3.0  # zoom from which single pixels are shown as squares


class Tool(Enum):
    """What pressing and dragging on the photograph does."""

    MOVE = auto()
    HINT = auto()  # marks a place that is to get a colour
    REGION = auto()  # marks a rectangle, or with Shift any outline, that is to be drawn again
    TAKE = auto()  # marks the same way what is to be taken from another sample

    @property
    def outlines(self) -> bool:
        """Whether it marks a region by its outline."""
        return self in (Tool.REGION, Tool.TAKE)


@dataclass(frozen=True)
class Overlay:
    """Numbers to be laid over the photograph in colours, (h, w), with the ends of their scale."""

    values: np.ndarray
    low: float
    high: float
    low_words: str
    high_words: str
    unit: str

    @property
    def shares(self) -> np.ndarray:
        """Where the values are on the scale, from 0 to 1."""
        return np.clip((self.values - self.low) / (self.high - self.low), 0, 1)


class Canvas(QWidget):
    """Shows the panes it is given and tells where a person points; decides nothing about samples."""

    zoom_changed = Signal(float)  # screen pixels per photo pixel
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
        self._panes: tuple[Sample, ...] = ()
        self._zoom = 1.0
        self._center = QPointF(0.5, 0.5)  # of the photograph, as a share of its sides, in the middle of each pane
        self._fits = True
        self._split: float | None = None  # share of the photograph's width that is shown as it was
        self._original = False
        self._caption = ""
        self._drawing = False
        self._grabbed: str | None = None
        self._grabbed_by = Qt.MouseButton.NoButton
        self._pressed_at = QPointF()
        self._moved = False
        self._shows_part = False
        self._overlay: Overlay | None = None
        self._pointed: QPointF | None = None  # where the mouse is, in widget pixels
        self._tool = Tool.MOVE
        self._crosshair: QPointF | None = None  # of the arrow keys, as shares of the photograph's sides
        self._is_untouched = False  # the crosshair is where it was offered; a mouse takes it away
        self._brush = 0.03  # radius, as a share of the longer side
        self._stroke: list[QPointF] = []  # shares of the photograph's sides
        self._earlier: list[tuple[list[QPointF], float]] = []  # strokes of the same mark before it, and the brush of each
        self._is_lasso = False  # the stroke is the outline of a region, not two corners of it
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

    # what is shown

    def show_samples(self, samples: tuple[Sample, ...]) -> None:
        """One sample, or up to six to compare."""
        samples = tuple(samples)[:MAX_PANES]
        if samples != self._panes:
            number = len(self._panes)
            self._panes = samples
            self._pictures.show(samples)
            if number != len(samples):
                self._follow_room()
            self._describe()
            self.update()

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The samples that are shown."""
        return self._panes

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
        seeds = [self.tr("Seed %1").replace("%1", str(sample.seed)) for sample in self._panes]
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
        return self._tool

    @property
    def has_crosshair(self) -> bool:
        """Whether a tool is used by keys."""
        return self._crosshair is not None

    def use_tool(self, tool: Tool, *, by_key: bool = False) -> None:
        """Choose what pressing and dragging does; forgets what was marked. Where a key chose it, its crosshair shows at once."""
        offered = by_key and tool is not Tool.MOVE and self._session.embedded is not None
        self._tool, self._crosshair, self._is_untouched = tool, self._middle() if offered else None, offered
        self._forget_mark()
        self._rest_cursor()

    def set_brush(self, radius: float) -> None:
        """How wide a place is marked: the radius as a share of the photograph's longer side."""
        self._brush = radius
        self.update()
        if self._tool is Tool.HINT and self._stroke and self._grabbed is None:
            self.place_resized.emit(self._marked_mask())

    @property
    def has_split(self) -> bool:
        """Whether the left of the photograph is shown as it was."""
        return self._split is not None

    def set_split(self, on: bool) -> None:
        """Show the photograph as it was to the left of a divider."""
        if on != self.has_split:
            self._split = 0.5 if on else None
            self._grabbed = None if self._grabbed == "divider" else self._grabbed
            self.split_changed.emit(on)
            self.update()

    # zoom

    @property
    def zoom(self) -> float:
        """Screen pixels per photo pixel."""
        return self._zoom

    @Slot()
    def fit(self) -> None:
        """Show the whole photograph."""
        self._fits = True
        self._center = QPointF(0.5, 0.5)
        self._set_zoom(self._fitting_zoom())

    @Slot()
    def show_actual_size(self) -> None:
        """One photo pixel on one screen pixel."""
        self.zoom_to(1.0)

    @Slot()
    def zoom_in(self) -> None:
        self.zoom_to(self._zoom * _ZOOM_STEP)

    @Slot()
    def zoom_out(self) -> None:
        self.zoom_to(self._zoom / _ZOOM_STEP)

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom so that what is under `at` (widget pixels; the middle by default) stays there."""
        if self._session.opened is None:
            return
        zoom = min(max(zoom, min(1.0, self._fitting_zoom() * 0.5, self._zoom)), MAX_ZOOM)  # what is smaller than that, stays so
        pane = self._pane_at(at) if at is not None else None
        if pane is None:
            pane = self._pane_rects()[0]
            at = pane.center()
        before = self._to_photo(at, pane)
        self._fits = False
        self._zoom = zoom
        after = self._to_photo(at, pane)
        self._center += before - after
        self._keep_in_view()
        self._set_zoom(zoom)

    def _set_zoom(self, zoom: float) -> None:
        self._zoom = zoom
        self.zoom_changed.emit(zoom)
        self.update()

    def _fitting_zoom(self) -> float:
        if self._session.opened is None:
            return 1.0
        photo, pane = self._session.opened.photo, self._pane_rects()[0]
        margin = self._margin
        room = min((pane.width() - 2 * margin) / photo.width, (pane.height() - 2 * margin) / photo.height)
        return min(max(room * self.devicePixelRatioF(), 1e-4), 4.0)

    @property
    def _margin(self) -> int:
        """Around a photograph that fits, in widget pixels."""
        return _MARGIN if len(self._panes) < 2 else _GAP

    def _keep_in_view(self) -> None:
        """Do not let the photograph leave the pane, and centre it along a side on which it fits."""
        target, pane = self._target(self._pane_rects()[0]), self._pane_rects()[0]
        for size, room, get, put in (
            (target.width(), pane.width(), self._center.x, self._center.setX),
            (target.height(), pane.height(), self._center.y, self._center.setY),
        ):
            slack = max(0.0, (size + 2 * self._margin - room) / 2 / max(size, 1e-6))
            put(min(max(get(), 0.5 - slack), 0.5 + slack))

    # geometry

    def _pane_rects(self) -> list[QRectF]:
        """One rectangle for each sample, in widget pixels; one at least."""
        number = max(1, len(self._panes))
        columns, rows = 1, 1
        if number > 1:
            opened = self._session.opened
            aspect = opened.photo.width / opened.photo.height if opened else 1.0
            # the grid in which the photograph is largest
            grids = [(c, math.ceil(number / c)) for c in range(1, number + 1)]
            columns, rows = max(grids, key=lambda g: min(self.width() / g[0] / aspect, self.height() / g[1]))
        width = (self.width() - _GAP * (columns - 1)) / columns
        height = (self.height() - _GAP * (rows - 1)) / rows
        return [
            QRectF((i % columns) * (width + _GAP), (i // columns) * (height + _GAP), width, height) for i in range(number)
        ]

    def _target(self, pane: QRectF) -> QRectF:
        """Where the whole photograph lies for a pane, in widget pixels."""
        photo, scale = self._session.opened.photo, self._zoom / self.devicePixelRatioF()
        width, height = photo.width * scale, photo.height * scale
        middle = pane.center()
        return QRectF(middle.x() - self._center.x() * width, middle.y() - self._center.y() * height, width, height)

    def _to_photo(self, point: QPointF, pane: QRectF) -> QPointF:
        """A point of the widget as shares of the photograph's sides."""
        target = self._target(pane)
        return QPointF((point.x() - target.x()) / target.width(), (point.y() - target.y()) / target.height())

    def _pane_at(self, point: QPointF) -> QRectF | None:
        """The pane in which a point of the widget lies; None between and beside them."""
        return next((rect for rect in self._pane_rects() if rect.contains(point)), None)

    def _sample_at(self, point: QPointF) -> Sample | None:
        """The sample of the pane in which a point of the widget lies."""
        return next((sample for sample, rect in zip(self._panes, self._pane_rects()) if rect.contains(point)), None)

    def _divider(self, pane: QRectF) -> float:
        """The divider's x in widget pixels."""
        target = self._target(pane)
        return target.x() + self._split * target.width()

    def _handle(self, pane: QRectF) -> QPointF:
        """The middle of the divider's handle: on the divider, or at the edge of the pane behind which that is."""
        edge = _HANDLE + 2
        x = min(max(self._divider(pane), pane.left() + edge), pane.right() - edge)
        return QPointF(x, self._target(pane).intersected(pane).center().y())

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
        panes = self._panes or (None,)
        for sample, pane in zip(panes, self._pane_rects()):
            self._paint_pane(painter, sample, pane, wanted)
        if self._caption and len(panes) > 1 and self._tool.outlines:  # what to do is said once, where there is room for it
            room = QRectF(self.rect()).adjusted(_INSET, _INSET, -_INSET, -_INSET)
            self._chip(painter, self._caption, room, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter)
        if self._overlay is not None and not self._original:
            self._paint_legend(painter)
        if self._shows_focus and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for shade, inset in ((colors.text, 1), (colors.accent, 3)):
                painter.setPen(QPen(QColor(shade), 2))
                painter.drawRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset))
        self._pictures.want_bands(wanted)

    def _paint_pane(self, painter: QPainter, sample: Sample | None, pane: QRectF, wanted: list) -> None:
        target = self._target(pane)
        painter.save()
        frame = target.adjusted(-1, -1, 1, 1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setClipRegion(QRegion(pane.toRect()) - QRegion(target.toAlignedRect().adjusted(1, 1, -1, -1)))  # the shadow alone
        for grow, alpha in ((5, 8), (3, 14), (1, 30)):
            painter.setBrush(QColor(0, 0, 0, alpha))
            painter.drawRoundedRect(frame.adjusted(-grow, -grow + 2, grow, grow + 2), grow + 1, grow + 1)
        if self._original or sample is None:
            self._paint_photo(painter, None, target, pane, wanted)
        elif self.has_split:
            at = self._divider(pane)
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
            self._paint_overlay(painter, target)
        if self.has_split and not self._original and sample is not None:
            self._paint_divider(painter, target, pane)
        if not self._original:
            self._paint_marks(painter, target)
        self._paint_labels(painter, sample, target, pane)
        painter.restore()

    def _paint_marks(self, painter: QPainter, target: QRectF) -> None:
        """What a person marked, and marks, and the part that Resample is about."""
        if self._shows_part and self._session.resamples_part:
            free = ~self._session.selected.known.mask
            _paint_outline(painter, QTransform.fromTranslate(target.x(), target.y()).scale(target.width(), target.height()).map(_outline(free)))
        if self._tool is Tool.HINT:
            self._paint_hints(painter, target)
        if self._stroke:
            self._paint_mark(painter, target)
        if self._crosshair is not None:
            self._paint_crosshair(painter, target)
        elif self._tool is Tool.HINT and self._pointed is not None and target.contains(self._pointed):
            self._paint_brush(painter, self._pointed, target)

    def _paint_overlay(self, painter: QPainter, target: QRectF) -> None:
        shares = self._overlay.shares
        height, width = shares.shape
        pixels = np.ascontiguousarray(theme.scale_colors(shares))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(0.72)
        painter.drawImage(target, QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32))
        painter.setOpacity(1.0)

    def _legend_box(self) -> QRectF:
        """Where the one legend of all panes lies: in a corner of the canvas."""
        width = min(max(_LEGEND_WIDTH, self._legend_width()), self.width() - 2 * _INSET)
        lines = 1 if width >= self._legend_width() else 2
        height = 32 + lines * (self.fontMetrics().height() + 4)
        return QRectF(self.width() - _INSET - width, self.height() - _INSET - height, width, height)

    def _legend_width(self) -> int:
        """That at which the readout is between the words for the ends of the scale."""
        overlay, advance = self._overlay, self.fontMetrics().horizontalAdvance
        ends = max(advance(overlay.low_words), advance(overlay.high_words))
        return 24 + 2 * (ends + _LEGEND_GAP) + advance(f"{number(888.8, 1)} {overlay.unit}")

    def _paint_legend(self, painter: QPainter) -> None:
        overlay, box = self._overlay, self._legend_box()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 20, 20, 205))
        painter.drawRoundedRect(box, 8, 8)
        bar = QRectF(box.left() + 12, box.top() + 10, box.width() - 24, 12)
        steps = np.ascontiguousarray(theme.scale_colors(np.linspace(0, 1, 64)[None]))
        painter.drawImage(bar, QImage(steps.data, 64, 1, 256, QImage.Format.Format_RGB32))
        words = QRectF(bar.left(), bar.bottom() + 4, bar.width(), self.fontMetrics().height() + 4)
        painter.setPen(QColor("#f4f4f4"))
        painter.setFont(self.font())
        beside_bar = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute  # as it is painted, wherever one begins to read
        for where, end in ((Qt.AlignmentFlag.AlignLeft, overlay.low_words), (Qt.AlignmentFlag.AlignRight, overlay.high_words)):
            room = int(words.width() - _LEGEND_GAP) // 2
            painter.drawText(words, where | beside_bar, self.fontMetrics().elidedText(end, Qt.TextElideMode.ElideRight, room))
        if (at := self._read_at()) is not None:
            height, width = overlay.values.shape
            x, y = math.floor(at.x() * width), math.floor(at.y() * height)
            if 0 <= x < width and 0 <= y < height:
                words.moveBottom(box.bottom() - 6)  # a second line where one is too short
                painter.drawText(words, Qt.AlignmentFlag.AlignCenter, f"{number(overlay.values[y, x], 1)} {overlay.unit}")
                mark = bar.left() + overlay.shares[y, x] * bar.width()
                painter.fillRect(QRectF(mark - 1, bar.top() - 3, 2, bar.height() + 6), QColor("#ffffff"))

    def _read_at(self) -> QPointF | None:
        """Where an overlay is read, as shares of the photograph's sides: at the crosshair of the arrow keys, or else under the mouse."""
        if self._crosshair is not None:
            return QPointF(min(self._crosshair.x(), 1 - 1e-9), min(self._crosshair.y(), 1 - 1e-9))  # it may be on the very edge
        pane = self._pane_at(self._pointed) if self._pointed is not None else None
        return None if pane is None else self._to_photo(self._pointed, pane)

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
        at = QPointF(target.x() + self._crosshair.x() * target.width(), target.y() + self._crosshair.y() * target.height())
        shape = QPainterPath()
        for side in (QPointF(12, 0), QPointF(-12, 0), QPointF(0, 12), QPointF(0, -12)):
            shape.moveTo(at + side / 3)
            shape.lineTo(at + side)
        _paint_outline(painter, shape)
        if self._tool is Tool.HINT:
            self._paint_brush(painter, at, target)

    def _paint_brush(self, painter: QPainter, at: QPointF, target: QRectF) -> None:
        """What the brush covers at a place."""
        shape, radius = QPainterPath(), _radius(self._brush, target)
        shape.addEllipse(at, radius, radius)
        _paint_outline(painter, shape)

    def _paint_mark(self, painter: QPainter, target: QRectF) -> None:
        if self._tool.outlines:
            points = _on_screen(self._stroke, target)
            outside, inside = QPainterPath(), QPainterPath()
            outside.addRect(target)
            inside.addPolygon(self._region(points))
            inside.closeSubpath()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.fillPath(outside - inside, QColor(0, 0, 0, 120))
            _paint_outline(painter, inside)
        else:
            lines: dict[float, QPainterPath] = {}  # those of one brush are one shape
            for stroke, brush in self._strokes():
                points = _on_screen(stroke, target)
                lines.setdefault(brush, QPainterPath()).addPolygon(QPolygonF(points if len(points) > 1 else [points[0], points[0] + QPointF(0.01, 0)]))
            for brush, line in lines.items():
                theme.paint_brushed(painter, line, 2 * _radius(brush, target))

    def _strokes(self) -> list[tuple[list[QPointF], float]]:
        """The strokes that mark a place, and the brush of each."""
        return [*self._earlier, (self._stroke, self._brush)]

    def _region(self, points: list[QPointF]) -> QPolygonF:
        """The region that a stroke marks: its outline, or the rectangle between its ends."""
        return QPolygonF(points) if self._is_lasso else QPolygonF(QRectF(points[0], points[-1]).normalized())

    def _marked_mask(self) -> np.ndarray:
        """What is marked, (h, w) bool at the resolution of the chroma: pixels whose middle is inside, one at least; none where a
        region has no extent."""
        height, width = self._session.embedded.chroma_shape
        photo = self._session.opened.photo
        x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
        if self._tool.outlines:
            region = self._region(self._stroke)
            box = region.boundingRect()
            if box.width() * photo.width + box.height() * photo.height <= _LEAST_REGION * self.devicePixelRatioF() / self._zoom:
                return np.zeros((height, width), bool)
            inside = [region.containsPoint(QPointF(*at), Qt.FillRule.OddEvenFill) for at in zip(x.flat, y.flat)]
            mask = np.array(inside).reshape(height, width)
            if not mask.any():
                mask[min(int(box.center().y() * height), height - 1), min(int(box.center().x() * width), width - 1)] = True
        else:
            scale = np.array([photo.width, photo.height]) / max(photo.width, photo.height)
            at = np.stack((x, y), axis=-1) * scale
            mask = np.zeros((height, width), bool)
            for stroke, brush in self._strokes():
                points = np.array([(p.x(), p.y()) for p in stroke]) * scale
                for start, end in zip(points, points[1:] if len(points) > 1 else points):
                    mask |= _distance(at, start, end) <= brush
                for point in stroke:
                    mask[_pixel(point, height, width)] = True
        return mask

    def _paint_photo(
        self, painter: QPainter, sample: Sample | None, target: QRectF, part: QRectF, wanted: list
    ) -> None:
        """Paint the part of the photograph that lies in `part`; add to `wanted` what would make it sharper."""
        visible = target.intersected(part)
        image = self._pictures.preview(sample) if sample else self._pictures.before
        if visible.isEmpty() or image is None:
            return
        painter.setClipRect(part)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._zoom < _SHARP_FROM)
        across, down = image.width() / target.width(), image.height() / target.height()
        source = QRectF(
            (visible.x() - target.x()) * across,
            (visible.y() - target.y()) * down,
            visible.width() * across,
            visible.height() * down,
        )
        painter.drawImage(visible, image, source)
        level = self._level(image, target, visible)
        if level is None:
            return
        bands = [(sample, level, index) for index in self._bands(level, target, visible)]
        missing = [band for band in bands if self._pictures.band(*band) is None]
        wanted += missing
        for coarser in range(len(self._session.opened.levels) - 1, level, -1) if missing else ():
            self._paint_bands(painter, sample, coarser, target, visible)
        self._paint_bands(painter, sample, level, target, visible)

    def _level(self, image: QImage, target: QRectF, visible: QRectF) -> int | None:
        """The coarsest level of the photograph that has a pixel for each of the screen, or a coarser one where too much of it is in view.

        None where the preview is as good.
        """
        levels, wanted = self._session.opened.levels, self._zoom * self._session.opened.photo.width / 1.1
        if image.width() >= min(wanted, levels[0].width):
            return None
        finest = max((n for n, level in enumerate(levels) if level.width >= wanted), default=0)
        sets = max(1, len(self._panes)) * (2 if self.has_split else 1)
        for number, level in enumerate(levels[finest:], finest):
            if len(self._bands(number, target, visible)) * BAND_ROWS * level.width * 4 * sets <= BAND_BYTES:
                return number if level.width > image.width() else None
        return None

    def _bands(self, level: int, target: QRectF, visible: QRectF) -> range:
        """Which bands of a level are in view."""
        height = self._session.opened.levels[level].height
        scale = target.height() / height
        first = max(0, int((visible.top() - target.top()) / scale))
        last = int(min(height - 1, (visible.bottom() - target.top()) / scale))
        return range(first // BAND_ROWS, last // BAND_ROWS + 1)

    def _paint_bands(self, painter: QPainter, sample: Sample | None, level: int, target: QRectF, visible: QRectF) -> None:
        photo = self._session.opened.levels[level]
        across, down = target.width() / photo.width, target.height() / photo.height
        left, width = (visible.x() - target.x()) / across, visible.width() / across
        for index in self._bands(level, target, visible):
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
        x = self._divider(pane)
        top, bottom = max(pane.top(), target.top()), min(pane.bottom(), target.bottom())
        painter.fillRect(QRectF(x - 1.5, top, 3, bottom - top), QColor(0, 0, 0, 70))
        painter.fillRect(QRectF(x - 0.75, top, 1.5, bottom - top), QColor("#ffffff"))
        middle = self._handle(pane)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 60))
        painter.drawEllipse(middle + QPointF(0, 1), _HANDLE + 2, _HANDLE + 2)
        painter.setBrush(QColor("#ffffff"))
        painter.drawEllipse(middle, _HANDLE, _HANDLE)
        painter.setPen(QPen(QColor("#3a3a3a"), 1.75, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for side in (-1, 1):
            tip = middle + QPointF(8.0 * side, 0)
            path = QPainterPath(tip + QPointF(-3.5 * side, -4))
            path.lineTo(tip)
            path.lineTo(tip + QPointF(-3.5 * side, 4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)

    def _paint_labels(self, painter: QPainter, sample: Sample | None, target: QRectF, pane: QRectF) -> None:
        seen, whole = (room.adjusted(_INSET, _INSET, -_INSET, -_INSET) for room in (target.intersected(pane), pane))
        if self._original:
            self._chip(painter, self.tr("Before"), seen, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, elsewhere=whole)
        elif self.has_split and sample is not None:
            before, after = QRectF(seen), QRectF(seen)
            before.setRight(min(seen.right(), self._divider(pane) - _INSET))
            after.setLeft(max(seen.left(), self._divider(pane) + _INSET))
            self._chip(painter, self.tr("Before"), before, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            self._chip(painter, self.tr("After"), after, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        bottom = Qt.AlignmentFlag.AlignBottom
        if len(self._panes) > 1 and sample is not None:
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
        if self._overlay is not None and chip.intersects(self._legend_box()):
            chip.moveBottom(self._legend_box().top() - 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 20, 20, 190))
        painter.drawRoundedRect(chip, height / 2, height / 2)
        painter.setPen(QColor("#f4f4f4"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)

    # what changes

    @Slot()
    def _start_anew(self) -> None:
        self._panes = ()
        self._caption = ""
        self._pointed = None
        self._forget_mark()
        self.fit()

    @Slot(int)
    def _preview_changed(self, number: int) -> None:
        if any(s.number == number for s in self._panes):
            self.update()

    @Slot(object, int, int)
    def _sample_advanced(self, sample: Sample, _first: int, _last: int) -> None:
        if sample.has_ended and sample in self._panes:  # before, its picture tells when it shows more
            self.update()

    def resizeEvent(self, _event) -> None:  # noqa: N802
        self._follow_room()

    def _follow_room(self) -> None:
        """The room for the photograph is another, or has other pixels."""
        if self._session.opened is None:
            return
        if self._fits:
            self.fit()
        else:
            self._keep_in_view()

    # pointing

    def eventFilter(self, watched, event) -> bool:  # noqa: N802 - its own events: an exception under an `event` of Python's is a crash
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._follow_room()
        elif event.type() == QEvent.Type.NativeGesture and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_to(self._zoom * (1 + event.value()), event.position())
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
            self.zoom_to(self._zoom * pinch.scaleFactor(), QPointF(self.mapFromGlobal(pinch.centerPoint())))
        event.accept(pinch)
        return True

    def wheelEvent(self, event) -> None:  # noqa: N802
        steps = event.angleDelta().y() / 120
        if steps:
            self.zoom_to(self._zoom * _ZOOM_STEP**steps, event.position())
        event.accept()

    def mousePressEvent(self, event) -> None:  # noqa: N802
        if self._session.opened is None or event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        if self._grabbed is not None and event.button() is not self._grabbed_by:
            return  # one thing at a time
        if self._pane_at(event.position()) is None:
            return
        self._pressed_at, self._moved, self._grabbed_by = event.position(), False, event.button()
        self._crosshair = None
        if self._tool.outlines and len(self._panes) > 1 and event.button() is Qt.MouseButton.LeftButton:
            self.pane_clicked.emit(self._sample_at(event.position()))  # it may be one of which no region can be marked
        marking = self._tool is not Tool.MOVE and self._session.embedded is not None
        if marking and event.button() is Qt.MouseButton.LeftButton:
            if self._tool is Tool.HINT and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._take_color(event.position())
                return
            self._grabbed = "mark"
            with_shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._begin_stroke(self._inside(event.position()), adds=with_shift)
            self._is_lasso = self._tool.outlines and with_shift
            self.update()
            return
        self._grabbed = "divider" if self._is_on_divider(event.position()) else "photo"
        if self._grabbed == "photo":
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event) -> None:  # noqa: N802
        if self._session.opened is None:
            return
        if self._is_untouched and self._pointed not in (None, event.position()):
            self._crosshair, self._is_untouched = None, False
            self.update()
        self._pointed = event.position()
        if self._overlay is not None or self._tool is Tool.HINT:
            self.update()
        if self._grabbed is not None and not event.buttons() & self._grabbed_by:  # it was let go where nobody told, as over a dialog
            self._forget_mark()
        if self._grabbed == "mark":
            point = self._inside(event.position())
            keeps_way = self._tool is Tool.HINT or self._is_lasso
            if not keeps_way:
                self._stroke = [self._stroke[0], point]
            elif len(self._stroke) > 1 and self._is_near(self._stroke[-2], point):
                self._stroke[-1] = point
            else:
                self._stroke.append(point)
            self.update()
        elif self._grabbed == "divider":
            share = self._to_photo(event.position(), self._pressed_pane()).x()
            self._split = min(max(share, 0.0), 1.0)
            self.update()
        elif self._grabbed == "photo":
            self._pan(event.position() - self._pressed_at)
        elif self._is_on_divider(event.position()) and self._tool is Tool.MOVE:
            self.setCursor(Qt.CursorShape.SplitHCursor)
        else:
            self._rest_cursor()

    def leaveEvent(self, _event) -> None:  # noqa: N802
        self._pointed = None
        self.update()

    def _forget_mark(self) -> None:
        """Nothing is marked, and nothing is being marked or dragged."""
        self._stroke, self._earlier, self._grabbed = [], [], None
        self.update()

    def _rest_cursor(self) -> None:
        self.setCursor(Qt.CursorShape.ArrowCursor if self._tool is Tool.MOVE else Qt.CursorShape.CrossCursor)

    def _is_near(self, a: QPointF, b: QPointF) -> bool:
        """Whether two points, as shares of the photograph's sides, are so near that a stroke need not keep both."""
        target = self._target(self._pressed_pane())
        apart = math.hypot((a.x() - b.x()) * target.width(), (a.y() - b.y()) * target.height())
        return apart < max(2.0, _radius(self._brush, target) / 4 if self._tool is Tool.HINT else 0.0)

    def _pressed_pane(self) -> QRectF:
        """The pane in which a button was pressed; the first where it has gone since."""
        return self._pane_at(self._pressed_at) or self._pane_rects()[0]

    def _inside(self, point: QPointF) -> QPointF:
        """A point of the widget as shares of the photograph's sides, moved into it."""
        return _clamped(self._to_photo(point, self._pressed_pane()))

    def _pan(self, moved: QPointF) -> None:
        if not self._moved and moved.manhattanLength() < 4:
            return
        self._moved = True
        self._move(moved)
        self._pressed_at += moved

    def _move(self, by: QPointF) -> None:
        target = self._target(self._pane_rects()[0])
        before = QPointF(self._center)
        self._center -= QPointF(by.x() / target.width(), by.y() / target.height())
        self._keep_in_view()
        if self._center != before:
            self.update()

    def mouseReleaseEvent(self, event) -> None:  # noqa: N802
        if event.button() is not self._grabbed_by:
            return
        if self._grabbed == "mark":
            self._grabbed = None
            self._tell_mark()
            return
        if self._grabbed == "photo" and not self._moved and len(self._panes) > 1:
            if (sample := self._sample_at(event.position())) is not None:
                self.pane_clicked.emit(sample)
        self._grabbed = None
        self._rest_cursor()

    def _begin_stroke(self, at: QPointF, *, adds: bool) -> None:
        """Mark anew, or add to the place that is marked for a hint."""
        adds = adds and self._tool is Tool.HINT and bool(self._stroke)
        self._earlier = self._strokes() if adds else []
        self._stroke = [at]

    def _take_color(self, at: QPointF) -> None:
        """Tell the colour that is shown at a point of the widget: of a sample, or of the photograph as it was, on which the saturation has no effect."""
        share, sample = self._to_photo(at, self._pressed_pane()), self._sample_at(at)
        if not QRectF(0, 0, 1, 1).contains(share):
            return
        is_before = self._original or sample is None or (self.has_split and share.x() < self._split)
        chroma = self._session.own_chroma if is_before else self._session.colors_of(sample)
        color = np.zeros(2) if chroma is None else chroma[:, *_pixel(share, *chroma.shape[1:])]
        if is_before and self._session.saturation:
            color = np.clip(color / self._session.saturation, -127, 127)
        self.color_taken.emit(*color.tolist())

    def _tell_mark(self) -> None:
        mask = self._marked_mask()
        if self._tool is Tool.HINT:
            (self.place_extended if self._earlier else self.place_marked).emit(mask)
        else:
            self.region_marked.emit(mask)
            self._forget_mark()  # until then it is seen what is asked about

    def place_of_mark(self) -> QRect:
        """Where what is being marked lies, on the screen."""
        target = self._target(self._pane_rects()[0] if self.has_crosshair else self._pressed_pane())
        place = QPolygonF(_on_screen(self._stroke, target)).boundingRect().toAlignedRect()
        return place.translated(self.mapToGlobal(QPoint()))

    def contextMenuEvent(self, event) -> None:  # noqa: N802
        if self._grabbed is not None or self._session.selected is None:
            return
        by_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        if len(self._panes) > 1 and by_mouse and (sample := self._sample_at(QPointF(event.pos()))) is not None:
            self.pane_clicked.emit(sample)
        self.menu_wanted.emit(event.globalPos())

    def mouseDoubleClickEvent(self, event) -> None:  # noqa: N802
        if self._session.opened is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        if self._tool is not Tool.MOVE:
            self.mousePressEvent(event)  # of a second stroke, soon after the first
            return
        if self._is_on_divider(event.position()):
            self._split = 0.5
            self.update()
        elif self._fits:
            self.zoom_to(1.0, event.position())
        else:
            self.fit()

    def _is_on_divider(self, point: QPointF) -> bool:
        if not self.has_split or self._session.opened is None:
            return False
        pane = self._pane_at(point)
        return pane is not None and (abs(point.x() - self._divider(pane)) <= _GRIP or QLineF(point, self._handle(pane)).length() <= _HANDLE)

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
        key, marking = event.key(), self._tool is not Tool.MOVE and self._session.embedded is not None
        if key in steps and marking:
            self._move_crosshair(steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and marking and self._crosshair is not None:
            self._mark_at_crosshair(adds=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in steps and self.has_split and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._split = min(max(self._split - steps[key].x() / 64 * _KEY_STEP, 0.0), 1.0)
            self.update()
        elif key in steps and self._session.opened is not None:
            self._move(steps[key])
        else:
            super().keyPressEvent(event)

    def _move_crosshair(self, against: QPointF) -> None:
        """Move the crosshair a step, and with it the second corner of a region; it begins in the middle of what is in view, and stays in view."""
        photo, at, pane = self._session.opened.photo, self._crosshair, self._pane_rects()[0]
        in_view = max(pane.width(), pane.height()) * self.devicePixelRatioF() / self._zoom  # pixels of the photograph
        step = _KEY_STEP * min(max(photo.width, photo.height), in_view) / 64
        if at is None:
            self._crosshair = self._middle()
        else:
            x, y = at.x() - against.x() * step / photo.width, at.y() - against.y() * step / photo.height
            self._crosshair = _clamped(QPointF(x, y))
        self._is_untouched = False
        target, inside = self._target(pane), pane.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        x, y = target.x() + self._crosshair.x() * target.width(), target.y() + self._crosshair.y() * target.height()
        beyond = QPointF(x - min(max(x, inside.left()), inside.right()), y - min(max(y, inside.top()), inside.bottom()))
        self._move(-beyond)
        if self._tool.outlines and self._stroke:
            self._stroke = [self._stroke[0], self._crosshair]
        self.update()

    def _middle(self) -> QPointF:
        """The middle of what is in view, as shares of the photograph's sides."""
        return _clamped(self._center)

    def _mark_at_crosshair(self, *, adds: bool) -> None:
        """Enter: a place for a hint, or more of it; of a region the first corner, then the second."""
        self._is_untouched = False
        first = self._tool.outlines and not self._stroke
        self._is_lasso = False
        if self._tool is Tool.HINT:
            self._begin_stroke(self._crosshair, adds=adds)
        else:
            self._stroke = [*self._stroke[:1], self._crosshair]
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


def _on_screen(shares: list[QPointF], target: QRectF) -> list[QPointF]:
    """Points as shares of the photograph's sides, in widget pixels, where the photograph lies there."""
    return [QPointF(target.x() + p.x() * target.width(), target.y() + p.y() * target.height()) for p in shares]


def _radius(brush: float, target: QRectF) -> float:
    """That of a brush in pixels of the screen, where the photograph is painted so large."""
    return brush * max(target.width(), target.height())


def _pixel(share: QPointF, height: int, width: int) -> tuple[int, int]:
    """The row and column of a (height, width) plane in which a point as shares of the photograph's sides lies."""
    return min(max(int(share.y() * height), 0), height - 1), min(max(int(share.x() * width), 0), width - 1)


def _clamped(share: QPointF) -> QPointF:
    """A point as shares of the photograph's sides, moved into it."""
    return QPointF(min(max(share.x(), 0.0), 1.0), min(max(share.y(), 0.0), 1.0))


def _distance(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Distance of points (..., 2) from the segment between two points."""
    along = end - start
    length = float(along @ along)
    share = np.clip((points - start) @ along / length, 0, 1) if length else np.zeros(points.shape[:-1])
    return np.linalg.norm(points - start - share[..., None] * along, axis=-1)
